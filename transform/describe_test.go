package transform

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"regexp"
	"sync"
	"testing"
	"time"

	"go.n16f.net/thumbhash"

	"api-resize/spec"
)

// What evanw's own thumbhash.js 0.1.1 makes of the same pixels.
func TestThumbhashReference(t *testing.T) {
	for _, test := range []struct {
		width, height int
		seeThrough    bool
		want          string
	}{
		{100, 75, false, "nQgKRZqAh3dRdoeIh2d4h2KwB/iI"},
		{75, 100, false, "nfgJRRqBdlCIiHZ3h3h3eHCyBvd3"},
		{100, 75, true, "YQmGJIwnwIeShopmOAedoH8Gdyd3d3h3Bw=="},
		{64, 64, true, "oPmFJQwnoIaAmIpniZDwCflngIeAiIh4iA=="},
		{3, 100, false, "26cNQRpzgEeHiXZ4cngP93c="},
		{1, 1, false, "AAgCBwAAAAAAAAAAAAAAAAAAAAAAAAAA"},
		{100, 1, true, "mUazYdR3d3iIiIC2h3+ICISHiIiwd/g="},
		{40, 90, true, "4tiFKg4ng5C4d5mQtgnpWXSHcHh3d3c="},
	} {
		picture := image.NewNRGBA(image.Rect(0, 0, test.width, test.height))
		for y := range test.height {
			for x := range test.width {
				alpha := 255
				if test.seeThrough {
					alpha = (x + y) * 255 / (test.width + test.height)
				}
				picture.SetNRGBA(x, y, color.NRGBA{
					uint8(x * 255 / test.width), uint8(y * 255 / test.height), uint8((x ^ y) * 3), uint8(alpha),
				})
			}
		}
		if got := base64.StdEncoding.EncodeToString(thumbhashOf(picture)); got != test.want {
			t.Errorf("%dx%d: got %s, want %s", test.width, test.height, got, test.want)
		}
	}
}

// Every format is described alike, as far as its compression lets it.
func TestDescribeFormats(t *testing.T) {
	picture := split(70, red, blue)
	for name, original := range originals(t, picture) {
		got := describe(t, original)
		if !near(parsedColor(t, got.DominantColor), red, 4) {
			t.Errorf("%s: the dominant colour is %s, want nearly #dc1e1e", name, got.DominantColor)
		}
		pixels := shown(t, got)
		if left, right := pixels.At(3, 16), pixels.At(29, 16); !near(asNRGBA(left), red, 45) || !near(asNRGBA(right), blue, 45) {
			t.Errorf("%s: the thumbhash shows %v and %v, want nearly %v and %v", name, left, right, red, blue)
		}
		if got.EXIF != nil {
			t.Errorf("%s: tells %q", name, got.EXIF)
		}
	}
}

// parsedColor reads a Description's colour.
func parsedColor(t *testing.T, text string) color.NRGBA {
	t.Helper()
	if !regexp.MustCompile(`^#[0-9a-f]{6}$`).MatchString(text) {
		t.Fatalf("%q is no colour", text)
	}
	c, err := spec.ParseColor(text[1:])
	if err != nil {
		t.Fatal(err)
	}
	return color.NRGBA{c.Red, c.Green, c.Blue, 255}
}

// shown is what a page shows of a thumbhash, 32 pixels on its longer side.
func shown(t *testing.T, description spec.Description) image.Image {
	t.Helper()
	hash, err := base64.StdEncoding.DecodeString(description.Thumbhash)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := thumbhash.DecodeImage(hash)
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

func asNRGBA(c color.Color) color.NRGBA { return color.NRGBAModel.Convert(c).(color.NRGBA) }

// A picture is described as it is shown: upright, in sRGB.
func TestDescribeAsShown(t *testing.T) {
	for o := 1; o <= 8; o++ {
		original := withOrientation(jpegOf(t, corners(640, 400)), o)
		pixels := shown(t, describe(t, original))
		want := decoded(t, transform(t, original, "max,format=png").Bytes)
		wide, size := want.Bounds().Dx() > want.Bounds().Dy(), pixels.Bounds().Size()
		if wide != (size.X > size.Y) {
			t.Errorf("orientation %d: the thumbhash is %v", o, size)
		}
		for _, at := range [][2]float64{{0.2, 0.2}, {0.8, 0.2}, {0.2, 0.8}, {0.8, 0.8}} {
			got := asNRGBA(pixels.At(int(at[0]*float64(size.X)), int(at[1]*float64(size.Y))))
			want := want.NRGBAAt(int(at[0]*float64(want.Bounds().Dx())), int(at[1]*float64(want.Bounds().Dy())))
			if !near(got, want, 70) {
				t.Errorf("orientation %d: the thumbhash is %v at %v, want nearly %v", o, got, at, want)
			}
		}
	}
	// Display P3's 200, 100, 50 is a stronger colour in sRGB.
	patch := color.NRGBA{200, 100, 50, 255}
	wide := describe(t, withChunks(pngOf(t, plain(64, 64, patch)), profileChunk(builtin(t, "p3"))))
	if got := parsedColor(t, wide.DominantColor); got.R < 208 || got.B > 42 {
		t.Errorf("a colour of Display P3 is %v", got)
	}
}

// Transparency is in the thumbhash, and what it hides in nothing.
func TestDescribeTransparency(t *testing.T) {
	green := color.NRGBA{0, 255, 0, 0}
	half := describe(t, pngOf(t, split(50, green, red)))
	if got := parsedColor(t, half.DominantColor); !near(got, red, 3) {
		t.Errorf("the dominant colour is %v, want %v", got, red)
	}
	pixels := shown(t, half)
	if left, right := asNRGBA(pixels.At(3, 16)), asNRGBA(pixels.At(28, 16)); left.A > 60 || !near(right, red, 50) {
		t.Errorf("the thumbhash shows %v and %v", left, right)
	}
	if got := describe(t, pngOf(t, split(100, green, red))).DominantColor; got != "#000000" {
		t.Errorf("the colour of nothing is %s", got)
	}
	gray := image.NewGray(image.Rect(0, 0, 300, 200))
	for i := range gray.Pix {
		gray.Pix[i] = 77
	}
	if got := describe(t, pngOf(t, gray)).DominantColor; got != "#4d4d4d" {
		t.Errorf("a gray picture is %s, want #4d4d4d", got)
	}
}

// Of an animation the first frame is described, and all frames are looked at.
func TestDescribeAnimations(t *testing.T) {
	animation := gifOf(t, 60, 40, green, red, red, red)
	webp := transform(t, animation, "max,format=webp").Bytes
	for name, original := range map[string][]byte{"gif": animation, "webp": webp} {
		if got := parsedColor(t, describe(t, original).DominantColor); !near(got, green, 8) {
			t.Errorf("%s: the dominant colour is %v, want the first frame's %v", name, got, green)
		}
	}
	// The pixels of the last frame are no LZW.
	last := bytes.LastIndexByte(animation, 0x2c)
	for i := last + 12; i < len(animation)-3; i++ {
		animation[i] = 0xff
	}
	if _, err := engine.Describe(t.Context(), spec.Original{Bytes: animation, Facts: spec.Facts{Format: spec.GIF, Width: 60, Height: 40, Frames: 4}}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a broken last frame: got %v, want ErrCorrupt", err)
	}
}

// Pictures of any shape, down to one pixel and up to the longest.
func TestDescribeShapes(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 3000}, {3000, 1}, {99, 100}, {101, 7}, {2000, 1500}} {
		original := jpegOf(t, plain(size[0], size[1], red))
		got := describe(t, original)
		if !near(parsedColor(t, got.DominantColor), red, 4) {
			t.Errorf("%v: the dominant colour is %s", size, got.DominantColor)
		}
		shape := shown(t, got).Bounds().Size()
		if size[0] > size[1] != (shape.X > shape.Y) && size[0] != 99 {
			t.Errorf("%v: the thumbhash is %v", size, shape)
		}
	}
}

// What is cut short anywhere is found, although only a small picture is made.
func TestDescribeTruncated(t *testing.T) {
	kinds := originals(t, opaque(400, 300))
	kinds["animated gif"] = gifOf(t, 50, 50, red, green, blue)
	kinds["animated webp"] = transform(t, kinds["animated gif"], "max,format=webp").Bytes
	for name, original := range kinds {
		for percent := 10; percent <= 99; percent += 8 {
			cut := original[:len(original)*percent/100]
			facts, err := engine.Inspect(cut)
			if err == nil {
				_, err = engine.Describe(t.Context(), spec.Original{Bytes: cut, Facts: facts})
			}
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s at %d %%: got %v, want ErrCorrupt", name, percent, err)
			}
		}
	}
}

// A file whose end is there but whose middle is not gets no description either.
func TestDescribeBroken(t *testing.T) {
	original := pngOf(t, opaque(400, 300))
	middle := bytes.Index(original, []byte("IDAT")) + 4
	for i := middle + 2000; i < middle+2100; i++ {
		original[i] ^= 0x55
	}
	if _, err := engine.Describe(t.Context(), spec.Original{Bytes: original, Facts: facts(t, original)}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("got %v, want ErrCorrupt", err)
	}
	for name, content := range map[string]string{"nothing": "", "text": "no image at all"} {
		_, err := engine.Describe(t.Context(), spec.Original{Bytes: []byte(content), Facts: spec.Facts{Format: spec.JPEG, Width: 1, Height: 1, Frames: 1}})
		if !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: got %v, want ErrUnsupported", name, err)
		}
	}
}

// Limits on results are for results.
func TestDescribeWithSmallLimits(t *testing.T) {
	strict := *engine
	strict.limits.Result = spec.ResultLimits{Pixels: 1, Side: 1}
	original := jpegOf(t, plain(400, 300, red))
	if _, err := strict.Describe(t.Context(), spec.Original{Bytes: original, Facts: facts(t, original)}); err != nil {
		t.Error(err)
	}
	if got, want := strict.DescribeCost(spec.Original{Facts: facts(t, original)}), engine.DescribeCost(spec.Original{Facts: facts(t, original)}); got != want || got.Bytes < costBase+400*300 {
		t.Errorf("the cost is %d and %d", got, want)
	}
}

func TestDescribeStops(t *testing.T) {
	original := jpegOf(t, opaque(3000, 2000))
	facts := facts(t, original)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := engine.Describe(cancelled, spec.Original{Bytes: original, Facts: facts}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	late, stop := context.WithTimeout(t.Context(), 3*time.Millisecond)
	defer stop()
	if _, err := engine.Describe(late, spec.Original{Bytes: original, Facts: facts}); !errors.Is(err, ErrTimeout) {
		t.Errorf("late: got %v, want ErrTimeout", err)
	}
}

// Many at a time describe alike.
func TestDescribeTogether(t *testing.T) {
	original := pngOf(t, split(70, color.NRGBA{220, 30, 30, 128}, blue))
	want := describe(t, original)
	facts := facts(t, original)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 5 {
				got, err := engine.Describe(t.Context(), spec.Original{Bytes: original, Facts: facts})
				if err != nil || got.DominantColor != want.DominantColor || got.Thumbhash != want.Thumbhash {
					t.Errorf("got %+v, %v, want %+v", got, err, want)
				}
			}
		})
	}
	group.Wait()
}

// Colours of photographs, by looking at them.
func TestDescribeSamples(t *testing.T) {
	for name, want := range map[string]color.NRGBA{
		"jpg-24bit-icc-iec.jpg":       {57, 40, 55, 255},    // a dark rock
		"jpg-32bit-cmyk-icc-swop.jpg": {253, 253, 253, 255}, // spectacles on white
		"heic-24bit.heic":             {81, 52, 17, 255},    // autumn leaves
		"png-24bit+alpha.png":         {0, 147, 119, 255},   // a clover, alone
		"png-alpha-64bit.png":         {18, 162, 202, 255},  // two cups, alone
		"tif.tif":                     {50, 45, 51, 255},    // a galaxy
	} {
		if got := parsedColor(t, describe(t, sample(t, name)).DominantColor); !near(got, want, 10) {
			t.Errorf("%s: the dominant colour is %v, want %v", name, got, want)
		}
	}
}

func BenchmarkDescribe(b *testing.B) {
	original := sample(b, "jpg-24bit-icc-iec.jpg")
	facts := facts(b, original)
	for b.Loop() {
		if _, err := engine.Describe(b.Context(), spec.Original{Bytes: original, Facts: facts}); err != nil {
			b.Fatal(err)
		}
	}
}
