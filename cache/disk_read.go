package cache

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"sync"
	"syscall"
)

// smallFile is read in one go and answered as bytes: a body of 64 KiB with its
// header. Above it, sending the file costs less.
const smallFile = 68 << 10

// verifying buffers hold any header, and then the body piece by piece.
var verifying = sync.Pool{New: func() any { return new([128 << 10]byte) }}

// read opens, verifies and returns an entry. What is broken is removed.
func (d *Disk) read(key Key, at address) (*Entry, error) {
	path := at.path(d.dir)
	fd, err := d.system.open(path)
	if err != nil {
		d.unopened(at, err)
		return nil, err
	}
	entry, size, err := d.system.verify(fd, path, key)
	switch {
	case err == nil:
		if !d.knowsAll(at.source) {
			d.adopt(at, fd, size)
		}
	case isScarce(err):
		d.errors.Add(1)
	default:
		d.discard(at, fd, err)
	}
	if entry == nil || entry.file == nil {
		_ = syscall.Close(fd)
	}
	return entry, err
}

// verify reads a file and checks that it is what was stored under key. A large
// one comes back as an open file, which then owns fd.
func (s *system) verify(fd int, path string, key Key) (entry *Entry, size int64, err error) {
	size, err = sizeOf(fd)
	if err != nil {
		return nil, 0, err
	}
	if size <= smallFile {
		entry, err = s.readSmall(fd, size, key)
		return entry, size, err
	}
	entry, err = s.openLarge(fd, path, size, key)
	return entry, size, err
}

// sizeOf an open file, which is broken when it is not a regular one.
func sizeOf(fd int) (int64, error) {
	var stat syscall.Stat_t
	if err := untilDone(func() error { return syscall.Fstat(fd, &stat) }); err != nil {
		return 0, err
	}
	if stat.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return 0, broken("not a regular file")
	}
	return stat.Size, nil
}

// measureFile reads the first bytes of a file of that size, and returns how
// long its header is if format version and lengths are right.
func (s *system) measureFile(fd int, size int64) (headerLength int, err error) {
	fixed := make([]byte, min(size, headerFixed))
	if err := s.readAt(fd, fixed, 0); err != nil {
		return 0, err
	}
	headerLength, body, err := measureHeader(fixed)
	if err == nil && int64(headerLength)+body != size {
		err = broken("%d bytes, %d expected", size, int64(headerLength)+body)
	}
	return headerLength, err
}

func checkHeader(b []byte, size int64, key Key) (header, error) {
	h, err := decodeHeader(b)
	switch {
	case err != nil:
		return h, err
	case int64(h.length())+h.bodyLength != size:
		return h, broken("%d bytes, %d expected", size, int64(h.length())+h.bodyLength)
	case !h.matches(key):
		return h, broken("holds another key")
	}
	return h, nil
}

func checkBody(h *header, sum uint32) error {
	if sum != h.bodySum {
		return broken("wrong checksum of the body")
	}
	return nil
}

func (s *system) readSmall(fd int, size int64, key Key) (*Entry, error) {
	b := make([]byte, size)
	if err := s.readAt(fd, b, 0); err != nil {
		return nil, err
	}
	h, err := checkHeader(b, size, key)
	if err != nil {
		return nil, err
	}
	body := b[h.length():]
	if err := checkBody(&h, crc32.Checksum(body, castagnoli)); err != nil {
		return nil, err
	}
	entry := NewEntry(h.meta(), body)
	entry.tier = TierDisk
	return entry, nil
}

// openLarge reads the body through a pooled buffer only to check it; it is
// then in the page cache, from where it can be sent.
func (s *system) openLarge(fd int, path string, size int64, key Key) (*Entry, error) {
	buffer := verifying.Get().(*[128 << 10]byte)
	defer verifying.Put(buffer)
	first := buffer[:min(size, int64(len(buffer)))]
	if err := s.readAt(fd, first, 0); err != nil {
		return nil, err
	}
	h, err := checkHeader(first, size, key)
	if err != nil {
		return nil, err
	}
	meta, offset, wanted := h.meta(), int64(h.length()), h.bodySum
	sum := crc32.Checksum(first[offset:], castagnoli)
	for at := int64(len(first)); at < size; {
		piece := buffer[:min(size-at, int64(len(buffer)))]
		if err := s.readAt(fd, piece, at); err != nil {
			return nil, err
		}
		sum = crc32.Update(sum, castagnoli, piece)
		at += int64(len(piece))
	}
	if err := checkBody(&header{bodySum: wanted}, sum); err != nil {
		return nil, err
	}
	if _, err := syscall.Seek(fd, offset, 0); err != nil {
		return nil, err
	}
	if err := syscall.SetNonblock(fd, false); err != nil { // it was for fifos
		return nil, err
	}
	return newFileEntry(meta, os.NewFile(uintptr(fd), path), offset, size-offset), nil
}

// unopened handles an entry that can't be opened: gone, a link, no permission,
// or a process out of descriptors.
func (d *Disk) unopened(at address, err error) {
	if isScarce(err) {
		d.errors.Add(1)
		return
	}
	stripe := d.stripe(at.source)
	stripe.Lock()
	defer stripe.Unlock()
	fd, again := d.system.open(at.path(d.dir))
	if again == nil { // published meanwhile
		_ = syscall.Close(fd)
		return
	}
	if isScarce(again) {
		return
	}
	known, last := d.index.remove(at)
	if errors.Is(again, fs.ErrNotExist) {
		return
	}
	d.damaged(at, again)
	if known || !d.knowsAll(at.source) {
		d.unlinkDamaged(at, last)
	}
}

// discard removes a broken file, unless a good one took its name meanwhile: fd
// still holds the broken one, so its inode can't have been used again.
func (d *Disk) discard(at address, fd int, reason error) {
	stripe := d.stripe(at.source)
	stripe.Lock()
	defer stripe.Unlock()
	if !isNamed(fd, at.path(d.dir)) {
		return
	}
	_, last := d.index.remove(at)
	d.damaged(at, reason)
	d.unlinkDamaged(at, last)
}

func (d *Disk) damaged(at address, reason error) {
	d.corrupt.Add(1)
	d.log.Warn("removing a damaged cache file", "path", at.path(d.dir), "reason", reason)
}

func (d *Disk) unlinkDamaged(at address, last bool) {
	if err := d.unlink(at, last); err != nil {
		d.errors.Add(1)
		d.log.Error("can't remove a damaged cache file", "error", fmt.Errorf("unlink: %w", err))
	}
}

// adopt makes a file known that was found by name before the walk came to it.
func (d *Disk) adopt(at address, fd int, size int64) {
	if d.index.holds(at) {
		return
	}
	stripe := d.stripe(at.source)
	stripe.Lock()
	defer stripe.Unlock()
	if !d.index.holds(at) && !d.left.has(at.source) && isNamed(fd, at.path(d.dir)) {
		d.index.insert(at, size, probation, hourUnknown)
	}
}

// isNamed tells whether the open file is still the one that path leads to.
func isNamed(fd int, path string) bool {
	var open, named syscall.Stat_t
	return syscall.Fstat(fd, &open) == nil && syscall.Lstat(path, &named) == nil &&
		open.Ino == named.Ino && open.Dev == named.Dev
}
