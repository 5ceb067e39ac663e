package transform

import "api-resize/spec"

// written is a result as a file.
type written struct {
	data []byte
	how  coding
	over bool // longer than it was to be, but as short as it gets
}

// shorter lists, for each format, the codings that make a file shorter than one
// does, from the best to the shortest. Formats without a quality lose colours.
var shorter = map[spec.Format]func(first coding) []coding{
	spec.JPEG: lowerQualities,
	spec.WebP: lowerQualities,
	spec.AVIF: lowerQualities,
	spec.JXL:  lowerQualities,
	spec.PNG:  fewerPNGColours,
	spec.GIF:  fewerGIFColours,
}

func lowerQualities(first coding) (codings []coding) {
	for how := first; how.quality > 1; codings = append(codings, how) {
		how.quality--
	}
	return codings
}

// fewerPNGColours mixes colours only in the first step: mixing makes noise, which
// takes bytes.
func fewerPNGColours(first coding) (codings []coding) {
	for _, palette := range []palette{
		{8, 100, 1}, {8, 100, 0}, {8, 80, 0}, {8, 60, 0}, {8, 30, 0}, {8, 10, 0}, {4, 10, 0}, {2, 10, 0}, {1, 10, 0},
	} {
		if known := first.palette; known.depth > 0 && (palette.quality > known.quality || palette == known) {
			continue
		}
		how := first
		how.palette = palette
		codings = append(codings, how)
	}
	return codings
}

func fewerGIFColours(first coding) (codings []coding) {
	for depth := first.palette.depth; depth > 0; depth-- {
		how := first
		how.palette = palette{depth: depth}
		codings = append(codings, how)
	}
	return codings
}

// fit looks for the best coding that is no longer than wanted, in at most seven
// tries.
func (j *job) fit(first written, most int) (best written, err error) {
	codings := shorter[j.want.Output.Format](first.how)
	if j.want.Output.Format == spec.PNG && (!j.palettes || j.film.isGray() && j.carries.profile != nil) {
		codings = nil // a palette has colours, which a gray profile is not for
	}
	shortest := first
	_, err = bisect(len(codings), func(index int) (bool, error) {
		tried, err := j.code(codings[index])
		if err != nil {
			return false, err
		}
		if len(tried.data) < len(shortest.data) {
			shortest = tried
		}
		fits := len(tried.data) <= most
		if fits {
			best = tried
		}
		return fits, nil
	})
	if best.data == nil {
		best = shortest
		best.over = true
	}
	return best, err
}

// bisect is the least index below count from which on something holds, or count,
// where it holds from some index on. It asks at most as often as count has
// binary digits.
func bisect(count int, holds func(index int) (bool, error)) (int, error) {
	low, high := 0, count
	for low < high {
		middle := (low + high) / 2
		held, err := holds(middle)
		if err != nil {
			return 0, err
		}
		if held {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low, nil
}
