package cachetest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"api-resize/cache"
)

// sizes of bodies: a link has none, and not every tier takes the largest.
var sizes = []int{0, 1000, 20_000, 300_000}

// fill puts a body of each size for each source, and returns the keys.
func fill(t testing.TB, s cache.Store, sources ...string) (keys []cache.Key) {
	t.Helper()
	for _, source := range sources {
		for i, size := range sizes {
			key := cache.Key{Source: source, Variant: strings.Repeat("v", i)}
			Put(t, s, key, Body(uint64(i), size))
			keys = append(keys, key)
		}
	}
	return keys
}

// wantTold fails the test unless exactly these keys were told, each at least once.
func wantTold(t testing.TB, told []cache.Key, want []cache.Key) {
	t.Helper()
	missing := map[cache.Key]bool{}
	for _, key := range want {
		missing[key] = true
	}
	for _, key := range told {
		if _, wanted := missing[key]; !wanted {
			t.Errorf("told of %q, which is none of those forgotten", key)
		}
		missing[key] = false
	}
	for key, is := range missing {
		if is {
			t.Errorf("not told of %q", key)
		}
	}
}

func beginsWith(prefix string) func(string) bool {
	return func(source string) bool { return strings.HasPrefix(source, prefix) }
}

// forgetsWhere before and after everything is written, with and without telling.
func forgetsWhere(t *testing.T, s cache.Store) {
	kept := fill(t, s, "b/1", "", "A/1")
	for _, flush := range []func(cache.Store){func(cache.Store) {}, Flush} {
		for _, tell := range []bool{true, false} {
			keys := fill(t, s, "a/1", "a/2", "a/\x00\xff")
			flush(s)
			var told []cache.Key
			tells := func(key cache.Key) { told = append(told, key) }
			if !tell {
				tells, told = nil, keys
			}
			removed, err := s.ForgetWhere(beginsWith("a/"), tells)
			if removed == 0 || removed > len(keys) || err != nil {
				t.Errorf("%d removed, error %v; want up to %d", removed, err, len(keys))
			}
			wantTold(t, told, keys)
			wantGone(t, s, keys)
			if removed, err := s.ForgetWhere(beginsWith("a/"), tells); removed != 0 || err != nil {
				t.Errorf("again: %d removed, error %v; want none", removed, err)
			}
			for i, key := range kept {
				Want(t, s, key, Body(uint64(i%len(sizes)), sizes[i%len(sizes)]))
			}
		}
	}
	Flush(s)
	if removed, err := s.ForgetWhere(beginsWith(""), nil); removed != len(kept) || err != nil {
		t.Errorf("%d removed, error %v; want %d", removed, err, len(kept))
	}
}

// wantGone checks that there is nothing of the keys' sources.
func wantGone(t *testing.T, s cache.Store, keys []cache.Key) {
	t.Helper()
	for _, key := range keys {
		WantHas(t, s, key, false)
		WantMiss(t, s, key)
		WantVariants(t, s, key.Source)
	}
}

func forgetsEverything(t *testing.T, s cache.Store) {
	for _, flush := range []func(cache.Store){func(cache.Store) {}, Flush} {
		for _, tell := range []bool{true, false} {
			keys := fill(t, s, "a", "b", "", string(Body(1, 1000)))
			flush(s)
			var told []cache.Key
			tells := func(key cache.Key) { told = append(told, key) }
			if !tell {
				tells, told = nil, keys
			}
			if removed, err := s.ForgetWhere(nil, tells); removed == 0 || removed > len(keys) || err != nil {
				t.Errorf("%d removed, error %v; want up to %d", removed, err, len(keys))
			}
			wantTold(t, told, keys)
			wantGone(t, s, keys)
			Flush(s)
			if st := s.Stats(); st.Entries != 0 || st.Bytes != 0 || st.Corrupt != 0 || st.Errors != 0 {
				t.Errorf("stats %+v after everything was forgotten", st)
			}
		}
	}
	if removed, err := s.ForgetWhere(nil, nil); removed != 0 || err != nil {
		t.Errorf("of nothing: %d removed, error %v", removed, err)
	}
}

// forgetWhereBeatsFill of sources that are known and of such as are not.
func forgetWhereBeatsFill(t *testing.T, s cache.Store) {
	known, unknown := cache.Key{Source: "a known"}, cache.Key{Source: "a new one"}
	for _, match := range []func(string) bool{beginsWith("a "), nil} {
		Put(t, s, known, []byte("older"))
		began := map[cache.Key]cache.Generation{known: s.Generation(known.Source), unknown: s.Generation(unknown.Source)}
		if _, err := s.ForgetWhere(match, nil); err != nil {
			t.Fatal(err)
		}
		for key, since := range began {
			if err := s.Put(key, cache.NewEntry(cache.Meta{}, []byte("old")), since); !errors.Is(err, cache.ErrForgotten) {
				t.Errorf("Put(%q): error %v, want ErrForgotten", key, err)
			}
			WantMiss(t, s, key)
			Put(t, s, key, []byte("new"))
			_ = s.Put(key, cache.NewEntry(cache.Meta{}, []byte("old")), since)
			Want(t, s, key, []byte("new"))
		}
	}
}

// forgetWhereBeatsFillsMeanwhile: what begins while the purge runs may have
// found something that was about to be removed. It is refused during the purge,
// and after it. That match and told use the store is their right.
func forgetWhereBeatsFillsMeanwhile(t *testing.T, s cache.Store) {
	fill(t, s, "a/1", "b/1")
	since := map[cache.Generation]bool{}
	fresh := cache.Key{Source: "a/2"}
	attempt := func() {
		since[s.Generation(fresh.Source)] = true
		if err := put(s, fresh, []byte("stale")); !errors.Is(err, cache.ErrForgotten) {
			t.Errorf("during the purge: error %v, want ErrForgotten", err)
		}
		if err := put(s, cache.Key{Source: "c/1"}, []byte("another's")); err != nil {
			t.Errorf("of a source that does not match: %v", err)
		}
		_, _ = s.Forget("c/2")
	}
	asked := map[string]bool{} // once each: Put asks too
	_, err := s.ForgetWhere(func(source string) bool {
		if strings.HasSuffix(source, "/1") && !asked[source] {
			asked[source] = true
			attempt()
		}
		return strings.HasPrefix(source, "a/")
	}, func(cache.Key) { attempt() })
	if err != nil || len(since) == 0 {
		t.Fatalf("error %v, %d generations seen", err, len(since))
	}
	Want(t, s, cache.Key{Source: "b/1"}, nil)
	for generation := range since {
		if err := s.Put(fresh, cache.NewEntry(cache.Meta{}, []byte("stale")), generation); !errors.Is(err, cache.ErrForgotten) {
			t.Errorf("after the purge: error %v, want ErrForgotten", err)
		}
	}
	WantMiss(t, s, fresh)
	Put(t, s, fresh, []byte("new"))
	Want(t, s, fresh, []byte("new"))
}

// forgetsWhereBesideWork: bodies name the round they were made in, so that one
// from before a purge shows after it. What nobody forgets stays.
func forgetsWhereBesideWork(t *testing.T, s cache.Store) {
	stays := fill(t, s, "stays 1", "stays 2")
	var begun, done atomic.Int64 // purges
	var all sync.WaitGroup
	purging := make(chan struct{})
	for worker := range 4 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(worker), 7))
			for over := false; !over; {
				select {
				case <-purging:
					over = true
				default:
				}
				key := cache.Key{Source: fmt.Sprintf("goes %d", random.IntN(20)), Variant: fmt.Sprint(random.IntN(3))}
				switch random.IntN(3) {
				case 0:
					since := s.Generation(key.Source)
					round := byte(begun.Load()) // after the generation: the next purge is after that
					err := s.Put(key, cache.NewEntry(cache.Meta{}, bytes.Repeat([]byte{round}, random.IntN(5000))), since)
					if err != nil && !errors.Is(err, cache.ErrForgotten) && !errors.Is(err, cache.ErrFull) {
						t.Errorf("Put: %v", err)
					}
				case 1:
					_, _ = s.Forget(key.Source)
				default:
					through := done.Load()
					if body, err := Get(s, key); err == nil && len(body) > 0 && int64(body[0]) < through {
						t.Errorf("a body of round %d after purge %d", body[0], through)
					}
				}
			}
		})
	}
	for i := range 10 {
		match := beginsWith("goes ")
		told := func(key cache.Key) {
			if !match(key.Source) {
				t.Errorf("told of %q", key)
			}
		}
		if i%2 == 0 {
			told = nil
		}
		begun.Add(1)
		if _, err := s.ForgetWhere(match, told); err != nil {
			t.Error(err)
		}
		done.Add(1)
	}
	close(purging)
	all.Wait()
	for i, key := range stays {
		Want(t, s, key, Body(uint64(i%len(sizes)), sizes[i%len(sizes)]))
	}
	Flush(s)
	if _, err := s.ForgetWhere(nil, nil); err != nil {
		t.Error(err)
	}
	if st := s.Stats(); st.Entries != 0 || st.Bytes != 0 || st.Corrupt != 0 || st.Errors != 0 {
		t.Errorf("stats %+v after everything was forgotten", st)
	}
}
