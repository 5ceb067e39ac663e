// Package cachetest is what every cache.Store must do, as a test suite: a
// store's own test is a constructor and the faults only it can have.
package cachetest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"api-resize/cache"
)

// Run runs the suite. open returns a new, empty store of 8 to 64 MiB per tier;
// the suite closes it.
func Run(t *testing.T, open func(t *testing.T) cache.Store) {
	rules := []struct {
		name string
		run  func(t *testing.T, s cache.Store)
	}{
		{"returns what was put", roundTrip},
		{"keeps attributes without a body", links},
		{"misses what was not put", miss},
		{"tells what it has", has},
		{"telling what it has is no use of it", hasIsNoUse},
		{"replaces", replaces},
		{"a refused put leaves no older value", refusedPut},
		{"keys are any bytes and never mix", binaryKeys},
		{"refuses what is too big", tooBig},
		{"names the variants of one source", variants},
		{"forgets all of one source and nothing else", forgets},
		{"a forget beats a fill that began before", forgetBeatsFill},
		{"keeps its bound, and what it returned", keepsBound},
		{"serves many at once", manyAtOnce},
		{"is over after Close", closes},
	}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			s := open(t)
			defer s.Close()
			rule.run(t, s)
		})
	}
}

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

func miss(t *testing.T, s cache.Store) {
	WantMiss(t, s, cache.Key{Source: "s"})
	Put(t, s, cache.Key{Source: "s", Variant: "v"}, []byte("x"))
	WantMiss(t, s, cache.Key{Source: "s"})
	WantMiss(t, s, cache.Key{Source: "s", Variant: "w"})
	if st := s.Stats(); st.Misses != 3 || st.Hits != 0 || st.Puts != 1 {
		t.Errorf("misses %d, hits %d, puts %d; want 3, 0, 1", st.Misses, st.Hits, st.Puts)
	}
}

// WantHas fails the test unless Has says so of key.
func WantHas(t testing.TB, s cache.Store, key cache.Key, want bool) {
	t.Helper()
	if got := s.Has(key); got != want {
		t.Fatalf("Has(%.40q): %v, want %v", key, got, want)
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

// WantVariants fails the test unless the variants of source are these, sorted.
func WantVariants(t testing.TB, s cache.Store, source string, want ...string) {
	t.Helper()
	if got := s.Variants(source); !slices.Equal(got, want) {
		t.Fatalf("Variants(%.40q): %.40q, want %.40q", source, got, want)
	}
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

func numbered(source, variant int) cache.Key {
	key := cache.Key{Source: fmt.Sprintf("source %d", source)}
	if variant > 0 {
		key.Variant = fmt.Sprintf("variant %d", variant)
	}
	return key
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

// isAscending: sorted, and each once.
func isAscending(names []string) bool {
	return slices.IsSorted(names) && len(slices.Compact(slices.Clone(names))) == len(names)
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
