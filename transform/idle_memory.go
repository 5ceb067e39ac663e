package transform

import (
	"sync"
	"sync/atomic"
	"time"
)

// reuseMemory has malloc use the memory of pictures again rather than give it back
// to the system after each one: a page that is taken anew has to be cleared, and
// that took more time than making a small picture of a progressive JPEG of four
// megapixels. What may lie idle is in proportion to what pictures may need
// together, 0 when that is not known, and at most what glibc allows: blocks of
// 32 MiB (DEFAULT_MMAP_THRESHOLD_MAX).
func reuseMemory(budget int64) {
	const lowest, highest = 1 << 20, 32 << 20
	reused := int64(highest)
	if budget > 0 {
		reused = min(max(budget/32, lowest), highest)
	}
	tuneMalloc(reused, 2*reused)
}

// giveBackInterval is how long memory of pictures that are done may lie idle.
// Giving it back, and taking it again, costs some milliseconds.
const giveBackInterval = 5 * time.Second

// idleMemory gives memory that lies idle back to the system, now and then, if
// there was something to do.
type idleMemory struct {
	worked  atomic.Bool // since the last time
	stopped chan struct{}
	ended   sync.WaitGroup
}

func watchIdleMemory() *idleMemory {
	m := &idleMemory{stopped: make(chan struct{})}
	m.ended.Go(m.run)
	return m
}

func (m *idleMemory) run() {
	ticker := time.NewTicker(giveBackInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if m.worked.Swap(false) {
				giveBack()
			}
		case <-m.stopped:
			return
		}
	}
}

func (m *idleMemory) stop() {
	close(m.stopped)
	m.ended.Wait()
}
