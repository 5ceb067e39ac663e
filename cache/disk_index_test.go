package cache

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

func numberedAddress(source, variant int) address {
	var a address
	binary.LittleEndian.PutUint64(a.source[:], uint64(source)*0x9E3779B97F4A7C15+1)
	binary.LittleEndian.PutUint64(a.variant[:], uint64(variant)*0xBF58476D1CE4E5B9+1)
	return a
}

// TestIndexAgainstModel does random things to the index and to plain maps.
func TestIndexAgainstModel(t *testing.T) {
	x := newDiskIndex(1 << 40)
	model := map[address]int64{}
	random := rand.New(rand.NewPCG(1, 2))
	for step := range 200_000 {
		at := numberedAddress(random.IntN(500), random.IntN(20))
		switch op := random.IntN(20); {
		case op < 10:
			bytes := random.Int64N(1 << 20)
			x.insert(at, bytes, []uint8{probation, ageList(time.Duration(bytes) * time.Minute)}[step%2], 0)
			model[at] = blocksOf(bytes)
		case op < 14:
			x.touch(at, 0)
		case op < 17:
			_, known := model[at]
			if removed, _ := x.remove(at); removed != known {
				t.Fatalf("step %d: removed %v, want %v", step, removed, known)
			}
			delete(model, at)
		case op < 19:
			victim, blocks, ok := x.next()
			if ok != (len(model) > 0) || model[victim] != blocks {
				t.Fatalf("step %d: victim %v of %d blocks, want %d", step, victim, blocks, model[victim])
			}
			x.remove(victim)
			delete(model, victim)
		default:
			want := 0
			for a := range model {
				if a.source == at.source {
					delete(model, a)
					want++
				}
			}
			if got := x.removeSource(at.source); got != want {
				t.Fatalf("step %d: %d removed of a source, want %d", step, got, want)
			}
		}
	}
	sources, blocks := map[digest]bool{}, int64(0)
	for a, b := range model {
		if !x.holds(a) {
			t.Fatalf("%v is not held", a)
		}
		sources[a.source] = true
		blocks += b
	}
	entries, used := x.sizes()
	if entries != int64(len(model)) || used != blocks+int64(len(sources)) || int(x.sources.live) != len(sources) {
		t.Errorf("%d entries, %d blocks, %d sources; want %d, %d, %d",
			entries, used, x.sources.live, len(model), blocks+int64(len(sources)), len(sources))
	}
}

func TestIndexEvictsUnusedFirst(t *testing.T) {
	x := newDiskIndex(100 * blockBytes)
	old, older, once, twice := numberedAddress(1, 1), numberedAddress(2, 1), numberedAddress(3, 1), numberedAddress(4, 1)
	x.insert(twice, 1, probation, 0)
	x.insert(once, 1, probation, 0)
	x.insert(old, 1, ageList(time.Hour), 0)
	x.insert(older, 1, ageList(24*time.Hour), 0)
	x.touch(twice, 0)
	for i, want := range []address{older, old, once, twice} {
		got, _, ok := x.next()
		if !ok || got != want {
			t.Fatalf("victim %d is %v, want %v", i, got, want)
		}
		x.remove(got)
	}
}

func TestIndexProtectsFromAScan(t *testing.T) {
	x := newDiskIndex(100 * blockBytes)
	popular := numberedAddress(0, 0)
	x.insert(popular, blockBytes, probation, 0)
	x.touch(popular, 0)
	for i := range 1000 {
		for {
			reserved, victim, _ := x.reserve(2)
			if reserved {
				break
			}
			x.remove(victim)
		}
		x.insert(numberedAddress(i+1, 0), blockBytes, probation, 0)
		x.release(2)
	}
	if !x.holds(popular) {
		t.Error("a scan of 1000 entries displaced one that was asked for twice")
	}
}

func TestAgeListsAreOrdered(t *testing.T) {
	last := uint8(0)
	for age := time.Duration(0); age < 20*365*24*time.Hour; age += max(age/16, time.Minute) {
		l := ageList(age)
		if l < last || l >= ageLists {
			t.Fatalf("age %v: list %d after %d", age, l, last)
		}
		last = l
	}
	if got := ageList(-time.Hour); got != 0 {
		t.Errorf("a time in the future: list %d, want 0", got)
	}
}

func indexBytesPerEntry(entries, variants int) float64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	x := newDiskIndex(1 << 50)
	for i := range entries {
		x.insert(numberedAddress(i/variants, i%variants), 20_000, probation, 0)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(x)
	return float64(after.HeapAlloc-before.HeapAlloc) / float64(entries)
}

// TestIndexIsCompact, also in the worst case: every source has one entry.
func TestIndexIsCompact(t *testing.T) {
	for _, variants := range []int{1, 8, 1000} {
		if got := indexBytesPerEntry(1_000_000, variants); got > 100 {
			t.Errorf("%d variants: %.1f bytes an entry at a million entries, at most 100 wanted", variants, got)
		}
	}
}

func BenchmarkIndexMemory(b *testing.B) {
	for _, variants := range []int{1, 8, 1000} {
		b.Run(fmt.Sprintf("%d variants", variants), func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(indexBytesPerEntry(1_000_000, variants), "B/entry")
			}
		})
	}
}
