package server

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// Config is what HTTP needs to know; its keys are those of `server` in
// config.yaml.
type Config struct {
	// Address is where the public listener is. Default ":8000".
	Address string `mapstructure:"address"`
	// PublicURL is where clients reach the service, without a slash at its end;
	// it stands before the URLs in JSON and HTML. Empty: they are relative.
	PublicURL string `mapstructure:"public_url"`
	// CacheTags has pictures carry Cache-Tag and Surrogate-Key, by which caches
	// in front follow a purge. Default true.
	CacheTags bool `mapstructure:"cache_tags"`
	// RequestTimeout is how long one request may take until its answer
	// begins. Default 20 s.
	RequestTimeout time.Duration `mapstructure:"request_timeout"`
	// HeaderTimeout is how long a request's header may take to arrive.
	// Default 10 s.
	HeaderTimeout time.Duration `mapstructure:"header_timeout"`
	// UploadTimeout is how long an upload may take to arrive. Default 5 m.
	UploadTimeout time.Duration `mapstructure:"upload_timeout"`
	// UploadFiles is how many files one request may bring. Default 200.
	UploadFiles int `mapstructure:"upload_files"`
	// WriteTimeout is how long an answer may take to be taken. Default 30 s.
	WriteTimeout time.Duration `mapstructure:"write_timeout"`
	// IdleTimeout is how long a connection may do nothing. Default 30 s.
	IdleTimeout time.Duration `mapstructure:"idle_timeout"`
	// TrustedProxies are addresses and networks of those whose X-Forwarded-For
	// is believed. Default none.
	TrustedProxies []string `mapstructure:"trusted_proxies"`
	// ClientRate is how many requests a second one client may send for long; 0
	// is as many as it likes. Default 0.
	ClientRate float64 `mapstructure:"client_rate"`
	// ClientBurst is how many it may send at once. Default 100.
	ClientBurst int `mapstructure:"client_burst"`
	// DrainDelay is how long the service answers as before after it was told
	// to stop, while /readyz says 503, so that a load balancer notices.
	// Default 1 s.
	DrainDelay time.Duration `mapstructure:"drain_delay"`
	// DrainTimeout is how long running requests then get to end. Default 20 s.
	DrainTimeout time.Duration `mapstructure:"drain_timeout"`
}

// DefaultConfig returns the defaults named at each field.
func DefaultConfig() Config {
	return Config{
		Address:        ":8000",
		CacheTags:      true,
		RequestTimeout: 20 * time.Second,
		HeaderTimeout:  10 * time.Second,
		UploadTimeout:  5 * time.Minute,
		UploadFiles:    200,
		WriteTimeout:   30 * time.Second,
		IdleTimeout:    30 * time.Second,
		TrustedProxies: []string{},
		ClientBurst:    100,
		DrainDelay:     time.Second,
		DrainTimeout:   20 * time.Second,
	}
}

// Bounds of a client's rate, in requests a second. At the least it is one in a
// bit more than a quarter of an hour.
const (
	minClientRate = 0.001
	maxClientRate = 1_000_000
)

// Validate reports every impossible value.
func (c Config) Validate() error {
	faults := []error{ValidateAddress("address", c.Address)}
	positive := func(key string, value time.Duration) {
		if value <= 0 || value > time.Hour {
			faults = append(faults, fmt.Errorf("%s: got %v, expected above 0, at most 1h", key, value))
		}
	}
	positive("request_timeout", c.RequestTimeout)
	positive("header_timeout", c.HeaderTimeout)
	positive("upload_timeout", c.UploadTimeout)
	positive("write_timeout", c.WriteTimeout)
	positive("idle_timeout", c.IdleTimeout)
	positive("drain_timeout", c.DrainTimeout)
	if c.DrainDelay < 0 || c.DrainDelay > time.Hour {
		faults = append(faults, fmt.Errorf("drain_delay: got %v, expected 0…1h", c.DrainDelay))
	}
	if _, err := parseProxies(c.TrustedProxies); err != nil {
		faults = append(faults, fmt.Errorf("trusted_proxies: %w", err))
	}
	if !(c.ClientRate == 0 || c.ClientRate >= minClientRate && c.ClientRate <= maxClientRate) { // so that NaN is none either
		faults = append(faults, fmt.Errorf("client_rate: got %v, expected 0 or %v…%d", c.ClientRate, minClientRate, maxClientRate))
	}
	if c.ClientBurst < 1 || c.ClientBurst > maxClientRate {
		faults = append(faults, fmt.Errorf("client_burst: got %d, expected 1…%d", c.ClientBurst, maxClientRate))
	}
	if c.UploadFiles < 1 || c.UploadFiles > 10_000 {
		faults = append(faults, fmt.Errorf("upload_files: got %d, expected 1…10000", c.UploadFiles))
	}
	if public, err := url.Parse(c.PublicURL); c.PublicURL != "" && (err != nil || public.Host == "" || public.User != nil ||
		!strings.HasPrefix(public.Scheme, "http") || public.RawQuery != "" || public.Fragment != "" || strings.HasSuffix(c.PublicURL, "/")) {
		faults = append(faults, fmt.Errorf("public_url: got %q, expected https://host without a slash at its end", c.PublicURL))
	}
	return errors.Join(faults...)
}

// ValidateAddress reports an address that cannot be listened on.
func ValidateAddress(key, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil || port == "" {
		return fmt.Errorf("%s: got %q, expected host:port or :port", key, address)
	}
	return nil
}
