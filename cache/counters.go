package cache

import (
	"errors"
	"sync/atomic"
)

// counters behind Stats.
type counters struct {
	hits, misses, puts, evictions, corrupt, refused, errors atomic.Uint64
}

// outcome counts how a Put ended, and passes its error through.
func (c *counters) outcome(err error) error {
	if err == nil {
		c.puts.Add(1)
		return nil
	}
	c.refused.Add(1)
	return err
}

func (c *counters) miss() error {
	c.misses.Add(1)
	return ErrMiss
}

func (c *counters) stats() Stats {
	return Stats{
		Hits: c.hits.Load(), Misses: c.misses.Load(), Puts: c.puts.Load(),
		Evictions: c.evictions.Load(), Corrupt: c.corrupt.Load(),
		Refused: c.refused.Load(), Errors: c.errors.Load(),
	}
}

// isForgotten: the one refusal that leaves the key as it is.
func isForgotten(err error) bool { return errors.Is(err, ErrForgotten) }
