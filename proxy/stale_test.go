package proxy

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"api-resize/cache"
	"api-resize/origin"
	"api-resize/spec"
)

// says sets what the site says of its picture.
func (s *site) says(cacheControl, etag string) {
	header := http.Header{"Cache-Control": {cacheControl}}
	if etag != "" {
		header.Set("ETag", etag)
	}
	s.header.Store(header)
}

func TestAnUnchangedOriginalRenewsAllThatWasMadeOfIt(t *testing.T) {
	b := newBench(t)
	b.site.says("max-age=0", `"v1"`)
	b.mustGet("300x200")
	b.mustGet("400x200")
	fetches, made := b.site.fetches.Load(), b.fake.made.Load()
	for _, options := range []string{"300x200", "400x200"} {
		result, body := b.mustGet(options)
		if result.Outcome != Hit || result.Use != UsedRevalidated || !strings.Contains(body, "image one") {
			t.Errorf("%s: %v, %v: %s", options, result.Outcome, result.Use, body)
		}
	}
	if got := b.site.fetches.Load() - fetches; got != 2 {
		t.Errorf("the origin was asked %d times, want 2", got)
	}
	if b.fake.made.Load() != made {
		t.Error("something was made anew")
	}
}

func TestStaleWhileRevalidate(t *testing.T) {
	b := newBench(t)
	b.site.says("max-age=0, stale-while-revalidate=3600", "")
	b.mustGet("300x200")
	b.site.content.Store("image two")
	hold := make(chan struct{})
	b.site.hold.Store(hold)
	for range 5 { // the origin is slow, and nobody waits for it
		result, body := b.mustGet("300x200")
		if result.Outcome != Hit || result.Use != UsedWhileRevalidating || !strings.Contains(body, "image one") {
			t.Errorf("%v, %v: %s", result.Outcome, result.Use, body)
		}
		if life := result.Lifetime(time.Now()); life.MaxAge != 0 || life.Immutable || life.NoStore {
			t.Errorf("life of a stale picture: %+v", life)
		}
	}
	close(hold)
	eventually(t, "the new one is there", func() bool {
		_, body := b.mustGet("300x200")
		return strings.Contains(body, "image two")
	})
	if b.Stats().Uses[UsedReplaced] == 0 || b.Stats().Uses[UsedWhileRevalidating] < 5 {
		t.Errorf("%+v", b.Stats().Uses)
	}
}

// TestStaleWhileRevalidateAsksOnce: many who get a stale picture cost one fetch.
func TestStaleWhileRevalidateAsksOnce(t *testing.T) {
	b := newBench(t)
	b.site.says("max-age=0, stale-while-revalidate=3600", `"v1"`)
	b.mustGet("300x200")
	before := b.site.fetches.Load()
	hold := make(chan struct{})
	b.site.hold.Store(hold)
	for range 50 {
		b.mustGet("300x200")
	}
	close(hold)
	eventually(t, "it was asked", func() bool { return b.Stats().Uses[UsedRevalidated] > 0 })
	if got := b.site.fetches.Load() - before; got != 1 {
		t.Errorf("%d fetches for 50 that were answered meanwhile", got)
	}
}

func TestStaleIfError(t *testing.T) {
	for _, test := range []struct {
		name, cacheControl string
		status             int
		want               error // nil: the stale picture
	}{
		{"failing", "max-age=0, stale-if-error=3600", http.StatusInternalServerError, nil},
		{"busy", "max-age=0, stale-if-error=3600", http.StatusServiceUnavailable, nil},
		{"configured", "max-age=0", http.StatusBadGateway, nil},
		{"forbidden by the origin", "max-age=0, stale-if-error=0", http.StatusBadGateway, origin.ErrFailed},
		{"must-revalidate", "max-age=0, stale-if-error=3600, must-revalidate", http.StatusBadGateway, origin.ErrFailed},
		{"no-cache", "no-cache, stale-if-error=3600", http.StatusBadGateway, origin.ErrFailed},
		{"too many requests", "max-age=0, stale-if-error=3600", http.StatusTooManyRequests, nil},
		{"forbidden now", "max-age=0, stale-if-error=3600", http.StatusForbidden, origin.ErrFailed},
		{"part of it", "max-age=0, stale-if-error=3600", http.StatusPartialContent, origin.ErrFailed},
		{"gone is an answer", "max-age=0, stale-if-error=3600", http.StatusGone, origin.ErrOriginNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			b.site.says(test.cacheControl, "")
			b.mustGet("300x200")
			b.site.status.Store(int64(test.status))
			result, body, err := b.get(context.Background(), b.request("300x200"))
			if test.want != nil {
				if !errors.Is(err, test.want) {
					t.Errorf("%v, want %v", err, test.want)
				}
				return
			}
			must(t, err)
			if result.Use != UsedOnError || !strings.Contains(body, "image one") {
				t.Errorf("%v: %s", result.Use, body)
			}
			if life := result.Lifetime(time.Now()); life.MaxAge > staleAge || life.NoStore {
				t.Errorf("life of a stale picture: %+v", life)
			}
			// What was not made before is made of the stale original.
			if _, body := b.mustGet("500x100"); !strings.Contains(body, "image one") {
				t.Error(body)
			}
			b.site.status.Store(http.StatusOK)
			b.site.content.Store("image two")
			if _, body := b.mustGet("300x200"); !strings.Contains(body, "image two") {
				t.Errorf("after it has recovered: %s", body)
			}
		})
	}
}

// TestStaleIfErrorAfterARestart: the record is found in the cache.
func TestStaleIfErrorAfterARestart(t *testing.T) {
	b := newBench(t)
	b.site.says("max-age=0, stale-if-error=3600", "")
	b.mustGet("300x200")
	b.known.Purge()
	b.site.Close()
	if result, _ := b.mustGet("300x200"); result.Use != UsedOnError {
		t.Errorf("%v", result.Use)
	}
}

func TestAChangedOriginalTakesTheOldPicturesAlong(t *testing.T) {
	b := newBench(t)
	b.site.says("max-age=0", "")
	first, _ := b.mustGet("300x200")
	b.mustGet("400x200")
	b.tiers.Flush()
	name := b.request("300x200").Source.String()
	old := b.tiers.Variants(name)
	b.site.content.Store("image two")
	second, body := b.mustGet("300x200")
	if second.ETag == first.ETag || !strings.Contains(body, "image two") || !second.Stored {
		t.Errorf("%s after %s, stored %v: %s", second.ETag, first.ETag, second.Stored, body)
	}
	b.tiers.Flush()
	for _, variant := range b.tiers.Variants(name) {
		if strings.Contains(variant, first.original.record.Version) {
			t.Errorf("%s is still kept, of %v", variant, old)
		}
	}
	if result, _ := b.mustGet("300x200"); result.Outcome != Hit {
		t.Errorf("the new one is not kept: %v", result.Outcome)
	}
}

// TestAChangedWatermarkKeepsItsLinks: pictures with an older version of it are
// still forgotten with it.
func TestAChangedWatermarkKeepsItsLinks(t *testing.T) {
	b := newBench(t)
	b.site.says("max-age=0", "")
	upload := b.put("image of the upload")
	upload.Spec.Watermark = b.marked(b.request("1x").Source).Spec.Watermark
	_, _, err := b.get(context.Background(), upload)
	must(t, err)
	b.site.content.Store("image two")
	b.mustGet("300x200") // finds the change
	if _, err := b.Forget(upload.Spec.Watermark.Source); err != nil {
		t.Fatal(err)
	}
	if kept := b.tiers.Variants(upload.Source.String()); len(kept) > 0 {
		t.Errorf("with an older version of the watermark: %v", kept)
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	b := newBench(t)
	b.site.header.Store(http.Header{"Retry-After": {"60"}})
	b.site.status.Store(http.StatusServiceUnavailable)
	var unavailable *origin.Unavailable
	for range 5 {
		if _, _, err := b.get(context.Background(), b.request("300x200")); !errors.As(err, &unavailable) {
			t.Fatalf("%v", err)
		}
	}
	if left := unavailable.RetryAfter(time.Now()); left < 50*time.Second || left > time.Minute {
		t.Errorf("to be tried again after %v, want about 60 s", left)
	}
	if got := b.site.fetches.Load(); got != 1 {
		t.Errorf("the origin was asked %d times before the time had come", got)
	}
	// A purge is a reason to ask.
	b.site.status.Store(http.StatusOK)
	b.site.says("max-age=60", "")
	if _, err := b.Forget(b.request("1x").Source); err != nil {
		t.Fatal(err)
	}
	b.mustGet("300x200")
}

// TestAPurgeIsNotJoined: who asks after a purge gets nothing that was begun
// before it.
func TestAPurgeIsNotJoined(t *testing.T) {
	b := newBench(t)
	b.fake.hold = make(chan struct{})
	before := make(chan string, 1)
	go func() {
		_, body, err := b.get(context.Background(), b.request("300x200"))
		if err != nil {
			t.Error(err)
		}
		before <- body
	}()
	eventually(t, "it is being made", func() bool { return b.fake.running.Load() == 1 })
	b.site.content.Store("image two")
	if _, err := b.ForgetEverything(); err != nil {
		t.Fatal(err)
	}
	after := make(chan string, 1)
	go func() {
		_, body, err := b.get(context.Background(), b.request("300x200"))
		if err != nil {
			t.Error(err)
		}
		after <- body
	}()
	eventually(t, "the other is being made", func() bool { return b.fake.running.Load() == 2 })
	close(b.fake.hold)
	if body := <-before; !strings.Contains(body, "image one") {
		t.Errorf("begun before: %s", body)
	}
	if body := <-after; !strings.Contains(body, "image two") {
		t.Errorf("asked for after the purge: %s", body)
	}
	if _, body := b.mustGet("300x200"); !strings.Contains(body, "image two") {
		t.Errorf("kept: %s", body)
	}
}

func TestForgetPrefix(t *testing.T) {
	b := newBench(t)
	get := func(path string) *Result {
		t.Helper()
		request := b.request("300x200")
		var err error
		request.Source, err = spec.ParseSource(path)
		must(t, err)
		result, _, err := b.get(context.Background(), request)
		must(t, err)
		return result
	}
	inside := []string{b.site.URL + "/a/one.jpg", strings.NewReplacer(":", "%3A", "/", "%2F").Replace(b.site.URL) + "%2Fa%2Ftwo.jpg%3Fv%3D1"}
	outside := []string{b.site.URL + "/b/one.jpg", b.site.URL + "/a.jpg"}
	for _, path := range append(inside, outside...) {
		get(path)
	}
	prefix, err := spec.ParsePrefix(b.site.URL + "/a/")
	must(t, err)
	removed, err := b.ForgetPrefix(prefix)
	if must(t, err); removed < 6 { // picture, original and record of each
		t.Errorf("%d entries went", removed)
	}
	for _, path := range inside {
		if got := get(path); got.Outcome != Made {
			t.Errorf("%s: %v", path, got.Outcome)
		}
	}
	for _, path := range outside {
		if got := get(path); got.Outcome != Hit {
			t.Errorf("%s: %v", path, got.Outcome)
		}
	}
}

// TestForgetPrefixReachesWatermarkedPictures: of sources that don't begin so,
// too.
func TestForgetPrefixReachesWatermarkedPictures(t *testing.T) {
	b := newBench(t)
	upload := b.put("image of the upload")
	upload.Spec.Watermark = b.marked(b.request("1x").Source).Spec.Watermark
	_, _, err := b.get(context.Background(), upload)
	must(t, err)
	prefix, err := spec.ParsePrefix("http://127.0.0.1")
	must(t, err)
	_, err = b.ForgetPrefix(prefix)
	must(t, err)
	if kept := b.tiers.Variants(upload.Source.String()); len(kept) > 0 {
		t.Errorf("still kept: %v", kept)
	}
}

func TestOriginalsBeingReadAreBounded(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MemoryBytes, c.QueueWait = 4*firstRead, 10*time.Millisecond })
	must(t, b.reserve(context.Background(), b.readable-5))
	_, _, err := b.get(context.Background(), b.request("300x200"))
	var overload *Overload
	if !errors.As(err, &overload) || overload.Reason != OverloadMemory {
		t.Errorf("%v, want %v", err, OverloadMemory)
	}
	b.reading.Release(b.readable - 5)
	b.mustGet("300x200")
	b.site.content.Store("image " + strings.Repeat("x", 5*firstRead)) // larger than all of it: alone, rather than never
	if _, err := b.ForgetEverything(); err != nil {
		t.Fatal(err)
	}
	b.mustGet("300x200")
	if !b.reading.TryAcquire(b.readable) {
		t.Error("something is still held")
	}
}

// TestWhatWouldBeRefusedIsNotFetched: when the queue is hopelessly long.
func TestWhatWouldBeRefusedIsNotFetched(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Slots, c.QueueWait = 1, time.Minute })
	q := newQueueing(t, b.Slots)
	q.wait(Need{Work: time.Hour})
	if _, _, err := b.get(context.Background(), b.request("300x200")); !errors.Is(err, ErrOverloaded) {
		t.Errorf("%v, want %v", err, ErrOverloaded)
	}
	if got := b.site.fetches.Load(); got != 0 {
		t.Errorf("%d fetches of what could not be made", got)
	}
	q.run()
}

func TestExplain(t *testing.T) {
	b := newBench(t)
	request := b.request("300x200")
	told, err := b.Explain(context.Background(), request, spec.Client{Accept: "image/webp"})
	must(t, err)
	if told.Spec.Output.Format != spec.WebP || len(told.Tiers) != 0 || told.Plan.Out != (spec.Size{Width: 300, Height: 200}) || told.Original.Use != UsedNew {
		t.Errorf("%+v", told)
	}
	if b.fake.made.Load() != 0 {
		t.Error("a picture was made")
	}
	got, _ := b.mustGet("300x200")
	told, err = b.Explain(context.Background(), request, spec.Client{Accept: "image/webp"})
	must(t, err)
	if told.ETag != got.ETag || told.Key != got.key || len(told.Tiers) == 0 || told.Tiers[0] != cache.TierMemory || told.Original.Use != UsedFresh {
		t.Errorf("%+v", told)
	}
}
