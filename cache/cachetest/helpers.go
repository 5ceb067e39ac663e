package cachetest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"api-resize/cache"
)

// Body is n bytes that depend on seed and don't repeat.
func Body(seed uint64, n int) []byte {
	b := make([]byte, n)
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	_, _ = rand.NewChaCha8(key).Read(b)
	return b
}

// Put stores body now, and fails the test if it can't.
func Put(t testing.TB, s cache.Store, key cache.Key, body []byte) {
	t.Helper()
	if err := put(s, key, body); err != nil {
		t.Fatalf("Put(%.40q): %v", key, err)
	}
}

func put(s cache.Store, key cache.Key, body []byte) error {
	return s.Put(key, cache.NewEntry(cache.Meta{ContentType: "image/png"}, body), s.Generation(key.Source))
}

// Want fails the test unless key holds body.
func Want(t testing.TB, s cache.Store, key cache.Key, body []byte) {
	t.Helper()
	got, err := Get(s, key)
	if err != nil {
		t.Fatalf("Get(%.40q): %v", key, err)
	}
	if !bytes.Equal(got, body) {
		t.Fatalf("Get(%.40q): %d bytes that are not the %d put", key, len(got), len(body))
	}
}

// WantMiss fails the test unless key is a miss.
func WantMiss(t testing.TB, s cache.Store, key cache.Key) {
	t.Helper()
	if _, err := Get(s, key); !errors.Is(err, cache.ErrMiss) {
		t.Fatalf("Get(%.40q): error %v, want ErrMiss", key, err)
	}
}

// WantHas fails the test unless Has says so of key.
func WantHas(t testing.TB, s cache.Store, key cache.Key, want bool) {
	t.Helper()
	if got := s.Has(key); got != want {
		t.Fatalf("Has(%.40q): %v, want %v", key, got, want)
	}
}

// WantLink fails the test unless key holds these attributes and no body.
func WantLink(t testing.TB, s cache.Store, key cache.Key, attributes string) {
	t.Helper()
	e, err := s.Get(key)
	if err != nil {
		t.Fatalf("Get(%.40q): %v", key, err)
	}
	defer e.Close()
	body, err := e.Bytes()
	if string(e.Meta.Attributes) != attributes || len(body) != 0 || e.Size() != 0 || err != nil {
		t.Fatalf("Get(%.40q): attributes %.40q, body of %d bytes, error %v; want %.40q and none", key, e.Meta.Attributes, len(body), err, attributes)
	}
}

// WantVariants fails the test unless the variants of source are these, sorted.
func WantVariants(t testing.TB, s cache.Store, source string, want ...string) {
	t.Helper()
	if got := s.Variants(source); !slices.Equal(got, want) {
		t.Fatalf("Variants(%.40q): %.40q, want %.40q", source, got, want)
	}
}

// Flush waits for what the store writes in the background.
func Flush(s cache.Store) {
	if s, ok := s.(interface{ Flush() }); ok {
		s.Flush()
	}
}

// Get returns the whole body.
func Get(s cache.Store, key cache.Key) ([]byte, error) {
	e, err := s.Get(key)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	return e.Bytes()
}

func numbered(source, variant int) cache.Key {
	key := cache.Key{Source: fmt.Sprintf("source %d", source)}
	if variant > 0 {
		key.Variant = fmt.Sprintf("variant %d", variant)
	}
	return key
}

// isAscending: sorted, and each once.
func isAscending(names []string) bool {
	return slices.IsSorted(names) && len(slices.Compact(slices.Clone(names))) == len(names)
}
