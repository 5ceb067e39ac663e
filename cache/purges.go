package cache

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// purges are the purges of many sources that are under way in a store. As long
// as one is, no entry of a source that it names is taken, so that what it has
// removed stays removed, and what it has yet to find does not grow.
type purges struct {
	mu     sync.Mutex                 // held to change active
	active atomic.Pointer[[]*matcher] // copied on write: a Put only looks
}

// matcher names sources.
type matcher struct{ match func(source string) bool }

// matches everything when there is nothing to ask.
func (m *matcher) matches(source string) bool { return m.match == nil || m.match(source) }

// begin refuses entries of the sources that match names, until end is called.
func (p *purges) begin(match func(source string) bool) (end func()) {
	m := &matcher{match}
	p.change(func(all []*matcher) []*matcher { return append(all, m) })
	return func() {
		p.change(func(all []*matcher) []*matcher {
			return slices.DeleteFunc(all, func(other *matcher) bool { return other == m })
		})
	}
}

func (p *purges) change(change func([]*matcher) []*matcher) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []*matcher
	if now := p.active.Load(); now != nil {
		all = slices.Clone(*now)
	}
	if all = change(all); len(all) == 0 {
		p.active.Store(nil)
		return
	}
	p.active.Store(&all)
}

// admits is asked by a Put before it checks the source's generation, so that a
// purge that begins between the two shows there.
func (p *purges) admits(source string) error {
	active := p.active.Load()
	if active == nil {
		return nil
	}
	for _, m := range *active {
		if m.matches(source) {
			return fmt.Errorf("%w: it is being forgotten now", ErrForgotten)
		}
	}
	return nil
}

// purging is the frame of a ForgetWhere: remove runs while entries of those
// sources are refused. Generations grow before, so that nothing of an earlier one
// is published while remove looks around, and after, so that a fill that began
// in between, perhaps with what was about to be removed, is refused as well.
func purging(p *purges, s *stripes, match func(source string) bool, remove func()) {
	end := p.begin(match)
	defer end()
	s.advance()
	defer s.advance()
	remove()
}
