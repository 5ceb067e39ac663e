package origin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"
)

// temporary makes a file, mode 0600, in the same file system as the store. It is
// locked while it is open, which tells a sweep that someone is at work on it.
func (u *Uploads) temporary(pattern string) (*os.File, error) {
	file, err := os.CreateTemp(u.temporaryDir(), pattern)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		os.Remove(file.Name())
		file.Close()
		return nil, err
	}
	return file, nil
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// shards makes the folders that uploads are spread over.
type shards struct {
	mu     sync.Mutex
	synced map[string]bool // known to be durable themselves
}

// make makes sure that a shard exists and that the folder above knows it, also
// when another made it a moment ago and isn't done syncing.
func (s *shards) make(parent, shard string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := os.Mkdir(shard, 0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err != nil && s.synced[shard] {
		return nil
	}
	if err := syncDir(parent); err != nil {
		return err
	}
	if s.synced == nil {
		s.synced = map[string]bool{}
	}
	s.synced[shard] = true
	return nil
}

// probeEvery bounds how often Healthy tries to write while the store is broken.
const probeEvery = time.Second

// health remembers whether the last attempt to store something failed.
type health struct {
	mu     sync.Mutex
	err    error
	probed time.Time
}

func (h *health) failed(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
}

func (h *health) recovered() { h.failed(nil) }

// Healthy is the error of the last attempt to store something, nil when it
// worked. While broken it tries again by itself, once a second at most: whoever
// is told to keep away can't send the upload that would show that it works.
func (u *Uploads) Healthy() error {
	u.health.mu.Lock()
	defer u.health.mu.Unlock()
	if u.health.err == nil || time.Since(u.health.probed) < probeEvery {
		return u.health.err
	}
	u.health.probed = time.Now()
	if u.probe() == nil {
		u.health.err = nil
	}
	return u.health.err
}

// probe writes, syncs and removes a file of 4 KiB.
func (u *Uploads) probe() error {
	file, err := u.temporary("probe-*")
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.Write(make([]byte, 4<<10))
	return errors.Join(err, file.Sync(), os.Remove(file.Name()))
}

// trouble is an ErrStorage, remembered for Healthy.
func (u *Uploads) trouble(doing string, err error) error {
	err = fmt.Errorf("%w: %s: %w", ErrStorage, doing, err)
	u.health.failed(err)
	return err
}
