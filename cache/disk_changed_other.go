//go:build !linux

package cache

import "syscall"

// changedAt is when a file or its names were last changed.
func changedAt(stat *syscall.Stat_t) syscall.Timespec { return stat.Ctimespec }
