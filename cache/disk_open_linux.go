package cache

import "golang.org/x/sys/unix"

// openWithoutLinks saves asking for the folders, a quarter of what a small hit
// costs.
func openWithoutLinks(path string) (fd int, err error) {
	how := unix.OpenHow{Flags: openFlags, Resolve: unix.RESOLVE_NO_SYMLINKS}
	err = untilDone(func() (err error) {
		fd, err = unix.Openat2(unix.AT_FDCWD, path, &how)
		return err
	})
	return fd, err
}
