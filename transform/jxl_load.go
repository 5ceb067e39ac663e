package transform

import (
	"math"

	"github.com/davidbyttow/govips/v2/vips"
)

// straightenJXL brings a JPEG XL to how other formats come from libvips: to
// integers, with colours that are not multiplied by alpha.
func (j *job) straightenJXL() error {
	if j.film.image.BandFormat() == vips.BandFormatFloat {
		if err := j.takeFloats(); err != nil {
			return err
		}
	}
	if !j.source.premultiplied || !j.film.image.HasAlpha() {
		return nil
	}
	return divideByAlpha(j.film.image)
}

// takeFloats makes 16 bits of numbers between 0 and 1. libvips says of them that
// they are linear light, but they are what the picture's profile says, and that
// is applied to integers only. What is brighter than white becomes white.
func (j *job) takeFloats() error {
	image := j.film.image
	if err := image.Linear1(math.MaxUint16, 0); err != nil {
		return err
	}
	if err := image.Cast(vips.BandFormatUshort); err != nil {
		return err
	}
	meant := vips.InterpretationRGB16
	if image.Bands() < 3 {
		meant = vips.InterpretationGrey16
	}
	integers, err := image.CopyChangingInterpretation(meant)
	if err != nil {
		return err
	}
	j.film.image = j.own(integers)
	return nil
}
