package transform

import (
	"math"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// blur weighs colours by alpha, so that what is seen through leaves no dark
// edge.
func blur(frame *vips.ImageRef, sigma float64) error {
	return premultiplied(frame, func() error { return frame.GaussianBlur(sigma) })
}

// sharpen works on lightness; x1 and m2 are libvips' own defaults for flat and
// jagged parts.
func sharpen(frame *vips.ImageRef, sigma float64) error {
	const flat, jagged = 2, 3
	return onColours(frame, func() error {
		interpretation := frame.Interpretation()
		if err := frame.Sharpen(sigma, flat, jagged); err != nil {
			return err
		}
		return toKind(frame, interpretation)
	})
}

// leastGamma stands for 0, with which everything but white is black.
const leastGamma = 0.01

// gamma raises every colour, as a part of white, to the power of 1/amount.
func gamma(frame *vips.ImageRef, amount float64) error {
	return onColours(frame, func() error { return frame.Gamma(max(amount, leastGamma)) })
}

// pixelate averages squares and draws them large again; those at the right and
// lower edge may be cut.
func pixelate(frame *vips.ImageRef, side float64) error {
	width, height := frame.Width(), frame.Height()
	squares := spec.Size{
		Width:  int(math.Ceil(float64(width) / side)),
		Height: int(math.Ceil(float64(height) / side)),
	}
	whole := int(side)
	return premultiplied(frame, func() error {
		// Grown to whole squares first, by repeating the edge.
		if err := frame.Embed(0, 0, squares.Width*whole, squares.Height*whole, vips.ExtendCopy); err != nil {
			return err
		}
		if err := frame.ResizeWithVScale(1/side, 1/side, vips.KernelLinear); err != nil {
			return err
		}
		if err := frame.Zoom(whole, whole); err != nil {
			return err
		}
		return frame.Crop(0, 0, width, height)
	})
}

// premultiplied does something to colours that are weighed by their alpha.
func premultiplied(frame *vips.ImageRef, do func() error) error {
	if !frame.HasAlpha() {
		return do()
	}
	if err := frame.PremultiplyAlpha(); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	if err := frame.UnpremultiplyAlpha(); err != nil {
		return err
	}
	return frame.Cast(vips.BandFormatUchar)
}

// tint keeps the lightness of every pixel and takes hue and strength from one
// colour, in CIE L*a*b*.
func tint(frame *vips.ImageRef, colour spec.Color) error {
	_, a, b := labOf(colour)
	return onColours(frame, func() error {
		if err := frame.ToColorSpace(vips.InterpretationLAB); err != nil {
			return err
		}
		if err := frame.Linear([]float64{1, 0, 0}, []float64{0, a, b}); err != nil {
			return err
		}
		return toKind(frame, vips.InterpretationSRGB)
	})
}

// toKind brings a frame back to 8 bits of one kind.
func toKind(frame *vips.ImageRef, interpretation vips.Interpretation) error {
	if frame.Interpretation() != interpretation {
		if err := frame.ToColorSpace(interpretation); err != nil {
			return err
		}
	}
	return frame.Cast(vips.BandFormatUchar)
}
