package proxy

import (
	"context"

	"api-resize/spec"
)

// checkOf is the picture that Check makes of an original: small, so that it
// costs little but the decoding, and with all frames of an animation.
func (p *Proxy) checkOf(original spec.Facts) spec.Spec {
	check := spec.Spec{
		Size: spec.Size{Width: 32, Height: 32}, Fit: spec.FitInside,
		Output: spec.Output{Format: spec.JPEG, Quality: 50},
	}
	for _, format := range p.resolver.Writable {
		if info, _ := format.Info(); info.Animated && original.Frames > 1 {
			check.Output.Format = format
		}
	}
	return check
}

// Check inspects an original and decodes it once to its end, in a slot, so
// that what is cut short or broken is found before it is kept.
//
// Errors are those of the Transformer, ErrOverloaded, ErrTimeout, and the
// cause of ctx's end.
func (p *Proxy) Check(ctx context.Context, original []byte) (spec.Facts, error) {
	facts, err := p.transformer.Inspect(original)
	if err != nil {
		return spec.Facts{}, err
	}
	check := spec.Order{Original: spec.Original{Bytes: original, Facts: facts}, Want: p.checkOf(facts)}
	release, _, err := p.slot(ctx, check)
	if err != nil {
		return spec.Facts{}, err
	}
	if _, err := p.compute(ctx, release, check); err != nil {
		return spec.Facts{}, err
	}
	return facts, nil
}
