package proxy

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"
)

// ErrOverloaded is work that could not begin in time: the queue is full, the
// wait is over, or the service is closing.
var ErrOverloaded = errors.New("overloaded")

// Slots bounds how much is computed at once: a number of processors and a
// number of bytes that the work in hand is estimated to need. Who finds no
// room waits in one bounded queue, first come, first served.
type Slots struct {
	count int
	bytes int64
	queue int
	wait  time.Duration

	mu       sync.Mutex
	inUse    int
	reserved int64
	waiting  list.List // of *waiter
}

type waiter struct {
	bytes   int64
	granted chan struct{} // closed with the slot taken on the waiter's behalf
}

// NewSlots makes room for count pieces of work of together at most bytes;
// queue is how many may wait, and wait how long.
func NewSlots(count int, bytes int64, queue int, wait time.Duration) *Slots {
	return &Slots{count: count, bytes: bytes, queue: queue, wait: wait}
}

// Acquire waits for a slot for work that needs the given bytes. Whoever got
// one calls release once. The error is ErrOverloaded, or the cause of ctx's
// end.
func (s *Slots) Acquire(ctx context.Context, bytes int64) (release func(), err error) {
	// Work larger than the whole budget runs alone rather than never.
	bytes = min(max(bytes, 0), s.bytes)
	s.mu.Lock()
	if s.waiting.Len() == 0 && s.fits(bytes) {
		s.take(bytes)
		s.mu.Unlock()
		return s.releaser(bytes), nil
	}
	if s.waiting.Len() >= s.queue {
		s.mu.Unlock()
		return nil, ErrOverloaded
	}
	one := &waiter{bytes, make(chan struct{})}
	place := s.waiting.PushBack(one)
	s.mu.Unlock()

	timer := time.NewTimer(s.wait)
	defer timer.Stop()
	select {
	case <-one.granted:
		return s.releaser(bytes), nil
	case <-timer.C:
		return s.giveUp(place, one, ErrOverloaded)
	case <-ctx.Done():
		return s.giveUp(place, one, context.Cause(ctx))
	}
}

// Idle reports whether there is a slot that nobody waits for.
func (s *Slots) Idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting.Len() == 0 && s.fits(0)
}

// giveUp leaves the queue, unless the slot was granted in the same moment: then
// it is taken all the same, or given back when the caller has gone.
func (s *Slots) giveUp(place *list.Element, one *waiter, reason error) (func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-one.granted:
		if errors.Is(reason, ErrOverloaded) {
			return s.releaser(one.bytes), nil
		}
		s.put(one.bytes)
	default:
		s.waiting.Remove(place)
		s.grant() // a large one at the head may have held up small ones
	}
	return nil, reason
}

func (s *Slots) releaser(bytes int64) func() {
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.put(bytes)
	})
}

func (s *Slots) fits(bytes int64) bool {
	return s.inUse < s.count && (s.inUse == 0 || s.reserved+bytes <= s.bytes)
}

func (s *Slots) take(bytes int64) {
	s.inUse++
	s.reserved += bytes
}

func (s *Slots) put(bytes int64) {
	s.inUse--
	s.reserved -= bytes
	s.grant()
}

// grant hands free room to those at the head of the queue.
func (s *Slots) grant() {
	for head := s.waiting.Front(); head != nil; head = s.waiting.Front() {
		one := head.Value.(*waiter)
		if !s.fits(one.bytes) {
			return
		}
		s.waiting.Remove(head)
		s.take(one.bytes)
		close(one.granted)
	}
}

// SlotStats is a moment's state of the slots.
type SlotStats struct {
	Count, InUse, Waiting int
	Bytes, Reserved       int64
}

// Stats returns the state now.
func (s *Slots) Stats() SlotStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return SlotStats{s.count, s.inUse, s.waiting.Len(), s.bytes, s.reserved}
}
