package proxy

import (
	"context"

	"api-resize/spec"
)

// checked is the picture that Check makes of an original: small, so that it
// costs little but the decoding.
var checked = spec.Spec{
	Size: spec.Size{Width: 32, Height: 32}, Fit: spec.FitInside,
	Output: spec.Output{Format: spec.PNG},
}

// Check inspects an original and decodes it once to its end, in a slot, so
// that what is cut short or broken is found before it is kept. Of an animation
// it decodes the first frame.
//
// Errors are those of the Transformer, ErrOverloaded, ErrTimeout, and the
// cause of ctx's end.
func (p *Proxy) Check(ctx context.Context, original []byte) (spec.Facts, error) {
	facts, err := p.transformer.Inspect(original)
	if err != nil {
		return spec.Facts{}, err
	}
	release, err := p.Slots.Acquire(ctx, p.transformer.Cost(facts, checked)+int64(len(original)))
	if err != nil {
		return spec.Facts{}, err
	}
	if _, err := p.compute(ctx, release, original, facts, checked); err != nil {
		return spec.Facts{}, err
	}
	return facts, nil
}
