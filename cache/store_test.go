package cache_test

import (
	"fmt"
	"log/slog"
	"testing"

	"api-resize/cache"
	"api-resize/cache/cachetest"
)

func memory(t testing.TB) cache.Store {
	t.Helper()
	s, err := cache.NewMemory(cache.MemoryConfig{Bytes: 16 << 20, EntryBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func disk(t testing.TB) cache.Store {
	t.Helper()
	s, err := cache.OpenDisk(cache.DiskConfig{Dir: t.TempDir(), Bytes: 16 << 20, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMemory(t *testing.T) {
	cachetest.Run(t, func(t *testing.T) cache.Store { return memory(t) })
}

func TestDisk(t *testing.T) {
	cachetest.Run(t, func(t *testing.T) cache.Store { return disk(t) })
}

func TestTiers(t *testing.T) {
	cachetest.Run(t, func(t *testing.T) cache.Store {
		return cache.NewTiers(memory(t), disk(t), cache.DefaultTiersConfig())
	})
}

func TestMemoryAlone(t *testing.T) {
	cachetest.Run(t, func(t *testing.T) cache.Store {
		return cache.NewTiers(memory(t), cache.Off(), cache.DefaultTiersConfig())
	})
}

func TestDiskAlone(t *testing.T) {
	cachetest.Run(t, func(t *testing.T) cache.Store {
		return cache.NewTiers(cache.Off(), disk(t), cache.DefaultTiersConfig())
	})
}

// TestUnreliableSystem: of every hundred calls 2 fail, and 10.
func TestUnreliableSystem(t *testing.T) {
	for _, probability := range []float64{0.02, 0.1} {
		for seed := range uint64(2) {
			t.Run(fmt.Sprintf("disk, %v, seed %d", probability, seed), func(t *testing.T) {
				cachetest.RunUnreliable(t, func(t *testing.T) cache.Store {
					return cache.OpenUnreliableDisk(t, seed, probability)
				})
			})
			t.Run(fmt.Sprintf("tiers, %v, seed %d", probability, seed), func(t *testing.T) {
				cachetest.RunUnreliable(t, func(t *testing.T) cache.Store {
					config := cache.DefaultTiersConfig()
					config.Logger = slog.New(slog.DiscardHandler)
					return cache.NewTiers(memory(t), cache.OpenUnreliableDisk(t, seed, probability), config)
				})
			})
		}
	}
}

func TestOffHasNothing(t *testing.T) {
	s, key := cache.Off(), cache.Key{Source: "s"}
	_ = s.Put(key, cache.NewEntry(cache.Meta{}, nil), s.Generation("s"))
	cachetest.WantHas(t, s, key, false)
	cachetest.WantVariants(t, s, "s")
	cachetest.WantMiss(t, s, key)
}
