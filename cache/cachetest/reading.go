package cachetest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"api-resize/cache"
)

func roundTrip(t *testing.T, s cache.Store) {
	attributes := Body(1, cache.MaxAttributesBytes)
	stored := time.Date(2024, 2, 29, 12, 0, 0, 123456789, time.UTC)
	for _, n := range []int{0, 1, 15 << 10, 64 << 10, 64<<10 + 1, 68 << 10, 200 << 10, 400 << 10} {
		for _, meta := range []cache.Meta{{}, {ContentType: "image/webp", Stored: stored, Attributes: attributes}} {
			key := cache.Key{Source: "s", Variant: fmt.Sprint(n)}
			body := Body(uint64(n), n)
			if err := s.Put(key, cache.NewEntry(meta, body), s.Generation("s")); err != nil {
				t.Fatalf("Put of %d bytes: %v", n, err)
			}
			e, err := s.Get(key)
			if err != nil {
				t.Fatalf("Get of %d bytes: %v", n, err)
			}
			got, err := e.Bytes()
			if err != nil || !bytes.Equal(got, body) || e.Size() != int64(n) {
				t.Errorf("%d bytes: got %d, Size %d, error %v", n, len(got), e.Size(), err)
			}
			if e.Meta.ContentType != meta.ContentType || !e.Meta.Stored.Equal(meta.Stored) || !bytes.Equal(e.Meta.Attributes, meta.Attributes) {
				t.Errorf("%d bytes: meta differs", n)
			}
			if tier := e.Tier(); tier != cache.TierMemory && tier != cache.TierDisk {
				t.Errorf("tier %q", tier)
			}
			if err := errors.Join(e.Close(), e.Close()); err != nil {
				t.Errorf("Close twice: %v", err)
			}
		}
	}
}

// links: an entry may be nothing but its attributes, such as what leads to
// another key. It is read as any other, and is not a miss for being empty.
func links(t *testing.T, s cache.Store) {
	keys := []cache.Key{numbered(1, 1), numbered(1, 2), numbered(2, 1)}
	for round := range 2 { // the second time they are replaced
		for i, key := range keys {
			target := fmt.Sprintf("target %d of round %d", i, round)
			link := cache.NewEntry(cache.Meta{Attributes: []byte(target)}, nil)
			if err := s.Put(key, link, s.Generation(key.Source)); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // before and after they are written
			for i, key := range keys {
				WantHas(t, s, key, true)
				WantLink(t, s, key, fmt.Sprintf("target %d of round %d", i, round))
			}
			Flush(s)
		}
	}
	WantVariants(t, s, keys[0].Source, keys[0].Variant, keys[1].Variant)
	if st := s.Stats(); st.Hits != 12 || st.Misses != 0 || st.Puts != 6 || st.Bytes == 0 {
		t.Errorf("hits %d, misses %d, puts %d, %d bytes; want 12, 0, 6, some", st.Hits, st.Misses, st.Puts, st.Bytes)
	}
	if removed, err := s.Forget(keys[0].Source); removed != 2 || err != nil {
		t.Errorf("Forget: %d removed, error %v; want 2", removed, err)
	}
	WantMiss(t, s, keys[0])
	WantLink(t, s, keys[2], "target 2 of round 1")
}

func miss(t *testing.T, s cache.Store) {
	WantMiss(t, s, cache.Key{Source: "s"})
	Put(t, s, cache.Key{Source: "s", Variant: "v"}, []byte("x"))
	WantMiss(t, s, cache.Key{Source: "s"})
	WantMiss(t, s, cache.Key{Source: "s", Variant: "w"})
	if st := s.Stats(); st.Misses != 3 || st.Hits != 0 || st.Puts != 1 {
		t.Errorf("misses %d, hits %d, puts %d; want 3, 0, 1", st.Misses, st.Hits, st.Puts)
	}
}

// has: large bodies too, which not every tier takes.
func has(t *testing.T, s cache.Store) {
	original := cache.Key{Source: "s"}
	for _, n := range []int{0, 1000, 400 << 10} {
		key := cache.Key{Source: "s", Variant: fmt.Sprint(n)}
		WantHas(t, s, key, false)
		Put(t, s, key, Body(uint64(n), n))
		WantHas(t, s, key, true)
		Flush(s)
		WantHas(t, s, key, true)
		WantHas(t, s, original, false)
		WantHas(t, s, cache.Key{Source: "other", Variant: key.Variant}, false)
	}
	WantHas(t, s, cache.Key{Source: string(make([]byte, cache.MaxKeyBytes)), Variant: "x"}, false)
	if st := s.Stats(); st.Hits != 0 || st.Misses != 0 {
		t.Errorf("hits %d, misses %d; want none", st.Hits, st.Misses)
	}
	began := s.Generation("s")
	if _, err := s.Forget("s"); err != nil {
		t.Fatal(err)
	}
	WantHas(t, s, cache.Key{Source: "s", Variant: "1000"}, false)
	_ = s.Put(original, cache.NewEntry(cache.Meta{}, nil), began)
	WantHas(t, s, original, false)
	Put(t, s, original, nil)
	WantHas(t, s, original, true)
}

// hasIsNoUse: an entry that is only asked about goes as early as one that is not.
func hasIsNoUse(t *testing.T, s cache.Store) {
	const size = 100 << 10
	first, body := cache.Key{Source: "first"}, Body(1, size)
	Put(t, s, first, body)
	for i := range int(2 * s.Stats().Limit / size) {
		s.Has(first)
		if err := put(s, numbered(i, 1), body); err != nil && !errors.Is(err, cache.ErrFull) {
			t.Fatal(err)
		}
	}
	Flush(s)
	if s.Stats().Evictions == 0 {
		t.Fatal("twice the limit was put, and nothing evicted")
	}
	WantHas(t, s, first, false)
	WantMiss(t, s, first)
}

// variants: of bodies small and large, which not every tier takes, and of keys
// as long as they may be.
func variants(t *testing.T, s cache.Store) {
	long := "x" + string(Body(8, cache.MaxKeyBytes-2))
	names := []string{"", "\x00\xff", "a", "link\n/", long}
	for i, variant := range names {
		meta := cache.Meta{Attributes: Body(uint64(i), i*cache.MaxAttributesBytes/len(names))}
		body := Body(uint64(i), i*100_000)
		if err := s.Put(cache.Key{Source: "s", Variant: variant}, cache.NewEntry(meta, body), s.Generation("s")); err != nil {
			t.Fatal(err)
		}
	}
	Put(t, s, cache.Key{Source: "s", Variant: "a"}, []byte("again"))
	Put(t, s, cache.Key{Source: "", Variant: "sa"}, nil)
	Put(t, s, cache.Key{Source: "sa", Variant: ""}, nil)
	for range 2 { // before and after it is written
		WantVariants(t, s, "s", names...)
		WantVariants(t, s, "", "sa")
		WantVariants(t, s, "sa", "")
		WantVariants(t, s, "none")
		WantVariants(t, s, string(make([]byte, cache.MaxKeyBytes+1)))
		Flush(s)
	}
	if st := s.Stats(); st.Hits != 0 || st.Misses != 0 {
		t.Errorf("hits %d, misses %d; want none", st.Hits, st.Misses)
	}
	if _, err := s.Forget("s"); err != nil {
		t.Fatal(err)
	}
	WantVariants(t, s, "s")
	WantVariants(t, s, "", "sa")
	Put(t, s, cache.Key{Source: "s", Variant: "b"}, nil)
	WantVariants(t, s, "s", "b")
}
