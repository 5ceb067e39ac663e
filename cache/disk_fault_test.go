package cache

import (
	"errors"
	"io"
	"os"
	"syscall"
	"testing"
	"time"
)

// failingWriter fails after some bytes; short tells fewer written without an error.
type failingWriter struct {
	io.WriteCloser
	left  int
	err   error
	short bool
}

func (w *failingWriter) Write(b []byte) (int, error) {
	if len(b) <= w.left {
		w.left -= len(b)
		return w.WriteCloser.Write(b)
	}
	n, _ := w.WriteCloser.Write(b[:w.left])
	w.left = 0
	if w.short {
		return n, nil
	}
	return n, w.err
}

type failingClose struct {
	io.WriteCloser
	err error
}

func (w failingClose) Close() error { return errors.Join(w.WriteCloser.Close(), w.err) }

// TestFailedWrites: every way a write can fail costs that entry, and only it;
// writes rest, one probes, and all is well again when the fault is over.
func TestFailedWrites(t *testing.T) {
	writing := func(change func(io.WriteCloser) io.WriteCloser) func(*system) {
		return func(s *system) {
			s.create = func(path string) (io.WriteCloser, error) {
				w, err := createFile(path)
				if err != nil {
					return nil, err
				}
				return change(w), nil
			}
		}
	}
	creating := func(err error) func(*system) {
		return func(s *system) { s.create = func(string) (io.WriteCloser, error) { return nil, err } }
	}
	closing := func(err error) func(*system) {
		return writing(func(w io.WriteCloser) io.WriteCloser { return failingClose{w, err} })
	}
	failing := func(err error) func(*system) {
		return writing(func(w io.WriteCloser) io.WriteCloser { return &failingWriter{WriteCloser: w, left: 1000, err: err} })
	}
	renaming := func(err error) func(*system) {
		return func(s *system) { s.rename = func(string, string) error { return err } }
	}
	faults := map[string]func(*system){
		"EDQUOT in the body": failing(syscall.EDQUOT),
		"EIO in the body":    failing(syscall.EIO),
		"EROFS in the body":  failing(syscall.EROFS),
		"ENOSPC at close":    closing(syscall.ENOSPC),
		"EDQUOT at close":    closing(syscall.EDQUOT),
		"EIO at create":      creating(syscall.EIO),
		"ENFILE":             creating(syscall.ENFILE),
		"EACCES":             creating(syscall.EACCES),
		"ENOSPC at rename":   renaming(syscall.ENOSPC),
		"EDQUOT at rename":   renaming(syscall.EDQUOT),
		"EROFS at rename":    renaming(syscall.EROFS),
		"ENOENT at rename":   renaming(syscall.ENOENT),
		"no folder can be made": func(s *system) {
			s.makeFolder = func(string) error { return syscall.ENOSPC }
		},
		"ENOSPC in the body": writing(func(w io.WriteCloser) io.WriteCloser {
			return &failingWriter{WriteCloser: w, left: 1000, err: syscall.ENOSPC}
		}),
		"ENOSPC at once": writing(func(w io.WriteCloser) io.WriteCloser { return &failingWriter{WriteCloser: w, err: syscall.ENOSPC} }),
		"EIO":            writing(func(w io.WriteCloser) io.WriteCloser { return &failingWriter{WriteCloser: w, err: syscall.EIO} }),
		"short write": writing(func(w io.WriteCloser) io.WriteCloser {
			return &failingWriter{WriteCloser: w, left: 1000, short: true}
		}),
		"EIO at close":     closing(syscall.EIO),
		"EMFILE":           creating(syscall.EMFILE),
		"EROFS":            creating(syscall.EROFS),
		"ENOSPC at create": creating(syscall.ENOSPC),
		"EDQUOT":           creating(syscall.EDQUOT),
		"EIO at rename":    renaming(syscall.EIO),
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			l := openWalked(t, t.TempDir())
			l.mustPut(key1, small)
			for i := range 20 { // so that making room does not reach key1
				l.mustPut(Key{"filler", string(rune('a' + i))}, small)
			}
			l.want(key1, small)
			sound := l.system
			fault(&l.system)
			l.mustRefuse(key2, ErrUnavailable)
			if n := files(t, l.dir+"/tmp"); n != 0 {
				t.Errorf("%d temporary files left", n)
			}
			l.want(key1, small)
			l.wantMiss(key2)
			l.system = sound
			l.mustRefuse(key2, ErrUnavailable) // resting
			l.advance(shortestRest)
			l.mustPut(key2, small)
			l.mustPut(key2, small)
			l.want(key2, small)
			if s := l.Stats(); s.Errors != 1 || s.Refused != 2 || s.Corrupt != 0 {
				t.Errorf("errors %d, refused %d, corrupt %d; want 1, 2, 0", s.Errors, s.Refused, s.Corrupt)
			}
			if l.index.reserved != 0 {
				t.Errorf("%d blocks stay reserved", l.index.reserved)
			}
		})
	}
}

func (l *laboratory) mustRefuse(key Key, want error) {
	l.t.Helper()
	if err := l.put(key, small); !errors.Is(err, want) {
		l.t.Fatalf("Put: error %v, want %v", err, want)
	}
}

func TestAFailedReplacementTakesTheOldValueAlong(t *testing.T) {
	l := openWalked(t, t.TempDir())
	l.mustPut(key1, small)
	l.system.rename = func(string, string) error { return syscall.EIO }
	l.mustRefuse(key1, ErrUnavailable)
	l.wantMiss(key1)
	if exists(l.path(key1)) {
		t.Error("the older file is still there")
	}
}

func TestRestDoublesAndOneProbes(t *testing.T) {
	var b backoff
	now := time.Unix(1000, 0)
	for _, want := range []time.Duration{2, 4, 8, 16, 32, 60, 60} {
		if got := b.failed(now); got != want*time.Second {
			t.Fatalf("rest %v, want %v s", got, want)
		}
		if b.admits(now.Add(want*time.Second - 1)) {
			t.Fatal("admitted while resting")
		}
		now = now.Add(want * time.Second)
		if !b.admits(now) || b.admits(now) {
			t.Fatal("not exactly one was admitted to probe")
		}
	}
	b.succeeded()
	for range 2 {
		if !b.admits(now) {
			t.Error("not admitted after success")
		}
	}
	if got := b.failed(now); got != shortestRest {
		t.Errorf("first rest after recovery %v, want %v", got, shortestRest)
	}
}

// TestOutOfDescriptors: the file is sound; it is not removed for our want.
func TestOutOfDescriptors(t *testing.T) {
	for _, fault := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM} {
		dir := t.TempDir()
		l := openWalked(t, dir)
		l.mustPut(key1, small)
		l.system.open = func(path string) (int, error) { return -1, &os.PathError{Op: "open", Path: path, Err: fault} }
		l.wantMiss(key1)
		l.system.open = openFile
		l.want(key1, small)
		if s := l.Stats(); s.Errors != 1 || s.Corrupt != 0 {
			t.Errorf("%v: errors %d, corrupt %d; want 1, 0", fault, s.Errors, s.Corrupt)
		}
		_ = l.Close()
		l = openLaboratory(t, dir, func(_ *DiskConfig, s *system) {
			s.open = func(path string) (int, error) { return -1, fault }
		})
		l.startWalk()
		l.walking.Wait()
		if s := l.Stats(); s.Entries != 1 {
			t.Errorf("%v in the walk: %d entries known, want 1", fault, s.Entries)
		}
	}
}

func TestUnreadableFileIsRemoved(t *testing.T) {
	for _, fault := range []error{syscall.EACCES, syscall.EIO} {
		l := openWalked(t, t.TempDir())
		l.mustPut(key1, small)
		l.system.open = func(path string) (int, error) { return -1, fault }
		l.wantMiss(key1)
		l.system.open = openFile
		if s := l.Stats(); s.Corrupt != 1 || s.Entries != 0 || exists(l.path(key1)) {
			t.Errorf("%v: corrupt %d, entries %d; want 1, 0, and no file", fault, s.Corrupt, s.Entries)
		}
	}
}

// TestAFileRemovedByOthers is a miss, and no damage.
func TestAFileRemovedByOthers(t *testing.T) {
	l := openWalked(t, t.TempDir())
	l.mustPut(key1, small)
	if err := os.Remove(l.path(key1)); err != nil {
		t.Fatal(err)
	}
	l.wantMiss(key1)
	if s := l.Stats(); s.Corrupt != 0 || s.Entries != 0 || s.Bytes != 0 {
		t.Errorf("corrupt %d, entries %d, bytes %d; want none", s.Corrupt, s.Entries, s.Bytes)
	}
}

// TestKeepsMinimumFree on a file system of 100 MiB that others fill.
func TestKeepsMinimumFree(t *testing.T) {
	const total = 100 * mib
	others := int64(0)
	var l *laboratory
	l = openWalked(t, t.TempDir(), func(c *DiskConfig, s *system) {
		c.MinFree = 40 * mib
		s.free = func(string) (int64, int64, error) {
			if l == nil {
				return total, total, nil
			}
			_, blocks := l.index.sizes()
			return total - others - blocks*blockBytes, total, nil
		}
	})
	for i := range 100 {
		l.mustPut(Key{"s", string(rune('a' + i))}, make([]byte, 100<<10))
	}
	if n := l.Stats().Evictions; n != 0 {
		t.Fatalf("%d evicted with enough free", n)
	}
	others = 55 * mib // leaves us 5
	l.mustPut(key1, small)
	if s := l.Stats(); s.Bytes > 5*mib || s.Evictions == 0 {
		t.Errorf("%d bytes kept, %d evicted; want at most 5 MiB", s.Bytes, s.Evictions)
	}
	others = 70 * mib // leaves us nothing
	l.mustRefuse(key2, ErrFull)
	others = 0
	l.mustPut(key2, small) // ErrFull needs no rest
}

func TestASmallFileSystemKeepsATenthFree(t *testing.T) {
	l := openLaboratory(t, t.TempDir(), func(c *DiskConfig, s *system) {
		c.MinFree = gib
		s.free = func(string) (int64, int64, error) { return 8 * mib, 8 * mib, nil }
	})
	if l.minFree != 8*mib/10 {
		t.Errorf("keeps %d free of 8 MiB", l.minFree)
	}
}
