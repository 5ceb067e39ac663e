package cache_test

import (
	"fmt"
	"testing"

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
