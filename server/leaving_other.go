//go:build !linux

package server

import "net"

// descriptorOf finds none: POLLRDHUP is Linux' own, and without it a client
// that has left looks like one that has sent its next request.
func descriptorOf(net.Conn) (descriptor int, ok bool) { return 0, false }

func hungUp([]int) []int { return nil }
