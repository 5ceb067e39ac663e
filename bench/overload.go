package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync/atomic"
	"time"
)

// unanswered bounds the requests of overload that are under way at once, for
// servers that let all of them wait.
const unanswered = 2000

// measureOverload finds out how many pictures a second can be made, then asks
// for several times as many. A good server goes on making as many, and refuses
// the rest at once.
func measureOverload(ctx context.Context, s *session) (err error) {
	t, err := s.target(ctx, settings{memoryBytes: usual.memoryBytes, slots: s.options.slots}, s.manyOriginals)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	unseen := t.unseen()

	calm, err := closed(ctx, t.address, s.options.slots, math.MaxInt, time.Now().Add(s.options.duration/2),
		func(int, int) ask { return unseen() })
	if err != nil {
		return err
	}
	capacity := calm.perSecond(len(calm.durations(withStatus(http.StatusOK))))
	if capacity == 0 {
		return errors.New("no picture was made")
	}
	if err := t.forgetPeak(); err != nil {
		return err
	}
	storm, missed, err := open(ctx, t.address, capacity*float64(s.options.overload), s.options.duration, unanswered,
		func(int) ask { return unseen() })
	if err != nil {
		return err
	}
	peak, err := t.peakMemory()
	if err != nil {
		return err
	}
	return s.overloadTable(calm, storm, missed, peak)
}

// unseen returns what gives a picture that was not asked for before, each time
// it is called, from any goroutine. Sizes differ on one side only when they
// have to, so that all cost about the same.
func (t *target) unseen() func() ask {
	const low, widths = 300, 200 // pixels
	var number atomic.Int64
	return func() ask {
		n := int(number.Add(1) - 1)
		of := t.sources[n%len(t.sources)]
		n /= len(t.sources)
		one := of.at(low+n%widths, "jpeg")
		one.height += n / widths
		return ask{path: t.fill(one)}
	}
}

func (s *session) overloadTable(calm, storm replies, missed int, peak int64) error {
	title := fmt.Sprintf("overload: %d slots, %d times the pictures that can be made, %v", s.options.slots, s.options.overload, s.options.duration)
	t := newTable(s.out, title, "load", "asked/s", "made/s", "of what it can", "refused (503)", "others", "made p50", "made p99", "refused p50", "refused p99", "peak RSS")
	can := calm.perSecond(len(calm.durations(withStatus(http.StatusOK))))
	row := func(name, peak string, got replies, missed int) {
		made, refused := got.durations(withStatus(http.StatusOK)), got.durations(withStatus(http.StatusServiceUnavailable))
		others := fmt.Sprint(len(got.all) - len(made) - len(refused))
		if missed > 0 {
			others += fmt.Sprintf(" + %d not sent", missed)
		}
		t.row(name, fmt.Sprintf("%.0f", got.perSecond(len(got.all)+missed)), fmt.Sprintf("%.1f", got.perSecond(len(made))),
			fmt.Sprintf("%.0f %%", 100*got.perSecond(len(made))/can),
			fmt.Sprint(len(refused)), others,
			milliseconds(quantile(made, 0.5)), milliseconds(quantile(made, 0.99)),
			milliseconds(quantile(refused, 0.5)), milliseconds(quantile(refused, 0.99)), peak)
	}
	row("what it can", "", calm, 0)
	row("too much", mebibytes(peak), storm, missed)
	return t.end()
}
