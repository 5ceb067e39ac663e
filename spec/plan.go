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
	Left   int `json:"left"`
	Top    int `json:"top"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Plan is the whole geometry of making one picture from an upright frame of
// known size. No pixel operation decides a size of its own.
//
//	upright frame ── Region ──▶ scale to Scaled ── Crop ──▶ lay at Place in Box
//	   ──▶ turn to Turned ──▶ lay at Pad's top left corner in Out
type Plan struct {
	Region Rect // what is taken of the frame
	Scaled Size // the region after scaling
	Crop   Rect // what is kept of Scaled; its place is open when Smart
	Smart  bool // Crop's place is found by looking at the pixels
	Place  Rect // where the kept part lies in Box; its size is Crop's
	Box    Size // the kept part with what contain puts around it
	Turned Size // the box after turning
	Pad    Sides
	Out    Size // the result
}

// ResultLimits bound what may be made.
type ResultLimits struct {
	Pixels int64 // of all frames together
	Side   int   // pixels
}

// Plan computes the geometry for an original. What Trim will cut off is not
// known before its pixels are, so that a picture that is to be trimmed is
// planned as if there were nothing to cut off; see PlanRegion. Its errors wrap
// ErrTooLarge or ErrImpossible.
func (s Spec) Plan(original Facts, limits ResultLimits) (Plan, error) {
	region, err := s.Crop.in(original.Width, original.Height)
	if err != nil {
		return Plan{}, err
	}
	return s.PlanRegion(original, region, limits)
}

// PlanRegion computes the geometry when it is known which part of the upright
// original Crop and Trim have left. Its errors wrap ErrTooLarge.
func (s Spec) PlanRegion(original Facts, region Rect, limits ResultLimits) (Plan, error) {
	s.Enlarge = s.Enlarge || original.Vector
	plan := s.geometry(region.Width, region.Height)
	plan.Region = region
	plan.Turned = s.Turn.Size(plan.Box)
	plan.Pad = s.Pad
	plan.Out = Size{plan.Turned.Width + s.Pad.Left + s.Pad.Right, plan.Turned.Height + s.Pad.Top + s.Pad.Bottom}
	frames := s.FramesKept(original)
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
	return ok && info.Animated && s.wantsFrames(original)
}

// FramesKept is how many frames the result of a resolved Spec has.
func (s Spec) FramesKept(original Facts) int64 {
	if s.KeepsFrames(original) {
		return int64(original.Frames)
	}
	return 1
}

// wantsFrames reports whether there are frames, and all of them are wanted.
func (s Spec) wantsFrames(original Facts) bool {
	return original.Frames > 1 && !s.Output.Still && s.Output.Page == 0
}

// geometry is the plan up to the box, of a region of known size.
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
	return Plan{Scaled: size, Crop: all, Place: all, Box: size}
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
		Box:    s.Size,
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
	left, top := s.keeps(scaled, out)
	return Plan{
		Scaled: scaled,
		Crop:   Rect{left, top, out.Width, out.Height},
		Smart:  s.Position.Smart() && scaled != out,
		Place:  Rect{0, 0, out.Width, out.Height},
		Box:    out,
	}
}

// keeps is where a cover of size out begins in a picture of size scaled.
func (s Spec) keeps(scaled, out Size) (left, top int) {
	if !s.Focus.Set {
		return s.Position.offset(scaled.Width-out.Width, scaled.Height-out.Height)
	}
	around := func(at int32, scaled, out int) int {
		start := float64(at)/1000*float64(scaled) - float64(out)/2
		return min(max(0, int(math.Round(start))), scaled-out)
	}
	return around(s.Focus.X, scaled.Width, out.Width), around(s.Focus.Y, scaled.Height, out.Height)
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
