package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// measureMixed asks as visitors do: few pictures often, many rarely, beginning
// with an empty cache.
func measureMixed(ctx context.Context, s *session) (err error) {
	t, err := s.target(ctx, usual, s.manyOriginals)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	paths := t.variety(s.options.variety)
	popular := make([]popularity, s.options.connections)
	for i := range popular {
		popular[i] = newPopularity(len(paths), s.options.skew, uint64(i))
	}
	if err := t.forgetPeak(); err != nil {
		return err
	}
	before, err := t.processorTime()
	if err != nil {
		return err
	}
	got, err := closed(ctx, t.address, s.options.connections, math.MaxInt, time.Now().Add(s.options.duration),
		func(connection, _ int) ask { return ask{path: paths[popular[connection].next()]} })
	if err != nil {
		return err
	}
	after, err := t.processorTime()
	if err != nil {
		return err
	}
	peak, err := t.peakMemory()
	if err != nil {
		return err
	}
	return s.mixedTable(got, after-before, peak)
}

// variety lists paths of different pictures in an order without meaning, the
// same every time.
func (t *target) variety(count int) []string {
	formats := []string{"webp", "jpeg"}
	var paths []string
	for i := range count {
		of := t.sources[i%len(t.sources)]
		rest := i / len(t.sources)
		width := 100 + rest/len(formats)%1000
		paths = append(paths, t.fill(of.at(min(width, of.width), formats[rest%len(formats)])))
	}
	random := rand.New(rand.NewPCG(1, 1)) // the same every time
	random.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
	return paths
}

func (s *session) mixedTable(got replies, used time.Duration, peak int64) error {
	title := fmt.Sprintf("mixed: %d connections, %d different pictures, skew %g, %v",
		s.options.connections, s.options.variety, s.options.skew, s.options.duration)
	t := newTable(s.out, title, "requests", "requests/s", "status 200", "hits", "p50", "p99", "hits' p50", "misses' p50", "CPU", "peak RSS")
	hits := got.durations(reply.hit)
	misses := got.durations(func(r reply) bool { return !r.hit() })
	t.row(fmt.Sprint(len(got.all)), fmt.Sprintf("%.0f", got.perSecond(len(got.all))),
		share(len(got.durations(withStatus(200))), len(got.all)), share(len(hits), len(got.all)),
		milliseconds(quantile(got.durations(anyReply), 0.5)), milliseconds(quantile(got.durations(anyReply), 0.99)),
		milliseconds(quantile(hits, 0.5)), milliseconds(quantile(misses, 0.5)),
		fmt.Sprintf("%.1f s", used.Seconds()), mebibytes(peak))
	return t.end()
}
