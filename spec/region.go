package spec

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Region is the part of the upright original that a picture is made of. The
// zero Region is all of it.
type Region struct {
	Left, Top, Width, Height Length
}

// Length is a length in pixels or, with Fraction, in millionths of a side.
type Length struct {
	Value    int32
	Fraction bool
}

// fractionUnit is a whole side in millionths.
const fractionUnit = 1_000_000

// maxLength bounds a length in pixels; no original has longer sides.
const maxLength = 10_000_000

func (l Length) of(side int) float64 {
	if l.Fraction {
		return float64(l.Value) * float64(side) / fractionUnit
	}
	return float64(l.Value)
}

// String writes fractions with a point and pixels without, as they are read.
func (l Length) String() string {
	if !l.Fraction {
		return strconv.Itoa(int(l.Value))
	}
	text := strconv.FormatFloat(float64(l.Value)/fractionUnit, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

func parseLength(text string) (Length, error) {
	if !strings.Contains(text, ".") {
		value, err := integer(text, 0, maxLength)
		return Length{Value: int32(value)}, err
	}
	value, err := number(text, 0, 1)
	if err != nil {
		return Length{}, err
	}
	millionths := int32(math.Round(value * fractionUnit))
	return Length{millionths, millionths > 0}, nil // no part of a side is no pixel
}

// parseRegion reads x:y:w:h, each in pixels or, with a point, in parts of the
// original's side.
func parseRegion(text string) (Region, error) {
	expected := fmt.Errorf("expected x:y:w:h in pixels, or with a point in parts 0.0…1.0 of the original, got %q", text)
	parts := strings.Split(text, ":")
	if len(parts) != 4 {
		return Region{}, expected
	}
	var lengths [4]Length
	for i, part := range parts {
		var err error
		if lengths[i], err = parseLength(part); err != nil {
			return Region{}, expected
		}
	}
	region := Region{lengths[0], lengths[1], lengths[2], lengths[3]}
	if region.Width.Value == 0 || region.Height.Value == 0 {
		return Region{}, expected
	}
	all := Length{fractionUnit, true}
	if region == (Region{Width: all, Height: all}) {
		return Region{}, nil
	}
	return region, nil
}

// String is what parseRegion reads back, empty for all of the original.
func (r Region) String() string {
	if r == (Region{}) {
		return ""
	}
	return r.Left.String() + ":" + r.Top.String() + ":" + r.Width.String() + ":" + r.Height.String()
}

// in is the region of an original of known size, in whole pixels; what lies
// outside is not part of it. Its errors wrap ErrImpossible.
func (r Region) in(width, height int) (Rect, error) {
	if r == (Region{}) {
		return Rect{0, 0, width, height}, nil
	}
	left, right := span(r.Left, r.Width, width)
	top, bottom := span(r.Top, r.Height, height)
	if left >= width || top >= height {
		return Rect{}, fmt.Errorf("%w: crop %s lies outside its %dx%d pixels", ErrImpossible, r, width, height)
	}
	return Rect{left, top, right - left, bottom - top}, nil
}

// span rounds both ends, rather than start and length, so that regions that
// meet do so without gap or overlap. It is at least one pixel long.
func span(start, length Length, side int) (from, to int) {
	from = int(math.Round(start.of(side)))
	to = int(math.Round(start.of(side) + length.of(side)))
	if start.Fraction && start.Value < fractionUnit {
		from = min(from, side-1) // a part of a side begins inside it
	}
	return from, min(max(to, from+1), side)
}
