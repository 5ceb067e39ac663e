package monitor

import (
	"runtime/metrics"
	"syscall"
	"time"
)

// processorTime is what this process has used of all processors, user and system
// together.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// goRuntime is what Go tells of itself. Unlike runtime.ReadMemStats it stops
// nothing.
func goRuntime() (heap, goroutines uint64) {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/sched/goroutines:goroutines"}}
	metrics.Read(samples)
	return value(samples[0]), value(samples[1])
}

// value is 0 of what this version of Go does not know.
func value(sample metrics.Sample) uint64 {
	if sample.Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample.Value.Uint64()
}
