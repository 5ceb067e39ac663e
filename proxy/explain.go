package proxy

import (
	"context"
	"time"

	"api-resize/cache"
	"api-resize/origin"
	"api-resize/spec"
)

// Explanation tells how a request would be answered, and why. It is what is
// found before anything is made.
type Explanation struct {
	*Variant
	Better     *Variant // what is being made to be answered with later; nil for none
	Key        cache.Key
	Original   Original
	Candidates []spec.Format // what format=auto chooses from, best first
	Tiers      []string      // that have the picture
	Plan       spec.Plan
	Cost       spec.Cost
	Time       time.Duration // that the work is expected to take, as things go now
	Backlog    time.Duration // that it would wait for a slot
}

// Original is what an Explanation says of an original.
type Original struct {
	Facts      spec.Facts
	Version    string // names its bytes
	Bytes      int64
	Tiers      []string // that have its bytes; empty where they are kept at their origin only
	Use        Use
	Validators origin.Validators
	Freshness  origin.Freshness
	Expires    time.Time // an upload's end, zero for never
}

// located is what a store with several tiers can tell.
type located interface {
	// Where names the tiers that have a key.
	Where(key cache.Key) []string
}

// Explain finds out about a request what Locate does, and asks the origin when
// that would, but makes nothing. The explanation goes as far as it got when
// there is an error.
//
// Errors are those of Locate, and of spec.Spec.Plan.
func (p *Proxy) Explain(ctx context.Context, request spec.Request, client spec.Client) (Explanation, error) {
	v, err := p.Locate(ctx, request, client)
	if err != nil {
		return Explanation{}, err
	}
	facts := v.original.record.Facts
	better, fallback := p.resolver.Alternatives(request.Spec, facts)
	explanation := Explanation{
		Variant: v, Better: v.better, Key: v.key,
		Original:   p.explainOriginal(v.original),
		Candidates: append(better, fallback),
		Tiers:      p.where(v.key),
		Cost:       p.foreseenCost(v),
		Backlog:    p.Slots.Stats().Backlog,
	}
	explanation.Time = p.Slots.expect(explanation.Cost.Work)
	explanation.Plan, err = v.Spec.Plan(facts, p.limits)
	return explanation, err
}

func (p *Proxy) explainOriginal(one piece) Original {
	return Original{
		Facts: one.record.Facts, Version: one.record.Version, Bytes: one.record.Bytes,
		Tiers: p.where(cache.Key{Source: one.source.String()}), Use: one.use,
		Validators: one.record.Validators, Freshness: one.record.Freshness, Expires: one.record.Expires,
	}
}

func (p *Proxy) where(key cache.Key) []string {
	if tiers, ok := p.store.(located); ok {
		return tiers.Where(key)
	}
	return nil
}
