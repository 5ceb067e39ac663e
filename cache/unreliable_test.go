package cache

import (
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// unreliable is an operating system of which each call fails now and then, with
// an error that fits or not: what it did before may be done or half done.
type unreliable struct {
	mu          sync.Mutex
	random      *rand.Rand
	probability float64
	failures    int
}

var unreliableErrors = []error{
	syscall.EIO, syscall.ENOSPC, syscall.EDQUOT, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM,
	syscall.EACCES, syscall.EROFS, syscall.EPERM, syscall.ESTALE,
	// From here on what only calls say that make something: of what is there
	// these would be lies, and nobody could remove it.
	syscall.ENOENT, syscall.ENOTDIR, syscall.ELOOP,
}

const unreliableLies = 3

// fails is nil when this call works.
func (u *unreliable) fails(op string) error {
	kinds := len(unreliableErrors)
	if op == "unlink" || op == "list" || op == "open" {
		kinds -= unreliableLies
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.random.Float64() >= u.probability {
		return nil
	}
	u.failures++
	return &os.PathError{Op: op, Path: "unreliable", Err: unreliableErrors[u.random.IntN(kinds)]}
}

func (u *unreliable) below(n int) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.random.IntN(n)
}

func (u *unreliable) system() system {
	sound := realSystem()
	return system{
		create: func(path string) (io.WriteCloser, error) {
			if err := u.fails("create"); err != nil {
				return nil, err
			}
			w, err := sound.create(path)
			return &unreliableFile{w, u}, err
		},
		open: func(path string) (int, error) {
			if err := u.fails("open"); err != nil {
				return -1, err
			}
			return sound.open(path)
		},
		read: func(fd int, b []byte, offset int64) (int, error) {
			if err := u.fails("read"); err != nil {
				return u.below(2) - 1, err
			}
			if u.below(4) == 0 {
				b = b[:1+u.below(len(b))] // a short read
			}
			return sound.read(fd, b, offset)
		},
		rename: func(from, to string) error {
			if err := u.fails("rename"); err != nil {
				return err
			}
			return sound.rename(from, to)
		},
		unlink: func(path string) error {
			if err := u.fails("unlink"); err != nil {
				return err
			}
			return sound.unlink(path)
		},
		list: func(folder string) ([]os.DirEntry, error) {
			entries, err := sound.list(folder)
			if failed := u.fails("list"); failed != nil {
				return entries[:u.below(len(entries)+1)], failed
			}
			return entries, err
		},
		makeFolder: func(path string) error {
			if err := u.fails("mkdir"); err != nil {
				return err
			}
			return sound.makeFolder(path)
		},
		free: func(dir string) (int64, int64, error) {
			if err := u.fails("statfs"); err != nil {
				return 0, 0, err
			}
			return sound.free(dir)
		},
	}
}

// unreliableFile writes a part, or everything, before it fails.
type unreliableFile struct {
	io.WriteCloser
	u *unreliable
}

func (f *unreliableFile) Write(b []byte) (int, error) {
	if err := f.u.fails("write"); err != nil {
		n, _ := f.WriteCloser.Write(b[:f.u.below(len(b)+1)])
		if f.u.below(2) == 0 {
			err = nil // a short write that no error tells of
		}
		return n, err
	}
	return f.WriteCloser.Write(b)
}

func (f *unreliableFile) Close() error {
	err := f.WriteCloser.Close()
	if failed := f.u.fails("close"); failed != nil {
		return failed
	}
	return err
}

// OpenUnreliableDisk is a disk store on such a system, for the suite in
// cachetest. Its clock runs 3 s a look, so that it hardly rests.
func OpenUnreliableDisk(t testing.TB, seed uint64, probability float64) Store {
	t.Helper()
	u := &unreliable{random: rand.New(rand.NewPCG(seed, 0)), probability: probability}
	var clock atomic.Int64
	start := time.Now()
	now := func() time.Time { return start.Add(time.Duration(clock.Add(1)) * 3 * time.Second) }
	config := DiskConfig{Dir: t.TempDir(), Bytes: 16 * mib, Logger: slog.New(slog.DiscardHandler)}
	system := u.system()
	system.makeFolder = realSystem().makeFolder // opening may say that it failed; here it is to go on
	d, err := newDisk(config, system, now)
	if err != nil {
		t.Fatal(err)
	}
	d.system = u.system()
	d.rest, d.pause = time.Millisecond, 0
	d.startWalk()
	t.Cleanup(func() {
		_ = d.Close()
		if u.failures == 0 {
			t.Error("nothing failed")
		}
	})
	return d
}
