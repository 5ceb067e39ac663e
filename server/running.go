package server

import (
	"context"
	"sync"
)

// running counts the requests under way, so that a stop can wait for them.
type running struct {
	mu    sync.Mutex
	count int
	idle  chan struct{} // closed when count comes to 0; nil when nobody waits
}

func (r *running) begin() {
	r.mu.Lock()
	r.count++
	r.mu.Unlock()
}

func (r *running) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count--; r.count == 0 && r.idle != nil {
		close(r.idle)
		r.idle = nil
	}
}

// wait returns true when no request is under way, false when ctx ended before.
func (r *running) wait(ctx context.Context) bool {
	r.mu.Lock()
	if r.count == 0 {
		r.mu.Unlock()
		return true
	}
	if r.idle == nil {
		r.idle = make(chan struct{})
	}
	idle := r.idle
	r.mu.Unlock()
	select {
	case <-idle:
		return true
	case <-ctx.Done():
		return false
	}
}
