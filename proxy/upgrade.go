package proxy

import (
	"context"
	"time"

	"api-resize/spec"
)

// interimAge is how long an answer may be kept that is going to be replaced by
// a better one.
const interimAge = 30 * time.Second

// Bounds of what is made behind answers.
const (
	upgradeWait = 10 * time.Second // for a slot that nobody else wants
	upgradeRest = 10 * time.Minute // before something is tried again that could not be made
	maxHopeless = 10_000           // of those remembered
)

// orInterim returns the variant that is answered with: v, or, where v is an
// AVIF that was negotiated and has not been made yet, the next best, so that
// nobody waits for an encoder that takes seconds.
func (p *Proxy) orInterim(v *Variant) (*Variant, error) {
	if !p.config.Upgrade || !v.ByAccept || v.Spec.Output.Format != spec.AVIF || p.store.Has(v.key) {
		return v, nil
	}
	interim, err := p.variant(v.Request, v.client, p.resolver.Without(spec.AVIF), v.original, v.watermark)
	if err != nil {
		return v, nil //nolint:nilerr // there is nothing but AVIF to answer with
	}
	if failed, known := p.hopeless.Get(v.key); !known || time.Since(failed) > upgradeRest {
		interim.better = v
	}
	return interim, nil
}

// upgrade makes the better variant behind the answer's back: one at a time, and
// only in a slot that nobody else wants.
func (p *Proxy) upgrade(ctx context.Context, v *Variant) {
	if v.better == nil || v.noStore() {
		return
	}
	select {
	case p.upgrading <- struct{}{}:
	default:
		return // the next request finds it still to be made
	}
	ctx, better := detach(ctx, p.life, "upgrade", v.Request.Source)
	p.background.Go(func() {
		defer func() { <-p.upgrading }()
		ctx, cancel := context.WithTimeout(ctx, upgradeWait+p.config.Timeout)
		defer cancel()
		result, err := p.Open(InBackground(ctx), v.better)
		end(better, err)
		switch {
		case err == nil:
			result.Entry.Close()
		case ctx.Err() == nil:
			p.hopeless.Add(v.better.key, time.Now())
			p.logger.Warn("better picture not made", "source", v.key.Source, "variant", v.better.Spec.String(), "error", err)
		}
	})
}
