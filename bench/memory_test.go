package main

import (
	"strings"
	"testing"
)

func TestStatusBytes(t *testing.T) {
	const status = "Name:\tserver\nVmPeak:\t 1799116 kB\nVmHWM:\t  137848 kB\nThreads:\t9\n"
	got, err := statusBytes(strings.NewReader(status), "VmHWM")
	if want := int64(137848 << 10); err != nil || got != want {
		t.Errorf("VmHWM is %d, %v; want %d", got, err, want)
	}
	for _, name := range []string{"VmRSS", "Threads", "Name"} {
		if got, err := statusBytes(strings.NewReader(status), name); err == nil {
			t.Errorf("%s is %d bytes", name, got)
		}
	}
}
