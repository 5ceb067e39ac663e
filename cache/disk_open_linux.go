package cache

import (
	"syscall"
	"unsafe"
)

// openat2(2), which package syscall does not have: its number, which is the same
// on all architectures, its argument, and the flag that refuses every link on the way.
const (
	openat2Number         = 437
	openat2ResolveNoLinks = 0x04
	currentFolder         = -100 // AT_FDCWD
)

type openat2How struct{ flags, mode, resolve uint64 }

// openWithoutLinks saves asking for the folders, a quarter of what a small hit costs.
func openWithoutLinks(path string) (fd int, err error) {
	name, err := syscall.BytePtrFromString(path)
	if err != nil {
		return -1, err
	}
	how := openat2How{flags: openFlags, resolve: openat2ResolveNoLinks}
	folder := currentFolder
	for {
		n, _, errno := syscall.Syscall6(openat2Number, uintptr(folder),
			uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&how)), unsafe.Sizeof(how), 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		default:
			return -1, errno
		}
	}
}
