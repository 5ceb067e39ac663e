package proxy

import (
	"context"
	"testing"
	"time"

	"api-resize/spec"
)

func withAVIF(b *bench) {
	b.resolver.Auto = []spec.Format{spec.AVIF, spec.WebP}
	b.resolver.Writable = []spec.Format{spec.JPEG, spec.WebP, spec.AVIF}
	b.resolver.Quality[spec.AVIF] = 55
}

var modern = spec.Client{Accept: "image/avif,image/webp,*/*"}

// The first answer is the next best, for a short time; then comes the AVIF.
func TestUpgrade(t *testing.T) {
	b := newBench(t)
	withAVIF(b)
	request := b.request("300x200")
	ask := func(client spec.Client) *Result {
		t.Helper()
		variant, err := b.Locate(context.Background(), request, client)
		must(t, err)
		result, err := b.Open(context.Background(), variant)
		must(t, err)
		must(t, result.Entry.Close())
		return result
	}
	first := ask(modern)
	if first.ContentType != "image/webp" {
		t.Fatalf("the first answer is %s", first.ContentType)
	}
	if life := first.Lifetime(time.Now()); life.MaxAge > interimAge || life.Immutable {
		t.Errorf("the first answer lives %v", life)
	}
	eventually(t, "it is made", func() bool { return b.fake.made.Load() == 2 })
	b.background.Wait()
	second := ask(modern)
	if second.ContentType != "image/avif" || second.Outcome != Hit {
		t.Errorf("the second answer is %s, %v", second.ContentType, second.Outcome)
	}
	if life := second.Lifetime(time.Now()); life.MaxAge <= interimAge {
		t.Errorf("the second answer lives %v", life)
	}
	if other := ask(spec.Client{Accept: "image/webp"}); other.ContentType != "image/webp" || other.Lifetime(time.Now()).MaxAge <= interimAge {
		t.Errorf("who takes no AVIF gets %s for %v", other.ContentType, other.Lifetime(time.Now()))
	}
	if b.fake.made.Load() != 2 {
		t.Errorf("%d pictures were made, want 2", b.fake.made.Load())
	}
}

// An AVIF that is asked for by name is worth waiting for, and so is every one
// where upgrades are off.
func TestNoUpgrade(t *testing.T) {
	for name, configure := range map[string]struct {
		upgrade bool
		options string
	}{"by name": {true, "300x,format=avif"}, "off": {false, "300x"}} {
		b := newBench(t, func(c *Config) { c.Upgrade = configure.upgrade })
		withAVIF(b)
		variant, err := b.Locate(context.Background(), b.request(configure.options), modern)
		if err != nil || variant.ContentType != "image/avif" || variant.better != nil {
			t.Errorf("%s: %+v, %v", name, variant, err)
		}
	}
}

// What cannot be made is not tried at every request.
func TestHopelessUpgrade(t *testing.T) {
	b := newBench(t)
	withAVIF(b)
	b.fake.cannot = spec.AVIF
	for range 3 {
		variant, err := b.Locate(context.Background(), b.request("300x200"), modern)
		must(t, err)
		result, err := b.Open(context.Background(), variant)
		must(t, err)
		must(t, result.Entry.Close())
		b.background.Wait()
	}
	if tried := b.fake.refused.Load(); tried != 1 {
		t.Errorf("tried %d times, want once", tried)
	}
	variant, err := b.Locate(context.Background(), b.request("300x200"), modern)
	must(t, err)
	if life := variant.Lifetime(time.Now()); life.MaxAge <= interimAge {
		t.Errorf("nothing better is coming, but the answer lives %v", life)
	}
}
