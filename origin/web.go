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
	fetcher *fetcher

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
	g := newGates(c.PerHost, c.QueueTimeout)
	return &Web{fetcher: newFetcher(c, hosts, g, newCounters())}, nil
}

// Open gets an absolute http(s) URL.
func (w *Web) Open(ctx context.Context, rawURL string, have Validators) (*Original, error) {
	t, err := parseTarget(rawURL)
	if err != nil {
		w.fetcher.counters.ended(err)
		return nil, err
	}
	return w.fetcher.open(ctx, t, nameOf(t.url.Path), have)
}

// Stats counts the fetches of the Web and its bases.
func (w *Web) Stats() WebStats { return w.fetcher.counters.stats() }

// Close closes connections that are idle. Fetches at work go on.
func (w *Web) Close() {
	w.fetcher.transport.CloseIdleConnections()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.bases {
		f.transport.CloseIdleConnections()
	}
}
