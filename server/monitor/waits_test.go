package monitor

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestQuantiles are off by an eighth at most, of whatever is waited.
func TestQuantiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var w waits
	var all []time.Duration
	for range 10_000 {
		wait := time.Duration(math.Exp(random.Float64()*12) * float64(200*time.Microsecond))
		all = append(all, wait)
		w.add(wait)
	}
	slices.Sort(all)
	counts := w.read()
	for _, share := range []float64{0.01, 0.5, 0.95, 1} {
		got, ok := quantile(&counts, share)
		want := all[int(share*float64(len(all)))-1]
		if off := math.Abs(float64(got-want)) / float64(want); !ok || off > 0.126 {
			t.Errorf("of %v: %v, want %v", share, got, want)
		}
	}
}

// TestWaitBuckets: each wait is in a bucket around it, the longest and the
// shortest too.
func TestWaitBuckets(t *testing.T) {
	last := 0
	for wait := time.Microsecond; wait < 130*time.Second; wait += wait/50 + time.Microsecond {
		bucket := waitBucket(wait)
		if bucket < last || bucket > last+1 {
			t.Fatalf("%v is in bucket %d after %d", wait, bucket, last)
		}
		last = bucket
	}
	if first, end := waitBucket(-time.Second), waitBucket(time.Hour); first != 0 || end != waitBuckets-1 {
		t.Errorf("%d, %d", first, end)
	}
	if _, ok := quantile(&[waitBuckets]uint64{}, 0.5); ok {
		t.Error("nothing has a quantile")
	}
}
