package cache

import (
	"fmt"
	"runtime"
	"testing"
)

func newTestMemory(t *testing.T, config MemoryConfig) *Memory {
	t.Helper()
	m, err := newMemory(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

func putBytes(t *testing.T, s Store, key Key, n int) {
	t.Helper()
	if err := s.Put(key, NewEntry(Meta{ContentType: "image/jpeg"}, make([]byte, n)), s.Generation(key.Source)); err != nil {
		t.Fatal(err)
	}
}

// TestMemoryStaysInsideItsBound with large, middling and tiny entries; tiny
// ones are allowed their table of keys on top.
func TestMemoryStaysInsideItsBound(t *testing.T) {
	for _, c := range []struct{ size, percent int }{{1 << 20, 100}, {15_000, 102}, {10, 140}} {
		t.Run(fmt.Sprint(c.size), func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			config := MemoryConfig{Bytes: 64 * mib, EntryBytes: mib}
			m := newTestMemory(t, config)
			for i := range min(4*int(config.Bytes)/c.size, 200_000) {
				putBytes(t, m, Key{"https://example.com/some/photo.jpg", fmt.Sprint(i)}, c.size)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			used := int64(after.HeapAlloc) - int64(before.HeapAlloc)
			if used > config.Bytes*int64(c.percent)/100 {
				t.Errorf("%d bytes of heap for a bound of %d (%d entries)", used, config.Bytes, m.Stats().Entries)
			}
			if s := m.Stats(); s.Evictions == 0 || s.Bytes > s.Limit || s.Entries != int64(m.cache.Len()) {
				t.Errorf("%d evicted, %d bytes of %d, %d entries known of %d", s.Evictions, s.Bytes, s.Limit, s.Entries, m.cache.Len())
			}
			runtime.KeepAlive(m)
		})
	}
}

func TestMemoryKeepsWhatIsAskedFor(t *testing.T) {
	m := newTestMemory(t, MemoryConfig{Bytes: 8 * mib, EntryBytes: 64 * kib})
	popular, forgotten := Key{"popular", ""}, Key{"forgotten", ""}
	putBytes(t, m, popular, 15_000)
	putBytes(t, m, forgotten, 15_000)
	for i := range 5000 {
		putBytes(t, m, Key{"passing", fmt.Sprint(i)}, 15_000)
		if i%20 == 0 {
			if _, err := m.Get(popular); err != nil {
				t.Fatalf("gone after %d newer ones", i)
			}
		}
	}
	if _, err := m.Get(forgotten); err == nil {
		t.Error("75 MB went through 8 MiB and the first is still there")
	}
	if removed, _ := m.Forget("popular"); removed != 1 {
		t.Errorf("Forget after being moved to the front: %d removed, want 1", removed)
	}
}

func TestMemoryRefusesLargeBodiesAndDropsTheOld(t *testing.T) {
	m := newTestMemory(t, DefaultMemoryConfig())
	key := Key{"s", ""}
	putBytes(t, m, key, 10)
	if err := m.Put(key, NewEntry(Meta{}, make([]byte, mib+1)), m.Generation("s")); err == nil {
		t.Error("a body over entry_bytes was taken")
	}
	if _, err := m.Get(key); err == nil {
		t.Error("the older value came back")
	}
	putBytes(t, m, key, int(mib))
}
