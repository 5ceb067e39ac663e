package origin

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// Base opens paths below one HTTP base URL.
//
// Its host and port need no entry in the list of hosts, but the address they
// lead to is checked like any other: one that isn't public must be in
// WebConfig.AllowNetworks. Redirects may lead to its own host or to a host of
// the list.
type Base struct {
	fetcher *fetcher
	base    target
}

var _ Opener = (*Base)(nil)

// Base makes an origin of a base URL such as https://media.example/photos. A
// query in it is sent with every request. Limits, places and breakers per host
// and counters are those of w.
func (w *Web) Base(rawURL string) (*Base, error) {
	t, err := parseTarget(rawURL)
	if err != nil {
		return nil, fmt.Errorf("base URL %q: expected http(s)://host[:port][/path]: %w", redacted(rawURL), err)
	}
	f := newFetcher(w.fetcher.config, w.fetcher.hosts.with(t.host, t.port), w.fetcher.gates, w.fetcher.breakers, w.fetcher.counters)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bases = append(w.bases, f)
	return &Base{fetcher: f, base: t}, nil
}

// Open gets path below the base. A path that isn't below it is ErrNotFound.
func (b *Base) Open(ctx context.Context, path string, have Validators) (*Original, error) {
	if !staysBelowTwice(path) {
		err := fmt.Errorf("%w: not a path below the base", ErrNotFound)
		b.fetcher.counters.ended(err)
		return nil, err
	}
	t := b.base
	t.url = joined(b.base.url, path)
	if len(t.url.Path) > urlBytes {
		err := fmt.Errorf("%w: a URL of more than %d bytes", ErrNotFound, urlBytes)
		b.fetcher.counters.ended(err)
		return nil, err
	}
	return b.fetcher.open(ctx, t, nameOf(path), have)
}

// joined appends path to the base, each element percent-encoded, the base's own
// spelling kept.
func joined(base *url.URL, path string) *url.URL {
	u := *base
	elements := strings.Split(path, "/")
	for i, element := range elements {
		elements[i] = url.PathEscape(element)
	}
	u.RawPath = strings.TrimSuffix(base.EscapedPath(), "/") + "/" + strings.Join(elements, "/")
	u.Path = strings.TrimSuffix(base.Path, "/") + "/" + path
	return &u
}

// redacted is a URL for an error text: without user information and query.
func redacted(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(not a URL)"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
