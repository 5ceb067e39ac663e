package transform

import (
	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// inLinearLight reports whether the picture is scaled as light adds up, and not
// as it is coded: a fine pattern of black and white then keeps its brightness,
// which is that of sRGB 188 and not of 128. Decoders can't shrink that way.
func (j *job) inLinearLight() bool {
	return j.config.Linear && j.plan.Scaled != spec.Size{Width: j.plan.Region.Width, Height: j.plan.Region.Height}
}

// toLinear makes colours proportional to light, before they are scaled. A
// profile that is kept is taken for one with the tone curve of sRGB, which most
// have, or nearly so.
func (j *job) toLinear() error {
	if !j.inLinearLight() {
		return nil
	}
	if err := j.useProfile(); err != nil {
		return err
	}
	j.gray = j.film.image.Bands() < 3
	return j.film.image.ToColorSpace(vips.InterpretationScRGB)
}

// fromLinear makes gray again what toLinear has given colours; toEightBit does
// the rest.
func (j *job) fromLinear() error {
	if !j.gray {
		return nil
	}
	j.gray = false
	return j.film.image.ToColorSpace(vips.InterpretationBW)
}
