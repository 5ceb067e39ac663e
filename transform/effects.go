package transform

import (
	"fmt"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// effect changes one frame, which is gray or sRGB of 8 bits, with or without
// alpha, in memory. It leaves size, bands and alpha as they are, apart from
// gray, which may become sRGB.
type effect func(frame *vips.ImageRef, amount float64) error

// effects says how each row of spec.EffectTable is done. They are applied in
// the order of that table, each to what the ones before it have made.
var effects = map[spec.Effect]effect{
	spec.EffectBlur:       blur,
	spec.EffectSharpen:    sharpen,
	spec.EffectBrightness: matrixEffect(brightnessMatrix),
	spec.EffectContrast:   matrixEffect(contrastMatrix),
	spec.EffectGamma:      gamma,
	spec.EffectSaturation: matrixEffect(saturationMatrix),
	spec.EffectHue:        matrixEffect(hueMatrix),
	spec.EffectGrayscale:  matrixEffect(grayscaleMatrix),
	spec.EffectSepia:      matrixEffect(sepiaMatrix),
	spec.EffectNegate:     matrixEffect(negateMatrix),
	spec.EffectPixelate:   pixelate,
}

// apply does all effects that are wanted to every frame.
func (j *job) apply() error {
	if !j.wantsEffects() {
		return nil
	}
	return j.each(func(frame *vips.ImageRef) error {
		for _, info := range spec.EffectTable {
			amount, wanted := j.want.Effects.Amount(info.Effect)
			if !wanted {
				continue
			}
			if err := effects[info.Effect](frame, amount); err != nil {
				return fmt.Errorf("%s: %w", info.Name, err)
			}
		}
		if j.want.Tint.Set {
			return tint(frame, j.want.Tint)
		}
		return nil
	})
}

func (j *job) wantsEffects() bool {
	return j.want.Effects != (spec.Effects{}) || j.want.Tint.Set
}

// onColours does something to the colours of a frame and gives it its alpha
// back.
func onColours(frame *vips.ImageRef, do func() error) error {
	if !frame.HasAlpha() {
		return do()
	}
	last := frame.Bands() - 1
	alpha, err := frame.ExtractBandToImage(last, 1)
	if err != nil {
		return err
	}
	// Joined lazily: alpha has to outlive what is computed from it later, so
	// the pixels are computed before it goes.
	defer alpha.Close()
	if err := frame.ExtractBand(0, last); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	if err := frame.BandJoin(alpha); err != nil {
		return err
	}
	return settle(frame, nil)
}
