package proxy

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestSlotsByBytes(t *testing.T) {
	slots := NewSlots(4, 100, 10, time.Minute)
	ctx := context.Background()
	first, err := slots.Acquire(ctx, Need{Bytes: 60})
	must(t, err)
	granted := make(chan func())
	go func() {
		release, err := slots.Acquire(ctx, Need{Bytes: 60})
		if err != nil {
			t.Error(err)
		}
		granted <- release
	}()
	eventually(t, "the second waits", func() bool { return slots.Stats().Waiting == 1 })
	first()
	first() // a second call changes nothing
	second := <-granted
	if stats := slots.Stats(); stats.InUse != 1 || stats.Reserved != 60 {
		t.Errorf("%+v", stats)
	}
	second()
}

func TestSlotsLargerThanTheBudgetRunAlone(t *testing.T) {
	slots := NewSlots(2, 100, 1, time.Minute)
	release, err := slots.Acquire(context.Background(), Need{Bytes: 1000})
	must(t, err)
	if stats := slots.Stats(); stats.Reserved != 100 {
		t.Errorf("%+v", stats)
	}
	release()
}

func TestSlotsWaitEnds(t *testing.T) {
	slots := NewSlots(1, 100, 2, time.Millisecond)
	release, err := slots.Acquire(context.Background(), Need{Bytes: 1})
	must(t, err)
	if _, err := slots.Acquire(context.Background(), Need{Bytes: 1}); !errors.Is(err, ErrOverloaded) {
		t.Errorf("got %v, want ErrOverloaded", err)
	}
	slots.wait = time.Minute
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := slots.Acquire(ctx, Need{Bytes: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	if stats := slots.Stats(); stats.Waiting != 0 || stats.InUse != 1 {
		t.Errorf("%+v", stats)
	}
	release()
}

// TestSlotsUnderLoad: whatever ends in whatever order, nothing is lost.
func TestSlotsUnderLoad(t *testing.T) {
	slots := NewSlots(3, 100, 20, 2*time.Millisecond)
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i%5)*time.Millisecond)
			defer cancel()
			release, err := slots.Acquire(ctx, Need{Bytes: int64(i % 60)})
			if err != nil {
				return
			}
			if stats := slots.Stats(); stats.InUse > 3 || stats.Reserved > 100 {
				t.Errorf("%+v", stats)
			}
			time.Sleep(time.Millisecond)
			release()
		})
	}
	all.Wait()
	if stats := slots.Stats(); stats.InUse != 0 || stats.Reserved != 0 || stats.Waiting != 0 {
		t.Errorf("left over: %+v", stats)
	}
}

// TestWaitsAreObserved of everybody who asked for a slot, once each.
func TestWaitsAreObserved(t *testing.T) {
	const wait = 500 * time.Millisecond
	slots := NewSlots(1, 100, 1, wait)
	var mu sync.Mutex
	seen := map[WaitResult][]time.Duration{}
	slots.Observe(func(result WaitResult, waited time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		seen[result] = append(seen[result], waited)
	})
	release, err := slots.Acquire(t.Context(), Need{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slots.Acquire(t.Context(), Need{}); !errors.Is(err, ErrOverloaded) {
		t.Errorf("after the longest wait: %v", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := slots.Acquire(gone, Need{}); !errors.Is(err, context.Canceled) {
		t.Errorf("who has left: %v", err)
	}
	waiting := make(chan error)
	go func() {
		release, err := slots.Acquire(t.Context(), Need{})
		if err == nil {
			release()
		}
		waiting <- err
	}()
	for slots.Stats().Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
	if _, err := slots.Acquire(t.Context(), Need{}); !errors.Is(err, ErrOverloaded) {
		t.Errorf("with a full queue: %v", err)
	}
	release()
	if err := <-waiting; err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if granted := seen[WaitGranted]; len(granted) != 2 || granted[0] != 0 || granted[1] <= 0 {
		t.Errorf("granted %v, want one at once and one after a wait", granted)
	}
	if refused := seen[WaitRefused]; !slices.Equal(refused, []time.Duration{wait, wait}) {
		t.Errorf("refused %v, want the longest wait twice", refused)
	}
	if left := seen[WaitLeft]; len(left) != 1 {
		t.Errorf("left %v, want one", left)
	}
}
