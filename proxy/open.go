package proxy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"api-resize/cache"
	"api-resize/spec"
)

// ErrTimeout is a picture that took too long to make.
var ErrTimeout = errors.New("processing took too long")

// Outcome says where a result came from.
type Outcome uint8

// The outcomes.
const (
	Hit    Outcome = iota // it was there
	Joined                // somebody else was making it already
	Made                  // it was made for this request
)

func (o Outcome) String() string { return [...]string{"hit", "joined", "made"}[o] }

// Result is a picture, with the story of how it came about. Close its Entry.
type Result struct {
	*Variant
	Entry   *cache.Entry
	Outcome Outcome
	Stored  bool // it is in the cache now
	Queue   time.Duration
	Timings spec.Timings
}

// product is what a flight brings home for all who waited.
type product struct {
	variant *Variant // as it was made; another than asked for when the original changed
	body    []byte
	stored  bool
	cached  bool // the second look found it
	queue   time.Duration
	fetch   time.Duration
	timings spec.Timings
}

// Open returns the picture itself: kept, or made now, once for all who ask at
// the same time.
//
// Errors are those of Locate, of the Transformer, ErrOverloaded, ErrTimeout,
// and the cause of ctx's end.
func (p *Proxy) Open(ctx context.Context, v *Variant) (*Result, error) {
	if entry, err := p.store.Get(v.key); err == nil {
		return &Result{Variant: v, Entry: entry, Outcome: Hit, Stored: true}, nil
	}
	made, joined, err := p.pictures.do(ctx, v.key.Source+" "+v.key.Variant, func(ctx context.Context) (product, error) {
		// A second look: it may have been made between the first one and the
		// start of this flight.
		if body, ok := p.kept(v); ok {
			return product{variant: v, body: body, stored: true, cached: true}, nil
		}
		return p.make(ctx, v)
	})
	if err != nil {
		return nil, err
	}
	return p.result(v, made, joined), nil
}

func (p *Proxy) result(asked *Variant, made product, joined bool) *Result {
	variant := *made.variant
	variant.Request = asked.Request
	result := &Result{
		Variant: &variant,
		Entry:   cache.NewEntry(cache.Meta{ContentType: variant.ContentType, Stored: time.Now()}, made.body),
		Outcome: Made,
		Stored:  made.stored,
	}
	switch {
	case made.cached:
		result.Outcome = Hit
	case joined:
		result.Outcome = Joined
	default:
		result.Queue, result.Timings = made.queue, made.timings
		variant.Fetch = asked.Fetch + made.fetch
	}
	return result
}

func (p *Proxy) kept(v *Variant) ([]byte, bool) {
	entry, err := p.store.Get(v.key)
	if err != nil {
		return nil, false
	}
	defer entry.Close()
	body, err := entry.Bytes()
	return body, err == nil
}

// maxMoves is how often an original may turn out to have changed while one
// picture of it is being made.
const maxMoves = 3

// make gets the original, a slot, and the picture. When the original has
// changed since the variant was located, the picture is made of the new one
// and belongs to the new variant.
func (p *Proxy) make(ctx context.Context, v *Variant) (product, error) {
	var fetch time.Duration
	for range maxMoves {
		found, err := p.original(ctx, v)
		if err != nil {
			return product{}, err
		}
		fetch += found.took
		if found.record.Version == v.record.Version {
			made, err := p.transform(ctx, v, found.original)
			made.fetch = fetch
			return made, err
		}
		if v, err = p.variant(v.Request, v.client, v.since, found); err != nil {
			return product{}, err
		}
	}
	return product{}, fmt.Errorf("%w: the original changes with every look at it", ErrOverloaded)
}

// transform computes in a slot, and keeps the result.
func (p *Proxy) transform(ctx context.Context, v *Variant, original []byte) (product, error) {
	facts, err := p.transformer.Inspect(original)
	if err != nil {
		return product{}, err
	}
	if _, err := v.Spec.Plan(facts, p.limits); err != nil {
		return product{}, err
	}
	order := spec.Order{Original: spec.Original{Bytes: original, Facts: facts}, Want: v.Spec}
	release, queue, err := p.slot(ctx, order)
	if err != nil {
		return product{}, err
	}
	picture, err := p.compute(ctx, release, order)
	if err != nil {
		p.distrust(ctx, v, err)
		return product{}, err
	}
	made := product{variant: v, body: picture.Bytes, queue: queue, timings: picture.Timings}
	if !v.record.Freshness.NoStore {
		meta := cache.Meta{ContentType: v.ContentType, Stored: time.Now()}
		made.stored = p.keep(v.key, cache.NewEntry(meta, picture.Bytes), v.since)
	}
	return made, nil
}

// slot waits for room for the work, and tells how long it waited.
func (p *Proxy) slot(ctx context.Context, order spec.Order) (release func(), waited time.Duration, err error) {
	started := time.Now()
	release, err = p.Slots.Acquire(ctx, p.transformer.Cost(order))
	return release, time.Since(started), err
}

// computed is what comes back from a computation.
type computed struct {
	picture spec.Picture
	err     error
}

// compute runs the transformer, which gives its slot back when it is really
// done: an encoder that cannot be stopped holds it beyond the answer, so that
// the processors are never promised twice.
func (p *Proxy) compute(ctx context.Context, release func(), order spec.Order) (spec.Picture, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.config.Timeout, ErrTimeout)
	done := make(chan computed, 1)
	go func() {
		defer cancel()
		defer release()
		picture, err := p.guarded(ctx, order)
		done <- computed{picture, err}
	}()
	select {
	case result := <-done:
		if result.err != nil && ctx.Err() != nil {
			return spec.Picture{}, fmt.Errorf("%w: %w", context.Cause(ctx), result.err)
		}
		return result.picture, result.err
	case <-time.After(p.config.Timeout + grace):
		return spec.Picture{}, ErrTimeout
	}
}

// grace is what a computation gets to notice that its time is over, before it
// is answered without waiting for it.
const grace = 200 * time.Millisecond

func (p *Proxy) guarded(ctx context.Context, order spec.Order) (picture spec.Picture, err error) {
	defer recoverInto(&err)
	return p.transformer.Transform(ctx, order)
}

// distrust forgets the copy of a remote original that could not be made into a
// picture, so that a mended one is seen at once.
func (p *Proxy) distrust(ctx context.Context, v *Variant, err error) {
	if ctx.Err() != nil || errors.Is(err, ErrTimeout) || p.origins.local(v.Request.Source) {
		return
	}
	if _, err := p.Forget(v.Request.Source); err != nil {
		p.logger.Warn("copy of a broken original not forgotten", "error", err)
	}
}
