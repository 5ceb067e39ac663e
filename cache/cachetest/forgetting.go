package cachetest

import (
	"errors"
	"testing"

	"api-resize/cache"
)

func forgets(t *testing.T, s cache.Store) {
	for source := range 5 {
		for variant := range 10 {
			Put(t, s, numbered(source, variant), Body(uint64(variant), 500))
		}
	}
	if removed, err := s.Forget("source 3"); removed != 10 || err != nil {
		t.Errorf("Forget: %d removed, error %v; want 10", removed, err)
	}
	if removed, err := s.Forget("source 3"); removed != 0 || err != nil {
		t.Errorf("Forget again: %d removed, error %v; want 0", removed, err)
	}
	for source := range 5 {
		for variant := range 10 {
			if source == 3 {
				WantMiss(t, s, numbered(source, variant))
			} else {
				Want(t, s, numbered(source, variant), Body(uint64(variant), 500))
			}
		}
	}
	Put(t, s, numbered(3, 1), []byte("again"))
	Want(t, s, numbered(3, 1), []byte("again"))
}

func forgetBeatsFill(t *testing.T, s cache.Store) {
	key := cache.Key{Source: "s", Variant: "v"}
	began := s.Generation("s")
	if _, err := s.Forget("s"); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(key, cache.NewEntry(cache.Meta{}, []byte("old")), began); !errors.Is(err, cache.ErrForgotten) {
		t.Fatalf("error %v, want ErrForgotten", err)
	}
	WantMiss(t, s, key)
	Put(t, s, key, []byte("new"))
	_ = s.Put(key, cache.NewEntry(cache.Meta{}, []byte("old")), began)
	Want(t, s, key, []byte("new"))
}
