package cache

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// laboratory is a disk store whose clock and system the test holds.
type laboratory struct {
	*Disk
	t     *testing.T
	clock atomic.Int64 // Unix nanoseconds
}

type diskOption func(*DiskConfig, *system)

func openLaboratory(t *testing.T, dir string, options ...diskOption) *laboratory {
	t.Helper()
	l := &laboratory{t: t}
	l.clock.Store(time.Now().UnixNano())
	config := DiskConfig{Dir: dir, Bytes: 16 * mib, Logger: slog.New(slog.DiscardHandler)}
	system := realSystem()
	for _, option := range options {
		option(&config, &system)
	}
	d, err := newDisk(config, system, func() time.Time { return time.Unix(0, l.clock.Load()) })
	if err != nil {
		t.Fatal(err)
	}
	l.Disk = d
	t.Cleanup(func() { _ = d.Close() })
	return l
}

// openWalked is openLaboratory with the walk done.
func openWalked(t *testing.T, dir string, options ...diskOption) *laboratory {
	t.Helper()
	l := openLaboratory(t, dir, options...)
	l.startWalk()
	l.walking.Wait()
	return l
}

func withBytes(n int64) diskOption { return func(c *DiskConfig, _ *system) { c.Bytes = n } }

func (l *laboratory) advance(d time.Duration) { l.clock.Add(int64(d)) }

func (l *laboratory) put(key Key, body []byte) error {
	return l.Put(key, NewEntry(Meta{ContentType: "image/png", Attributes: []byte(`{"a":1}`)}, body), l.Generation(key.Source))
}

func (l *laboratory) mustPut(key Key, body []byte) {
	l.t.Helper()
	if err := l.put(key, body); err != nil {
		l.t.Fatalf("Put(%q): %v", key, err)
	}
}

func (l *laboratory) get(key Key) ([]byte, error) {
	e, err := l.Get(key)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	return e.Bytes()
}

func (l *laboratory) want(key Key, body []byte) {
	l.t.Helper()
	if got, err := l.get(key); err != nil || !bytes.Equal(got, body) {
		l.t.Fatalf("Get(%q): %d bytes, error %v; want the %d put", key, len(got), err, len(body))
	}
}

func (l *laboratory) wantMiss(key Key) {
	l.t.Helper()
	if _, err := l.get(key); !errors.Is(err, ErrMiss) {
		l.t.Fatalf("Get(%q): error %v, want ErrMiss", key, err)
	}
}

func (l *laboratory) path(key Key) string { return addressOf(key).path(l.dir) }

// files counts the regular files below dir.
func files(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var (
	small = bytes.Repeat([]byte("small"), 1000)
	large = bytes.Repeat([]byte("large body"), 20_000)
	key1  = Key{"https://example.com/1.jpg", "300x200"}
	key2  = Key{"https://example.com/2.jpg", "300x200"}
)

func damage(t *testing.T, path string, change func(b []byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, change(b), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func flip(offset int) func([]byte) []byte {
	return func(b []byte) []byte {
		b[(offset+len(b))%len(b)] ^= 4
		return b
	}
}

func cut(n int) func([]byte) []byte {
	return func(b []byte) []byte { return b[:(n+len(b))%len(b)] }
}

// TestDamagedFilesAreNeverServed: each damage is found by a running store,
// by one just opened, and by the walk and what reads after it.
func TestDamagedFilesAreNeverServed(t *testing.T) {
	damages := map[string]func(t *testing.T, path string){
		"empty":          func(t *testing.T, p string) { damage(t, p, cut(0)) },
		"cut in header":  func(t *testing.T, p string) { damage(t, p, cut(20)) },
		"cut in key":     func(t *testing.T, p string) { damage(t, p, cut(60)) },
		"last byte cut":  func(t *testing.T, p string) { damage(t, p, cut(-1)) },
		"one more byte":  func(t *testing.T, p string) { damage(t, p, func(b []byte) []byte { return append(b, 0) }) },
		"zeros":          func(t *testing.T, p string) { damage(t, p, func(b []byte) []byte { return make([]byte, len(b)) }) },
		"magic":          func(t *testing.T, p string) { damage(t, p, flip(0)) },
		"version":        func(t *testing.T, p string) { damage(t, p, flip(8)) },
		"lengths":        func(t *testing.T, p string) { damage(t, p, flip(12)) },
		"body's length":  func(t *testing.T, p string) { damage(t, p, flip(32)) },
		"huge length":    func(t *testing.T, p string) { damage(t, p, flip(39)) },
		"body's sum":     func(t *testing.T, p string) { damage(t, p, flip(40)) },
		"header's sum":   func(t *testing.T, p string) { damage(t, p, flip(44)) },
		"source":         func(t *testing.T, p string) { damage(t, p, flip(50)) },
		"variant":        func(t *testing.T, p string) { damage(t, p, flip(48+len(key1.Source))) },
		"first of body":  func(t *testing.T, p string) { damage(t, p, flip(200)) },
		"last of body":   func(t *testing.T, p string) { damage(t, p, flip(-1)) },
		"directory":      func(t *testing.T, p string) { replace(t, p, os.Mkdir(p+"x", 0o700)) },
		"fifo":           func(t *testing.T, p string) { replace(t, p, syscall.Mkfifo(p+"x", 0o600)) },
		"symlink":        symlink,
		"other's file":   otherFile,
		"full directory": func(t *testing.T, p string) { replace(t, p, os.MkdirAll(p+"x/sub", 0o700)) },
	}
	for name, harm := range damages {
		for size, body := range map[string][]byte{"small": small, "large": large} {
			t.Run(name+"/"+size, func(t *testing.T) {
				t.Run("running", func(t *testing.T) {
					l := openWalked(t, t.TempDir())
					l.mustPut(key1, body)
					harm(t, l.path(key1))
					l.checkGone(body)
				})
				t.Run("opened, not walked", func(t *testing.T) {
					dir := harmed(t, body, harm)
					openLaboratory(t, dir).checkGone(body)
				})
				t.Run("walked", func(t *testing.T) {
					dir := harmed(t, body, harm)
					openWalked(t, dir).checkGone(body)
				})
			})
		}
	}
}

func harmed(t *testing.T, body []byte, harm func(*testing.T, string)) (dir string) {
	dir = t.TempDir()
	l := openWalked(t, dir)
	l.mustPut(key1, body)
	_ = l.Close()
	harm(t, l.path(key1))
	return dir
}

// replace puts what was made at path+"x" in path's place.
func replace(t *testing.T, path string, made error) {
	t.Helper()
	if err := errors.Join(made, os.Remove(path), os.Rename(path+"x", path)); err != nil {
		t.Fatal(err)
	}
}

// symlink moves the good file away and links to it.
func symlink(t *testing.T, path string) {
	t.Helper()
	away := filepath.Join(t.TempDir(), "away")
	if err := errors.Join(os.Rename(path, away), os.Symlink(away, path)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !exists(away) {
			t.Error("the link was followed and its target removed")
		}
	})
}

// otherFile puts a sound file of another key in path's place.
func otherFile(t *testing.T, path string) {
	t.Helper()
	body := []byte("somebody else's")
	if err := os.WriteFile(path, append(encodeHeader(key2, Meta{}, body), body...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// checkGone: a miss, removed, counted once, and the place can be used again.
func (l *laboratory) checkGone(body []byte) {
	l.t.Helper()
	l.wantMiss(key1)
	l.wantMiss(key1)
	if exists(l.path(key1)) {
		l.t.Error("what was damaged is still there")
	}
	if s := l.Stats(); s.Corrupt != 1 || s.Entries != 0 || s.Bytes != 0 {
		l.t.Errorf("corrupt %d, entries %d, bytes %d; want 1, 0, 0", s.Corrupt, s.Entries, s.Bytes)
	}
	l.mustPut(key1, body)
	l.want(key1, body)
}

func TestPutReplacesADirectoryInItsPlace(t *testing.T) {
	l := openWalked(t, t.TempDir())
	if err := os.MkdirAll(filepath.Join(l.path(key1), "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	l.mustPut(key1, small)
	l.want(key1, small)
}

func TestFileIsPositionedAtTheBody(t *testing.T) {
	l := openWalked(t, t.TempDir())
	l.mustPut(key1, large)
	e, err := l.Get(key1)
	if err != nil {
		t.Fatal(err)
	}
	f, offset, ok := e.File()
	if !ok {
		t.Fatal("a large body is not a file")
	}
	defer f.Close()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	_, _ = l.Forget(key1.Source) // the open file outlives it
	if at, err := f.Seek(0, io.SeekCurrent); err != nil || at != offset {
		t.Errorf("at %d, offset %d, error %v", at, offset, err)
	}
	if body, err := io.ReadAll(f); err != nil || !bytes.Equal(body, large) {
		t.Errorf("%d bytes, error %v", len(body), err)
	}
	if _, err := e.Bytes(); err == nil {
		t.Error("Bytes of a taken file worked")
	}
}

func TestRestartKeepsEntries(t *testing.T) {
	dir := t.TempDir()
	l := openWalked(t, dir)
	l.mustPut(key1, small)
	l.mustPut(key2, large)
	before := l.Stats()
	_ = l.Close()
	for name, open := range map[string]func(*testing.T, string, ...diskOption) *laboratory{"walked": openWalked, "not walked": openLaboratory} {
		t.Run(name, func(t *testing.T) {
			l := open(t, dir)
			l.want(key1, small)
			l.want(key2, large)
			if s := l.Stats(); s.Entries != before.Entries || s.Bytes != before.Bytes {
				t.Errorf("%d entries of %d bytes, before %d of %d", s.Entries, s.Bytes, before.Entries, before.Bytes)
			}
		})
	}
}

// TestLinksSurviveARestart: entries without a body are as good as others.
func TestLinksSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	l := openWalked(t, dir)
	l.mustPut(Key{"s", "link"}, nil) // put adds attributes
	_ = l.Close()
	for name, open := range map[string]func(*testing.T, string, ...diskOption) *laboratory{"walked": openWalked, "not walked": openLaboratory} {
		t.Run(name, func(t *testing.T) {
			l := open(t, dir)
			l.wantVariants("s", "link")
			e, err := l.Get(Key{"s", "link"})
			if err != nil {
				t.Fatal(err)
			}
			if string(e.Meta.Attributes) != `{"a":1}` || e.Size() != 0 {
				t.Errorf("attributes %q, body of %d bytes", e.Meta.Attributes, e.Size())
			}
		})
	}
}

func TestRestartWithASmallerBoundEvictsTheOldest(t *testing.T) {
	dir := t.TempDir()
	l := openWalked(t, dir)
	old := time.Now().Add(-48 * time.Hour)
	for i := range 40 {
		key := Key{Source: string(rune('a' + i))}
		l.mustPut(key, make([]byte, 40<<10))
		if i < 20 {
			if err := os.Chtimes(l.path(key), old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = l.Close()
	l = openWalked(t, dir, withBytes(mib))
	s := l.Stats()
	if s.Bytes > mib || s.Evictions == 0 {
		t.Errorf("%d bytes of %d, %d evicted", s.Bytes, mib, s.Evictions)
	}
	for i := 20; i < 40; i++ {
		l.want(Key{Source: string(rune('a' + i))}, make([]byte, 40<<10))
	}
}

// TestHasWhatIsNotYetWalked finds it by name, and takes nothing else for it.
func TestHasWhatIsNotYetWalked(t *testing.T) {
	dir := t.TempDir()
	l := openWalked(t, dir)
	l.mustPut(key1, small)
	l.mustPut(key2, small)
	_ = l.Close()
	l = openLaboratory(t, dir)
	if !l.Has(key1) || l.Has(Key{key1.Source, ""}) || l.Has(Key{"none", ""}) {
		t.Error("not the one that lies there, or another")
	}
	replace(t, l.path(key2), os.Mkdir(l.path(key2)+"x", 0o700))
	if l.Has(key2) {
		t.Error("a folder in a file's place counts as there")
	}
	_, _ = l.Forget(key1.Source)
	if l.Has(key1) {
		t.Error("there after being forgotten")
	}
}

// TestHasDoesNotOpenFiles, so that a damaged one is there until it is read.
func TestHasDoesNotOpenFiles(t *testing.T) {
	l := openWalked(t, t.TempDir())
	l.mustPut(key1, small)
	damage(t, l.path(key1), flip(-1))
	l.system.open = func(path string) (int, error) {
		t.Errorf("%s was opened", path)
		return openFile(path)
	}
	if !l.Has(key1) {
		t.Error("not there although nobody has read it")
	}
	l.system.open = openFile
	l.wantMiss(key1)
	if l.Has(key1) {
		t.Error("there after it was found to be damaged")
	}
}

func TestForgetReachesWhatIsNotYetWalked(t *testing.T) {
	dir := t.TempDir()
	l := openWalked(t, dir)
	for _, variant := range []string{"", "a", "b"} {
		l.mustPut(Key{"s", variant}, small)
	}
	_ = l.Close()
	l = openLaboratory(t, dir)
	if removed, err := l.Forget("s"); removed != 3 || err != nil {
		t.Errorf("%d removed, error %v; want 3", removed, err)
	}
	if n := files(t, dir); n != 0 {
		t.Errorf("%d files left", n)
	}
}

func TestForeignAndLeftoverFiles(t *testing.T) {
	dir := t.TempDir()
	l := openWalked(t, dir)
	l.mustPut(key1, small)
	_ = l.Close()
	foreign := []string{
		filepath.Join(dir, "README"), filepath.Join(dir, "00", "notes.txt"),
		filepath.Join(filepath.Dir(l.path(key1)), "notes.txt"), filepath.Join(dir, temporaryFolder, "keep.me"),
	}
	leftover := filepath.Join(dir, temporaryFolder, "otherrun-1z")
	for _, path := range append(foreign, leftover) {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("x"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	l = openWalked(t, dir)
	_, _ = l.Forget(key1.Source)
	for _, path := range foreign {
		if !exists(path) {
			t.Errorf("foreign file %s was removed", path)
		}
	}
	if exists(leftover) {
		t.Error("what a crash left is still there")
	}
}

func TestFutureTimeIsNow(t *testing.T) {
	dir := t.TempDir()
	l := openWalked(t, dir)
	l.mustPut(key1, small)
	future := time.Now().Add(1000 * time.Hour)
	if err := os.Chtimes(l.path(key1), future, future); err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	openWalked(t, dir).want(key1, small)
}

func TestHitRenewsTheFilesTimeOnceAnHour(t *testing.T) {
	l := openWalked(t, t.TempDir())
	l.mustPut(key1, small)
	for _, hours := range []time.Duration{3, 5} {
		l.advance(hours * time.Hour)
		l.want(key1, small)
		info, err := os.Stat(l.path(key1))
		if err != nil {
			t.Fatal(err)
		}
		if late := l.now().Sub(info.ModTime()); late.Abs() > time.Second {
			t.Errorf("the file's time is off by %v", late)
		}
	}
}

func TestFilesArePrivate(t *testing.T) {
	l := openWalked(t, filepath.Join(t.TempDir(), "new"))
	l.mustPut(key1, small)
	for path, want := range map[string]os.FileMode{l.path(key1): 0o600, filepath.Dir(l.path(key1)): 0o700 | os.ModeDir} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: mode %v, error %v; want %v", path, info.Mode(), err, want)
		}
	}
}

func TestEvictedSourcesLeaveNoFolders(t *testing.T) {
	l := openWalked(t, t.TempDir(), withBytes(mib))
	for i := range 200 {
		l.mustPut(Key{Source: string(rune('a' + i))}, make([]byte, 40<<10))
	}
	folders, _ := filepath.Glob(filepath.Join(l.dir, "*", "*"))
	if s := l.Stats(); int64(len(folders)) != s.Entries {
		t.Errorf("%d folders for %d entries", len(folders), s.Entries)
	}
}
