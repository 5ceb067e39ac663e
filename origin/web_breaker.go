package origin

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/sony/gobreaker/v2"
)

const (
	// breakerHosts bounds how many hosts are remembered for their failures,
	// since clients may choose their names.
	breakerHosts = 1024
	// breakerMemory is how long the failures of a host count that nobody asks.
	breakerMemory = 10 * time.Minute
)

// errNoVerdict tells a breaker that an attempt says nothing about its host.
var errNoVerdict = errors.New("no verdict on the host")

// breakers keep requests from hosts that failed again and again: for a pause
// nothing is sent, then one request at a time, until one is answered well.
type breakers struct {
	failures int           // consecutive ones that open a breaker; 0: never
	pause    time.Duration // before a host is tried again

	mu    sync.Mutex
	hosts *simplelru.LRU[string, *breaker] // by host:port; those in use or with failures
}

// breaker is used under the mutex of breakers only.
type breaker struct {
	circuit *gobreaker.TwoStepCircuitBreaker[struct{}]
	opened  time.Time // end of the pause that began last
	used    time.Time // when an attempt began last
	users   int       // attempts under way
}

func newBreakers(failures int, pause time.Duration) (*breakers, error) {
	hosts, err := simplelru.NewLRU[string, *breaker](breakerHosts, nil)
	if err != nil {
		return nil, err
	}
	return &breakers{failures: failures, pause: pause, hosts: hosts}, nil
}

// refusal is an [Unavailable] while nothing may be sent to a host.
func (b *breakers) refusal(host string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if one, ok := b.hosts.Peek(host); ok {
		return b.refusalOf(one, host)
	}
	return nil
}

// enter lets an attempt through, or not. Whoever is let through must tell the
// verdict: nil for a host that is well, errNoVerdict, or any other error.
func (b *breakers) enter(host string) (judge func(verdict error), err error) {
	if b.failures == 0 {
		return func(error) {}, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	one := b.join(host, time.Now())
	if err := b.refusalOf(one, host); err != nil {
		return nil, err
	}
	done, err := one.circuit.Allow()
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrFailed, err)
	}
	one.users++
	return func(verdict error) { b.part(host, one, done, verdict) }, nil
}

// join finds or makes the breaker of a host, and forgets those that nobody
// used for long.
func (b *breakers) join(host string, now time.Time) *breaker {
	for {
		_, oldest, ok := b.hosts.GetOldest()
		if !ok || oldest.users > 0 || now.Sub(oldest.used) < breakerMemory {
			break
		}
		b.hosts.RemoveOldest()
	}
	one, ok := b.hosts.Get(host)
	if !ok {
		one = b.newBreaker()
		b.hosts.Add(host, one)
	}
	one.used = now
	return one
}

// newBreaker has a pause of its own, up to a quarter longer, so that services
// that saw a host fail together don't come back to it together.
func (b *breakers) newBreaker() *breaker {
	one := &breaker{}
	pause := b.pause + rand.N(b.pause/4+1)
	one.circuit = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests: 1, // probes at a time
		Timeout:     pause,
		ReadyToTrip: func(counts gobreaker.Counts) bool { return int64(counts.ConsecutiveFailures) >= int64(b.failures) },
		IsExcluded:  func(err error) bool { return errors.Is(err, errNoVerdict) },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				one.opened = time.Now().Add(pause)
			}
		},
	})
	return one
}

// part tells the verdict, and forgets a host that is well and unused.
func (b *breakers) part(host string, one *breaker, done func(error), verdict error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	done(verdict)
	one.users--
	if one.users > 0 || one.circuit.State() != gobreaker.StateClosed || one.circuit.Counts().ConsecutiveFailures > 0 {
		return
	}
	if current, ok := b.hosts.Peek(host); ok && current == one {
		b.hosts.Remove(host)
	}
}

// refusalOf is the refusal of one breaker: in the pause, and while a probe is
// under way, whose end nobody knows.
func (b *breakers) refusalOf(one *breaker, host string) error {
	var until time.Time
	switch one.circuit.State() {
	case gobreaker.StateOpen:
		until = one.opened
	case gobreaker.StateHalfOpen:
		if counts := one.circuit.Counts(); counts.Requests == counts.TotalExclusions {
			return nil
		}
		until = time.Now().Add(b.pause)
	default:
		return nil
	}
	return &Unavailable{Until: until, cause: fmt.Errorf("%w: nothing is sent to %s, which failed %d times in a row or more", ErrFailed, host, b.failures)}
}

// open counts the hosts that nothing may be sent to now.
func (b *breakers) open() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, host := range b.hosts.Keys() {
		if one, ok := b.hosts.Peek(host); ok && b.refusalOf(one, host) != nil {
			n++
		}
	}
	return n
}

// verdict is what an attempt says about its host. Any answer but 429 and 5xx
// speaks for it, whatever the body turns out to be: one broken picture mustn't
// close off all the others.
func (f *fetcher) verdict(ctx context.Context, sent time.Time, resp *http.Response, err error) error {
	switch {
	case err == nil && (resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode/100 == 5):
		return fmt.Errorf("%w: status %d", ErrFailed, resp.StatusCode)
	case err == nil:
		return nil
	case errors.Is(err, ErrNotAllowed):
		return errNoVerdict
	case ctx.Err() == nil:
		return err
	case !errors.Is(context.Cause(ctx), errOurTimeout):
		return errNoVerdict // the caller left
	case 2*time.Since(sent) < f.config.Timeout:
		// Most of the time went elsewhere: another host that redirects late
		// mustn't have this one closed off.
		return errNoVerdict
	}
	return err
}
