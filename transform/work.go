package transform

import (
	"math"
	"time"

	"api-resize/spec"
)

// The time that work takes on one processor, in nanoseconds a pixel, as
// BenchmarkWork found it with the default settings on one machine. Only the
// proportions matter: who uses the estimates measures how far off they are.
const (
	workBase   = 500 * time.Microsecond // what every picture takes: opening, pipeline, threads
	scaleWork  = 7                      // of a decoded pixel, to be scaled and brought to sRGB
	linearWork = 16                     // in its place where light is added up
	effectWork = 14                     // of a pixel of the result, for each thing done to it
	searchWork = 6                      // times that a file is encoded to find its quality or length
)

// entropyWork is of a pixel of the file, which a decoder reads whatever size it
// decodes to.
var entropyWork = map[spec.Format]int64{
	spec.JPEG: 3, spec.PNG: 8, spec.GIF: 9, spec.WebP: 12, spec.TIFF: 5, spec.AVIF: 40, spec.HEIC: 40, spec.JXL: 30,
	spec.BMP: 4, spec.ICO: 4,
}

// encodeWork is of a pixel of the result.
var encodeWork = map[spec.Format]int64{
	spec.JPEG: 12, spec.PNG: 75, spec.GIF: 140, spec.WebP: 70, spec.AVIF: 400, spec.JXL: 260,
}

// workCost estimates the time of an order.
func workCost(order spec.Order, plan spec.Plan, linear bool) time.Duration {
	facts, want := order.Original.Facts, order.Want
	frames := want.FramesKept(facts)
	whole := int64(facts.Width) * int64(facts.Height)
	decoded := pixelsOf(decodedSize(order, plan, linear))
	scale := int64(scaleWork)
	if linear {
		scale = linearWork
	}
	if want.Trim > 0 { // decoded once more, to see what is to be cut off
		decoded *= 2
	}
	encodes := int64(1)
	if want.Output.MaxBytes > 0 || want.Output.Quality == spec.QualityAuto {
		encodes = searchWork
	}
	perPixel := encodeWork[want.Output.Format]*encodes + effectWork*touches(want)
	return workBase + time.Duration(frames*(whole*entropyWork[facts.Format]+decoded*scale+pixelsOf(plan.Out)*perPixel))
}

// decodedSize is that of a frame as it comes out of the decoder, which shrinks
// where it can.
func decodedSize(order spec.Order, plan spec.Plan, linear bool) spec.Size {
	facts := order.Original.Facts
	if facts.Vector {
		return plan.Scaled
	}
	_, shrunk := loadOptions(facts, wholeScaled(facts, plan, linear || order.Want.Trim > 0), false)
	side := func(whole int) int { return int(math.Ceil(float64(whole) * shrunk)) } // as decoders round
	return spec.Size{Width: side(facts.Width), Height: side(facts.Height)}
}

// touches counts what is done to the pixels of the result.
func touches(want spec.Spec) int64 {
	count := int64(len(want.Effects))
	for _, wanted := range []bool{
		want.Turn != spec.Turn{}, want.Round != 0, want.Watermark != spec.Watermark{}, want.Text != spec.Text{},
	} {
		if wanted {
			count++
		}
	}
	return count
}
