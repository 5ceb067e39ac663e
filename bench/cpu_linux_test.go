package main

import (
	"os"
	"syscall"
	"testing"
	"time"
)

func TestProcessorTime(t *testing.T) {
	read := func() time.Duration {
		used, err := processorTime(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		return used
	}
	const busy = 50 * time.Millisecond
	before := read()
	for begin := time.Now(); read()-before < busy; {
		if time.Since(begin) > time.Minute {
			t.Fatal("the clock of this process stands still")
		}
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	// rusage may lag behind by a tick of each thread.
	own := time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	if now := read(); own < now-busy || own > now {
		t.Errorf("the clock says %v, getrusage %v", now, own)
	}
	if _, err := processorTime(1<<22 + 1); err == nil {
		t.Error("a process that can't be has used time")
	}
}
