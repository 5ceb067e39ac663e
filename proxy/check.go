package proxy

import (
	"context"

	"api-resize/spec"
)

// Check inspects and describes an original, and decodes all of it, in a slot, so
// that what is cut short or broken is found before it is kept.
//
// Errors are those of the Transformer, ErrOverloaded, ErrTimeout, and the
// cause of ctx's end.
func (p *Proxy) Check(ctx context.Context, bytes []byte) (spec.Facts, spec.Description, error) {
	facts, err := p.transformer.InspectPage(bytes, 1)
	if err != nil {
		return spec.Facts{}, spec.Description{}, err
	}
	description, err := p.look(ctx, spec.Original{Bytes: bytes, Facts: facts})
	return facts, description, err
}

// look describes an original in a slot.
func (p *Proxy) look(ctx context.Context, original spec.Original) (spec.Description, error) {
	release, _, err := p.slot(ctx, p.transformer.DescribeCost(original), int64(len(original.Bytes)))
	if err != nil {
		return spec.Description{}, err
	}
	ctx, describe := span(ctx, "describe")
	description, err := compute(ctx, p.config.Timeout, release, func(ctx context.Context) (spec.Description, error) {
		return p.transformer.Describe(ctx, original)
	})
	end(describe, err)
	return description, err
}
