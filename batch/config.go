package batch

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// Config bounds tasks and the work on them.
type Config struct {
	// Workers are items made at once by this process; 0: half of the processors.
	Workers int `mapstructure:"workers"`
	// Items are those of one task, at most.
	Items int `mapstructure:"items"`
	// Keep is how long a task is remembered after it has finished.
	Keep time.Duration `mapstructure:"keep"`
	// Attempts are how often an item is tried that fails for a reason that may
	// pass.
	Attempts int `mapstructure:"attempts"`
	// Timeout is for one attempt.
	Timeout time.Duration `mapstructure:"timeout"`
}

// DefaultConfig leaves half of the processors to those who wait for answers.
func DefaultConfig() Config {
	return Config{Items: 10_000, Keep: 24 * time.Hour, Attempts: 3, Timeout: time.Minute}
}

const (
	maxWorkers  = 1_000
	maxItems    = 100_000
	maxAttempts = 20
	maxKeep     = 10 * 365 * 24 * time.Hour
	maxTimeout  = time.Hour
)

// Validate lists every impossible value.
func (c Config) Validate() error {
	var faults []error
	between := func(key string, value, low, high int) {
		if value < low || value > high {
			faults = append(faults, fmt.Errorf("%s: got %d, expected %d…%d", key, value, low, high))
		}
	}
	between("workers", c.Workers, 0, maxWorkers)
	between("items", c.Items, 1, maxItems)
	between("attempts", c.Attempts, 1, maxAttempts)
	if c.Keep < time.Second || c.Keep > maxKeep {
		faults = append(faults, fmt.Errorf("keep: got %v, expected 1s…%v", c.Keep, maxKeep))
	}
	if c.Timeout < time.Second || c.Timeout > maxTimeout {
		faults = append(faults, fmt.Errorf("timeout: got %v, expected 1s…%v", c.Timeout, maxTimeout))
	}
	return errors.Join(faults...)
}

// workers is how many there are.
func (c Config) workers() int {
	if c.Workers > 0 {
		return c.Workers
	}
	return max(1, runtime.GOMAXPROCS(0)/2)
}
