package server

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// descriptorOf is the file descriptor of a connection.
func descriptorOf(connection net.Conn) (descriptor int, ok bool) {
	system, ok := connection.(syscall.Conn)
	if !ok {
		return 0, false
	}
	raw, err := system.SyscallConn()
	if err != nil {
		return 0, false
	}
	err = raw.Control(func(given uintptr) { descriptor = int(given) })
	return descriptor, err == nil
}

// hungUp returns the indices of the descriptors whose other side has closed,
// at least for sending. It does not wait, and reads nothing: what has arrived
// is the next request's.
func hungUp(descriptors []int) []int {
	polled := make([]unix.PollFd, len(descriptors))
	for i, descriptor := range descriptors {
		polled[i] = unix.PollFd{Fd: int32(descriptor), Events: unix.POLLRDHUP}
	}
	if n, err := unix.Poll(polled, 0); err != nil || n == 0 {
		return nil // interrupted, perhaps; the next look is soon
	}
	var found []int
	for i, one := range polled {
		if one.Revents&(unix.POLLRDHUP|unix.POLLHUP|unix.POLLERR) != 0 {
			found = append(found, i)
		}
	}
	return found
}
