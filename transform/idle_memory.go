package transform

import (
	"sync"
	"sync/atomic"
	"time"
)

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
