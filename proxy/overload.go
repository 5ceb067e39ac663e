package proxy

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// ErrOverloaded is work that could not begin in time. The errors that wrap it
// are all *Overload.
var ErrOverloaded = errors.New("overloaded")

// Overload is work that was refused, and when it may be tried again.
type Overload struct {
	Reason OverloadReason
	After  time.Duration // until what waits now would be done
}

// OverloadReason is why work was refused.
type OverloadReason uint8

// The reasons.
const (
	OverloadFull     OverloadReason = iota // as many wait as may
	OverloadLate                           // the wait was, or would be, too long
	OverloadMemory                         // those who wait hold as many bytes as they may
	OverloadShare                          // the place was needed by a client with fewer of them
	OverloadUnsteady                       // the original changes with every look at it
	overloadReasons
)

func (r OverloadReason) String() string {
	return [...]string{"queue full", "wait too long", "memory", "share used up", "original unsteady"}[r]
}

func (o *Overload) Error() string { return fmt.Sprintf("%v: %v", ErrOverloaded, o.Reason) }
func (o *Overload) Unwrap() error { return ErrOverloaded }

// RetryAfter is how long a client should wait: the backlog at least, and up to
// as much again by chance, so that all who were refused do not come back
// together.
func (o *Overload) RetryAfter(time.Time) time.Duration {
	after := max(o.After, time.Second)
	return after + rand.N(after)
}

// waitMargin is the part of the longest wait that is kept for estimates that
// fall short: better to be refused at once than after the whole wait.
const waitMargin = 5

// foreverLater is behind everything that waits.
const foreverLater = time.Duration(math.MaxInt64)

// admit judges whether work may wait, and with makeRoom ousts somebody's where
// that is fair. s.mu is held.
func (s *Slots) admit(ctx context.Context, need Need, makeRoom bool) error {
	if s.waiting.Len() > 0 && s.held+need.Held > s.bytes/4 {
		return s.overload(OverloadMemory, s.ahead(foreverLater))
	}
	patience := s.wait
	if deadline, ok := ctx.Deadline(); ok {
		patience = min(patience, time.Until(deadline))
	}
	// With nobody in the queue an estimate alone refuses nothing.
	if ahead := s.ahead(s.fair.startOf(need.Client)); s.waiting.Len() > 0 && ahead > patience-patience/waitMargin {
		return s.overload(OverloadLate, max(ahead-patience, 0))
	}
	if s.waiting.Len() < s.queue {
		return nil
	}
	last := s.lastOfMost(need.Client)
	if last == nil {
		return s.overload(OverloadFull, s.ahead(foreverLater))
	}
	if makeRoom {
		s.oust(last)
	}
	return nil
}

// refuse counts and returns a refusal that was decided elsewhere.
func (s *Slots) refuse(reason OverloadReason, after time.Duration) *Overload {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.overload(reason, after)
}

func (s *Slots) overload(reason OverloadReason, after time.Duration) *Overload {
	s.counted(reason)
	return &Overload{reason, after}
}

func (s *Slots) counted(reason OverloadReason) {
	s.refused[reason]++
	s.observe(WaitRefused, s.wait)
}

// ahead is how long it takes, as far as can be foreseen, until work begins that
// starts then in the order of fair shares. Of what is in the slots half is
// taken for done.
func (s *Slots) ahead(start time.Duration) time.Duration {
	work := s.running / 2
	for place := s.waiting.Front(); place != nil; place = place.Next() {
		if one := place.Value.(*waiter); one.start <= start {
			work += one.Work
		}
	}
	return s.pace.expect(work) / time.Duration(s.count)
}

// lastOfMost is the last place of the client that has most of them, if that
// still has no fewer than the given one after it has lost one and the given
// one has got it: a full queue is shared evenly (longest queue drop; Suter et
// al.: Buffer Management Schemes for Supporting TCP in Gigabit Routers, 1999).
func (s *Slots) lastOfMost(client string) *list.Element {
	most := s.fair.waitingOf(client) + 1
	var last *list.Element
	for place := s.waiting.Back(); place != nil; place = place.Prev() {
		if count := s.fair.waitingOf(place.Value.(*waiter).Client); count > most {
			most, last = count, place
		}
	}
	return last
}

func (s *Slots) oust(place *list.Element) {
	one := place.Value.(*waiter)
	s.leave(place, one)
	s.fair.abandon(one)
	s.counted(OverloadShare)
	close(one.ousted)
}

// expect is how long work of an estimate takes, as things go.
func (s *Slots) expect(work time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pace.expect(work)
}

// pace is how long work takes in proportion to its estimate.
type pace struct{ ratio float64 }

// newPace believes estimates until it has learned better.
func newPace() pace { return pace{1} }

// Bounds of pace. A tenth of the latest picture is a compromise between
// following a change of load within some twenty pictures and believing one odd
// picture; beyond a hundredfold an estimate says nothing.
const (
	paceWeight = 0.1
	paceBound  = 100.0
)

func (p *pace) learn(estimate, took time.Duration) {
	if estimate <= 0 || took <= 0 {
		return
	}
	ratio := min(max(float64(took)/float64(estimate), 1/paceBound), paceBound)
	p.ratio += (ratio - p.ratio) * paceWeight
}

func (p *pace) expect(work time.Duration) time.Duration {
	return time.Duration(float64(work) * p.ratio)
}
