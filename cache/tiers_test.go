package cache

import (
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
)

// gated is a disk store whose Puts wait for the test.
type gated struct {
	*Disk
	entered chan struct{}
	open    chan struct{}
}

func (g *gated) Put(key Key, entry *Entry, since Generation) error {
	g.entered <- struct{}{}
	<-g.open
	return g.Disk.Put(key, entry, since)
}

func openGated(t *testing.T, config TiersConfig) (*Tiers, *gated, func()) {
	t.Helper()
	g := &gated{openWalked(t, t.TempDir()).Disk, make(chan struct{}, 100), make(chan struct{})}
	m := newTestMemory(t, MemoryConfig{Bytes: 8 * mib, EntryBytes: 64 * kib})
	config.Logger = slog.New(slog.DiscardHandler)
	tiers := NewTiers(m, g, config)
	release := sync.OnceFunc(func() { close(g.open) })
	t.Cleanup(func() {
		release()
		_ = tiers.Close()
	})
	return tiers, g, release
}

func TestWhatWaitsToBeWrittenIsFound(t *testing.T) {
	tiers, _, release := openGated(t, DefaultTiersConfig())
	key := Key{"s", "too big for memory"}
	putBytes(t, tiers, key, 200_000)
	if e, err := tiers.Get(key); err != nil || e.Size() != 200_000 || e.Tier() != TierMemory {
		t.Fatalf("entry %+v, error %v", e, err)
	}
	if !tiers.Has(key) {
		t.Error("what waits to be written counts as not there")
	}
	if got := tiers.Variants("s"); !slices.Equal(got, []string{key.Variant}) {
		t.Errorf("variants %q, want the one that waits", got)
	}
	release()
	tiers.Flush()
	e, err := tiers.Get(key)
	if err != nil || e.Tier() != TierDisk {
		t.Fatalf("after writing: error %v", err)
	}
	_ = e.Close()
}

// TestVariantsOfAllTiers: each once, wherever it is, and in more than one place.
func TestVariantsOfAllTiers(t *testing.T) {
	tiers, g, release := openGated(t, DefaultTiersConfig())
	since := g.Generation("s")
	for _, variant := range []string{"on disk", "everywhere"} {
		if err := g.Disk.Put(Key{"s", variant}, NewEntry(Meta{}, small), since); err != nil {
			t.Fatal(err)
		}
	}
	putBytes(t, tiers.memory, Key{"s", "in memory"}, 10)
	putBytes(t, tiers, Key{"s", "waiting"}, 200_000) // too big for memory
	putBytes(t, tiers, Key{"s", "everywhere"}, 10)
	want := []string{"everywhere", "in memory", "on disk", "waiting"}
	if got := tiers.Variants("s"); !slices.Equal(got, want) {
		t.Errorf("variants %q, want %q", got, want)
	}
	release()
	tiers.Flush()
	if got := tiers.Variants("s"); !slices.Equal(got, want) {
		t.Errorf("variants %q after writing, want %q", got, want)
	}
}

func TestForgetReachesWhatWaitsToBeWritten(t *testing.T) {
	tiers, g, release := openGated(t, DefaultTiersConfig())
	putBytes(t, tiers, Key{"s", "under way"}, 200_000)
	<-g.entered
	putBytes(t, tiers, Key{"s", "waiting"}, 200_000)
	if removed, err := tiers.Forget("s"); removed != 1 || err != nil {
		t.Errorf("%d removed, error %v; want the waiting one", removed, err)
	}
	if got := tiers.Variants("s"); len(got) != 0 {
		t.Errorf("variants %q after being forgotten", got)
	}
	for _, variant := range []string{"under way", "waiting"} {
		if tiers.Has(Key{"s", variant}) {
			t.Errorf("%s: there after being forgotten", variant)
		}
	}
	release()
	tiers.Flush()
	for _, variant := range []string{"under way", "waiting"} {
		if _, err := tiers.Get(Key{"s", variant}); !errors.Is(err, ErrMiss) {
			t.Errorf("%s: error %v, want ErrMiss", variant, err)
		}
	}
	if s := g.Stats(); s.Entries != 0 {
		t.Errorf("%d entries on disk", s.Entries)
	}
}

func TestAFullQueueDropsAndCounts(t *testing.T) {
	config := DefaultTiersConfig()
	config.QueueEntries = 2
	tiers, g, release := openGated(t, config)
	older := Key{"s", "under way"}
	putBytes(t, tiers, older, 200_000)
	<-g.entered
	putBytes(t, tiers, Key{"s", "waiting"}, 200_000)
	big := Key{"s", "big"}
	err := tiers.Put(big, NewEntry(Meta{}, make([]byte, 200_000)), tiers.Generation("s"))
	if !errors.Is(err, ErrFull) || !errors.Is(err, ErrTooBig) {
		t.Errorf("error %v, want what both tiers said", err)
	}
	putBytes(t, tiers, Key{"s", "small"}, 100) // memory has it
	// A newer value of what is being written finds no room: the older must go.
	_ = tiers.Put(older, NewEntry(Meta{}, make([]byte, 300_000)), tiers.Generation("s"))
	if q := tiers.Queue(); q.Dropped != 3 || q.Entries != 2 || q.Bytes != 400_000 {
		t.Errorf("queue %+v; want 3 dropped, 2 waiting", q)
	}
	release()
	tiers.Flush()
	if _, err := tiers.Get(older); !errors.Is(err, ErrMiss) {
		t.Errorf("the older value came back (error %v)", err)
	}
	if q := tiers.Queue(); q.Entries != 0 || q.Bytes != 0 || q.Written != 2 {
		t.Errorf("queue %+v; want it empty, 2 written", q)
	}
}

func TestHitsOnDiskMoveUp(t *testing.T) {
	tiers, g, release := openGated(t, DefaultTiersConfig())
	release()
	for name, body := range map[string][]byte{"small": small, "none": nil} {
		key := Key{"s", name}
		if err := g.Disk.Put(key, NewEntry(Meta{Attributes: []byte(name)}, body), g.Generation("s")); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{TierDisk, TierMemory} {
			e, err := tiers.Get(key)
			if err != nil || e.Tier() != want || string(e.Meta.Attributes) != name || e.Size() != int64(len(body)) {
				t.Fatalf("%s: entry %+v, error %v; want it from %s", name, e, err, want)
			}
		}
	}
}

func TestMovingUpNeverReplaces(t *testing.T) {
	m := newTestMemory(t, DefaultMemoryConfig())
	key := Key{"s", "v"}
	putBytes(t, m, key, 2)
	if err := m.add(key, NewEntry(Meta{}, make([]byte, 1)), m.Generation("s")); err != nil {
		t.Fatal(err)
	}
	if e, err := m.Get(key); err != nil || e.Size() != 2 {
		t.Errorf("size %d, error %v; want the newer value of 2", e.Size(), err)
	}
}

func TestConfigReportsAllFaults(t *testing.T) {
	for name, err := range map[string]error{
		"memory": MemoryConfig{Bytes: 1, EntryBytes: -1}.Validate(),
		"disk":   DiskConfig{Bytes: -1, MinFree: -1}.Validate(),
		"tiers":  TiersConfig{PromoteBytes: -1}.Validate(),
	} {
		joined, ok := err.(interface{ Unwrap() []error })
		if !ok || len(joined.Unwrap()) < 2 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := errors.Join(DefaultMemoryConfig().Validate(), DefaultDiskConfig().Validate(), DefaultTiersConfig().Validate()); err != nil {
		t.Error(err)
	}
}

// TestWalkBesideWork puts, gets and forgets while the walk reads the folder.
func TestWalkBesideWork(t *testing.T) {
	dir := t.TempDir()
	l := openWalked(t, dir)
	const sources = 300
	name := func(i int) Key { return Key{"source " + string(rune('a'+i)), "v"} }
	for i := range sources {
		l.mustPut(name(i), small)
	}
	_ = l.Close()
	l = openLaboratory(t, dir)
	l.startWalk()
	var all sync.WaitGroup
	for worker := range 3 {
		all.Go(func() {
			for i := range sources {
				key := name((i*7 + worker*100) % sources)
				switch i % 3 {
				case 0:
					_, _ = l.Forget(key.Source)
				case 1:
					if err := l.put(key, large[:70_000]); err != nil && !isForgotten(err) {
						t.Error(err)
					}
				default:
					_, _ = l.get(key)
				}
			}
		})
	}
	all.Wait()
	l.walking.Wait()
	s := l.Stats()
	if s.Corrupt != 0 || s.Errors != 0 || int64(files(t, dir)) != s.Entries || s.Bytes > s.Limit {
		t.Errorf("stats %+v, %d files", s, files(t, dir))
	}
}
