package proxy

import (
	"errors"
	"fmt"
	"time"

	"api-resize/cache"
	"api-resize/origin"
)

// refusal is what an origin has said that makes asking again useless for a
// while: that there is no such original, or to come back later.
type refusal struct {
	err   error
	until time.Time
}

// maxRefusals bounds the refusals that are remembered.
const maxRefusals = 10_000

// refused returns what the origin said a moment ago, or nil.
func (p *Proxy) refused(name string, now time.Time) error {
	known, ok := p.refusals.Get(name)
	if !ok || !now.Before(known.until) {
		return nil
	}
	return fmt.Errorf("%w (remembered)", known.err)
}

// rememberRefusal keeps an error that holds for a while, unless the source was
// forgotten since.
func (p *Proxy) rememberRefusal(name string, err error, since cache.Generation) {
	known := refusal{err: err}
	var unavailable *origin.Unavailable
	switch {
	case errors.Is(err, origin.ErrOriginNotFound):
		known.until = time.Now().Add(p.config.NegativeAge)
	case errors.As(err, &unavailable):
		known.until = unavailable.Until
	default:
		return
	}
	p.refusals.Add(name, known)
	if p.store.Generation(name) != since { // as in remember
		p.refusals.Remove(name)
	}
}
