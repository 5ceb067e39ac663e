package cache

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func (l *laboratory) wantVariants(source string, want ...string) {
	l.t.Helper()
	if got := l.Variants(source); !slices.Equal(got, want) {
		l.t.Errorf("Variants(%q): %q, want %q", source, got, want)
	}
}

// TestVariantsOfWhatLiesInTheFolder, walked or not.
func TestVariantsOfWhatLiesInTheFolder(t *testing.T) {
	dir := t.TempDir()
	l := openWalked(t, dir)
	for _, variant := range []string{"b", "", "a"} {
		l.mustPut(Key{"s", variant}, small)
	}
	_ = l.Close()
	l = openLaboratory(t, dir)
	l.mustPut(Key{"s", "c"}, large)
	l.wantVariants("s", "", "a", "b", "c")
	if s := l.Stats(); s.Entries != 1 {
		t.Errorf("%d entries known, want only the one just put", s.Entries)
	}
	l.startWalk()
	l.walking.Wait()
	l.wantVariants("s", "", "a", "b", "c")
}

// TestVariantsSkipsWhatIsDamaged and leaves it for Get to judge. A damaged
// body is not seen.
func TestVariantsSkipsWhatIsDamaged(t *testing.T) {
	damages := map[string]struct {
		harm func(t *testing.T, path string)
		seen bool
	}{
		"empty":         {func(t *testing.T, p string) { damage(t, p, cut(0)) }, false},
		"cut in header": {func(t *testing.T, p string) { damage(t, p, cut(20)) }, false},
		"cut in key":    {func(t *testing.T, p string) { damage(t, p, cut(60)) }, false},
		"last byte cut": {func(t *testing.T, p string) { damage(t, p, cut(-1)) }, false},
		"lengths":       {func(t *testing.T, p string) { damage(t, p, flip(12)) }, false},
		"source":        {func(t *testing.T, p string) { damage(t, p, flip(50)) }, false},
		"variant":       {func(t *testing.T, p string) { damage(t, p, flip(48+len(key1.Source))) }, false},
		"directory":     {func(t *testing.T, p string) { replace(t, p, os.Mkdir(p+"x", 0o700)) }, false},
		"fifo":          {func(t *testing.T, p string) { replace(t, p, syscall.Mkfifo(p+"x", 0o600)) }, false},
		"symlink":       {symlink, false},
		"other source":  {otherFile, false},
		"other variant": {otherVariant, false},
		"last of body":  {func(t *testing.T, p string) { damage(t, p, flip(-1)) }, true},
	}
	for name, c := range damages {
		for state, open := range map[string]func(*testing.T, string, ...diskOption) *laboratory{"walked": openWalked, "not walked": openLaboratory} {
			t.Run(name+"/"+state, func(t *testing.T) {
				l := open(t, t.TempDir())
				l.mustPut(key1, small)
				l.mustPut(Key{key1.Source, "sound"}, small)
				c.harm(t, l.path(key1))
				want := []string{"sound"}
				if c.seen {
					want = []string{key1.Variant, "sound"}
				}
				l.wantVariants(key1.Source, want...)
				if s := l.Stats(); s.Corrupt != 0 || s.Errors != 0 || s.Entries != 2 || !exists(l.path(key1)) {
					t.Errorf("stats %+v; want nothing judged, nothing removed", s)
				}
			})
		}
	}
}

// otherVariant puts a sound file of the same source's other variant in path's place.
func otherVariant(t *testing.T, path string) {
	t.Helper()
	file := encodeHeader(Key{key1.Source, "another"}, Meta{}, nil)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestVariantsOverlooksForeignFiles(t *testing.T) {
	l := openWalked(t, t.TempDir())
	l.mustPut(key1, small)
	folder := filepath.Dir(l.path(key1))
	sound, err := os.ReadFile(l.path(key1))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"notes.txt", strings.Repeat("F", 32), digestOf("never put").String()} {
		if err := os.WriteFile(filepath.Join(folder, name), sound, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l.wantVariants(key1.Source, key1.Variant)
}

// TestVariantsAfterAForgetThatFailed: the file is still there, but no longer
// an entry.
func TestVariantsAfterAForgetThatFailed(t *testing.T) {
	l := openWalked(t, t.TempDir())
	l.mustPut(key1, small)
	l.system.unlink = func(string) error { return syscall.EIO }
	if _, err := l.Forget(key1.Source); !errors.Is(err, syscall.EIO) || !exists(l.path(key1)) {
		t.Fatalf("error %v; want one, and the file to stay", err)
	}
	l.wantMiss(key1)
	l.wantVariants(key1.Source)
}

// TestVariantsOutOfDescriptors: what can't be read now is left out, and counted.
func TestVariantsOutOfDescriptors(t *testing.T) {
	l := openWalked(t, t.TempDir())
	l.mustPut(key1, small)
	l.mustPut(Key{key1.Source, "sound"}, small)
	scarce := l.path(key1)
	l.system.open = func(path string) (int, error) {
		if path == scarce {
			return -1, &os.PathError{Op: "open", Path: path, Err: syscall.EMFILE}
		}
		return openFile(path)
	}
	l.wantVariants(key1.Source, "sound")
	l.system.open = openFile
	l.wantVariants(key1.Source, key1.Variant, "sound")
	if s := l.Stats(); s.Errors != 1 || s.Corrupt != 0 || s.Entries != 2 {
		t.Errorf("errors %d, corrupt %d, entries %d; want 1, 0, 2", s.Errors, s.Corrupt, s.Entries)
	}
}

// TestVariantsBesideWork puts, forgets and walks the same source meanwhile:
// what nobody touches is always named.
func TestVariantsBesideWork(t *testing.T) {
	dir := t.TempDir()
	l := openWalked(t, dir)
	for i := range 200 {
		l.mustPut(Key{"source " + string(rune('a'+i)), ""}, small)
	}
	l.mustPut(Key{"s", "stays"}, small)
	_ = l.Close()
	l = openLaboratory(t, dir)
	l.startWalk()
	var all sync.WaitGroup
	all.Go(func() {
		for i := range 200 {
			if err := l.put(Key{"s", "put again"}, small); err != nil {
				t.Error(err)
			}
			if i%5 == 0 {
				l.remove(Key{"s", "put again"})
			}
			_, _ = l.Forget("source " + string(rune('a'+i)))
		}
	})
	all.Go(func() {
		for range 200 {
			got := l.Variants("s")
			if !slices.Equal(got, []string{"put again", "stays"}) && !slices.Equal(got, []string{"stays"}) {
				t.Errorf("Variants: %q", got)
			}
		}
	})
	all.Wait()
	l.walking.Wait()
	if s := l.Stats(); s.Corrupt != 0 || s.Errors != 0 {
		t.Errorf("corrupt %d, errors %d", s.Corrupt, s.Errors)
	}
}
