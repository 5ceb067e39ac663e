package proxy

import (
	"context"
	"strings"
	"testing"

	"api-resize/cache"
	"api-resize/spec"
)

// marked is a picture of the site's original with an upload laid over it.
func (b *bench) marked(mark spec.Source) spec.Request {
	request := b.request("300x200")
	request.Spec.Watermark.Source = mark
	return request
}

func TestForgettingAWatermarkForgetsPicturesWithIt(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	mark := b.put("image mark").Source
	other := b.put("image other mark").Source

	first, _, err := b.get(ctx, b.marked(mark))
	must(t, err)
	if !first.Stored || first.Outcome != Made {
		t.Fatalf("the picture is %v, stored: %v", first.Outcome, first.Stored)
	}
	second, _, err := b.get(ctx, b.marked(other))
	must(t, err)
	if second.ETag == first.ETag || second.Outcome != Made {
		t.Errorf("two watermarks share %s", first.ETag)
	}
	if again, _, err := b.get(ctx, b.marked(mark)); err != nil || again.Outcome != Hit {
		t.Errorf("again: %v, %v", again, err)
	}

	removed, err := b.Forget(mark)
	if err != nil || removed < 3 { // the link, both pictures, the original and its record
		t.Errorf("%d entries are forgotten, %v", removed, err)
	}
	if left := b.tiers.Variants(b.marked(mark).Source.String()); len(left) != 0 {
		t.Errorf("there is still %v", left)
	}
	if anew, _, err := b.get(ctx, b.marked(mark)); err != nil || anew.Outcome != Made {
		t.Errorf("after it: %v, %v", anew, err)
	}
}

// A picture that is being made while its watermark is forgotten is not kept.
func TestForgettingAWatermarkBeatsAFill(t *testing.T) {
	b := newBench(t)
	b.fake.hold = make(chan struct{})
	mark := b.put("image mark").Source
	got := make(chan *Result, 1)
	go func() {
		result, _, err := b.get(context.Background(), b.marked(mark))
		must(t, err)
		got <- result
	}()
	eventually(t, "it is made", func() bool { return b.fake.running.Load() == 1 })
	_, err := b.Forget(mark)
	must(t, err)
	close(b.fake.hold)
	if result := <-got; result.Stored {
		t.Error("a picture with a forgotten watermark is kept")
	}
	for _, variant := range b.tiers.Variants(b.marked(mark).Source.String()) {
		if strings.Contains(variant, "watermark=") {
			t.Errorf("%s is there", variant)
		}
	}
}

// The quality that was found for a picture outlives it.
func TestFoundQualityIsRemembered(t *testing.T) {
	b := newBench(t)
	b.fake.found = 63
	request := b.request("300x200,quality=auto")
	first, body, err := b.get(context.Background(), request)
	must(t, err)
	if !strings.Contains(body, "quality=auto") {
		t.Fatalf("made %q, want the transformer to look for the quality", body)
	}
	// The picture is lost, what was found for it is not.
	entry, err := b.tiers.Get(first.qualityKey())
	must(t, err)
	must(t, entry.Close())
	_, err = b.Forget(request.Source)
	must(t, err)
	since := b.tiers.Generation(first.key.Source)
	must(t, b.tiers.Put(first.qualityKey(), cache.NewEntry(entry.Meta, nil), since))
	_, body, err = b.get(context.Background(), request)
	if err != nil || !strings.Contains(body, "quality=63") {
		t.Errorf("made %q, %v; want it at the remembered quality", body, err)
	}
}
