package cache

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestEveryTruncationAndEveryFlippedBit of a small file, and of a large one in
// its header and here and there in the body, is found, and is a miss.
func TestEveryTruncationAndEveryFlippedBit(t *testing.T) {
	for name, body := range map[string][]byte{"none": nil, "small": []byte("a small body"), "large": large[:smallFile]} {
		t.Run(name, func(t *testing.T) {
			l := openWalked(t, t.TempDir())
			l.mustPut(key1, body)
			sound, err := os.ReadFile(l.path(key1))
			if err != nil {
				t.Fatal(err)
			}
			header, random := len(sound)-len(body), rand.New(rand.NewPCG(1, 1))
			harms := 0
			try := func(b []byte) {
				harms++
				l.mustPut(key1, body)
				if err := os.WriteFile(l.path(key1), b, 0o600); err != nil {
					t.Fatal(err)
				}
				l.wantMiss(key1)
			}
			for n := range sound {
				if n <= header+20 || n == len(sound)-1 || random.IntN(1000) == 0 {
					try(sound[:n])
				}
			}
			for bit := range 8 * len(sound) {
				if bit < 8*(header+20) || random.IntN(8000) == 0 {
					flipped := append([]byte(nil), sound...)
					flipped[bit/8] ^= 1 << (bit % 8)
					try(flipped)
				}
			}
			if s := l.Stats(); s.Corrupt != uint64(harms) || s.Entries != 0 || s.Errors != 0 || len(l.entryFiles()) != 0 {
				t.Errorf("stats %+v; want %d corrupt, none left", s, harms)
			}
			l.mustPut(key1, body)
			l.want(key1, body)
		})
	}
}

// TestSwappedFiles answer for nobody, of one source or of two.
func TestSwappedFiles(t *testing.T) {
	for name, other := range map[string]Key{"same source": {key1.Source, "other"}, "other source": key2} {
		for state, open := range openings {
			t.Run(name+"/"+state, func(t *testing.T) {
				dir := t.TempDir()
				l := openWalked(t, dir)
				l.mustPut(key1, small)
				l.mustPut(other, large)
				_ = l.Close()
				a, b := l.path(key1), l.path(other)
				if err := errors.Join(os.Rename(a, a+"x"), os.Rename(b, a), os.Rename(a+"x", b)); err != nil {
					t.Fatal(err)
				}
				l = open(t, dir)
				l.wantMiss(key1)
				l.wantMiss(other)
				if s := l.Stats(); s.Corrupt != 2 || s.Entries != 0 {
					t.Errorf("corrupt %d, entries %d; want 2, 0", s.Corrupt, s.Entries)
				}
				l.mustPut(key1, small)
				l.mustPut(other, large)
				l.want(key1, small)
				l.want(other, large)
			})
		}
	}
}

// TestTimesThatCannotBe: in the future, before 1970, and 1970 itself.
func TestTimesThatCannotBe(t *testing.T) {
	for name, at := range map[string]time.Time{
		"zero": time.Unix(0, 0), "negative": time.Unix(-1<<31, 0), "far future": time.Unix(1<<33, 0),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			l := openWalked(t, dir)
			l.mustPut(key1, small)
			if err := os.Chtimes(l.path(key1), at, at); err != nil {
				t.Fatal(err)
			}
			_ = l.Close()
			l = openWalked(t, dir)
			l.want(key1, small)
			info, err := os.Stat(l.path(key1))
			if err != nil || l.now().Sub(info.ModTime()).Abs() > time.Second {
				t.Errorf("after a hit the file's time is %v, error %v", info.ModTime(), err)
			}
		})
	}
}

// obstacles stand in the place of a folder. outside is where links lead: nothing
// may be written, removed or read there.
func obstacles(t *testing.T) (outside string, all map[string]func(path string) error) {
	outside = t.TempDir()
	return outside, map[string]func(string) error{
		"file":          func(p string) error { return os.WriteFile(p, []byte("x"), 0o600) },
		"link":          func(p string) error { return os.Symlink(outside, p) },
		"dangling link": func(p string) error { return os.Symlink(filepath.Join(outside, "none"), p) },
		"link to itself": func(p string) error {
			return os.Symlink(p, p)
		},
		"empty folder": func(p string) error { return os.Mkdir(p, 0o700) },
		"full folder":  func(p string) error { return os.MkdirAll(filepath.Join(p, "sub"), 0o700) },
		"nothing":      func(string) error { return nil },
	}
}

// places of folders, as seen from an entry's file.
var places = map[string]func(l *laboratory) string{
	"source's folder": func(l *laboratory) string { return filepath.Dir(l.path(key1)) },
	"folder above":    func(l *laboratory) string { return filepath.Dir(filepath.Dir(l.path(key1))) },
	"tmp":             func(l *laboratory) string { return filepath.Join(l.dir, temporaryFolder) },
	"cache folder":    func(l *laboratory) string { return l.dir },
}

// TestOtherThingsInTheFoldersPlaces, while the store runs and before it opens:
// what was there is moved outside, where links find it. Gets are misses or right,
// nothing outside is touched, and the next Put has its folder again.
func TestOtherThingsInTheFoldersPlaces(t *testing.T) {
	for place, find := range places {
		outside, all := obstacles(t)
		for obstacle, put := range all {
			if place == "cache folder" && obstacle != "nothing" && obstacle != "empty folder" && obstacle != "full folder" {
				continue // the operator's own, who may link it elsewhere
			}
			t.Run(place+"/"+obstacle, func(t *testing.T) {
				l := openWalked(t, filepath.Join(t.TempDir(), "cache"))
				l.mustPut(key1, small)
				at, away := find(l), filepath.Join(outside, place+obstacle)
				inside, err := filepath.Rel(at, l.path(key1))
				if err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(os.Rename(at, away), put(at)); err != nil {
					t.Fatal(err)
				}
				if obstacle == "link" { // to what was there
					if err := errors.Join(os.Remove(at), os.Symlink(away, at)); err != nil {
						t.Fatal(err)
					}
				}
				before := files(t, outside)
				l.readOrRemoveThrough(place)
				for _, key := range []Key{key1, {key1.Source, "another"}, key2} {
					if err := l.put(key, small); err != nil {
						l.advance(longestRest)
						l.mustPut(key, small)
					}
					l.want(key, small)
				}
				if _, err := l.Forget(key1.Source); err != nil {
					t.Error(err)
				}
				if _, err := l.ForgetWhere(nil, nil); err != nil {
					t.Error(err)
				}
				if after := files(t, outside); after != before || place != "tmp" && !exists(filepath.Join(away, inside)) {
					t.Errorf("outside were %d files, and are %d", before, after)
				}
				if s := l.Stats(); s.Entries != 0 || s.Bytes != 0 || len(l.entryFiles()) != 0 {
					t.Errorf("stats %+v, files %q; want none", s, l.entryFiles())
				}
			})
		}
	}
}

// readOrRemoveThrough does everything but Put, on stores that know the entry,
// that have walked, and that have not.
func (l *laboratory) readOrRemoveThrough(place string) {
	l.t.Helper()
	if place == "tmp" {
		l.want(key1, small)
		return
	}
	for _, open := range openings {
		other := open(l.t, l.dir)
		other.Has(key1)
		other.wantVariants(key1.Source)
		other.wantMiss(key1)
		_ = other.Close()
	}
	other := openLaboratory(l.t, l.dir)
	if _, err := other.Forget(key1.Source); err != nil {
		l.t.Error(err)
	}
	if _, err := other.ForgetWhere(matching("http"), nil); err != nil {
		l.t.Error(err)
	}
	_ = other.Close()
	l.wantVariants(key1.Source)
	l.wantMiss(key1)
	if l.Has(key1) {
		l.t.Error("there after it was a miss")
	}
}

// TestOpenFileWithoutTheKernelsHelp keeps to the folder as well.
func TestOpenFileWithoutTheKernelsHelp(t *testing.T) {
	linksAreAsked.Store(true)
	t.Cleanup(func() { linksAreAsked.Store(false) })
	l := openWalked(t, t.TempDir())
	l.mustPut(key1, small)
	l.want(key1, small)
	for _, folder := range []string{filepath.Dir(l.path(key1)), filepath.Dir(filepath.Dir(l.path(key1)))} {
		l.mustPut(key1, small)
		away := filepath.Join(t.TempDir(), "away")
		if err := errors.Join(os.Rename(folder, away), os.Symlink(away, folder)); err != nil {
			t.Fatal(err)
		}
		l.wantMiss(key1)
		if files(t, away) != 1 {
			t.Error("something outside was removed")
		}
	}
}

// TestTheCachesFolderMayBeALink: that is the operator's business.
func TestTheCachesFolderMayBeALink(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	l := openWalked(t, link)
	l.mustPut(key1, small)
	l.want(key1, small)
	_ = l.Close()
	openWalked(t, link).want(key1, small)
}
