package main

import (
	"bufio"
	"errors"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// Shares of the memory there is. libvips' pixels are outside Go's heap, so
// both are bounded on their own: a Go limit alone would not keep a container
// alive.
const (
	pixelShare = 0.60
	goShare    = 0.35
)

// memoryTotal is what this process may use, in bytes: the container's limit,
// else the machine's memory.
func memoryTotal() (int64, error) {
	total, err := machineMemory()
	if err != nil {
		return 0, err
	}
	if limit, ok := cgroupLimit(); ok {
		total = min(total, limit)
	}
	return total, nil
}

// limitGoMemory tells Go's collector where to stop growing, unless GOMEMLIMIT
// already does.
func limitGoMemory(total int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(float64(total) * goShare))
	}
}

// cgroupLimit finds the lowest memory.max (cgroup version 2) from this
// process's group upwards.
func cgroupLimit() (int64, bool) {
	content, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0, false
	}
	group, ok := strings.CutPrefix(strings.TrimSpace(string(content)), "0::")
	if !ok {
		// Version 1, where the container's own group is mounted as the root.
		return readLimit("/sys/fs/cgroup/memory/memory.limit_in_bytes")
	}
	lowest, found := int64(0), false
	for group = path.Clean("/" + group); ; group = path.Dir(group) {
		if limit, ok := readLimit("/sys/fs/cgroup" + group + "/memory.max"); ok && (!found || limit < lowest) {
			lowest, found = limit, true
		}
		if group == "/" {
			return lowest, found
		}
	}
}

func readLimit(file string) (int64, bool) {
	content, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	limit, err := strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64)
	return limit, err == nil && limit > 0 // "max" means none
}

// machineMemory reads MemTotal, which is in KiB.
func machineMemory() (int64, error) {
	file, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) >= 2 && fields[0] == "MemTotal:" {
			kibibytes, err := strconv.ParseInt(fields[1], 10, 64)
			return kibibytes << 10, err
		}
	}
	return 0, errors.New("/proc/meminfo has no MemTotal")
}
