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
	Crop       Region // of the original; everything else sees only that
	Trim       int    // 1…255: a border of one colour, give or take that much, is cut off; 0: it stays
	Size       Size
	Fit        Fit
	Position   Position
	Focus      Focus
	Enlarge    bool // may scale up beyond the original's own pixels
	Turn       Turn
	Background Color // behind transparency and around the picture
	Effects    Effects
	Tint       Color // colour of everything, lightness kept
	Watermark  Watermark
	Text       Text
	Pad        Sides // around everything, in pixels
	Round      int   // radius of the corners in pixels, or RoundMax; 0: they stay
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

// Focus is the point that a cover keeps as near to the middle as it can, in
// thousandths of the picture's sides. The zero Focus is none.
type Focus struct {
	X, Y int32
	Set  bool
}

// Sides are lengths at the four sides of a picture, in pixels.
type Sides struct {
	Top, Right, Bottom, Left int
}

// RoundMax rounds corners as far as it goes: a square becomes a circle, others
// a pill.
const RoundMax = -1

// Output is how the picture is written.
type Output struct {
	Format   Format
	Quality  int  // 1…100; 0 is the format's configured default, or QualityAuto
	Lossless bool // every pixel as it was computed
	Baseline bool // JPEG from top to bottom rather than progressive
	MaxBytes int  // the highest quality that fits is taken; 0: any length
	Metadata Metadata
	Profile  Profile
	Page     int  // of a multi-page original, from 2; 0 is the first
	Still    bool // the first frame of an animation only
}

// QualityAuto is the lowest quality that looks like the original.
const QualityAuto = -1

// Metadata says what is kept of EXIF, XMP and IPTC.
type Metadata uint8

// What is kept of metadata.
const (
	MetadataNone      Metadata = iota
	MetadataCopyright          // who made it and whose it is
	MetadataKeep               // all of it
)

var metadataNames = []string{"none", "copyright", "keep"}

// Profile says which colours are written.
type Profile uint8

// The profiles.
const (
	ProfileSRGB Profile = iota // converted to sRGB, no profile in the file
	ProfileKeep                // the original's own, and its profile in the file
)

var profileNames = []string{"srgb", "keep"}

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
	if !boxed || s.Fit != FitCover || s.Focus.X == 500 && s.Focus.Y == 500 {
		s.Focus = Focus{}
	}
	s.Turn = s.Turn.normalized()
	if s.Watermark.Fade == 1000 {
		s.Watermark = Watermark{}
	}
	if s.Watermark.Repeat {
		s.Watermark.Position = PositionCenter
	}
	s.Output = s.Output.normalized()
	return s
}

func (o Output) normalized() Output {
	if o.Page > 0 {
		o.Still = false // a page is a still picture
	}
	info, definite := o.Format.Info()
	if !definite {
		return o
	}
	if !o.Format.canBeLossless() && o.Format != PNG { // which can be told to have few colours
		o.Lossless = false
	}
	if !info.Quality || o.Lossless {
		o.Quality = 0
	}
	if o.Format != JPEG {
		o.Baseline = false
	}
	if o.Format == GIF { // it has no place for either
		o.Metadata, o.Profile = MetadataNone, ProfileSRGB
	}
	return o
}

// Facts is what an original's header tells of one of its pages, before any pixel
// is decoded.
type Facts struct {
	Format        Format
	Width, Height int // of one frame, as displayed: after EXIF orientation
	Frames        int // 1 for still pictures, and for a frame by itself
	Pages         int // that can be asked for one by one, frames among them; 0 is not known
	HasAlpha      bool
	Orientation   int  // EXIF 1…8, of the stored pixels; 0 and 1 both mean upright
	Vector        bool // it has no pixels of its own and loses nothing by being enlarged
}

// Pixels is the number of pixels that decoding everything gives.
func (f Facts) Pixels() int64 {
	return int64(f.Width) * int64(f.Height) * int64(max(f.Frames, 1))
}
