package proxy

import (
	"context"
	"errors"
	"sync"
	"testing"
)

func TestDescribe(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	source := b.request("max").Source
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if _, err := b.Describe(ctx, source); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	info, err := b.Describe(ctx, source)
	if err != nil || info.Description.Profile != "image one" || info.Bytes != 9 || info.Facts.Width != 1200 || info.Name != "cat.jpg" {
		t.Errorf("got %+v, %v", info, err)
	}
	if described, fetches := b.fake.described.Load(), b.site.fetches.Load(); described != 1 || fetches != 1 {
		t.Errorf("described %d times with %d fetches, want one of each", described, fetches)
	}
	// Forgotten with everything else of its source.
	_, err = b.Forget(source)
	must(t, err)
	b.site.content.Store("image two")
	again, err := b.Describe(ctx, source)
	if err != nil || again.Description.Profile != "image two" || again.ETag == info.ETag {
		t.Errorf("after it was forgotten: %+v, %v", again, err)
	}
	b.site.content.Store("image broken")
	_, err = b.Forget(source)
	must(t, err)
	if _, err := b.Describe(ctx, source); !errors.Is(err, errBroken) {
		t.Errorf("broken: %v", err)
	}
}
