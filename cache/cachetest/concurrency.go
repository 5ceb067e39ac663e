package cachetest

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"api-resize/cache"
)

// manyAtOnce: a body names its key and size, so that a wrong one shows.
func manyAtOnce(t *testing.T, s cache.Store) {
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(worker), 1))
			for range 300 {
				source, variant := random.IntN(10), random.IntN(10)
				key := numbered(source, variant)
				s.Has(key)
				switch random.IntN(11) {
				case 10:
					if names := s.Variants(key.Source); !isAscending(names) || len(names) > 10 {
						t.Errorf("Variants(%q): %q", key.Source, names)
					}
				case 0:
					if _, err := s.Forget(key.Source); err != nil {
						t.Errorf("Forget: %v", err)
					}
				case 1, 2, 3:
					body := bytes.Repeat([]byte{byte(source), byte(variant)}, random.IntN(60<<10))
					if err := put(s, key, body); err != nil && !errors.Is(err, cache.ErrForgotten) && !errors.Is(err, cache.ErrFull) {
						t.Errorf("Put: %v", err)
					}
				default:
					body, err := Get(s, key)
					if err == nil && !bytes.Equal(body, bytes.Repeat([]byte{byte(source), byte(variant)}, len(body)/2)) {
						t.Errorf("Get(%q): another's body", key)
					}
				}
			}
		})
	}
	all.Wait()
	if st := s.Stats(); st.Corrupt != 0 || st.Errors != 0 || st.Bytes > st.Limit {
		t.Errorf("corrupt %d, errors %d, bytes %d of %d", st.Corrupt, st.Errors, st.Bytes, st.Limit)
	}
	Flush(s)
	for source := range 10 {
		wantAgreement(t, s, source)
		_, _ = s.Forget(numbered(source, 0).Source)
		WantVariants(t, s, numbered(source, 0).Source)
		for variant := range 10 {
			WantHas(t, s, numbered(source, variant), false)
			WantMiss(t, s, numbered(source, variant))
		}
	}
	if st := s.Stats(); st.Entries != 0 || st.Bytes != 0 {
		t.Errorf("%d entries and %d bytes left after everything was forgotten", st.Entries, st.Bytes)
	}
}

// wantAgreement of Has, Get and Variants, while nobody else is at work.
func wantAgreement(t *testing.T, s cache.Store, source int) {
	t.Helper()
	var held []string
	for variant := range 10 {
		key := numbered(source, variant)
		has := s.Has(key)
		if _, err := Get(s, key); has != (err == nil) {
			t.Errorf("Has(%q): %v, Get: error %v", key, has, err)
		}
		if has {
			held = append(held, key.Variant)
		}
	}
	WantVariants(t, s, numbered(source, 0).Source, held...)
}
