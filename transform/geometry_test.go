package transform

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"

	"api-resize/spec"
)

// gradient is a picture whose every pixel tells where it lies: red grows to the
// right and green downwards, both from 0 to 250.
func gradient(width, height int) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			picture.SetNRGBA(x, y, color.NRGBA{uint8(250 * x / (width - 1)), uint8(250 * y / (height - 1)), 60, 255})
		}
	}
	return picture
}

// shows fails unless the pixel at x and y of a picture, in parts of its size,
// is the one of the gradient at fromX and fromY.
func shows(t *testing.T, what string, picture *image.NRGBA, x, y, fromX, fromY float64) {
	t.Helper()
	size := picture.Bounds().Size()
	got := picture.NRGBAAt(min(int(x*float64(size.X)), size.X-1), min(int(y*float64(size.Y)), size.Y-1))
	want := color.NRGBA{uint8(250 * fromX), uint8(250 * fromY), 60, 255}
	if !near(got, want, 7) {
		t.Errorf("%s: at %g, %g is %v, want %v, the original's %g, %g", what, x, y, got, want, fromX, fromY)
	}
}

// TestGeometryOptions: where the corners and the middle of results come from, in
// every orientation that an original may be stored in.
func TestGeometryOptions(t *testing.T) {
	type from struct{ x, y, fromX, fromY float64 }
	for text, samples := range map[string][]from{
		"100x80,fit=fill":                             {{0, 0, 0, 0}, {1, 1, 1, 1}, {0.5, 0.25, 0.5, 0.25}},
		"max,crop=0.5:0.25:0.25:0.5":                  {{0, 0, 0.5, 0.25}, {1, 1, 0.75, 0.75}, {0.5, 0.5, 0.625, 0.5}},
		"80x,crop=0.5:0.5:0.5:0.5":                    {{0, 0, 0.5, 0.5}, {1, 1, 1, 1}},
		"40x30,crop=100:60:160:120,fit=fill":          {{0, 0, 0.25, 0.2}, {1, 1, 0.65, 0.6}},
		"50x50,crop=0:0:0.5:1.0,fit=fill":             {{0, 0, 0, 0}, {1, 1, 0.5, 1}},
		"300x100,crop=0.1:0.1:0.2:0.2,enlarge=true":   {{0.5, 0.5, 0.2, 0.2}, {0.01, 0.5, 0.1, 0.2}},
		"50x100,focus=0:0,fit=cover":                  {{0, 0, 0, 0}, {1, 1, 0.375, 1}},
		"50x100,focus=1:0.5":                          {{1, 0.5, 1, 0.5}, {0, 0, 0.625, 0}},
		"50x100,focus=0.5:0.9":                        {{0.5, 0.5, 0.5, 0.5}},
		"100x20,focus=0.1:0.75":                       {{0.5, 0.5, 0.5, 0.75}},
		"max,rotate=90":                               {{0, 0, 0, 1}, {1, 0, 0, 0}, {1, 1, 1, 0}, {0.5, 0.5, 0.5, 0.5}},
		"max,rotate=180":                              {{0, 0, 1, 1}, {1, 0, 0, 1}},
		"max,rotate=-90":                              {{0, 0, 1, 0}, {1, 0, 1, 1}},
		"max,flip=h":                                  {{0, 0, 1, 0}, {1, 1, 0, 1}},
		"max,flip=v":                                  {{0, 0, 0, 1}, {1, 0.5, 1, 0.5}},
		"max,flip=hv":                                 {{0, 0, 1, 1}},
		"max,rotate=90,flip=h":                        {{0, 0, 0, 0}, {1, 0, 0, 1}, {0, 1, 1, 0}},
		"60x30,rotate=90,position=left":               {{0.5, 0, 0, 0.5}, {0.5, 1, 1, 0.5}},
		"max,rotate=45":                               {{0.5, 0.5, 0.5, 0.5}},
		"max,rotate=30,crop=0.25:0.25:0.5:0.5":        {{0.5, 0.5, 0.5, 0.5}},
		"100x100,fit=contain,background=ffffff,r=270": {{0.5, 0.5, 0.5, 0.5}, {0.2, 0.04, 0.955, 0.113}},
		"80x60,pad=20,bg=black":                       {{0.5, 0.5, 0.5, 0.5}, {0.17, 0.21, 0, 0}},
		"80x60,round=20":                              {{0.5, 0.5, 0.5, 0.5}, {0.5, 0, 0.5, 0}, {0, 0.5, 0, 0.5}},
	} {
		for o := 1; o <= 8; o++ {
			original := pngOf(t, storedAs(gradient(400, 300), orientation(o)))
			if o > 1 {
				original = withOrientation(jpegOf(t, storedAs(gradient(400, 300), orientation(o))), o)
			}
			pixels := decoded(t, transform(t, original, text+",format=png").Bytes)
			for _, s := range samples {
				shows(t, fmt.Sprintf("%s, orientation %d", text, o), pixels, s.x, s.y, s.fromX, s.fromY)
			}
		}
	}
}

// storedAs is how a picture is stored whose EXIF orientation is o.
func storedAs(shown *image.NRGBA, o orientation) *image.NRGBA {
	size := spec.Size{Width: shown.Rect.Dx(), Height: shown.Rect.Dy()}
	stored := o.storedSize(size)
	picture := image.NewNRGBA(image.Rect(0, 0, stored.Width, stored.Height))
	for y := range size.Height {
		for x := range size.Width {
			at := o.storedRect(spec.Rect{Left: x, Top: y, Width: 1, Height: 1}, size)
			picture.SetNRGBA(at.Left, at.Top, shown.NRGBAAt(x, y))
		}
	}
	return picture
}

// A region of an original that is shrunk while it is decoded begins where it
// should.
func TestCropOfShrunk(t *testing.T) {
	for name, original := range map[string][]byte{
		"JPEG": jpegOf(t, gradient(4000, 3000)),
		"WebP": transform(t, jpegOf(t, gradient(2000, 1500)), "max,format=webp,quality=95").Bytes,
	} {
		for _, text := range []string{"100x,crop=0.2:0.3:0.4:0.4", "50x50,crop=0.2:0.3:0.4:0.4,fit=fill", "33x,crop=0.2:0.3:0.4:0.4"} {
			pixels := decoded(t, transform(t, original, text+",format=png").Bytes)
			shows(t, name+" "+text, pixels, 0, 0, 0.2, 0.3)
			shows(t, name+" "+text, pixels, 1, 1, 0.6, 0.7)
		}
	}
}

// Corners that a turn leaves are background, transparent where the format can.
func TestTurnedCorners(t *testing.T) {
	original := pngOf(t, plain(100, 60, red))
	for text, want := range map[string]color.NRGBA{
		"max,rotate=45,format=png":                         {0, 0, 0, 0},
		"max,rotate=45,format=webp":                        {0, 0, 0, 0},
		"max,rotate=45,format=jpeg":                        {255, 255, 255, 255},
		"max,rotate=-30,bg=0000ff,format=png":              {0, 0, 255, 255},
		"max,rotate=-30,bg=0000ff80,format=png":            {0, 0, 255, 128},
		"max,rotate=10,bg=0000ff,negate=true,format=png":   {0, 0, 255, 255},
		"max,rotate=10,bg=0000ff,blur=1,format=jpeg,q=100": {0, 0, 255, 255},
		"60x60,fit=contain,rotate=20,bg=lime,format=png":   {0, 255, 0, 255},
	} {
		pixels := decoded(t, transform(t, original, text).Bytes)
		if got := pixels.NRGBAAt(0, 0); !near(got, want, 3) {
			t.Errorf("%s: the corner is %v, want %v", text, got, want)
		}
	}
	// The edge is smooth, and what shines through it is no black.
	pixels := decoded(t, transform(t, original, "max,rotate=45,format=png").Bytes)
	smooth := 0
	for i := 0; i < len(pixels.Pix); i += 4 {
		if alpha := pixels.Pix[i+3]; alpha > 20 && alpha < 235 {
			smooth++
			if pixels.Pix[i] < 245 {
				t.Fatalf("an edge pixel is %v", pixels.Pix[i:i+4])
			}
		}
	}
	if smooth < 100 {
		t.Errorf("only %d pixels of the edge are smooth", smooth)
	}
}

func TestPad(t *testing.T) {
	original := pngOf(t, plain(40, 20, red))
	pixels := decoded(t, transform(t, original, "max,pad=1:2:3:4,bg=lime,format=png").Bytes)
	lime := color.NRGBA{0, 255, 0, 255}
	for y := range 24 {
		for x := range 46 {
			want := lime
			if x >= 4 && x < 44 && y >= 1 && y < 21 {
				want = red
			}
			if got := pixels.NRGBAAt(x, y); got != want {
				t.Fatalf("at %d, %d is %v, want %v", x, y, got, want)
			}
		}
	}
	if got := decoded(t, transform(t, original, "max,pad=3,format=webp").Bytes).NRGBAAt(1, 1); got.A != 0 {
		t.Errorf("without a background the pad is %v, want it transparent", got)
	}
	if got := decoded(t, transform(t, original, "max,pad=30,format=jpeg").Bytes).NRGBAAt(5, 5); !near(got, white, 2) {
		t.Errorf("where there is no transparency the pad is %v, want white", got)
	}
}

// A rounded square is a circle: its area is πr², its edge smooth, its corners
// transparent or background.
func TestRound(t *testing.T) {
	original := pngOf(t, plain(101, 101, red))
	for text, radius := range map[string]float64{"max,round=max": 50.5, "max,round=400": 50.5, "max,round=10": 10, "max,round=1": 1} {
		pixels := decoded(t, transform(t, original, text+",format=png").Bytes)
		var area float64
		for i := 3; i < len(pixels.Pix); i += 4 {
			area += float64(pixels.Pix[i]) / 255
		}
		if want := 101*101 - (4-math.Pi)*radius*radius; math.Abs(area-want) > 0.002*want {
			t.Errorf("%s covers %.1f pixels, want %.1f", text, area, want)
		}
	}
	pill := decoded(t, transform(t, pngOf(t, plain(200, 50, red)), "max,round=max,format=png").Bytes)
	if pill.NRGBAAt(0, 25).A < 200 || pill.NRGBAAt(3, 3).A != 0 || pill.NRGBAAt(100, 0) != red {
		t.Error("a wide picture is no pill")
	}
	for text, want := range map[string]color.NRGBA{
		"max,round=max,format=jpeg":         white,
		"max,round=max,format=jpeg,bg=blue": {0, 0, 255, 255},
		"max,round=max,format=png,bg=blue":  {}, // background is behind the picture, not around what is cut out
	} {
		if got := decoded(t, transform(t, original, text).Bytes).NRGBAAt(1, 1); !near(got, want, 5) && got.A+want.A > 0 {
			t.Errorf("%s: the corner is %v, want %v", text, got, want)
		}
	}
	// pad comes before round: a red disc in a lime ring.
	ring := decoded(t, transform(t, original, "101x101,pad=20,bg=lime,round=max,format=png").Bytes)
	if ring.NRGBAAt(70, 70) != red || ring.NRGBAAt(70, 4) != (color.NRGBA{0, 255, 0, 255}) || ring.NRGBAAt(2, 2).A != 0 {
		t.Errorf("got %v, %v, %v", ring.NRGBAAt(70, 70), ring.NRGBAAt(70, 4), ring.NRGBAAt(2, 2))
	}
}

// framed is a picture with a border of one colour around it.
func framed(inner *image.NRGBA, left, top, right, bottom int, border color.NRGBA) *image.NRGBA {
	size := inner.Bounds().Size()
	picture := plain(left+size.X+right, top+size.Y+bottom, border)
	for y := range size.Y {
		for x := range size.X {
			picture.SetNRGBA(left+x, top+y, inner.NRGBAAt(x, y))
		}
	}
	return picture
}

func TestTrim(t *testing.T) {
	inner := plain(60, 40, red)
	gray := color.NRGBA{120, 120, 120, 255}
	for name, test := range map[string]struct {
		original []byte
		spec     string
		want     spec.Size
	}{
		"white":            {pngOf(t, framed(inner, 10, 5, 20, 7, white)), "max,trim=10", spec.Size{Width: 60, Height: 40}},
		"scaled":           {pngOf(t, framed(inner, 10, 5, 20, 7, white)), "30x,trim=10", spec.Size{Width: 30, Height: 20}},
		"JPEG's noise":     {jpegOf(t, framed(inner, 16, 16, 16, 24, white)), "max,trim=40", spec.Size{Width: 60, Height: 40}},
		"transparent":      {pngOf(t, framed(inner, 3, 4, 5, 6, color.NRGBA{})), "max,trim=1", spec.Size{Width: 60, Height: 40}},
		"alike":            {pngOf(t, framed(plain(60, 40, color.NRGBA{125, 120, 120, 255}), 3, 4, 5, 6, gray)), "max,trim=5", spec.Size{Width: 68, Height: 50}},
		"not quite alike":  {pngOf(t, framed(plain(60, 40, color.NRGBA{126, 120, 120, 255}), 3, 4, 5, 6, gray)), "max,trim=5", spec.Size{Width: 60, Height: 40}},
		"nothing but that": {pngOf(t, plain(30, 20, gray)), "max,trim=5", spec.Size{Width: 30, Height: 20}},
		"after crop":       {pngOf(t, framed(inner, 10, 10, 10, 10, white)), "max,trim=5,crop=5:5:30:30", spec.Size{Width: 25, Height: 25}},
		"turned":           {withOrientation(jpegOf(t, framed(inner, 16, 16, 16, 24, white)), 6), "max,trim=40", spec.Size{Width: 40, Height: 60}},
		"cover":            {pngOf(t, framed(inner, 10, 5, 20, 7, white)), "20x20,trim=9", spec.Size{Width: 20, Height: 20}},
		"16 bit":           {pngOf(t, sixteenBit(framed(inner, 10, 5, 20, 7, white))), "max,trim=10", spec.Size{Width: 60, Height: 40}},
	} {
		picture := transform(t, test.original, test.spec+",format=png")
		pixels := decoded(t, picture.Bytes)
		got := spec.Size{Width: pixels.Bounds().Dx(), Height: pixels.Bounds().Dy()}
		if got != test.want || picture.Width != got.Width || picture.Height != got.Height {
			t.Errorf("%s: the result is %v and says %dx%d, want %v", name, got, picture.Width, picture.Height, test.want)
		}
	}
	// What one frame needs stays in all.
	picture := transform(t, gifOfFrames(t, framed(plain(4, 4, red), 2, 2, 14, 14, white), framed(plain(4, 4, blue), 10, 12, 6, 4, white)), "max,trim=10,format=gif")
	if frames := readAnimation(t, picture.Bytes); picture.Width != 12 || picture.Height != 14 || frames.frames != 2 {
		t.Errorf("the animation is %dx%d with %d frames, want 12x14 with 2", picture.Width, picture.Height, frames.frames)
	}
}

func sixteenBit(picture *image.NRGBA) image.Image {
	deep := image.NewNRGBA64(picture.Bounds())
	for y := range picture.Rect.Dy() {
		for x := range picture.Rect.Dx() {
			deep.Set(x, y, picture.At(x, y))
		}
	}
	return deep
}

// What trimming leaves may be too large for the box where the whole was not,
// and cropping may leave nothing.
func TestGeometryErrors(t *testing.T) {
	original := pngOf(t, framed(plain(1, 1000, red), 500, 0, 500, 0, white))
	small := limited(func(l *Limits) { l.Result = spec.ResultLimits{Pixels: 100_000, Side: 4000} })
	_, err := small.Transform(t.Context(), ordered(original, facts(t, original), resolved(t, "10x,trim=10,enlarge=true,format=png")))
	if !errors.Is(err, spec.ErrTooLarge) {
		t.Errorf("too large once it is trimmed: got %v", err)
	}
	_, err = engine.Transform(t.Context(), ordered(original, facts(t, original), resolved(t, "10x,crop=2000:0:10:10,format=png")))
	if !errors.Is(err, spec.ErrImpossible) {
		t.Errorf("a crop outside: got %v", err)
	}
	cut := original[:len(original)-200]
	_, err = engine.Transform(t.Context(), ordered(cut, facts(t, original), resolved(t, "10x,trim=10,format=png")))
	if !errors.Is(err, ErrCorrupt) {
		t.Errorf("trimming what is cut short: got %v", err)
	}
}
