package proxy

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// Slots bounds how much is computed at once: a number of processors and a
// number of bytes that the work in hand is estimated to need. Who finds no room
// waits in one bounded queue, in an order that gives every client the same
// share of the time (see fair.go), unless it can be foreseen that the wait
// would be too long: that is told at once. Work in the background waits apart,
// for what these leave (see background.go).
type Slots struct {
	count int
	bytes int64
	queue int
	wait  time.Duration

	mu       sync.Mutex
	inUse    int
	reserved int64
	running  time.Duration // estimated, of the work in the slots
	held     int64         // bytes that those who wait hold
	waiting  list.List     // of *waiter, by start
	idlers   list.List     // of *idler, as they came
	fair     fairness
	pace     pace
	refused  [overloadReasons]uint64
	observe  func(WaitResult, time.Duration)
}

// WaitResult is how a wait for a slot ended.
type WaitResult uint8

// The results.
const (
	WaitGranted WaitResult = iota // with a slot, which most have at once
	WaitRefused                   // with an *Overload
	WaitLeft                      // with the end of the caller's context
)

func (r WaitResult) String() string { return [...]string{"granted", "refused", "left"}[r] }

// Observe has a function told of every wait for a slot, with how long it was. Who
// is refused counts with the longest wait that is allowed, even when that was
// foreseen and told at once: so much was missing at least. It is for setting up,
// before the first Acquire, and the function has to be quick.
func (s *Slots) Observe(observe func(WaitResult, time.Duration)) { s.observe = observe }

// Need is what a piece of work asks for.
type Need struct {
	Client string        // whose work it is; all without one count as one
	Bytes  int64         // of memory, at its peak
	Held   int64         // bytes that are held while it waits
	Work   time.Duration // estimate of the processor's time
}

type waiter struct {
	Need
	start   time.Duration // in the order of fair shares
	granted chan struct{} // closed with the slot taken on the waiter's behalf
	ousted  chan struct{} // closed when the place goes to somebody with fewer of them
}

// NewSlots makes room for count pieces of work of together at most bytes;
// queue is how many may wait, and wait how long. Those who wait may hold a
// quarter of the bytes besides.
func NewSlots(count int, bytes int64, queue int, wait time.Duration) *Slots {
	return &Slots{
		count: count, bytes: bytes, queue: queue, wait: wait, fair: newFairness(), pace: newPace(),
		observe: func(WaitResult, time.Duration) {},
	}
}

// Acquire waits for a slot. Whoever got one calls release once, when the work
// has ended. The error is an *Overload, or the cause of ctx's end.
func (s *Slots) Acquire(ctx context.Context, need Need) (release func(), err error) {
	need.Bytes = s.bounded(need.Bytes)
	if work := backgroundOf(ctx); work != nil {
		return s.acquireIdly(ctx, need, work)
	}
	s.mu.Lock()
	if s.waiting.Len() == 0 && s.fits(need.Bytes) {
		s.take(need)
		s.mu.Unlock()
		s.observe(WaitGranted, 0)
		return s.releaser(need), nil
	}
	if err := s.admit(ctx, need, true); err != nil {
		s.mu.Unlock()
		return nil, err
	}
	one, place := s.enqueue(need)
	s.mu.Unlock()
	return s.await(ctx, one, place)
}

// Admits tells, without waiting, what Acquire would refuse at once: nil, or an
// *Overload. It is for asking before something is fetched in vain.
func (s *Slots) Admits(ctx context.Context, need Need) error {
	if backgroundOf(ctx) != nil {
		return nil
	}
	need.Bytes = s.bounded(need.Bytes)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting.Len() == 0 && s.fits(need.Bytes) {
		return nil
	}
	return s.admit(ctx, need, false)
}

// bounded lets work larger than the whole budget run alone rather than never.
func (s *Slots) bounded(bytes int64) int64 { return min(max(bytes, 0), s.bytes) }

// enqueue gives the work a place in the queue.
func (s *Slots) enqueue(need Need) (*waiter, *list.Element) {
	one := &waiter{Need: need, start: s.fair.enter(need), granted: make(chan struct{}), ousted: make(chan struct{})}
	s.held += need.Held
	before := s.waiting.Back()
	for before != nil && before.Value.(*waiter).start > one.start {
		before = before.Prev()
	}
	if before == nil {
		return one, s.waiting.PushFront(one)
	}
	return one, s.waiting.InsertAfter(one, before)
}

// await waits for what happens first to one in the queue.
func (s *Slots) await(ctx context.Context, one *waiter, place *list.Element) (func(), error) {
	began := time.Now()
	timer := time.NewTimer(s.wait)
	defer timer.Stop()
	select {
	case <-one.granted:
		s.observe(WaitGranted, time.Since(began))
		return s.releaser(one.Need), nil
	case <-one.ousted:
		return nil, s.ousted()
	case <-timer.C:
		return s.giveUp(place, one, nil)
	case <-ctx.Done():
		s.observe(WaitLeft, time.Since(began))
		return s.giveUp(place, one, context.Cause(ctx))
	}
}

// giveUp leaves the queue, unless the slot was granted in the same moment: then
// it is taken all the same, or given back when the caller has gone.
func (s *Slots) giveUp(place *list.Element, one *waiter, gone error) (func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-one.granted:
		if gone == nil {
			s.observe(WaitGranted, s.wait)
			return s.releaser(one.Need), nil
		}
		s.put(one.Need, 0)
	case <-one.ousted:
		if gone == nil {
			return nil, s.ousted()
		}
	default:
		s.leave(place, one)
		s.fair.abandon(one)
		s.grant() // a large one at the head may have held up small ones
		if gone == nil {
			return nil, s.overload(OverloadLate, s.wait)
		}
	}
	return nil, gone
}

// ousted is what those are told whose place went to somebody else; oust has
// counted them.
func (s *Slots) ousted() *Overload { return &Overload{Reason: OverloadShare, After: s.wait} }

func (s *Slots) leave(place *list.Element, one *waiter) {
	s.waiting.Remove(place)
	s.held -= one.Held
}

func (s *Slots) releaser(need Need) func() {
	started := time.Now()
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.put(need, time.Since(started))
	})
}

func (s *Slots) fits(bytes int64) bool {
	return s.inUse < s.count && (s.inUse == 0 || s.reserved+bytes <= s.bytes)
}

func (s *Slots) take(need Need) {
	s.inUse++
	s.reserved += need.Bytes
	s.running += need.Work
}

// put gives a slot back after the work took so long; 0 is work that was not
// begun.
func (s *Slots) put(need Need, took time.Duration) {
	s.inUse--
	s.reserved -= need.Bytes
	s.running -= need.Work
	s.pace.learn(need.Work, took)
	s.grant()
}

// grant hands free room to those at the head of the queue, and what is left to
// work in the background.
func (s *Slots) grant() {
	for head := s.waiting.Front(); head != nil; head = s.waiting.Front() {
		one := head.Value.(*waiter)
		if !s.fits(one.Bytes) {
			return
		}
		s.leave(head, one)
		s.fair.serve(one)
		s.take(one.Need)
		close(one.granted)
	}
	s.grantIdlers()
}

// SlotStats is a moment's state of the slots, and what was refused since the
// start.
type SlotStats struct {
	Count, InUse, Waiting int
	InBackground          int // waiting in the background
	Bytes, Reserved, Held int64
	Backlog               time.Duration             // until all that waits now would be done
	Refused               map[OverloadReason]uint64 // every reason is always there
}

// Stats returns the state now.
func (s *Slots) Stats() SlotStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := SlotStats{
		Count: s.count, InUse: s.inUse, Waiting: s.waiting.Len(), InBackground: s.idlers.Len(), Bytes: s.bytes, Reserved: s.reserved, Held: s.held,
		Backlog: s.ahead(foreverLater), Refused: make(map[OverloadReason]uint64, overloadReasons),
	}
	for reason, count := range s.refused {
		stats.Refused[OverloadReason(reason)] = count
	}
	return stats
}
