package cachetest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"api-resize/cache"
)

// RunUnreliable runs what holds of a store even when the system below it fails
// at any moment: it may keep nothing, but what it returns is right, what was
// forgotten or replaced stays away, its bound is kept, and nothing hangs.
func RunUnreliable(t *testing.T, open func(t *testing.T) cache.Store) {
	rules := []struct {
		name string
		run  func(t *testing.T, s cache.Store)
	}{
		{"returns the newest value or none", newestOrNone},
		{"what is forgotten stays forgotten", staysForgotten},
		{"returns no others' bodies to many at once", manyUnreliable},
	}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			s := open(t)
			done := make(chan struct{})
			go func() {
				defer close(done)
				rule.run(t, s)
				_ = s.Close()
			}()
			select {
			case <-done:
			case <-time.After(3 * time.Minute):
				t.Fatal("it hangs")
			}
			if st := s.Stats(); st.Bytes > st.Limit {
				t.Errorf("%d bytes, limit %d", st.Bytes, st.Limit)
			}
		})
	}
}

// signed is a body that names its key and a round; attributes say the same.
func signed(key cache.Key, round int64, size int) *cache.Entry {
	sign := binary.LittleEndian.AppendUint64([]byte(key.Source+"\x00"+key.Variant+"\x00"), uint64(round))
	body := bytes.Repeat(sign, size/len(sign)+1)
	return cache.NewEntry(cache.Meta{ContentType: "image/png", Attributes: sign}, body)
}

// wantSigned returns the round of what is kept under key, -1 for none. It fails
// the test when that is not right to the last byte.
func wantSigned(t *testing.T, s cache.Store, key cache.Key) (round int64) {
	e, err := s.Get(key)
	if err != nil {
		if !errors.Is(err, cache.ErrMiss) {
			t.Errorf("Get: error %v, want ErrMiss", err)
		}
		return -1
	}
	defer e.Close()
	body, err := e.Bytes()
	if err != nil {
		return -1
	}
	sign := e.Meta.Attributes
	if n := len(sign) - 8; n < 0 || string(sign[:n]) != key.Source+"\x00"+key.Variant+"\x00" {
		t.Errorf("Get(%q): attributes %q", key, sign)
		return -1
	}
	if e.Meta.ContentType != "image/png" || len(body)%len(sign) != 0 || !bytes.Equal(body, bytes.Repeat(sign, len(body)/len(sign))) {
		t.Errorf("Get(%q): another's body, or part of one", key)
	}
	return int64(binary.LittleEndian.Uint64(sign[len(sign)-8:]))
}

// size of a body: a fifth are large.
func size(random *rand.Rand) int {
	if random.IntN(5) == 0 {
		return random.IntN(100_000)
	}
	return random.IntN(1000)
}

// isOurs tells whether a Put may fail so.
func isOurs(err error) bool {
	for _, known := range []error{cache.ErrForgotten, cache.ErrTooBig, cache.ErrFull, cache.ErrUnavailable} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// newestOrNone: a Put that failed has taken the older value along.
func newestOrNone(t *testing.T, s cache.Store) {
	random := rand.New(rand.NewPCG(1, 1))
	newest := map[cache.Key]int64{} // -1 after a Put that failed
	kept := 0
	for round := range int64(1500) {
		key := numbered(random.IntN(10), random.IntN(5))
		if random.IntN(2) == 0 {
			newest[key] = round
			if err := s.Put(key, signed(key, round, size(random)), s.Generation(key.Source)); err != nil {
				newest[key] = -1
				if !isOurs(err) || errors.Is(err, cache.ErrForgotten) {
					t.Errorf("Put: error %v", err)
				}
			}
		}
		got := wantSigned(t, s, key)
		if got >= 0 {
			kept++
		}
		if want, put := newest[key]; got >= 0 && (!put || got != want) {
			t.Fatalf("round %d: Get(%q) of round %d, the newest is %d", round, key, got, want)
		}
	}
	if kept == 0 {
		t.Error("nothing was ever kept")
	}
}

// staysForgotten, whatever Forget and ForgetWhere say.
func staysForgotten(t *testing.T, s cache.Store) {
	random := rand.New(rand.NewPCG(2, 2))
	forgotten := map[string]int64{} // the last round of which nothing may be there
	for round := range int64(1500) {
		key := numbered(random.IntN(10), random.IntN(5))
		switch random.IntN(8) {
		case 0:
			_, _ = s.Forget(key.Source)
			forgotten[key.Source] = round
		case 1:
			if random.IntN(10) == 0 {
				ends := func(source string) bool { return source[len(source)-1]%2 == byte(round%2) }
				_, _ = s.ForgetWhere(ends, nil)
				for i := range 10 {
					if source := numbered(i, 0).Source; ends(source) {
						forgotten[source] = round
					}
				}
			}
		case 2, 3, 4:
			_ = s.Put(key, signed(key, round, size(random)), s.Generation(key.Source))
		}
		if got := wantSigned(t, s, key); got >= 0 && got <= forgotten[key.Source] {
			t.Fatalf("round %d: Get(%q) of round %d, forgotten in %d", round, key, got, forgotten[key.Source])
		}
	}
}

// manyUnreliable work and purge at once. Rounds are purges.
func manyUnreliable(t *testing.T, s cache.Store) {
	var begun, through atomic.Int64
	var all sync.WaitGroup
	for worker := range 6 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(worker), 3))
			for range 250 {
				key := cache.Key{Source: fmt.Sprint("source ", random.IntN(20)), Variant: fmt.Sprint(random.IntN(4))}
				switch random.IntN(12) {
				case 0:
					_, _ = s.Forget(key.Source)
				case 1, 2, 3, 4:
					since := s.Generation(key.Source)
					err := s.Put(key, signed(key, begun.Load(), size(random)), since)
					if err != nil && !isOurs(err) {
						t.Errorf("Put: error %v", err)
					}
				case 5:
					s.Has(key)
					if names := s.Variants(key.Source); !isAscending(names) || len(names) > 4 {
						t.Errorf("Variants: %q", names)
					}
				default:
					before := through.Load()
					if got := wantSigned(t, s, key); got >= 0 && got < before {
						t.Errorf("Get(%q) of round %d, after purge %d", key, got, before)
					}
				}
				if st := s.Stats(); st.Bytes > st.Limit {
					t.Errorf("%d bytes, limit %d", st.Bytes, st.Limit)
				}
			}
		})
	}
	all.Go(func() {
		for i := range 10 {
			begun.Add(1)
			match := beginsWith("source ")
			if i%2 == 0 {
				match = nil
			}
			_, _ = s.ForgetWhere(match, func(key cache.Key) {
				if !beginsWith("source ")(key.Source) {
					t.Errorf("told of %q", key)
				}
			})
			through.Add(1)
			time.Sleep(20 * time.Millisecond)
		}
	})
	all.Wait()
}
