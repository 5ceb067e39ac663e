package proxy

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"api-resize/origin"
)

// Use says how what is known of an original came to be used.
type Use uint8

// The uses.
const (
	UsedFresh             Use = iota // within its life, nobody was asked
	UsedNew                          // it was fetched, and not known before
	UsedReplaced                     // it was stale, and came anew
	UsedRevalidated                  // it was stale, and the origin says that it has not changed
	UsedWhileRevalidating            // it is stale, and being asked for
	UsedOnError                      // it is stale, and could not be asked for
	useCount
)

func (u Use) String() string {
	return [...]string{"fresh", "new", "replaced", "revalidated", "stale-while-revalidate", "stale-if-error"}[u]
}

// useCounters count how originals were used that were not fresh.
type useCounters [useCount]atomic.Uint64

func (p *Proxy) used(use Use) Use {
	p.uses[use].Add(1)
	return use
}

// mayWait reports whether a stale record may be used while it is asked for anew:
// stale-while-revalidate, RFC 5861, section 3.
func (r record) mayWait(now time.Time) bool {
	return now.Before(r.Freshness.Until.Add(r.Freshness.StaleWhileRevalidate))
}

// mayStandIn reports whether a stale record may be used where asking for it
// anew has failed: stale-if-error, RFC 5861, section 4.
func (r record) mayStandIn(now time.Time, err error) bool {
	return isFailure(err) && now.Before(r.Freshness.Until.Add(r.Freshness.StaleIfError))
}

// isFailure tells an origin that could not answer from one that has: that the
// original is no longer there, or no longer for everybody, is no failure. 429 is
// one: it says nothing of the original.
func isFailure(err error) bool {
	if answered := (*origin.StatusError)(nil); errors.As(err, &answered) {
		return answered.Status >= http.StatusInternalServerError || answered.Status == http.StatusTooManyRequests
	}
	return errors.Is(err, origin.ErrFailed) || errors.Is(err, origin.ErrTimeout) || errors.Is(err, origin.ErrBusy)
}

// maxRenewals bounds the originals that are asked for anew behind answers at a
// time; what finds no place stays stale until it is asked for next.
const maxRenewals = 64

// renewTimeout is longer than any fetch may take.
const renewTimeout = time.Minute

// renewals are the sources that are asked for anew behind answers.
type renewals struct {
	mu     sync.Mutex
	source map[string]bool
}

// begin reports whether a source may be asked for now: not twice, and not too
// many at a time.
func (r *renewals) begin(source string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.source[source] || len(r.source) >= maxRenewals {
		return false
	}
	if r.source == nil {
		r.source = map[string]bool{}
	}
	r.source[source] = true
	return true
}

func (r *renewals) end(source string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.source, source)
}

// renew asks the origin behind the answer's back.
func (p *Proxy) renew(ctx context.Context, one piece) {
	p.behind(ctx, one, func(ctx context.Context) error {
		_, err := p.ask(ctx, one, false)
		return err
	})
}

// behind asks for a source behind the answer's back, unless that is being done.
func (p *Proxy) behind(ctx context.Context, one piece, ask func(context.Context) error) {
	name := one.source.String()
	if !p.renewing.begin(name) {
		return
	}
	ctx, renewal := detach(ctx, p.life, "renew", one.source)
	p.background.Go(func() {
		defer p.renewing.end(name)
		ctx, cancel := context.WithTimeout(ctx, renewTimeout)
		defer cancel()
		err := ask(ctx)
		end(renewal, err)
		if err != nil && p.life.Err() == nil {
			p.logger.Info("a stale original was not renewed", "source", name, "error", err)
		}
	})
}
