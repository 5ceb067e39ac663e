package cache

import (
	"slices"
	"testing"
)

func wantWhere(t *testing.T, tiers *Tiers, key Key, want ...string) {
	t.Helper()
	if got := tiers.Where(key); !slices.Equal(got, want) {
		t.Errorf("Where(%q): %q, want %q", key, got, want)
	}
}

// TestWhereNamesTheTiers: what waits to be written is in memory, whatever its size.
func TestWhereNamesTheTiers(t *testing.T) {
	tiers, g, release := openGated(t, DefaultTiersConfig())
	little, big, below := Key{"s", "little"}, Key{"s", "too big for memory"}, Key{"s", "on disk"}
	if err := g.Disk.Put(below, NewEntry(Meta{}, small), g.Generation("s")); err != nil {
		t.Fatal(err)
	}
	putBytes(t, tiers, little, 100)
	putBytes(t, tiers, big, 200_000)
	wantWhere(t, tiers, little, TierMemory)
	wantWhere(t, tiers, big, TierMemory)
	wantWhere(t, tiers, below, TierDisk)
	wantWhere(t, tiers, Key{"s", "none"})
	release()
	tiers.Flush()
	wantWhere(t, tiers, little, TierMemory, TierDisk)
	wantWhere(t, tiers, big, TierDisk)
	if s := tiers.Stats(); s.Hits != 0 || s.Misses != 0 {
		t.Errorf("hits %d, misses %d; want none", s.Hits, s.Misses)
	}
	if m, d := tiers.PerTier()[0], tiers.PerTier()[1]; m.Hits+m.Misses+d.Hits+d.Misses != 0 {
		t.Errorf("memory %+v, disk %+v; want no hits and misses", m, d)
	}
	if e, err := tiers.Get(below); err != nil || e.Tier() != TierDisk {
		t.Errorf("asking moved it: error %v", err)
	}
	wantWhere(t, tiers, below, TierMemory, TierDisk) // now it moved up
	if _, err := tiers.Forget("s"); err != nil {
		t.Fatal(err)
	}
	for _, key := range []Key{little, big, below} {
		wantWhere(t, tiers, key)
	}
}

func TestWhereWithATierSwitchedOff(t *testing.T) {
	disk := NewTiers(Off(), openWalked(t, t.TempDir()).Disk, DefaultTiersConfig())
	memory := NewTiers(newTestMemory(t, DefaultMemoryConfig()), Off(), DefaultTiersConfig())
	for want, tiers := range map[string]*Tiers{TierDisk: disk, TierMemory: memory} {
		putBytes(t, tiers, key1, 100)
		tiers.Flush()
		wantWhere(t, tiers, key1, want)
		_ = tiers.Close()
		wantWhere(t, tiers, key1)
	}
}
