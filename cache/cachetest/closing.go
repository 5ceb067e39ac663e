package cachetest

import (
	"bytes"
	"errors"
	"testing"

	"api-resize/cache"
)

func closes(t *testing.T, s cache.Store) {
	key := cache.Key{Source: "s"}
	Put(t, s, key, Body(1, 300<<10))
	e, err := s.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatalf("Close twice: %v", err)
	}
	if body, err := e.Bytes(); err != nil || !bytes.Equal(body, Body(1, 300<<10)) {
		t.Errorf("entry after Close: error %v", err)
	}
	WantHas(t, s, key, false)
	WantVariants(t, s, "s")
	WantMiss(t, s, key)
	if err := put(s, key, nil); !errors.Is(err, cache.ErrUnavailable) {
		t.Errorf("Put after Close: error %v, want ErrUnavailable", err)
	}
}
