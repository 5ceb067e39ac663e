package proxy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// queueing is a single slot that is taken, with what queues behind it.
type queueing struct {
	*Slots
	t     testing.TB
	free  func()
	order chan string // who got the slot, in turn
	all   sync.WaitGroup
}

func newQueueing(t testing.TB, slots *Slots) *queueing {
	q := &queueing{Slots: slots, t: t, order: make(chan string, 100)}
	free, err := slots.Acquire(context.Background(), Need{Client: "busy", Work: time.Millisecond})
	must(t, err)
	q.free = free
	return q
}

// wait puts something into the queue, and returns when it is there.
func (q *queueing) wait(need Need) {
	q.t.Helper()
	before := q.Stats().Waiting
	q.all.Go(func() {
		release, err := q.Acquire(context.Background(), need)
		if err != nil {
			q.order <- "refused " + need.Client
			return
		}
		q.order <- need.Client
		release()
	})
	eventually(q.t, "it waits", func() bool { return q.Stats().Waiting > before })
}

// run frees the slot, and returns who got it in turn.
func (q *queueing) run() []string {
	q.free()
	q.all.Wait()
	close(q.order)
	var order []string
	for client := range q.order {
		order = append(order, client)
	}
	return order
}

func TestClientsGetEqualShares(t *testing.T) {
	q := newQueueing(t, NewSlots(1, 1<<30, 100, time.Minute))
	for range 6 {
		q.wait(Need{Client: "greedy", Work: time.Millisecond})
	}
	q.wait(Need{Client: "modest", Work: time.Millisecond})
	q.wait(Need{Client: "modest", Work: time.Millisecond})
	want := []string{"greedy", "modest", "greedy", "modest", "greedy", "greedy", "greedy", "greedy"}
	if got := q.run(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Shares are of time, not of pictures.
func TestSharesAreOfTime(t *testing.T) {
	q := newQueueing(t, NewSlots(1, 1<<30, 100, time.Minute))
	for range 3 {
		q.wait(Need{Client: "large", Work: 4 * time.Millisecond})
	}
	for range 6 {
		q.wait(Need{Client: "small", Work: time.Millisecond})
	}
	got := q.run()
	if last := slices.Index(got, "large"); last != 0 {
		t.Errorf("the first to come is not the first: %v", got)
	}
	if small := slices.Index(got[1:], "large"); small != 4 {
		t.Errorf("%d small ones between two that take four times as long, want 4: %v", small, got)
	}
}

func TestAFullQueueIsSharedEvenly(t *testing.T) {
	q := newQueueing(t, NewSlots(1, 1<<30, 4, time.Minute))
	for range 4 {
		q.wait(Need{Client: "greedy", Work: time.Millisecond})
	}
	for i := range 2 { // each takes a place of the other's
		q.all.Go(func() {
			release, err := q.Acquire(context.Background(), Need{Client: "modest", Work: time.Millisecond})
			if err != nil {
				t.Error("the modest one was refused")
				return
			}
			q.order <- "modest"
			release()
		})
		eventually(t, "a place is taken", func() bool {
			return q.Stats().Refused[OverloadShare] == uint64(i+1) && q.Stats().Waiting == 4
		})
	}
	for _, client := range []string{"modest", "greedy"} {
		_, err := q.Acquire(context.Background(), Need{Client: client})
		var overload *Overload
		if !errors.As(err, &overload) || overload.Reason != OverloadFull {
			t.Errorf("%s, with half of the places: %v, want %v", client, err, OverloadFull)
		}
	}
	got := q.run()
	slices.Sort(got)
	if want := []string{"greedy", "greedy", "modest", "modest", "refused greedy", "refused greedy"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestALongWaitIsToldAtOnce: who could not be served in time is refused in
// less than a thousandth of the wait.
func TestALongWaitIsToldAtOnce(t *testing.T) {
	slots := NewSlots(1, 1<<30, 100, time.Hour)
	q := newQueueing(t, slots)
	q.wait(Need{Client: "a", Work: 2 * time.Hour})
	started := time.Now()
	var overload *Overload
	if _, err := slots.Acquire(context.Background(), Need{Client: "a", Work: time.Second}); !errors.As(err, &overload) || overload.Reason != OverloadLate {
		t.Fatalf("got %v, want %v", err, OverloadLate)
	}
	if err := slots.Admits(context.Background(), Need{Client: "a"}); !errors.Is(err, ErrOverloaded) {
		t.Errorf("foreseen: %v", err)
	}
	if took := time.Since(started); took > time.Second {
		t.Errorf("told after %v", took)
	}
	if after := overload.RetryAfter(time.Now()); after < time.Hour || after > 3*time.Hour {
		t.Errorf("to be tried again after %v, when an hour is lacking", after)
	}
	// The caller's own deadline counts as well.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := slots.Acquire(ctx, Need{Client: "b", Work: time.Second}); !errors.Is(err, ErrOverloaded) {
		t.Errorf("with a minute: %v", err)
	}
	q.run()
}

// TestPaceIsLearned: estimates that are far off are corrected by what is seen.
func TestPaceIsLearned(t *testing.T) {
	slots := NewSlots(1, 1<<30, 100, time.Minute)
	for range 50 {
		slots.mu.Lock()
		slots.take(Need{Work: time.Millisecond})
		slots.put(Need{Work: time.Millisecond}, 5*time.Millisecond)
		slots.mu.Unlock()
	}
	if got := slots.expect(time.Second); got < 4900*time.Millisecond || got > 5100*time.Millisecond {
		t.Errorf("a second of estimate is expected to take %v, want 5 s", got)
	}
}

func TestWaitingBytesAreBounded(t *testing.T) {
	q := newQueueing(t, NewSlots(1, 1000, 100, time.Minute))
	q.wait(Need{Held: 200})
	var overload *Overload
	if _, err := q.Acquire(context.Background(), Need{Held: 51}); !errors.As(err, &overload) || overload.Reason != OverloadMemory {
		t.Errorf("got %v, want %v", err, OverloadMemory)
	}
	q.wait(Need{Held: 50})
	if held := q.Stats().Held; held != 250 {
		t.Errorf("%d bytes held, want 250", held)
	}
	q.run()
	if held := q.Stats().Held; held != 0 {
		t.Errorf("%d bytes held by nobody", held)
	}
}

// TestManyClientsAreForgotten: names of clients are of others' choosing.
func TestManyClientsAreForgotten(t *testing.T) {
	slots := NewSlots(1, 1<<30, 2, time.Minute)
	for i := range 3000 {
		free, err := slots.Acquire(context.Background(), Need{Client: "busy", Work: time.Millisecond})
		must(t, err)
		done := make(chan struct{})
		go func() {
			defer close(done)
			release, err := slots.Acquire(context.Background(), Need{Client: fmt.Sprint(i), Work: time.Millisecond})
			if err != nil {
				t.Error(err)
				return
			}
			release()
		}()
		for slots.Stats().Waiting == 0 {
			time.Sleep(10 * time.Microsecond)
		}
		free()
		<-done
	}
	if count := len(slots.fair.clients); count > maxIdleShares+2 {
		t.Errorf("%d clients are remembered", count)
	}
}
