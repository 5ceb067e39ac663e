package origin

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// WebConfig is the section origins.http of the configuration.
type WebConfig struct {
	// Allow lists the hosts that http(s) sources may name: "host",
	// "*.suffix" or "*" for every public host; each may end in ":port" and
	// then means exactly that port. Without a port: 80 and 443, and any port
	// at an address in AllowNetworks.
	Allow []string `mapstructure:"allow"`
	// AllowNetworks lists the networks, in CIDR notation, that may be
	// connected to although they are not public. Hosts in them must be named
	// in Allow or be the host of a base URL; "*" doesn't reach them.
	AllowNetworks []string `mapstructure:"allow_networks"`

	DNSTimeout       time.Duration `mapstructure:"dns_timeout"`
	ConnectTimeout   time.Duration `mapstructure:"connect_timeout"`
	TLSTimeout       time.Duration `mapstructure:"tls_timeout"`
	FirstByteTimeout time.Duration `mapstructure:"first_byte_timeout"` // from request sent to header read
	QueueTimeout     time.Duration `mapstructure:"queue_timeout"`      // wait for one of the host's PerHost places
	Timeout          time.Duration `mapstructure:"timeout"`            // all of it: waits, redirects, retry, body

	Redirects int `mapstructure:"redirects"` // followed at most, 0…10
	PerHost   int `mapstructure:"per_host"`  // fetches at a time from one host and port, 1…1024

	BreakerFailures int           `mapstructure:"breaker_failures"` // fetches from one host and port that fail in a row before it is left alone, 0…1000; 0: never
	BreakerPause    time.Duration `mapstructure:"breaker_pause"`    // how long, at most 5m; then it is tried with one request at a time

	MaxBytes int64 `mapstructure:"-"` // of a body, decoded; from the limits section

	DefaultAge time.Duration `mapstructure:"default_age"` // fresh for so long, or longer by Last-Modified, when the origin says nothing
	MinAge     time.Duration `mapstructure:"min_age"`     // floor for what the origin says
	MaxAge     time.Duration `mapstructure:"max_age"`     // ceiling

	// How long past its life an original may be used when the origin says
	// nothing of that, while it is asked for anew and when that fails; no more
	// than MaxAge, and never where the origin forbids it.
	StaleWhileRevalidate time.Duration `mapstructure:"stale_while_revalidate"`
	StaleIfError         time.Duration `mapstructure:"stale_if_error"`

	UserAgent string `mapstructure:"user_agent"`

	PassTrace bool `mapstructure:"-"` // send traceparent; from the tracing section
}

// DefaultWebConfig allows no host.
func DefaultWebConfig() WebConfig {
	return WebConfig{
		Allow:            []string{},
		AllowNetworks:    []string{},
		DNSTimeout:       2 * time.Second,
		ConnectTimeout:   2 * time.Second,
		TLSTimeout:       3 * time.Second,
		FirstByteTimeout: 5 * time.Second,
		QueueTimeout:     2 * time.Second,
		Timeout:          15 * time.Second,
		Redirects:        3,
		PerHost:          32,
		BreakerFailures:  10,
		BreakerPause:     2 * time.Second,
		MaxBytes:         20 << 20,
		DefaultAge:       time.Hour,
		MinAge:           0,
		MaxAge:           30 * 24 * time.Hour,
		StaleIfError:     24 * time.Hour,
		UserAgent:        "api-resize",
	}
}

// Validate tells everything that is wrong, each with key, value and what was
// expected.
func (c WebConfig) Validate() error {
	var wrong []error
	expect := func(ok bool, key string, value any, expected string) {
		if !ok {
			wrong = append(wrong, fmt.Errorf("origins.http.%s: got %v, expected %s", key, value, expected))
		}
	}
	for _, entry := range c.Allow {
		if _, _, err := splitEntry(strings.TrimSpace(entry)); err != nil {
			wrong = append(wrong, fmt.Errorf("origins.http.allow: got %w", err))
		}
	}
	for _, text := range c.AllowNetworks {
		if _, err := parseNetwork(text); err != nil {
			wrong = append(wrong, fmt.Errorf("origins.http.allow_networks: got %w", err))
		}
	}
	for _, t := range []struct {
		key   string
		value time.Duration
	}{
		{"dns_timeout", c.DNSTimeout},
		{"connect_timeout", c.ConnectTimeout},
		{"tls_timeout", c.TLSTimeout},
		{"first_byte_timeout", c.FirstByteTimeout},
		{"queue_timeout", c.QueueTimeout},
		{"timeout", c.Timeout},
	} {
		expect(t.value > 0, t.key, t.value, "a duration above 0 such as 2s")
	}
	expect(c.Redirects >= 0 && c.Redirects <= 10, "redirects", c.Redirects, "a number of 0…10")
	expect(c.PerHost >= 1 && c.PerHost <= 1024, "per_host", c.PerHost, "a number of 1…1024")
	expect(c.BreakerFailures >= 0 && c.BreakerFailures <= 1000, "breaker_failures", c.BreakerFailures, "a number of 0…1000")
	expect(c.BreakerPause > 0 && c.BreakerPause <= unavailableMax, "breaker_pause", c.BreakerPause, "a duration above 0, at most 5m")
	expect(c.MaxBytes > 0, "max_bytes", c.MaxBytes, "a number of bytes above 0")
	expect(c.MinAge >= 0, "min_age", c.MinAge, "a duration of 0 or more")
	expect(c.MaxAge >= c.MinAge, "max_age", c.MaxAge, "a duration of min_age or more")
	expect(c.DefaultAge >= c.MinAge && c.DefaultAge <= c.MaxAge, "default_age", c.DefaultAge, "a duration from min_age to max_age")
	expect(c.StaleWhileRevalidate >= 0, "stale_while_revalidate", c.StaleWhileRevalidate, "a duration of 0 or more")
	expect(c.StaleIfError >= 0, "stale_if_error", c.StaleIfError, "a duration of 0 or more")
	expect(sendable(c.UserAgent), "user_agent", fmt.Sprintf("%q", c.UserAgent), "printable ASCII, not empty")
	return errors.Join(wrong...)
}

// sendable reports whether s can be the value of a header field.
func sendable(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

func (c WebConfig) ages() ages {
	return ages{
		initial: c.DefaultAge, floor: c.MinAge, ceiling: c.MaxAge,
		staleWhileRevalidate: c.StaleWhileRevalidate, staleIfError: c.StaleIfError,
	}
}
