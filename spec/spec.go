// Package spec says which picture is wanted: the options, their grammar, one
// canonical spelling of each request, and the whole geometry as integers.
//
// It is pure data and the standard library. It opens no file, knows no HTTP
// and touches no pixel: what a Spec's Plan says is what transform does.
package spec

// Spec is the picture wanted of an original. The zero Spec is the original as
// it is. A Spec made by Parse or Build is normalized: what can make no
// difference to the picture is at its zero value, so that equal pictures have
// equal Specs, and Parse(s.String()) == s.
type Spec struct {
	Size       Size
	Fit        Fit
	Position   Position
	Enlarge    bool  // may scale up beyond the original's own pixels
	Background Color // behind transparency and around the picture
	Effects    Effects
	Tint       Color // colour of everything, lightness kept
	Output     Output
}

// Size is the wanted box in pixels, 1…MaxSide each; 0 leaves that side to the
// original's aspect ratio. The zero Size is the original's own size, "max".
type Size struct {
	Width, Height int
}

// MaxSide bounds each side that can be asked for, in pixels.
const MaxSide = 8192

// Fit says how a picture comes into a box of which both sides are given.
type Fit uint8

// The fits. FitCover is the default.
const (
	FitCover   Fit = iota // exactly the box, cropped
	FitContain            // exactly the box, background around
	FitInside             // at most the box
	FitOutside            // at least the box
	FitFill               // exactly the box, stretched
)

var fitNames = []string{"cover", "contain", "inside", "outside", "fill"}

func (f Fit) String() string { return fitNames[f] }

// Position says which part of the picture a cover keeps, or where in the box
// a contain puts it.
type Position uint8

// The positions: nine compass points, and two that look at the picture.
const (
	PositionCenter Position = iota
	PositionTop
	PositionTopRight
	PositionRight
	PositionBottomRight
	PositionBottom
	PositionBottomLeft
	PositionLeft
	PositionTopLeft
	PositionEntropy   // the part with the most detail
	PositionAttention // the part that draws the eye: skin, saturation, edges
)

var positionNames = []string{
	"center", "top", "top-right", "right", "bottom-right", "bottom",
	"bottom-left", "left", "top-left", "entropy", "attention",
}

func (p Position) String() string { return positionNames[p] }

// Smart reports whether the position depends on what is in the picture.
func (p Position) Smart() bool { return p == PositionEntropy || p == PositionAttention }

// Output is how the picture is written.
type Output struct {
	Format  Format
	Quality int // 1…100; 0 is the format's configured default
}

// normalized returns s with everything at zero that cannot change the
// picture.
func (s Spec) normalized() Spec {
	boxed := s.Size.Width > 0 && s.Size.Height > 0
	if !boxed {
		s.Fit = FitCover
	}
	if s.Size == (Size{}) {
		s.Enlarge = false
	}
	switch {
	case !boxed, s.Fit != FitCover && s.Fit != FitContain:
		s.Position = PositionCenter
	case s.Fit == FitContain && s.Position.Smart():
		s.Position = PositionCenter
	}
	if info, ok := s.Output.Format.Info(); ok && !info.Quality {
		s.Output.Quality = 0
	}
	return s
}

// Facts is what an original's header tells, before any pixel is decoded.
type Facts struct {
	Format        Format
	Width, Height int // of one frame, as displayed: after EXIF orientation
	Frames        int // 1 for still pictures
	HasAlpha      bool
	Orientation   int // EXIF 1…8, of the stored pixels; 0 and 1 both mean upright
}

// Pixels is the number of pixels that decoding everything gives.
func (f Facts) Pixels() int64 {
	return int64(f.Width) * int64(f.Height) * int64(max(f.Frames, 1))
}
