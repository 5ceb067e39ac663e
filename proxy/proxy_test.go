package proxy

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"api-resize/cache"
	"api-resize/origin"
	"api-resize/spec"
)

func TestMadeOnceThenHit(t *testing.T) {
	b := newBench(t)
	first, body := b.mustGet("300x200")
	if first.Outcome != Made || !first.Stored || body != "300x200,format=webp,quality=75 of image one" {
		t.Fatalf("first: %v, stored %v, %q", first.Outcome, first.Stored, body)
	}
	second, again := b.mustGet("300x200,fit=cover,quality=75,format=webp")
	if second.Outcome != Hit || second.Entry.Tier() != cache.TierMemory || again != body || second.ETag != first.ETag {
		t.Errorf("another spelling: %v from %q, ETag %s instead of %s", second.Outcome, second.Entry.Tier(), second.ETag, first.ETag)
	}
	other, _ := b.mustGet("301x200")
	if other.Outcome != Made || other.ETag == first.ETag {
		t.Errorf("another picture: %v with ETag %s", other.Outcome, other.ETag)
	}
	if fetches := b.site.fetches.Load(); fetches != 1 {
		t.Errorf("%d fetches, want 1 for all variants", fetches)
	}
}

func TestLocateNeedsNoPicture(t *testing.T) {
	b := newBench(t)
	variant, err := b.Locate(context.Background(), b.request("300x"), spec.Client{})
	must(t, err)
	result, _ := b.mustGet("300x")
	if variant.ETag != result.ETag || b.fake.made.Load() != 1 {
		t.Errorf("ETag %s before, %s after, %d made", variant.ETag, result.ETag, b.fake.made.Load())
	}
}

func TestHundredEqualRequestsCostOneFetchAndOnePicture(t *testing.T) {
	b := newBench(t)
	hold := make(chan struct{})
	b.site.hold.Store(hold)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if _, body := b.mustGet("300x200"); !strings.HasSuffix(body, "image one") {
				t.Errorf("got %q", body)
			}
		})
	}
	eventually(t, "the fetch", func() bool { return b.site.fetches.Load() > 0 })
	close(hold)
	all.Wait()
	if fetches, made := b.site.fetches.Load(), b.fake.made.Load(); fetches != 1 || made != 1 {
		t.Errorf("%d fetches and %d pictures, want one each", fetches, made)
	}
}

func TestFollowersSurviveTheLeader(t *testing.T) {
	b := newBench(t)
	b.fake.hold = make(chan struct{})
	leader, leave := context.WithCancel(context.Background())
	gone := make(chan error, 1)
	go func() {
		_, _, err := b.get(leader, b.request("300x"))
		gone <- err
	}()
	eventually(t, "the leader computes", func() bool { return b.fake.running.Load() == 1 })
	followed := make(chan string, 1)
	go func() {
		_, body := b.mustGet("300x")
		followed <- body
	}()
	eventually(t, "the follower waits", func() bool { return b.waiting() == 2 })
	leave()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("the leader got %v", err)
	}
	close(b.fake.hold)
	if body := <-followed; !strings.HasSuffix(body, "image one") {
		t.Errorf("the follower got %q", body)
	}
}

// waiting counts who waits for pictures.
func (b *bench) waiting() int {
	b.pictures.mu.Lock()
	defer b.pictures.mu.Unlock()
	count := 0
	for _, one := range b.pictures.running {
		count += one.waiting
	}
	return count
}

func TestWorkNobodyWaitsForIsCancelled(t *testing.T) {
	b := newBench(t)
	b.fake.hold = make(chan struct{})
	ctx, leave := context.WithCancel(context.Background())
	gone := make(chan error, 1)
	go func() {
		_, _, err := b.get(ctx, b.request("300x"))
		gone <- err
	}()
	eventually(t, "it computes", func() bool { return b.fake.running.Load() == 1 })
	leave()
	<-gone
	eventually(t, "the work ends", func() bool { return b.fake.running.Load() == 0 && b.Slots.Stats().InUse == 0 })
	close(b.fake.hold)
	if result, _ := b.mustGet("300x"); result.Outcome != Made {
		t.Errorf("the next request: %v", result.Outcome)
	}
}

func TestPanicIsAnErrorForThoseWhoWaited(t *testing.T) {
	b := newBench(t)
	b.fake.panics.Store(true)
	_, _, err := b.get(context.Background(), b.request("300x"))
	var panicked *PanicError
	if !errors.As(err, &panicked) || !strings.Contains(err.Error(), "out of its mind") {
		t.Fatalf("got %v", err)
	}
	b.fake.panics.Store(false)
	if result, _ := b.mustGet("300x"); result.Outcome != Made || b.Slots.Stats().InUse != 0 {
		t.Errorf("afterwards: %v, %+v", result.Outcome, b.Slots.Stats())
	}
}

func TestProcessingTimeout(t *testing.T) {
	for name, ignores := range map[string]bool{"stops when told": false, "cannot be stopped": true} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(c *Config) { c.Timeout = 10 * time.Millisecond })
			b.fake.hold, b.fake.ignores = make(chan struct{}), ignores
			if _, _, err := b.get(context.Background(), b.request("300x")); !errors.Is(err, ErrTimeout) {
				t.Errorf("got %v, want ErrTimeout", err)
			}
			if ignores && b.Slots.Stats().InUse != 1 {
				t.Errorf("the slot is free while the processor is not: %+v", b.Slots.Stats())
			}
			close(b.fake.hold)
			eventually(t, "the slot comes back", func() bool { return b.Slots.Stats().InUse == 0 })
			if result, _ := b.mustGet("400x"); result.Outcome != Made {
				t.Errorf("the next request: %v", result.Outcome)
			}
		})
	}
}

func TestSlotsBoundTheWork(t *testing.T) {
	b := newBench(t, func(c *Config) { c.QueueWait = time.Minute })
	var all sync.WaitGroup
	for _, size := range []string{"1x", "2x", "3x", "4x", "5x", "6x", "7x", "8x"} {
		all.Go(func() { b.mustGet(size) })
	}
	all.Wait()
	if most := b.fake.most.Load(); most > 2 {
		t.Errorf("%d pictures at once in 2 slots", most)
	}
}

func TestASlowOriginHoldsNoSlot(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Slots = 1 })
	hold := make(chan struct{})
	b.site.hold.Store(hold)
	slow := make(chan struct{})
	go func() {
		b.mustGet("300x")
		close(slow)
	}()
	eventually(t, "the fetch", func() bool { return b.site.fetches.Load() == 1 })
	if _, body, err := b.get(context.Background(), b.put("image two")); err != nil || !strings.HasSuffix(body, "image two") {
		t.Errorf("the other picture: %q, %v", body, err)
	}
	close(hold)
	<-slow
}

func TestQueueFull(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Slots, c.Queue = 1, 0 })
	b.fake.hold = make(chan struct{})
	done := make(chan struct{})
	go func() {
		b.mustGet("300x")
		close(done)
	}()
	eventually(t, "it computes", func() bool { return b.fake.running.Load() == 1 })
	if _, _, err := b.get(context.Background(), b.request("400x")); !errors.Is(err, ErrOverloaded) {
		t.Errorf("got %v, want ErrOverloaded", err)
	}
	close(b.fake.hold)
	<-done
	if _, body := b.mustGet("300x"); body == "" {
		t.Error("a hit needs no slot")
	}
}

func TestForgetBeatsAFillThatBeganBefore(t *testing.T) {
	b := newBench(t)
	request := b.put("image private")
	b.fake.hold = make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		if _, _, err := b.get(context.Background(), request); err != nil {
			t.Errorf("who asked before: %v", err)
		}
	}()
	eventually(t, "it computes", func() bool { return b.fake.running.Load() == 1 })
	must(t, b.ups.Delete(context.Background(), request.Source.Path))
	_, err := b.Forget(request.Source)
	must(t, err)
	close(b.fake.hold)
	<-done
	b.tiers.Flush()
	if stats := b.tiers.Stats(); stats.Entries != 0 {
		t.Errorf("%d entries are left", stats.Entries)
	}
	if _, _, err := b.get(context.Background(), request); !errors.Is(err, origin.ErrNotFound) {
		t.Errorf("afterwards: %v, want ErrNotFound", err)
	}
}

func TestBrokenOriginalIsNotKept(t *testing.T) {
	b := newBench(t)
	b.site.content.Store("image broken")
	if _, _, err := b.get(context.Background(), b.request("300x")); !errors.Is(err, errBroken) {
		t.Fatalf("got %v", err)
	}
	b.tiers.Flush()
	if stats := b.tiers.Stats(); stats.Entries != 0 {
		t.Errorf("%d entries are left", stats.Entries)
	}
	b.site.content.Store("image mended")
	if _, body := b.mustGet("300x"); !strings.HasSuffix(body, "image mended") {
		t.Errorf("after mending: %q", body)
	}
}

func TestChangedOriginalMakesNewVariants(t *testing.T) {
	b := newBench(t)
	b.site.header.Store(http.Header{"Cache-Control": {"max-age=0"}, "Etag": {`"v1"`}})
	first, _ := b.mustGet("300x")
	second, _ := b.mustGet("300x")
	if second.Outcome != Hit || second.ETag != first.ETag || b.site.fetches.Load() != 2 {
		t.Errorf("revalidated: %v, ETag %s instead of %s, %d fetches", second.Outcome, second.ETag, first.ETag, b.site.fetches.Load())
	}
	b.site.content.Store("image two")
	b.site.header.Store(http.Header{"Cache-Control": {"max-age=0"}, "Etag": {`"v2"`}})
	third, body := b.mustGet("300x")
	if third.ETag == first.ETag || !strings.HasSuffix(body, "image two") {
		t.Errorf("changed: ETag %s, %q", third.ETag, body)
	}
}

func TestNoStoreIsNeverKept(t *testing.T) {
	b := newBench(t)
	b.site.header.Store(http.Header{"Cache-Control": {"no-store"}})
	result, _ := b.mustGet("300x")
	if result.Stored || !result.Lifetime(time.Now()).NoStore {
		t.Errorf("stored %v, %+v", result.Stored, result.Lifetime(time.Now()))
	}
	b.tiers.Flush()
	if stats := b.tiers.Stats(); stats.Entries != 0 {
		t.Errorf("%d entries are left", stats.Entries)
	}
	b.site.content.Store("image two")
	if _, body := b.mustGet("300x"); !strings.HasSuffix(body, "image two") {
		t.Errorf("the second request got %q", body)
	}
}

func TestMissingOriginalIsRememberedForAWhile(t *testing.T) {
	b := newBench(t, func(c *Config) { c.NegativeAge = time.Hour })
	b.site.status.Store(http.StatusNotFound)
	for range 3 {
		if _, _, err := b.get(context.Background(), b.request("300x")); !errors.Is(err, origin.ErrOriginNotFound) {
			t.Fatalf("got %v", err)
		}
	}
	if fetches := b.site.fetches.Load(); fetches != 1 {
		t.Errorf("%d fetches, want 1", fetches)
	}
	b.site.status.Store(http.StatusOK)
	_, err := b.Forget(b.request("300x").Source)
	must(t, err)
	b.mustGet("300x")
}

func TestMissingOriginalIsAskedForAgain(t *testing.T) {
	b := newBench(t, func(c *Config) { c.NegativeAge = 0 })
	b.site.status.Store(http.StatusGone)
	if _, _, err := b.get(context.Background(), b.request("300x")); !errors.Is(err, origin.ErrOriginNotFound) {
		t.Fatalf("got %v", err)
	}
	b.site.status.Store(http.StatusOK)
	b.mustGet("300x")
}

func TestUploadLifetimeEndsWithItsExpiry(t *testing.T) {
	now := time.Now()
	if life := UploadLifetime(origin.Record{}, now); !life.Immutable || life.MaxAge != 365*24*time.Hour {
		t.Errorf("for ever: %+v", life)
	}
	soon := now.Add(time.Minute)
	if life := UploadLifetime(origin.Record{Expires: &soon}, now); life.Immutable || life.MaxAge != time.Minute {
		t.Errorf("for a minute: %+v", life)
	}
}

func TestCheck(t *testing.T) {
	b := newBench(t)
	facts, _, err := b.Check(context.Background(), []byte("image whole"))
	if err != nil || facts.Width != 1200 {
		t.Errorf("whole: %+v, %v", facts, err)
	}
	if _, _, err := b.Check(context.Background(), []byte("image broken")); !errors.Is(err, errBroken) {
		t.Errorf("broken: %v", err)
	}
	if _, _, err := b.Check(context.Background(), []byte("text")); !errors.Is(err, errBroken) {
		t.Errorf("no image: %v", err)
	}
}

func BenchmarkMemoryHit(b *testing.B) {
	bench := newBench(b)
	ctx := context.Background()
	request := spec.Request{Source: bench.put("image " + strings.Repeat("x", 15_000)).Source, Spec: spec.Spec{Size: spec.Size{Width: 300}}}
	if _, _, err := bench.get(ctx, request); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if result, _, err := bench.get(ctx, request); err != nil || result.Outcome != Hit {
			b.Fatal(err)
		}
	}
}
