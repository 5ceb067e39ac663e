package proxy

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// backgroundPatience is how long work in the background leaves half of the slots
// to others; then any slot will do that nobody waits for, so that it goes on,
// slowly, where there is always something to do.
const backgroundPatience = 5 * time.Second

type backgroundKey struct{}

// background is what a context carries whose work nobody waits for.
type background struct {
	once   sync.Once
	wanted chan struct{} // closed when somebody waits for it after all
}

// InBackground says that nobody waits for the work under a context: it gets what
// the others leave of the slots, and waits for that as long as the context lives.
// When somebody asks for the same picture meanwhile, it is made at once for both.
func InBackground(ctx context.Context) context.Context {
	return context.WithValue(ctx, backgroundKey{}, &background{wanted: make(chan struct{})})
}

// backgroundOf is nil for work that somebody waits for.
func backgroundOf(ctx context.Context) *background {
	one, _ := ctx.Value(backgroundKey{}).(*background)
	if one == nil {
		return nil
	}
	select {
	case <-one.wanted:
		return nil
	default:
		return one
	}
}

// want says that somebody waits now. None has nothing to be told.
func (b *background) want() {
	if b != nil {
		b.once.Do(func() { close(b.wanted) })
	}
}

// idler is a piece of work in the background that waits for a slot.
type idler struct {
	Need
	granted chan struct{} // closed with the slot taken on its behalf
	pushing bool          // its patience is over
}

// acquireIdly is Acquire for work in the background.
func (s *Slots) acquireIdly(ctx context.Context, need Need, work *background) (func(), error) {
	one := &idler{Need: need, granted: make(chan struct{})}
	s.mu.Lock()
	place := s.idlers.PushBack(one)
	s.grantIdlers()
	s.mu.Unlock()

	patience := time.NewTimer(backgroundPatience)
	defer patience.Stop()
	for {
		select {
		case <-one.granted:
			return s.releaser(need), nil
		case <-patience.C:
			s.mu.Lock()
			one.pushing = true
			s.grantIdlers()
			s.mu.Unlock()
		case <-work.wanted:
			if s.leaveIdlers(place, one) {
				return s.Acquire(ctx, need)
			}
			return s.releaser(need), nil
		case <-ctx.Done():
			if !s.leaveIdlers(place, one) {
				s.mu.Lock()
				s.put(need, 0)
				s.mu.Unlock()
			}
			return nil, context.Cause(ctx)
		}
	}
}

// leaveIdlers reports whether it left before a slot was granted.
func (s *Slots) leaveIdlers(place *list.Element, one *idler) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-one.granted:
		return false
	default:
		s.idlers.Remove(place)
		s.grantIdlers() // a large one at the head may have held up small ones
		return true
	}
}

// grantIdlers hands what nobody waits for to work in the background; s.mu is held.
func (s *Slots) grantIdlers() {
	for head := s.idlers.Front(); head != nil; head = s.idlers.Front() {
		one := head.Value.(*idler)
		if s.waiting.Len() > 0 || !s.fits(one.Bytes) || !one.pushing && s.inUse >= max(1, s.count/2) {
			return
		}
		s.idlers.Remove(head)
		s.take(one.Need)
		close(one.granted)
	}
}
