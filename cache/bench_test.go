package cache_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"api-resize/cache"
	"api-resize/cache/cachetest"
)

func benchmarkGet(b *testing.B, s cache.Store, size int) {
	defer s.Close()
	const keys = 16
	for i := range keys {
		cachetest.Put(b, s, cache.Key{Source: "https://example.com/photo.jpg", Variant: fmt.Sprint(i)}, cachetest.Body(uint64(i), size))
	}
	key := cache.Key{Source: "https://example.com/photo.jpg", Variant: "7"}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		e, err := s.Get(key)
		if err != nil {
			b.Fatal(err)
		}
		_ = e.Close()
	}
}

func BenchmarkMemoryHit15kB(b *testing.B) { benchmarkGet(b, memory(b), 15_000) }
func BenchmarkDiskHit15kB(b *testing.B)   { benchmarkGet(b, disk(b), 15_000) }
func BenchmarkDiskHit300kB(b *testing.B)  { benchmarkGet(b, disk(b), 300_000) }

func BenchmarkMemoryHit15kBParallel(b *testing.B) {
	s := memory(b)
	defer s.Close()
	key := cache.Key{Source: "https://example.com/photo.jpg"}
	cachetest.Put(b, s, key, cachetest.Body(1, 15_000))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.Get(key); err != nil {
				b.Error(err)
			}
		}
	})
}

// benchmarkHas asks for one key of 16, and for one that is not there.
func benchmarkHas(b *testing.B, s cache.Store) {
	defer s.Close()
	const source = "https://example.com/photo.jpg"
	for i := range 16 {
		cachetest.Put(b, s, cache.Key{Source: source, Variant: fmt.Sprint(i)}, cachetest.Body(uint64(i), 15_000))
	}
	cachetest.Flush(s)
	for name, key := range map[string]cache.Key{"there": {Source: source, Variant: "7"}, "not there": {Source: source, Variant: "none"}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if s.Has(key) != (name == "there") {
					b.Fatal("wrong answer")
				}
			}
		})
	}
}

func BenchmarkMemoryHas(b *testing.B) { benchmarkHas(b, memory(b)) }
func BenchmarkDiskHas(b *testing.B)   { benchmarkHas(b, disk(b)) }
func BenchmarkTiersHas(b *testing.B) {
	benchmarkHas(b, cache.NewTiers(memory(b), disk(b), cache.DefaultTiersConfig()))
}

// BenchmarkDiskVariants of a source that has 100 of them.
func BenchmarkDiskVariants(b *testing.B) {
	s := disk(b)
	defer s.Close()
	const source = "https://example.com/photo.jpg"
	for i := range 100 {
		cachetest.Put(b, s, cache.Key{Source: source, Variant: fmt.Sprint(i)}, cachetest.Body(uint64(i), 15_000))
	}
	for b.Loop() {
		if n := len(s.Variants(source)); n != 100 {
			b.Fatalf("%d variants", n)
		}
	}
}

func benchmarkPut(b *testing.B, s cache.Store) {
	defer s.Close()
	body := cachetest.Body(1, 15_000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		cachetest.Put(b, s, cache.Key{Source: fmt.Sprint(i / 8), Variant: fmt.Sprint(i % 8)}, body)
	}
}

func BenchmarkMemoryPut15kB(b *testing.B) { benchmarkPut(b, memory(b)) }
func BenchmarkDiskPut15kB(b *testing.B)   { benchmarkPut(b, disk(b)) }

func BenchmarkDiskMiss(b *testing.B) {
	s := disk(b)
	defer s.Close()
	for b.Loop() {
		_, _ = s.Get(cache.Key{Source: "https://example.com/photo.jpg", Variant: "none"})
	}
}

const purgeSources = 2_000 // of two small entries each

// fillForPurge puts what purges and walks are measured with.
func fillForPurge(b *testing.B, s cache.Store) {
	b.Helper()
	body := cachetest.Body(1, 2_000)
	for i := range purgeSources {
		for variant := range 2 {
			cachetest.Put(b, s, cache.Key{Source: fmt.Sprintf("https://%d.example.com/%d.jpg", i%100, i), Variant: fmt.Sprint(variant)}, body)
		}
	}
}

// openToPurge opens the store and waits until its folder is read.
func openToPurge(b *testing.B, dir string) cache.Store {
	b.Helper()
	s, err := cache.OpenDisk(cache.DiskConfig{Dir: dir, Bytes: 4 << 30, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	for s.Stats().Walking {
		time.Sleep(100 * time.Microsecond)
	}
	return s
}

func perSource(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/purgeSources, "us/source")
}

// BenchmarkDiskWalk reads the folder at the start, from the page cache.
func BenchmarkDiskWalk(b *testing.B) {
	dir := b.TempDir()
	s := openToPurge(b, dir)
	fillForPurge(b, s)
	_ = s.Close()
	for b.Loop() {
		_ = openToPurge(b, dir).Close()
	}
	perSource(b)
}

// BenchmarkDiskForgetWhere asks every source for its name, with nothing to
// remove, and everything without asking.
func BenchmarkDiskForgetWhere(b *testing.B) {
	s := openToPurge(b, b.TempDir())
	defer s.Close()
	fillForPurge(b, s)
	b.Run("none matches", func(b *testing.B) {
		for b.Loop() {
			if removed, err := s.ForgetWhere(func(string) bool { return false }, nil); removed != 0 || err != nil {
				b.Fatal(removed, err)
			}
		}
		perSource(b)
	})
	b.Run("everything", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if i > 0 {
				b.StopTimer()
				fillForPurge(b, s)
				b.StartTimer()
			}
			if removed, err := s.ForgetWhere(nil, nil); removed != 2*purgeSources || err != nil {
				b.Fatal(removed, err)
			}
		}
		perSource(b)
	})
}
