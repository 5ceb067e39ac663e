package cache

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// system is what the disk store asks of the operating system and what can
// fail for want of something. Tests replace single calls with failing ones.
type system struct {
	create func(path string) (io.WriteCloser, error)
	open   func(path string) (fd int, err error)
	rename func(from, to string) error
	unlink func(path string) error
	// free bytes for us, and total bytes, of the file system that holds dir.
	free func(dir string) (free, total int64, err error)
}

func realSystem() system {
	return system{create: createFile, open: openFile, rename: os.Rename, unlink: os.Remove, free: freeSpace}
}

func createFile(path string) (io.WriteCloser, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// openFile opens for reading without following a link and without waiting for
// the other end of a fifo. A plain descriptor costs half of what an os.File does.
func openFile(path string) (fd int, err error) {
	err = untilDone(func() (err error) {
		fd, err = syscall.Open(path, syscall.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
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
func readAt(fd int, b []byte, offset int64) error {
	for len(b) > 0 {
		var n int
		err := untilDone(func() (err error) {
			n, err = syscall.Pread(fd, b, offset)
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
