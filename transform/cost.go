package transform

import "api-resize/spec"

// Cost estimates what an order takes. It is for admission: by a memory budget,
// and by the time that others have to wait. An order without the bytes of its
// originals is judged by their facts.
func (e *Engine) Cost(order spec.Order) spec.Cost {
	return cost(order, e.limits.Result, e.config.Linear)
}

// DescribeCost is Cost for Describe.
func (e *Engine) DescribeCost(original spec.Original) spec.Cost {
	return cost(spec.Order{Original: original, Want: glance}, glanceLimits, false)
}

func cost(order spec.Order, limits spec.ResultLimits, linear bool) spec.Cost {
	base := int64(costBase + len(order.Original.Bytes) + len(order.Watermark.Bytes))
	plan, err := order.Want.Plan(order.Original.Facts, limits)
	if err != nil {
		return spec.Cost{Bytes: base, Work: workBase} // nothing will be made
	}
	return spec.Cost{
		Bytes:   base + memoryCost(order, plan, linear),
		Work:    workCost(order, plan, linear),
		Decoded: decodedSize(order, plan, linear),
	}
}

// memoryCost is in bytes, beyond what every picture takes.
func memoryCost(order spec.Order, plan spec.Plan, linear bool) (bytes int64) {
	facts, want := order.Original.Facts, order.Want
	frames := want.FramesKept(facts)
	scaled := pixelsOf(plan.Scaled) * frames
	out := pixelsOf(plan.Out) * frames
	if want.Trim > 0 { // decoded in full size, and turned upright
		bytes += 2 * 4 * int64(plan.Region.Width) * int64(plan.Region.Height) * frames
	}
	if want.Turn != (spec.Turn{}) || want.Round != 0 || want.Pad != (spec.Sides{}) {
		out *= 2
	}
	bytes += overlayCost(order, plan.Turned)
	if want.Output.MaxBytes > 0 || want.Output.Quality == spec.QualityAuto { // all pixels are kept to be coded again
		bytes += 4 * pixelsOf(plan.Out) * frames
	}
	decoded := plan.Scaled
	if want.Trim > 0 || linear { // nothing is shrunk while it is decoded
		decoded = spec.Size{Width: facts.Width, Height: facts.Height}
	}
	return bytes + decodeCost(facts, decoded) + scaled*4 + out*encodeCost[want.Output.Format]
}

// costBase covers what every picture takes: pipeline, strips, thread.
const costBase = 4 << 20

func pixelsOf(size spec.Size) int64 { return int64(size.Width) * int64(size.Height) }

// decodeCost is what the decoder holds of the whole original. Which JPEG is
// progressive and which PNG interlaced, facts don't tell, so the costlier kind
// is assumed.
func decodeCost(facts spec.Facts, scaled spec.Size) int64 {
	pixels := int64(facts.Width) * int64(facts.Height)
	switch facts.Format {
	case spec.JPEG:
		return pixels * 3 // coefficients of 16 bits, chroma at half resolution
	case spec.PNG:
		return pixels * 4
	case spec.GIF:
		return pixels * 8 // the canvas, and the one before
	case spec.WebP:
		return pixels*2 + min(pixels, pixelsOf(scaled))*8 // planes, canvas, frame
	case spec.BMP, spec.ICO:
		return pixels * 8 // as Go decodes it, and as libvips has it
	case spec.SVG:
		return pixelsOf(scaled)*40 + svgBase // filters hold whole pictures
	case spec.AVIF, spec.HEIC:
		return pixels * 8 // planes and RGB
	case spec.JXL:
		return pixels * 40 // with layers or alpha: floats of all channels, twice; 6 without
	}
	return pixels * 4
}

// encodeCost is what the encoder of a format holds for each pixel, in bytes.
var encodeCost = map[spec.Format]int64{
	spec.JPEG: 3 + 3, // progressive: all coefficients
	spec.PNG:  4,
	spec.WebP: 4 + 12,
	spec.AVIF: 4 + 30,
	spec.GIF:  4 + 8,
	spec.JXL:  4 + 60,
}
