//go:build !linux

package cache

import "syscall"

func openWithoutLinks(string) (int, error) { return -1, syscall.ENOSYS }
