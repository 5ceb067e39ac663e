package cache

import (
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
)

const openFlags = syscall.O_RDONLY | syscall.O_NOFOLLOW | syscall.O_NONBLOCK | syscall.O_CLOEXEC

// linksAreAsked is set when this system can't open without following links.
var linksAreAsked atomic.Bool

// openFile opens an entry's file for reading without waiting for the other end
// of a fifo, and without following a link, be it the file, its source's folder
// or the one above. A plain descriptor costs half of what an os.File does.
func openFile(path string) (fd int, err error) {
	err = syscall.ENOSYS
	if !linksAreAsked.Load() {
		fd, err = openWithoutLinks(path)
	}
	switch {
	case errors.Is(err, syscall.ENOSYS), errors.Is(err, syscall.EPERM):
		linksAreAsked.Store(true) // an older kernel, or one that is told to refuse the call
		fd, err = openAsking(path)
	case errors.Is(err, syscall.ELOOP): // perhaps a link above the cache's folder, which is not our business
		fd, err = openAsking(path)
	}
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

// openAsking asks afterwards what the folders were.
func openAsking(path string) (fd int, err error) {
	err = untilDone(func() (err error) {
		fd, err = syscall.Open(path, openFlags, 0)
		return err
	})
	if err != nil {
		return -1, err
	}
	if folder := filepath.Dir(path); !isFolder(folder) || !isFolder(filepath.Dir(folder)) {
		_ = syscall.Close(fd)
		return -1, syscall.ELOOP
	}
	return fd, nil
}

// isFolder tells whether path is a folder, and no link to one.
func isFolder(path string) bool {
	var stat syscall.Stat_t
	err := untilDone(func() error { return syscall.Lstat(path, &stat) })
	return err == nil && stat.Mode&syscall.S_IFMT == syscall.S_IFDIR
}
