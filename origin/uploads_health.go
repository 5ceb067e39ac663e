package origin

import (
	"context"
	"sync"
	"time"
)

// answering remembers whether the records answered when they were asked last.
type answering struct {
	mu    sync.Mutex
	asked time.Time
	err   error
}

// RecordsHealthy is nil when the records would take a change. They are asked
// once a second at most, and the log is told when their answer turns.
func (u *Uploads) RecordsHealthy(ctx context.Context) error {
	a := &u.answering
	a.mu.Lock()
	defer a.mu.Unlock()
	if time.Since(a.asked) < probeEvery {
		return a.err
	}
	ctx, cancel := changing(ctx)
	defer cancel()
	err := u.records.Healthy(ctx)
	switch {
	case err != nil && a.err == nil:
		u.logger.Error("the records of uploads do not answer", "error", err)
	case err == nil && a.err != nil:
		u.logger.Info("the records of uploads answer again")
	}
	a.asked, a.err = time.Now(), err
	return err
}

// totalsAge is how old the totals may be: counting reads all records.
const totalsAge = time.Minute

// totals are remembered, and counted anew in the background.
type totals struct {
	mu         sync.Mutex
	counted    time.Time
	counting   bool
	last       Totals
	background sync.WaitGroup
}

// Totals are the numbers of uploads and of their bytes, as of a minute ago or
// so; zero until they were counted first.
func (u *Uploads) Totals() Totals {
	t := &u.totals
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.counting && time.Since(t.counted) > totalsAge {
		t.counting = true
		t.background.Go(u.count)
	}
	return t.last
}

func (u *Uploads) count() {
	ctx, cancel := changing(context.Background())
	defer cancel()
	now, err := u.records.Totals(ctx)
	t := &u.totals
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counting, t.counted = false, time.Now()
	if err == nil {
		t.last = now
	}
}
