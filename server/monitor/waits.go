package monitor

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Waits are counted in buckets, four to each doubling, from an eighth of a
// millisecond to a bit more than two minutes. So a quantile is off by an eighth
// at most.
const (
	firstWait   = 7  // the first bucket is below 1<<7 µs
	lastWait    = 27 // the last one begins below 1<<28 µs
	waitBuckets = (lastWait-firstWait+1)*4 + 1
)

// waits is a histogram.
type waits [waitBuckets]atomic.Uint64

func (w *waits) add(wait time.Duration) { w[waitBucket(wait)].Add(1) }

func (w *waits) read() (counts [waitBuckets]uint64) {
	for i := range w {
		counts[i] = w[i].Load()
	}
	return counts
}

func waitBucket(wait time.Duration) int {
	micros := uint64(max(wait.Microseconds(), 0))
	octave := bits.Len64(micros) - 1
	if octave < firstWait {
		return 0
	}
	quarter := int(micros>>(octave-2)) & 3
	return min((octave-firstWait)*4+quarter+1, waitBuckets-1)
}

// waitOf is the middle of a bucket.
func waitOf(bucket int) time.Duration {
	if bucket == 0 {
		return time.Microsecond << (firstWait - 1)
	}
	octave, quarter := (bucket-1)/4+firstWait, (bucket-1)%4
	return time.Microsecond * time.Duration((2*(4+quarter)+1)<<(octave-3))
}

// quantile is the wait that a share of all did not exceed; ok is false when there
// were none.
func quantile(counts *[waitBuckets]uint64, share float64) (wait time.Duration, ok bool) {
	total := uint64(0)
	for _, count := range counts {
		total += count
	}
	if total == 0 {
		return 0, false
	}
	rest := share * float64(total)
	for bucket, count := range counts {
		if rest -= float64(count); count > 0 && rest <= 0 {
			return waitOf(bucket), true
		}
	}
	return waitOf(waitBuckets - 1), true
}
