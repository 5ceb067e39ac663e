package spec

import (
	"errors"
	"fmt"
	"math"
)

// ErrTooLarge is a result with more pixels than allowed.
var ErrTooLarge = errors.New("too many pixels")

// ErrImpossible is a request that this original cannot answer, such as a
// format that cannot be written.
var ErrImpossible = fmt.Errorf("%w for this original", ErrBadOption)

// Rect is a rectangle in whole pixels from the top left corner.
type Rect struct {
	Left, Top, Width, Height int
}

// Plan is the whole geometry of making one picture from an upright frame of
// known size: scale the frame to Scaled, cut Crop out of it, and put that at
// Place on a canvas of Out. No pixel operation decides a size of its own.
type Plan struct {
	Scaled Size // the whole frame after scaling
	Crop   Rect // what is kept of Scaled; its place is open when Smart
	Smart  bool // Crop's place is found by looking at the pixels
	Place  Rect // where the kept part lies on the canvas; its size is Crop's
	Out    Size // the result
}

// ResultLimits bound what may be made.
type ResultLimits struct {
	Pixels int64 // of all frames together
	Side   int   // pixels
}

// Plan computes the geometry for an original. Its errors wrap ErrTooLarge.
func (s Spec) Plan(original Facts, limits ResultLimits) (Plan, error) {
	plan := s.geometry(original.Width, original.Height)
	frames := int64(1)
	if s.KeepsFrames(original) {
		frames = int64(original.Frames)
	}
	expected := fmt.Sprintf("with %d frames, expected at most %d pixels a side and %d in all", frames, limits.Side, limits.Pixels)
	if max(plan.Out.Width, plan.Out.Height) > limits.Side || plan.Out.pixels()*frames > limits.Pixels {
		return Plan{}, fmt.Errorf("%w: the result would be %s %s", ErrTooLarge, plan.Out, expected)
	}
	// What a crop cuts off is never computed, unless it has to be looked at.
	if max(plan.Scaled.Width, plan.Scaled.Height) > maxScaledSide || plan.Smart && plan.Scaled.pixels()*frames > limits.Pixels {
		return Plan{}, fmt.Errorf("%w: before it is cropped the picture would be %s %s", ErrTooLarge, plan.Scaled, expected)
	}
	return plan, nil
}

// maxScaledSide bounds the sides of a picture before it is cropped, in pixels:
// a tenth of what libvips can count to.
const maxScaledSide = 1_000_000

func (s Size) pixels() int64 { return int64(s.Width) * int64(s.Height) }

// KeepsFrames reports whether the result of a resolved Spec is an animation.
func (s Spec) KeepsFrames(original Facts) bool {
	info, ok := s.Output.Format.Info()
	return ok && info.Animated && original.Frames > 1
}

func (s Spec) geometry(width, height int) Plan {
	box := s.Size
	boxed := box.Width > 0 && box.Height > 0
	switch {
	case box == Size{}:
		return whole(Size{width, height})
	case !boxed || s.Fit == FitInside || s.Fit == FitOutside:
		return whole(scaledBy(width, height, s.proportion(width, height)))
	case s.Fit == FitFill:
		return whole(s.stretched(width, height))
	case s.Fit == FitContain:
		return s.contained(scaledBy(width, height, s.proportion(width, height)))
	}
	return s.covered(width, height)
}

// whole is the plan that neither crops nor pads.
func whole(size Size) Plan {
	all := Rect{0, 0, size.Width, size.Height}
	return Plan{Scaled: size, Crop: all, Place: all, Out: size}
}

// proportion is the factor that both sides are scaled by, for all fits that
// keep the whole picture and its aspect ratio.
func (s Spec) proportion(width, height int) float64 {
	horizontal := float64(s.Size.Width) / float64(width)
	vertical := float64(s.Size.Height) / float64(height)
	factor := min(horizontal, vertical)
	switch {
	case s.Size.Height == 0:
		factor = horizontal
	case s.Size.Width == 0:
		factor = vertical
	case s.Fit == FitOutside:
		factor = max(horizontal, vertical)
	}
	if !s.Enlarge {
		factor = min(factor, 1)
	}
	return factor
}

func scaledBy(width, height int, factor float64) Size {
	return Size{pixels(float64(width) * factor), pixels(float64(height) * factor)}
}

// pixels rounds a length to whole pixels; a picture never loses a side whole.
func pixels(length float64) int {
	return max(1, int(math.Round(length)))
}

func (s Spec) stretched(width, height int) Size {
	if s.Enlarge {
		return s.Size
	}
	return Size{min(s.Size.Width, width), min(s.Size.Height, height)}
}

func (s Spec) contained(scaled Size) Plan {
	scaled.Width, scaled.Height = min(scaled.Width, s.Size.Width), min(scaled.Height, s.Size.Height)
	left, top := s.Position.offset(s.Size.Width-scaled.Width, s.Size.Height-scaled.Height)
	return Plan{
		Scaled: scaled,
		Crop:   Rect{0, 0, scaled.Width, scaled.Height},
		Place:  Rect{left, top, scaled.Width, scaled.Height},
		Out:    s.Size,
	}
}

func (s Spec) covered(width, height int) Plan {
	out := s.Size
	if !s.Enlarge {
		// The largest box of the same aspect ratio that the original fills.
		factor := min(1, float64(width)/float64(out.Width), float64(height)/float64(out.Height))
		out = scaledBy(out.Width, out.Height, factor)
	}
	factor := max(float64(out.Width)/float64(width), float64(out.Height)/float64(height))
	scaled := scaledBy(width, height, factor)
	scaled = Size{max(scaled.Width, out.Width), max(scaled.Height, out.Height)}
	left, top := s.Position.offset(scaled.Width-out.Width, scaled.Height-out.Height)
	return Plan{
		Scaled: scaled,
		Crop:   Rect{left, top, out.Width, out.Height},
		Smart:  s.Position.Smart() && scaled != out,
		Place:  Rect{0, 0, out.Width, out.Height},
		Out:    out,
	}
}

// offset is where something lies in a space that is larger by the given room,
// in pixels; smart positions begin in the middle.
func (p Position) offset(horizontal, vertical int) (left, top int) {
	left, top = horizontal/2, vertical/2
	switch p {
	case PositionTopLeft, PositionLeft, PositionBottomLeft:
		left = 0
	case PositionTopRight, PositionRight, PositionBottomRight:
		left = horizontal
	}
	switch p {
	case PositionTopLeft, PositionTop, PositionTopRight:
		top = 0
	case PositionBottomLeft, PositionBottom, PositionBottomRight:
		top = vertical
	}
	return left, top
}
