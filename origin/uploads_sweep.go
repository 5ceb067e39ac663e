package origin

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// sweep removes what a crash left: files in tmp, bodies without a record and
// records without a body. What it can't read or remove it leaves; the store
// works with it there.
type sweep struct {
	stop chan struct{}
	done chan struct{}
	once sync.Once
}

func (s *sweep) start(u *Uploads) {
	s.stop, s.done = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(s.done)
		for _, name := range names(u.temporaryDir()) {
			removeLeft(filepath.Join(u.temporaryDir(), name))
		}
		for _, shard := range names(u.dir) {
			select {
			case <-s.stop:
				return
			default:
			}
			if len(shard) == 2 {
				u.sweepShard(filepath.Join(u.dir, shard))
			}
		}
	}()
}

// end stops the sweep and waits for it.
func (s *sweep) end() {
	s.once.Do(func() { close(s.stop) })
	<-s.done
}

// sweepShard looks for halves: a body or a record whose other half is missing.
func (u *Uploads) sweepShard(dir string) {
	all := names(dir)
	for _, name := range all {
		id, isRecord := strings.CutSuffix(name, recordSuffix)
		if !ValidID(id) || filepath.Base(dir) != id[:2] {
			continue
		}
		other := id
		if !isRecord {
			other += recordSuffix
		}
		if _, paired := slices.BinarySearch(all, other); !paired {
			u.sweepHalf(id, filepath.Join(dir, name), filepath.Join(dir, other))
		}
	}
}

// sweepHalf looks again, with Commit and Delete of this id kept out, and
// removes the half if it is still one.
func (u *Uploads) sweepHalf(id, half, other string) {
	defer u.lock(id)()
	if _, err := os.Lstat(other); errors.Is(err, fs.ErrNotExist) {
		removeLeft(half)
	}
}

// removeLeft removes a file unless a process has it locked: that one is being
// received or committed right now.
func removeLeft(path string) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer file.Close()
	if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		os.Remove(path)
	}
}

// names lists a folder, sorted; nothing when it can't be read.
func names(dir string) []string {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	all, _ := d.Readdirnames(-1)
	slices.Sort(all)
	return all
}
