package origin

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
)

// results names the ways a fetch can end, for metrics. The first row that
// matches counts; what matches none is "failed".
var results = []struct {
	name string
	err  error
}{
	{"unavailable", errUnavailable}, // before "failed", which it is too
	{"not_found", ErrOriginNotFound},
	{"not_found", ErrNotFound},
	{"not_allowed", ErrNotAllowed},
	{"too_large", ErrTooLarge},
	{"timeout", ErrTimeout},
	{"busy", ErrBusy},
	{"failed", ErrFailed},
	{"cancelled", context.Canceled},
	{"cancelled", context.DeadlineExceeded}, // the caller's deadline; ours is ErrTimeout
}

// WebStats counts what a [Web] and its bases did since they were made.
type WebStats struct {
	// Results holds fetches ended, by result; every name is always there:
	// ok, not_modified, not_found, not_allowed, too_large, timeout, busy,
	// unavailable, failed, cancelled (also: closed before the body was read to
	// its end).
	Results map[string]uint64
	Retries uint64
	Bytes   uint64 // of bodies, decoded
	Open    int64  // requests that hold a place at their host now

	Refused      uint64 // fetches that an open breaker refused
	BreakersOpen int    // hosts that nothing is sent to now, or but one request
}

// counters is where WebStats comes from.
type counters struct {
	results map[string]*atomic.Uint64 // fixed after newCounters
	retries atomic.Uint64
	bytes   atomic.Uint64
	refused atomic.Uint64
	open    atomic.Int64
}

func newCounters() *counters {
	c := &counters{results: map[string]*atomic.Uint64{"ok": {}, "not_modified": {}}}
	for _, r := range results {
		c.results[r.name] = &atomic.Uint64{}
	}
	return c
}

func (c *counters) ended(err error) {
	c.results[resultOf(err)].Add(1)
}

func resultOf(err error) string {
	if err == nil || errors.Is(err, io.EOF) {
		return "ok"
	}
	for _, r := range results {
		if errors.Is(err, r.err) {
			return r.name
		}
	}
	return "failed"
}

func (c *counters) stats() WebStats {
	s := WebStats{
		Results: make(map[string]uint64, len(c.results)), Retries: c.retries.Load(), Bytes: c.bytes.Load(),
		Open: c.open.Load(), Refused: c.refused.Load(),
	}
	for name, n := range c.results {
		s.Results[name] = n.Load()
	}
	return s
}
