package cache

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// system is what the disk store asks of the operating system and what can
// fail for want of something. Tests replace single calls with failing ones.
type system struct {
	create func(path string) (io.WriteCloser, error)
	open   func(path string) (fd int, err error)
	read   func(fd int, b []byte, offset int64) (n int, err error)
	rename func(from, to string) error
	unlink func(path string) error
	// list and makeFolder, which makes those above too.
	list       func(folder string) ([]os.DirEntry, error)
	makeFolder func(path string) error
	// free bytes for us, and total bytes, of the file system that holds dir.
	free func(dir string) (free, total int64, err error)
}

func realSystem() system {
	return system{
		create: createFile, open: openFile, read: syscall.Pread, rename: os.Rename, unlink: os.Remove,
		list: listFolder, makeFolder: func(path string) error { return os.MkdirAll(path, 0o700) },
		free: freeSpace,
	}
}

func createFile(path string) (io.WriteCloser, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// listFolder is os.ReadDir without order, and without following a link.
func listFolder(path string) ([]os.DirEntry, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadDir(-1)
}

func freeSpace(dir string) (free, total int64, err error) {
	var s syscall.Statfs_t
	if err := untilDone(func() error { return syscall.Statfs(dir, &s) }); err != nil {
		return 0, 0, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	size := int64(s.Bsize) //nolint:unconvert // its type differs between systems
	return int64(s.Bavail) * size, int64(s.Blocks) * size, nil
}

// readAt fills b from offset, or fails.
func (s *system) readAt(fd int, b []byte, offset int64) error {
	for len(b) > 0 {
		var n int
		err := untilDone(func() (err error) {
			n, err = s.read(fd, b, offset)
			return err
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return io.ErrUnexpectedEOF
		}
		b, offset = b[n:], offset+int64(n)
	}
	return nil
}

// untilDone repeats a call that a signal interrupted.
func untilDone(call func() error) error {
	for {
		if err := call(); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// isScarce tells that this process or machine ran out of something, which says
// nothing about the file.
func isScarce(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM)
}

// isOutOfSpace includes running out of inodes and of a quota.
func isOutOfSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// isNoFolder tells that there is no such folder, or something else in its place.
func isNoFolder(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP)
}
