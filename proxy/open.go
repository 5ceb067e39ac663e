package proxy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/trace"

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
	Entry    *cache.Entry
	Outcome  Outcome
	Decision string // spec.Picture's
	Stored   bool   // it is in the cache now
	Queue    time.Duration
	Timings  spec.Timings
}

// product is what a flight brings home for all who waited.
type product struct {
	variant *Variant // as it was made; another than asked for when the original changed
	meta    cache.Meta
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
	defer p.upgrade(ctx, v)
	if entry, err := p.store.Get(v.key); err == nil {
		return &Result{Variant: v, Entry: entry, Outcome: Hit, Decision: string(entry.Meta.Attributes), Stored: true}, nil
	}
	made, joined, err := p.pictures.do(ctx, flightKey(v.key.Source+" "+v.key.Variant, v.original.since, v.watermark.since), func(ctx context.Context) (product, error) {
		// A second look: it may have been made between the first one and the
		// start of this flight.
		trace.SpanFromContext(ctx).SetAttributes(sourceAttribute.String(v.key.Source), pictureAttribute.String(v.Spec.String()))
		if kept, ok := p.kept(v); ok {
			return kept, nil
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
	variant.Request, variant.better = asked.Request, asked.better
	result := &Result{
		Variant:  &variant,
		Entry:    cache.NewEntry(made.meta, made.body),
		Outcome:  Made,
		Decision: string(made.meta.Attributes),
		Stored:   made.stored,
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

func (p *Proxy) kept(v *Variant) (product, bool) {
	entry, err := p.store.Get(v.key)
	if err != nil {
		return product{}, false
	}
	defer entry.Close()
	body, err := entry.Bytes()
	return product{variant: v, meta: entry.Meta, body: body, stored: true, cached: true}, err == nil
}

// maxMoves is how often an original may turn out to have changed while one
// picture of it is being made.
const maxMoves = 3

// make gets the originals, a slot, and the picture. When an original has
// changed since the variant was located, the picture is made of the new one
// and belongs to the new variant.
func (p *Proxy) make(ctx context.Context, v *Variant) (product, error) {
	if err := p.foresee(ctx, v); err != nil {
		return product{}, err
	}
	var fetch time.Duration
	for range maxMoves {
		original, watermark := v.original, v.watermark
		var err error
		if original.fetched, err = p.bytesOf(ctx, original); err != nil {
			return product{}, err
		}
		if watermark.is() {
			if watermark.fetched, err = p.bytesOf(ctx, watermark); err != nil {
				return product{}, fmt.Errorf("watermark: %w", err)
			}
		}
		fetch += original.took + watermark.took
		if original.record.Version == v.original.record.Version && watermark.record.Version == v.watermark.record.Version {
			made, err := p.transform(ctx, v, original.original, watermark.original)
			made.fetch = fetch
			return made, err
		}
		if v, err = p.variant(v.Request, v.client, p.resolver, original, watermark); err != nil {
			return product{}, err
		}
	}
	return product{}, errUnsteady
}

// transform computes in a slot, and keeps the result.
func (p *Proxy) transform(ctx context.Context, v *Variant, original, watermark []byte) (product, error) {
	order, err := p.order(v, original, watermark)
	if err != nil {
		return product{}, err
	}
	release, queue, err := p.slot(ctx, p.transformer.Cost(order), int64(len(original)+len(watermark)))
	if err != nil {
		return product{}, err
	}
	began := time.Now()
	picture, err := compute(ctx, p.config.Timeout, release, func(ctx context.Context) (spec.Picture, error) {
		return p.transformer.Transform(ctx, order)
	})
	if err != nil {
		_, failed := span(ctx, "transform", trace.WithTimestamp(began))
		end(failed, err)
		p.distrust(ctx, v, err)
		return product{}, err
	}
	phases(ctx, time.Now(), picture.Timings)
	made := product{
		variant: v, body: picture.Bytes, queue: queue, timings: picture.Timings,
		meta: cache.Meta{ContentType: picture.Format.ContentType(), Stored: time.Now(), Attributes: []byte(picture.Decision)},
	}
	made.stored = p.keepPicture(v, made)
	p.rememberQuality(v, order, picture)
	return made, nil
}

func (p *Proxy) keepPicture(v *Variant, made product) bool {
	if v.noStore() {
		return false
	}
	if v.watermark.is() {
		if !p.links.TryRLock() { // a purge is under way, and may take long
			return false
		}
		defer p.links.RUnlock()
		if !p.link(v) {
			return false
		}
	}
	return p.keep(v.key, cache.NewEntry(made.meta, made.body), v.original.since)
}

// order puts together what a picture is made of, and judges it as far as that
// goes without decoding.
func (p *Proxy) order(v *Variant, original, watermark []byte) (spec.Order, error) {
	facts, err := p.transformer.InspectPage(original, max(v.Spec.Output.Page, 1))
	if err != nil {
		return spec.Order{}, err
	}
	order := spec.Order{Original: spec.Original{Bytes: original, Facts: facts}, Want: v.Spec, MayBeOwn: v.mayBeOwn}
	if _, err := v.Spec.Plan(facts, p.limits); err != nil {
		return spec.Order{}, err
	}
	if watermark != nil {
		facts, err := p.transformer.InspectPage(watermark, 1)
		if err != nil {
			return spec.Order{}, fmt.Errorf("watermark: %w", err)
		}
		order.Watermark = spec.Original{Bytes: watermark, Facts: facts}
	}
	if order.Want.Output.Quality == spec.QualityAuto {
		order.Want.Output.Quality = p.knownQuality(v)
	}
	return order, nil
}

// foresee refuses at once what would be refused when its originals are there:
// reading them costs as much as many a refusal.
func (p *Proxy) foresee(ctx context.Context, v *Variant) error {
	if v.original.original != nil {
		return nil
	}
	return p.Slots.Admits(ctx, need(ctx, p.foreseenCost(v), v.original.record.Bytes))
}

// foreseenCost is that of a picture of which only the original's record is known.
func (p *Proxy) foreseenCost(v *Variant) spec.Cost {
	return p.transformer.Cost(spec.Order{
		Original: spec.Original{Facts: v.original.record.Facts}, Want: v.Spec, MayBeOwn: v.mayBeOwn,
	})
}

// slot waits for room for the work, and tells how long it waited.
func (p *Proxy) slot(ctx context.Context, cost spec.Cost, held int64) (release func(), waited time.Duration, err error) {
	started := time.Now()
	ctx, queue := span(ctx, "queue")
	release, err = p.Slots.Acquire(ctx, need(ctx, cost, held))
	end(queue, err)
	return release, time.Since(started), err
}

// compute runs work of the transformer, which gives its slot back when it is
// really done: an encoder that cannot be stopped holds it beyond the answer, so
// that the processors are never promised twice.
func compute[V any](ctx context.Context, limit time.Duration, release func(), work func(context.Context) (V, error)) (V, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, ErrTimeout)
	type computed struct {
		value V
		err   error
	}
	done := make(chan computed, 1)
	go func() {
		defer cancel()
		defer release()
		var result computed
		func() {
			defer recoverInto(&result.err)
			result.value, result.err = work(ctx)
		}()
		done <- result
	}()
	var none V
	select {
	case result := <-done:
		if result.err != nil && ctx.Err() != nil {
			return none, fmt.Errorf("%w: %w", context.Cause(ctx), result.err)
		}
		return result.value, result.err
	case <-time.After(limit + grace):
		return none, ErrTimeout
	}
}

// grace is what a computation gets to notice that its time is over, before it
// is answered without waiting for it.
const grace = 200 * time.Millisecond

// distrust forgets the copies of remote originals that could not be made into a
// picture, so that mended ones are seen at once.
func (p *Proxy) distrust(ctx context.Context, v *Variant, err error) {
	if ctx.Err() != nil || errors.Is(err, ErrTimeout) {
		return
	}
	for _, one := range []piece{v.original, v.watermark} {
		if !one.is() || p.origins.local(one.source) {
			continue
		}
		if _, err := p.Forget(one.source); err != nil {
			p.logger.Warn("copy of a broken original not forgotten", "error", err)
		}
	}
}
