package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// peakMemory is the most bytes a process held in RAM at once since
// forgetPeak.
func peakMemory(pid int) (int64, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	return statusBytes(file, "VmHWM")
}

// statusBytes finds an amount of memory in the text of /proc/PID/status, where
// it stands in KiB.
func statusBytes(status io.Reader, name string) (int64, error) {
	lines := bufio.NewScanner(status)
	for lines.Scan() {
		value, found := strings.CutPrefix(lines.Text(), name+":")
		if !found {
			continue
		}
		number, ok := strings.CutSuffix(strings.TrimSpace(value), " kB")
		kibibytes, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if !ok || err != nil {
			return 0, fmt.Errorf("%s: expected a number of kB, got %q", name, value)
		}
		return kibibytes << 10, nil
	}
	if err := lines.Err(); err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("there is no %s in the process's status", name)
}

// forgetPeak makes the peak of a process what it holds now (proc(5),
// clear_refs).
func forgetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
}
