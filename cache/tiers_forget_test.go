package cache

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// hooked is a disk store that lets the test act when the disk has forgotten,
// and memory has not.
type hooked struct {
	*Disk
	after func()
}

func (h *hooked) Forget(source string) (int, error) {
	defer h.after()
	return h.Disk.Forget(source)
}

func (h *hooked) ForgetWhere(match func(string) bool, told func(Key)) (int, error) {
	defer h.after()
	return h.Disk.ForgetWhere(match, told)
}

// TestAFillBetweenTheTiersForgettings begins when the disk has forgotten, finds
// the original in memory, and ends before that is forgotten too, or after: what
// it made lands nowhere.
func TestAFillBetweenTheTiersForgettings(t *testing.T) {
	purges := map[string]func(*Tiers) (int, error){
		"one":   func(t *Tiers) (int, error) { return t.Forget("s") },
		"match": func(t *Tiers) (int, error) { return t.ForgetWhere(func(s string) bool { return s == "s" }, nil) },
		"all":   func(t *Tiers) (int, error) { return t.ForgetWhere(nil, nil) },
	}
	for name, purge := range purges {
		t.Run(name, func(t *testing.T) {
			h := &hooked{Disk: openWalked(t, t.TempDir()).Disk}
			tiers := NewTiers(newTestMemory(t, DefaultMemoryConfig()), h, DefaultTiersConfig())
			t.Cleanup(func() { _ = tiers.Close() })
			original, picture := Key{"s", ""}, Key{"s", "picture"}
			putBytes(t, tiers, original, 1000)
			tiers.Flush()
			var since Generation
			h.after = func() {
				since = tiers.Generation("s")
				if e, err := tiers.Get(original); err != nil || e.Tier() != TierMemory {
					t.Errorf("the original is not in memory: %v", err)
				}
				if err := tiers.Put(picture, NewEntry(Meta{}, small), since); !errors.Is(err, ErrForgotten) {
					t.Errorf("Put meanwhile: error %v, want ErrForgotten", err)
				}
			}
			if removed, err := purge(tiers); removed != 1 || err != nil {
				t.Errorf("%d removed, error %v; want 1", removed, err)
			}
			if err := tiers.Put(picture, NewEntry(Meta{}, small), since); !errors.Is(err, ErrForgotten) {
				t.Errorf("Put afterwards: error %v, want ErrForgotten", err)
			}
			tiers.Flush()
			if s := tiers.Stats(); s.Entries != 0 || s.Bytes != 0 {
				t.Errorf("%d entries of %d bytes left", s.Entries, s.Bytes)
			}
		})
	}
}

// TestForgetWhereReachesWhatWaitsToBeWritten, and leaves alone what waits of others.
func TestForgetWhereReachesWhatWaitsToBeWritten(t *testing.T) {
	tiers, g, release := openGated(t, DefaultTiersConfig())
	for _, source := range []string{"goes 1", "stays", "goes 2"} {
		putBytes(t, tiers, Key{source, "too big for memory"}, 200_000)
	}
	<-g.entered // the first is under way
	told := map[Key]bool{}
	match := func(source string) bool { return strings.HasPrefix(source, "goes ") }
	tells := func(key Key) {
		told[key] = true
		release()
	}
	if removed, err := tiers.ForgetWhere(match, tells); removed != 2 || err != nil || len(told) != 2 {
		t.Errorf("%d removed, error %v, told of %v; want 2", removed, err, told)
	}
	tiers.Flush()
	for source, want := range map[string]bool{"goes 1": false, "stays": true, "goes 2": false} {
		if got := tiers.Has(Key{source, "too big for memory"}); got != want {
			t.Errorf("%s: there %v, want %v", source, got, want)
		}
	}
	if s := g.Stats(); s.Entries != 1 {
		t.Errorf("%d entries on disk, want the one that stays", s.Entries)
	}
}

// TestForgetWhereOfABrokenDiskReachesMemory all the same.
func TestForgetWhereOfABrokenDiskReachesMemory(t *testing.T) {
	config := DefaultTiersConfig()
	config.Logger = slog.New(slog.DiscardHandler)
	l := openWalked(t, t.TempDir())
	tiers := NewTiers(newTestMemory(t, DefaultMemoryConfig()), l.Disk, config)
	t.Cleanup(func() { _ = tiers.Close() })
	putBytes(t, tiers, key1, 1000)
	tiers.Flush()
	broken := errors.New("broken")
	l.system.unlink = func(string) error { return broken }
	if _, err := tiers.ForgetWhere(nil, nil); !errors.Is(err, broken) {
		t.Errorf("error %v, want that of the disk", err)
	}
	if tiers.Has(key1) || len(tiers.Variants(key1.Source)) != 0 {
		t.Error("still there")
	}
}
