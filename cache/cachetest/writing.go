package cachetest

import (
	"bytes"
	"errors"
	"testing"

	"api-resize/cache"
)

func replaces(t *testing.T, s cache.Store) {
	key := cache.Key{Source: "s", Variant: "v"}
	for i := range 20 {
		body := Body(uint64(i), 1000*(20-i))
		Put(t, s, key, body)
		Want(t, s, key, body)
	}
}

func refusedPut(t *testing.T, s cache.Store) {
	key := cache.Key{Source: "s"}
	Put(t, s, key, []byte("old"))
	meta := cache.Meta{Attributes: make([]byte, cache.MaxAttributesBytes+1)}
	err := s.Put(key, cache.NewEntry(meta, []byte("new")), s.Generation("s"))
	if !errors.Is(err, cache.ErrTooBig) {
		t.Fatalf("error %v, want ErrTooBig", err)
	}
	if got, err := Get(s, key); err == nil {
		t.Errorf("%q came back after a newer value was refused", got)
	}
}

func binaryKeys(t *testing.T, s cache.Store) {
	keys := []cache.Key{
		{Source: "", Variant: ""}, {Source: "", Variant: "a"}, {Source: "a", Variant: ""},
		{Source: "a", Variant: "b"}, {Source: "ab", Variant: ""}, {Source: "", Variant: "ab"},
		{Source: "\x00", Variant: "\xff"}, {Source: "\x00\xff", Variant: ""}, {Source: "../..", Variant: "/etc/passwd"},
		{Source: string(Body(9, cache.MaxKeyBytes-1)), Variant: "x"},
		{Source: "long", Variant: string(Body(8, 12<<10))},
	}
	for i, key := range keys {
		Put(t, s, key, Body(uint64(i), 100))
	}
	for i, key := range keys {
		Want(t, s, key, Body(uint64(i), 100))
	}
}

func tooBig(t *testing.T, s cache.Store) {
	for name, c := range map[string]struct {
		key  cache.Key
		meta cache.Meta
	}{
		"key":          {cache.Key{Source: string(make([]byte, cache.MaxKeyBytes)), Variant: "x"}, cache.Meta{}},
		"content type": {cache.Key{}, cache.Meta{ContentType: string(make([]byte, cache.MaxContentTypeBytes+1))}},
		"attributes":   {cache.Key{}, cache.Meta{Attributes: make([]byte, cache.MaxAttributesBytes+1)}},
	} {
		err := s.Put(c.key, cache.NewEntry(c.meta, nil), s.Generation(c.key.Source))
		if !errors.Is(err, cache.ErrTooBig) {
			t.Errorf("%s: error %v, want ErrTooBig", name, err)
		}
		WantMiss(t, s, c.key)
	}
}

func keepsBound(t *testing.T, s cache.Store) {
	const size = 100 << 10
	first := cache.Key{Source: "first"}
	Put(t, s, first, Body(1, size))
	e, err := s.Get(first)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	limit := s.Stats().Limit
	for i := range int(2 * limit / size) {
		// Tiers may be out of room in its queue for a moment.
		if err := put(s, numbered(i, 1), Body(uint64(i), size)); err != nil && !errors.Is(err, cache.ErrFull) {
			t.Fatal(err)
		}
		if st := s.Stats(); st.Bytes > limit {
			t.Fatalf("%d bytes after %d entries, limit %d", st.Bytes, i, limit)
		}
	}
	if body, err := e.Bytes(); err != nil || !bytes.Equal(body, Body(1, size)) {
		t.Errorf("an entry changed in the hand of who got it (error %v)", err)
	}
	if err := s.Close(); err != nil { // what is written in the background is written now
		t.Fatal(err)
	}
	if st := s.Stats(); st.Evictions == 0 || st.Bytes > limit {
		t.Errorf("twice the limit was put, %d evicted, %d bytes of %d", st.Evictions, st.Bytes, limit)
	}
}
