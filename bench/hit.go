package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// hitKind is one way to get an answer that is there already.
type hitKind struct {
	name        string
	ask         ask
	status      int
	connections int

	cpu, rate, p50, p99 []float64 // of each round: µs, 1/s, µs, µs
	bytes               int64     // of a body
}

// measureHits asks for one picture again and again.
func measureHits(ctx context.Context, s *session) (err error) {
	t, err := s.target(ctx, usual, s.oneOriginal)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	wanted, etag, err := t.pictureOf(ctx, s.options.bodyBytes)
	if err != nil {
		return err
	}
	hit := ask{path: t.fill(wanted)}
	kinds := []*hitKind{
		{name: "memory", ask: hit, status: http.StatusOK, connections: s.options.connections},
		{name: "memory", ask: hit, status: http.StatusOK, connections: 1},
	}
	if etag != "" {
		kinds = append(kinds, &hitKind{
			name: "not modified", ask: ask{hit.path, "If-None-Match: " + etag + "\r\n"},
			status: http.StatusNotModified, connections: s.options.connections,
		})
	}
	if t.program == nil {
		kinds[0].name, kinds[1].name = "hit", "hit"
	}
	if err := t.measureRounds(ctx, s.options, kinds); err != nil {
		return err
	}
	if t.program != nil {
		disk := []*hitKind{
			{name: "disk", ask: hit, status: http.StatusOK, connections: s.options.connections},
			{name: "disk", ask: hit, status: http.StatusOK, connections: 1},
		}
		if err := t.restart(ctx, s.options.binary, settings{}); err != nil {
			return err
		}
		if err := t.measureRounds(ctx, s.options, disk); err != nil {
			return err
		}
		kinds = append(kinds, disk...)
	}
	return s.hitTable(kinds)
}

// pictureOf finds a picture of about some bytes, makes it, and waits until it
// is kept.
func (t *target) pictureOf(ctx context.Context, bytes int) (found picture, etag string, err error) {
	c := connection{address: t.address}
	defer c.close()
	of := t.sources[0]
	width, err := smallestWith(of.width, func(width int) (bool, error) {
		answer, err := t.get(ctx, &c, of.at(width, "jpeg"))
		return answer.bytes >= int64(bytes), err
	})
	if err != nil {
		return picture{}, "", err
	}
	found = of.at(width, "jpeg")
	answer, err := t.get(ctx, &c, found)
	if err == nil && t.program != nil {
		time.Sleep(200 * time.Millisecond) // it is written to disk behind the answer's back
	}
	return found, answer.etag, err
}

// smallestWith is the smallest number of 1…high for which has holds, which
// holds for all above it too; high when there is none. It asks little more
// than log2(high) times.
func smallestWith(high int, has func(int) (bool, error)) (int, error) {
	low := 1
	for low < high {
		middle := (low + high) / 2
		yes, err := has(middle)
		if err != nil {
			return 0, err
		}
		if yes {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low, nil
}

// measureRounds does every kind once in every round, so that a disturbance
// does not hit one of them alone. A shorter round before the first is not
// counted: in it, a collected heap grows to its size, page by page.
func (t *target) measureRounds(ctx context.Context, o options, kinds []*hitKind) error {
	for round := range 1 + o.rounds {
		for _, kind := range kinds {
			requests := o.requests
			if round == 0 {
				requests = max(requests/2, 1)
			}
			if err := t.measureHit(ctx, kind, requests); err != nil {
				return err
			}
			if round == 0 {
				kind.cpu, kind.rate, kind.p50, kind.p99 = nil, nil, nil, nil
			}
		}
	}
	return nil
}

func (t *target) measureHit(ctx context.Context, kind *hitKind, requests int) error {
	before, err := t.processorTime()
	if err != nil {
		return err
	}
	got, err := closed(ctx, t.address, kind.connections, requests, time.Now().Add(patience),
		func(int, int) ask { return kind.ask })
	if err != nil {
		return err
	}
	after, err := t.processorTime()
	if err != nil {
		return err
	}
	for _, one := range got.all {
		if one.status != kind.status || one.cache != "" && !one.hit() {
			return fmt.Errorf("%s: expected a hit with status %d, got status %d, Cache-Status %q", kind.name, kind.status, one.status, one.cache)
		}
		kind.bytes = one.bytes
	}
	took := got.durations(anyReply)
	if len(t.pids) > 0 {
		kind.cpu = append(kind.cpu, microseconds(after-before)/float64(len(got.all)))
	}
	kind.rate = append(kind.rate, got.perSecond(len(got.all)))
	kind.p50 = append(kind.p50, microseconds(quantile(took, 0.5)))
	kind.p99 = append(kind.p99, microseconds(quantile(took, 0.99)))
	return nil
}

func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

func (s *session) hitTable(kinds []*hitKind) error {
	title := fmt.Sprintf("hit: %d rounds of %d requests; median (lowest…highest) round", s.options.rounds, s.options.requests)
	t := newTable(s.out, title, "from", "connections", "body", "CPU µs/request", "requests/s", "p50 µs", "p99 µs")
	for _, kind := range kinds {
		t.row(kind.name, fmt.Sprint(kind.connections), fmt.Sprint(kind.bytes), spread("%.1f", kind.cpu),
			spread("%.0f", kind.rate), spread("%.0f", kind.p50), spread("%.0f", kind.p99))
	}
	return t.end()
}
