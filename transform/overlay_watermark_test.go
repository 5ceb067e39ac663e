package transform

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// marked makes a picture with a watermark.
func marked(t testing.TB, original, watermark []byte, text string) spec.Picture {
	t.Helper()
	picture, err := attemptMarked(t, original, watermark, text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return picture
}

func attemptMarked(t testing.TB, original, watermark []byte, text string) (spec.Picture, error) {
	t.Helper()
	order := ordered(original, facts(t, original), resolved(t, text+",format=png,watermark=photos/mark.png"))
	order.Watermark = spec.Original{Bytes: watermark, Facts: facts(t, watermark)}
	return engine.Transform(t.Context(), order)
}

// over is Porter and Duff's operator of that name, on colours that are not
// multiplied by their alpha, rounded.
func over(front, back color.NRGBA, fade int) color.NRGBA {
	front.A = uint8(math.Round(float64(front.A) * float64(1000-fade) / 1000))
	a, b := float64(front.A)/255, float64(back.A)/255
	alpha := a + b*(1-a)
	if alpha == 0 {
		return color.NRGBA{}
	}
	mix := func(front, back uint8) uint8 {
		return uint8(math.Round((float64(front)*a + float64(back)*b*(1-a)) / alpha))
	}
	return color.NRGBA{mix(front.R, back.R), mix(front.G, back.G), mix(front.B, back.B), uint8(math.Round(alpha * 255))}
}

// Every pixel is what the formula says, and what is not covered is as it was.
func TestWatermarkBlends(t *testing.T) {
	for _, back := range []color.NRGBA{{200, 100, 50, 255}, {201, 103, 57, 254}, {200, 100, 50, 128}, {10, 250, 130, 1}, {90, 90, 90, 0}} {
		for _, alpha := range []uint8{255, 254, 128, 77, 1, 0} {
			for opacity, fade := range map[string]int{"1": 0, "0.5": 500, "0.333": 667, "0.001": 999} {
				front := color.NRGBA{21, 222, 119, alpha}
				original, watermark := pngOf(t, plain(30, 20, back)), pngOf(t, plain(10, 10, front))
				pixels := decoded(t, marked(t, original, watermark, "max,wm_position=top-left,wm_opacity="+opacity).Bytes)
				want := over(front, back, fade)
				if got := pixels.NRGBAAt(5, 5); !near(got, want, 0) && want.A != 0 {
					t.Errorf("%v over %v at opacity %s: got %v, want %v", front, back, opacity, got, want)
				}
				for _, at := range []image.Point{{20, 5}, {5, 15}, {29, 19}, {10, 9}} {
					if got := pixels.NRGBAAt(at.X, at.Y); got != back && back.A != 0 {
						t.Errorf("beside %v the picture is %v, want %v", front, got, back)
					}
				}
			}
		}
	}
}

// boxOf is the smallest rectangle around all pixels that differ from one colour.
func boxOf(picture *image.NRGBA, back color.NRGBA) image.Rectangle {
	var box image.Rectangle
	for y := range picture.Rect.Dy() {
		for x := range picture.Rect.Dx() {
			if picture.NRGBAAt(x, y) != back {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return box
}

func TestWatermarkPlaces(t *testing.T) {
	original := pngOf(t, plain(200, 100, red))
	small, wide, large := pngOf(t, plain(40, 20, blue)), pngOf(t, plain(300, 30, blue)), pngOf(t, plain(400, 400, blue))
	for _, test := range []struct {
		watermark []byte
		options   string
		want      image.Rectangle
	}{
		{small, "max", image.Rect(80, 40, 120, 60)},
		{small, "max,wm_position=top", image.Rect(80, 0, 120, 20)},
		{small, "max,wm_position=top-right", image.Rect(160, 0, 200, 20)},
		{small, "max,wm_position=right", image.Rect(160, 40, 200, 60)},
		{small, "max,wm_position=bottom-right", image.Rect(160, 80, 200, 100)},
		{small, "max,wm_position=bottom", image.Rect(80, 80, 120, 100)},
		{small, "max,wm_position=bottom-left", image.Rect(0, 80, 40, 100)},
		{small, "max,wm_position=left", image.Rect(0, 40, 40, 60)},
		{small, "max,wm_position=top-left", image.Rect(0, 0, 40, 20)},
		// Its own size does not change with the picture's, unless that is smaller.
		{small, "100x", image.Rect(30, 15, 70, 35)},
		{small, "20x", image.Rect(0, 0, 20, 10)},
		{wide, "max,wm_position=bottom", image.Rect(0, 80, 200, 100)},
		{large, "max,wm_position=right", image.Rect(100, 0, 200, 100)},
		// A part of the picture's width, up or down.
		{small, "max,wm_scale=0.5", image.Rect(50, 25, 150, 75)},
		{small, "max,wm_scale=0.1,wm_position=top-left", image.Rect(0, 0, 20, 10)},
		{large, "max,wm_scale=1", image.Rect(50, 0, 150, 100)},
		// On the picture as it is then: turned, in its box, and not yet padded.
		{small, "max,rotate=90,wm_position=top-left", image.Rect(0, 0, 40, 20)},
		{small, "max,crop=0:0:100:50,wm_position=bottom-right", image.Rect(60, 30, 100, 50)},
		{small, "300x100,fit=contain,bg=dc1e1e,wm_position=left", image.Rect(0, 40, 40, 60)},
		{small, "max,pad=7:0:0:9,bg=dc1e1e,wm_position=top-left", image.Rect(9, 7, 49, 27)},
	} {
		pixels := decoded(t, marked(t, original, test.watermark, test.options).Bytes)
		if got := boxOf(pixels, red); got != test.want {
			t.Errorf("%s: the watermark covers %v, want %v", test.options, got, test.want)
		}
		middle := test.want.Min.Add(test.want.Max).Div(2)
		if got := pixels.NRGBAAt(middle.X, middle.Y); !near(got, blue, 1) {
			t.Errorf("%s: the watermark is %v, want %v", test.options, got, blue)
		}
	}
}

// Every format is a watermark, and is turned upright; small ones are not made by
// way of all the pixels of large ones.
func TestWatermarkFormats(t *testing.T) {
	original := pngOf(t, plain(64, 48, color.NRGBA{10, 10, 10, 255}))
	watermarks := originals(t, corners(640, 480))
	for o := 1; o <= 8; o++ {
		watermarks[fmt.Sprintf("orientation %d", o)] = withOrientation(jpegOf(t, storedAs(corners(640, 480), orientation(o))), o)
	}
	for name, watermark := range watermarks {
		pixels := decoded(t, marked(t, original, watermark, "max,wm_scale=1").Bytes)
		for at, want := range map[image.Point]color.NRGBA{{16, 12}: red, {48, 12}: green, {16, 36}: blue, {48, 36}: white} {
			if got := pixels.NRGBAAt(at.X, at.Y); !near(got, want, 10) {
				t.Errorf("%s: %v at %v, want %v", name, got, at, want)
			}
		}
	}
	first := decoded(t, marked(t, original, gifOf(t, 64, 48, red, blue, green), "max").Bytes)
	if got := first.NRGBAAt(30, 20); !near(got, red, 2) {
		t.Errorf("an animated watermark is %v, want its first frame, %v", got, red)
	}
}

// Tiles cover everything, without gap or seam, and one lies in the middle.
func TestWatermarkRepeats(t *testing.T) {
	original := pngOf(t, plain(157, 91, color.NRGBA{1, 2, 3, 255}))
	for _, size := range []image.Point{{30, 20}, {1, 1}, {2, 91}, {157, 91}, {100, 3}, {13, 90}} {
		watermark := corners(size.X, size.Y)
		pixels := decoded(t, marked(t, original, pngOf(t, watermark), "max,wm_repeat=true").Bytes)
		left, top := (157-size.X)/2, (91-size.Y)/2
		for y := range 91 {
			for x := range 157 {
				got, want := pixels.NRGBAAt(x, y), watermark.NRGBAAt((x-left+157*size.X)%size.X, (y-top+91*size.Y)%size.Y)
				if got != want {
					t.Fatalf("%v repeated: %v at %d, %d, want %v", size, got, x, y, want)
				}
			}
		}
	}
	scaled := decoded(t, marked(t, original, pngOf(t, plain(10, 10, blue)), "1000x,enlarge=true,wm_scale=0.3,wm_repeat=true").Bytes)
	if got := boxOf(scaled, blue); !got.Empty() {
		t.Errorf("%v is not covered by large tiles", got)
	}
}

func TestWatermarkOnFrames(t *testing.T) {
	order := ordered(gifOf(t, 60, 40, red, green, blue), spec.Facts{}, resolved(t, "max,format=webp,watermark=mark,wm_position=bottom-right,wm_opacity=0.5"))
	order.Original.Facts = facts(t, order.Original.Bytes)
	order.Watermark.Bytes = pngOf(t, plain(20, 10, white))
	order.Watermark.Facts = facts(t, order.Watermark.Bytes)
	order.Want.Output.Lossless = true
	order.Want.Output.Quality = 100
	picture, err := engine.Transform(t.Context(), order)
	if err != nil {
		t.Fatal(err)
	}
	a := readAnimation(t, picture.Bytes)
	if a.frames != 3 || a.height != 40 {
		t.Fatalf("%d frames of height %d, want 3 of 40", a.frames, a.height)
	}
	for frame, back := range []color.NRGBA{red, green, blue} {
		for at, want := range map[image.Point]color.NRGBA{
			{50, 35}: over(white, back, 500), {41, 31}: over(white, back, 500), {58, 38}: over(white, back, 500),
			{30, 35}: back, {50, 26}: back, {2, 2}: back, {50, 1}: back,
		} {
			if got := a.pixels(at.X, at.Y, frame); !near(got, want, 12) {
				t.Errorf("frame %d is %v at %v, want %v", frame, got, at, want)
			}
		}
	}
}

// bandsOf counts the channels of a result.
func bandsOf(t *testing.T, data []byte) int {
	t.Helper()
	ref, err := vips.NewImageFromBuffer(data)
	if err != nil {
		t.Fatal(err)
	}
	defer ref.Close()
	return ref.Bands()
}

// Gray is mixed with gray as gray, and no channel is added that nobody needs.
func TestWatermarkKinds(t *testing.T) {
	gray := func(width, height int, value uint8) []byte {
		picture := image.NewGray(image.Rect(0, 0, width, height))
		for i := range picture.Pix {
			picture.Pix[i] = value
		}
		return pngOf(t, picture)
	}
	colours := transform(t, jpegOf(t, plain(40, 40, red)), "max,format=png").Bytes
	seen := decoded(t, colours).NRGBAAt(20, 20) // JPEG keeps no colour exactly
	for _, test := range []struct {
		name                string
		original, watermark []byte
		bands               int
		want                color.NRGBA
	}{
		{"gray on gray", gray(40, 40, 100), gray(20, 20, 201), 1, color.NRGBA{151, 151, 151, 255}},
		{"colour on gray", gray(40, 40, 100), pngOf(t, plain(20, 20, red)), 3, over(red, color.NRGBA{100, 100, 100, 255}, 500)},
		{"gray on colour", colours, gray(20, 20, 201), 3, over(color.NRGBA{201, 201, 201, 255}, seen, 500)},
		{"alpha on colour", colours, pngOf(t, plain(20, 20, color.NRGBA{1, 2, 3, 100})), 3, over(color.NRGBA{1, 2, 3, 100}, seen, 500)},
		{"colour on alpha", pngOf(t, plain(40, 40, color.NRGBA{1, 2, 3, 100})), colours, 4, over(seen, color.NRGBA{1, 2, 3, 100}, 500)},
	} {
		picture := marked(t, test.original, test.watermark, "max,wm_opacity=0.5")
		if got := bandsOf(t, picture.Bytes); got != test.bands {
			t.Errorf("%s: %d channels, want %d", test.name, got, test.bands)
		}
		if got := decoded(t, picture.Bytes).NRGBAAt(20, 20); !near(got, test.want, 1) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// What is wrong with a watermark is said of the watermark.
func TestWatermarkErrors(t *testing.T) {
	original := jpegOf(t, corners(100, 80))
	good := jpegOf(t, corners(60, 40))
	foreign := facts(t, good)
	foreign.Width, foreign.Height = 600, 400
	for _, test := range []struct {
		name      string
		engine    *Engine
		watermark spec.Original
		want      error
	}{
		{"cut short", engine, spec.Original{Bytes: good[:len(good)*2/3], Facts: facts(t, good)}, ErrCorrupt},
		{"no image", engine, spec.Original{Bytes: []byte("hello, this is no image"), Facts: facts(t, good)}, ErrUnsupported},
		{"another's facts", engine, spec.Original{Bytes: good, Facts: foreign}, ErrCorrupt},
		{"another format's facts", engine, spec.Original{Bytes: good, Facts: facts(t, pngOf(t, corners(60, 40)))}, ErrCorrupt},
		{"too large", limited(func(l *Limits) { l.Pixels = 8000 }), spec.Original{Bytes: pngOf(t, corners(90, 90)), Facts: facts(t, pngOf(t, corners(90, 90)))}, ErrTooManyPixels},
	} {
		order := ordered(original, facts(t, original), resolved(t, "max,format=png,watermark=mark"))
		order.Watermark = test.watermark
		_, err := test.engine.Transform(t.Context(), order)
		if !errors.Is(err, test.want) || !strings.Contains(err.Error(), "watermark") {
			t.Errorf("%s: got %v, want %v of the watermark", test.name, err, test.want)
		}
	}
	_, err := engine.Transform(t.Context(), ordered(original, facts(t, original), resolved(t, "max,format=png,watermark=mark")))
	if err == nil || errors.Is(err, ErrCorrupt) || errors.Is(err, ErrUnsupported) {
		t.Errorf("no watermark in the order: got %v, want a fault of ours", err)
	}
}

// A result may be smaller than its watermark, whatever results may be at most.
func TestWatermarkBeyondResults(t *testing.T) {
	e := limited(func(l *Limits) { l.Result = spec.ResultLimits{Pixels: 1000, Side: 50} })
	original, watermark := pngOf(t, plain(40, 20, red)), pngOf(t, plain(300, 300, blue))
	order := ordered(original, facts(t, original), resolved(t, "max,format=png,watermark=mark"))
	order.Watermark = spec.Original{Bytes: watermark, Facts: facts(t, watermark)}
	picture, err := e.Transform(t.Context(), order)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := boxOf(decoded(t, picture.Bytes), red), image.Rect(10, 0, 30, 20); got != want {
		t.Errorf("the watermark covers %v, want %v", got, want)
	}
}
