package origin

import (
	"context"
	"fmt"
	"sync"
)

// Web opens http and https URLs at the hosts it is told to allow.
//
// Redirects are followed as far as each target is allowed like the first; from
// https to http too, as browsers do. No cookie, no credential and nothing of a
// client's request is ever sent.
type Web struct {
	fetcher  *fetcher
	anywhere *fetcher // goes to all public hosts besides

	mu    sync.Mutex
	bases []*fetcher
}

var _ Opener = (*Web)(nil)

// NewWeb makes a Web of a configuration, which it validates.
func NewWeb(c WebConfig) (*Web, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	hosts, err := newHostList(c.Allow, c.AllowNetworks)
	if err != nil {
		return nil, fmt.Errorf("origins.http: got %w", err)
	}
	b, err := newBreakers(c.BreakerFailures, c.BreakerPause)
	if err != nil {
		return nil, err
	}
	g, n := newGates(c.PerHost, c.QueueTimeout), newCounters()
	return &Web{fetcher: newFetcher(c, hosts, g, b, n), anywhere: newFetcher(c, hosts.withAny(), g, b, n)}, nil
}

// Allows reports whether Open would ask the host of a URL; if not, the error
// wraps ErrNotAllowed.
func (w *Web) Allows(rawURL string) error {
	t, err := parseTarget(rawURL)
	if err != nil {
		return err
	}
	return w.fetcher.allows(t)
}

// Open gets an absolute http(s) URL.
func (w *Web) Open(ctx context.Context, rawURL string, have Validators) (*Original, error) {
	return w.open(ctx, w.fetcher, rawURL, have)
}

// OpenAnywhere is Open for any public host, whether it is on the list or not:
// for URLs that somebody who is trusted has signed.
func (w *Web) OpenAnywhere(ctx context.Context, rawURL string, have Validators) (*Original, error) {
	return w.open(ctx, w.anywhere, rawURL, have)
}

func (w *Web) open(ctx context.Context, f *fetcher, rawURL string, have Validators) (*Original, error) {
	t, err := parseTarget(rawURL)
	if err != nil {
		f.counters.ended(err)
		return nil, err
	}
	return f.open(ctx, t, nameOf(t.url.Path), have)
}

// Stats counts the fetches of the Web and its bases.
func (w *Web) Stats() WebStats {
	s := w.fetcher.counters.stats()
	s.BreakersOpen = w.fetcher.breakers.open()
	return s
}

// Close closes connections that are idle. Fetches at work go on.
func (w *Web) Close() {
	w.fetcher.transport.CloseIdleConnections()
	w.anywhere.transport.CloseIdleConnections()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.bases {
		f.transport.CloseIdleConnections()
	}
}
