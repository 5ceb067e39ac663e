package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"api-resize/origin"
	"api-resize/spec"
)

// TestExpiredUploads are not to be had from their end on, and then removed with
// all that was made of them, by whichever process comes first.
func TestExpiredUploads(t *testing.T) {
	b := newBench(t)
	end := time.Now().Add(300 * time.Millisecond)
	request := b.putUntil("image for a while", &end)
	stays := b.put("image that stays")
	for _, one := range []spec.Request{request, stays} {
		_, _, err := b.get(context.Background(), one)
		must(t, err)
	}
	b.tiers.Flush()
	if removed, err := b.RemoveExpired(context.Background()); removed != 0 || err != nil {
		t.Errorf("before its end: %d, %v", removed, err)
	}
	entries := b.tiers.Stats().Entries
	time.Sleep(time.Until(end))
	if _, _, err := b.get(context.Background(), request); !errors.Is(err, origin.ErrNotFound) {
		t.Errorf("at its end: %v", err)
	}
	if removed, err := b.RemoveExpired(context.Background()); removed != 1 || err != nil || b.Stats().Expired != 1 {
		t.Errorf("after its end: %d, %v, %+v", removed, err, b.Stats())
	}
	if removed, err := b.RemoveExpired(context.Background()); removed != 0 || err != nil {
		t.Errorf("again: %d, %v", removed, err)
	}
	if left := b.tiers.Stats().Entries; left != entries/2 {
		t.Errorf("%d of %d entries are left", left, entries)
	}
	if _, _, err := b.get(context.Background(), stays); err != nil {
		t.Error(err)
	}
	if got, err := b.records.Totals(context.Background()); err != nil || got.Count != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestPicturesOfWhatAnotherRemoved: the process that did not remove an expired
// upload forgets its pictures as well.
func TestPicturesOfWhatAnotherRemoved(t *testing.T) {
	b := newBench(t)
	end := time.Now().Add(300 * time.Millisecond)
	request := b.putUntil("image for a while", &end)
	_, _, err := b.get(context.Background(), request)
	must(t, err)
	b.tiers.Flush()
	time.Sleep(time.Until(end))
	if did, err := b.another().RemoveExpired(context.Background(), request.Source.Path); !did || err != nil {
		t.Fatalf("%v, %v", did, err)
	}
	if removed, err := b.RemoveExpired(context.Background()); removed != 0 || err != nil {
		t.Errorf("%d, %v", removed, err)
	}
	if left := b.tiers.Stats().Entries; left != 0 {
		t.Errorf("%d entries are left", left)
	}
}

// TestManyExpire: more than are looked up at a time go in one round, and several
// processes at it remove each once.
func TestManyExpire(t *testing.T) {
	b := newBench(t)
	end := time.Now().Add(-time.Second)
	const count = 2*expiryBatch + 10
	for i := range count {
		b.putUntil(fmt.Sprint("image ", i), &end)
	}
	other := sharing(b)
	var all sync.WaitGroup
	for _, one := range []*Proxy{b.Proxy, other} {
		all.Go(func() {
			if _, err := one.RemoveExpired(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if total := b.Stats().Expired + other.Stats().Expired; total != count {
		t.Errorf("%d were removed of %d", total, count)
	}
}

// sharing is a Proxy with the same uploads and nothing else in common that
// matters.
func sharing(b *bench) *Proxy {
	b.t.Helper()
	origins := b.origins
	origins.Uploads = b.another()
	config := DefaultConfig()
	config.MemoryBytes = 1 << 30
	proxy, err := New(config, Parts{Origins: origins, Store: b.tiers, Transformer: b.fake, Resolver: b.resolver, Limits: b.limits, Logger: slog.New(slog.DiscardHandler)})
	must(b.t, err)
	b.t.Cleanup(func() { must(b.t, proxy.Close()) })
	return proxy
}

// TestExpiryGoesOnByItself: what ends while the program runs is removed, also
// when the records were away in between.
func TestExpiryGoesOnByItself(t *testing.T) {
	b := newBench(t)
	end := time.Now().Add(100 * time.Millisecond)
	b.putUntil("image for a while", &end)
	b.records.down.Store(true)
	b.RemoveExpiredEvery(20 * time.Millisecond)
	time.Sleep(200 * time.Millisecond)
	if b.Stats().Expired != 0 {
		t.Error("removed although the records could not be asked")
	}
	b.records.down.Store(false)
	eventually(t, "it is removed", func() bool { return b.Stats().Expired == 1 })
	must(t, b.Close())
}
