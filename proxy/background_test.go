package proxy

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// acquireBehind starts work in the background, and returns where its release
// comes once it has a slot.
func acquireBehind(t *testing.T, ctx context.Context, slots *Slots, need Need) <-chan func() {
	t.Helper()
	granted := make(chan func(), 1)
	go func() {
		release, err := slots.Acquire(InBackground(ctx), need)
		if err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		granted <- release
	}()
	return granted
}

func acquire(t *testing.T, slots *Slots) func() {
	t.Helper()
	release, err := slots.Acquire(context.Background(), Need{Bytes: 1})
	must(t, err)
	return release
}

func TestBackgroundLeavesHalf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slots := NewSlots(4, 100, 10, time.Minute)
		var granted []<-chan func()
		for range 3 {
			granted = append(granted, acquireBehind(t, t.Context(), slots, Need{Bytes: 1}))
			synctest.Wait()
		}
		if stats := slots.Stats(); stats.InUse != 2 || stats.InBackground != 1 || stats.Waiting != 0 {
			t.Errorf("of three in the background: %+v", stats)
		}
		first, second := acquire(t, slots), acquire(t, slots) // nobody waits
		for _, one := range granted[:2] {
			(<-one)()
		}
		synctest.Wait()
		if stats := slots.Stats(); stats.InUse != 2 || stats.InBackground != 1 {
			t.Errorf("with half in use by others: %+v", stats)
		}
		first()
		(<-granted[2])()
		second()
	})
}

func TestBackgroundYieldsToThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slots := NewSlots(1, 100, 10, time.Minute)
		running := acquire(t, slots)
		behind := acquireBehind(t, t.Context(), slots, Need{Bytes: 1})
		synctest.Wait()
		interactive := make(chan func())
		go func() { interactive <- acquire(t, slots) }()
		synctest.Wait()
		running()
		release := <-interactive
		synctest.Wait()
		if stats := slots.Stats(); stats.InBackground != 1 {
			t.Errorf("the background went first: %+v", stats)
		}
		release()
		(<-behind)()
	})
}

// Where half of the slots are never free, work in the background goes on all the
// same, but takes no place that somebody waits for.
func TestBackgroundPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slots := NewSlots(2, 100, 10, time.Minute)
		busy := acquire(t, slots)
		began := time.Now()
		(<-acquireBehind(t, t.Context(), slots, Need{Bytes: 1}))()
		if waited := time.Since(began); waited != backgroundPatience {
			t.Errorf("waited %v", waited)
		}
		busy()
	})
}

func TestBackgroundGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slots := NewSlots(1, 100, 10, time.Minute)
		running := acquire(t, slots)
		gone := errors.New("gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		large := acquireBehind(t, ctx, slots, Need{Bytes: 100})
		synctest.Wait()
		small := acquireBehind(t, t.Context(), slots, Need{Bytes: 1})
		synctest.Wait()
		cancel(gone)
		<-large
		if stats := slots.Stats(); stats.InBackground != 1 || stats.InUse != 1 {
			t.Errorf("%+v", stats)
		}
		running()
		(<-small)()
		if stats := slots.Stats(); stats.InUse != 0 || stats.Reserved != 0 {
			t.Errorf("%+v", stats)
		}
	})
}

// It waits as long as it takes, where others would be refused at once.
func TestBackgroundIsNotRefused(t *testing.T) {
	slots := NewSlots(1, 100, 0, time.Millisecond)
	running := acquire(t, slots)
	if err := slots.Admits(InBackground(t.Context()), Need{Bytes: 1}); err != nil {
		t.Error(err)
	}
	behind := acquireBehind(t, t.Context(), slots, Need{Bytes: 1})
	eventually(t, "it waits", func() bool { return slots.Stats().InBackground == 1 })
	running()
	(<-behind)()
}

// Who asks for what is to be made in the background does not wait as long as
// that may.
func TestBackgroundIsJoined(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Slots = 2 })
	busy, err := b.Slots.Acquire(context.Background(), Need{Bytes: 1})
	must(t, err)
	defer busy()
	variant, err := b.Locate(context.Background(), b.request("300x200"), modern)
	must(t, err)
	behind := make(chan error, 1)
	go func() {
		result, err := b.Open(InBackground(context.Background()), variant)
		if err == nil {
			err = result.Entry.Close()
		}
		behind <- err
	}()
	eventually(t, "it waits", func() bool { return b.Slots.Stats().InBackground == 1 })
	began := time.Now()
	result, err := b.Open(context.Background(), variant)
	must(t, err)
	must(t, result.Entry.Close())
	if waited := time.Since(began); waited > backgroundPatience/2 || result.Outcome != Joined {
		t.Errorf("%v after %v", result.Outcome, waited)
	}
	must(t, <-behind)
	if stats := b.Slots.Stats(); stats.InBackground != 0 || stats.InUse != 1 {
		t.Errorf("%+v", stats)
	}
}
