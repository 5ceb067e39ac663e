package spec

import (
	"fmt"
	"math"
	"strings"
)

// Turn is how a picture is turned: first clockwise around its middle, then
// mirrored. The zero Turn leaves it as it is.
type Turn struct {
	Rotate int32 // thousandths of a degree, 0…359 999
	Flip   Flip
}

// Flip is a reflection.
type Flip uint8

// The reflections.
const (
	FlipNone       Flip = iota
	FlipHorizontal      // left becomes right
	FlipVertical        // top becomes bottom
	flipBoth            // is a half turn, and never in a normalized Turn
)

var flipNames = []string{"none", "h", "v", "hv"}

// Parts of a full turn, in thousandths of a degree.
const (
	quarterTurn = 90_000
	halfTurn    = 180_000
	fullTurn    = 360_000
)

// normalized writes each of the equal turns in one way: a reflection of both
// axes is a half turn, and of two ways to mirror the one that turns less is
// taken.
func (t Turn) normalized() Turn {
	if t.Flip == flipBoth {
		t.Flip = FlipNone
		t.Rotate += halfTurn
	}
	t.Rotate %= fullTurn
	if t.Flip != FlipNone && t.Rotate >= halfTurn {
		t.Rotate -= halfTurn
		t.Flip = FlipHorizontal + FlipVertical - t.Flip
	}
	return t
}

// Quarters is the turn in quarters clockwise, 0…3, and whether it is one of
// those; any other fills corners with the background.
func (t Turn) Quarters() (quarters int, whole bool) {
	return int(t.Rotate / quarterTurn), t.Rotate%quarterTurn == 0
}

// Degrees is the angle clockwise.
func (t Turn) Degrees() float64 { return float64(t.Rotate) / 1000 }

// Size is that of a turned picture: the smallest box around it.
func (t Turn) Size(size Size) Size {
	quarters, whole := t.Quarters()
	switch {
	case whole && quarters%2 == 1:
		return Size{size.Height, size.Width}
	case whole:
		return size
	}
	sin, cos := math.Sincos(t.Degrees() * math.Pi / 180)
	sin, cos = math.Abs(sin), math.Abs(cos)
	width, height := float64(size.Width), float64(size.Height)
	return Size{enclosing(width*cos + height*sin), enclosing(width*sin + height*cos)}
}

// enclosing rounds up, but for what is only an error of rounding.
func enclosing(length float64) int { return max(1, int(math.Ceil(length-1e-6))) }

// Rect is where a rectangle of a picture of the given size lies when the
// picture is turned by quarters.
func (t Turn) Rect(r Rect, size Size) Rect {
	quarters, _ := t.Quarters()
	for range quarters {
		r = Rect{size.Height - r.Top - r.Height, r.Left, r.Height, r.Width}
		size = Size{size.Height, size.Width}
	}
	switch t.Flip {
	case FlipHorizontal:
		r.Left = size.Width - r.Left - r.Width
	case FlipVertical:
		r.Top = size.Height - r.Top - r.Height
	}
	return r
}

func parseRotation(text string) (int32, error) {
	digits, negative := strings.CutPrefix(text, "-")
	degrees, err := number(digits, 0, 360)
	if err != nil {
		return 0, fmt.Errorf("expected a number of degrees -360…360, got %q", text)
	}
	if negative {
		degrees = 360 - degrees
	}
	return int32(math.Round(degrees*1000)) % fullTurn, nil
}
