package transform

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// Every picture has exactly the size of its plan, whatever the fit, format and
// original.
func TestSizes(t *testing.T) {
	specs := []string{
		"max", "37x", "x41", "64x64", "61x23", "200x90,enlarge=true", "300x", "1x1",
		"40x60,fit=contain", "33x77,fit=contain,bg=10203080,position=top", "90x90,fit=contain,enlarge=true",
		"50x20,fit=inside", "50x20,fit=outside", "31x29,fit=fill", "140x5,fit=fill,enlarge=true",
		"30x30,position=entropy", "20x50,position=attention", "25x60,position=bottom-right",
	}
	formats, kinds := engine.Writable(), originals(t, opaque(97, 64))
	for i, text := range specs {
		for name, original := range kinds {
			// Formats take turns, so that every kind of original meets all.
			checkSize(t, name, original, fmt.Sprintf("%s,format=%s", text, formats[(i+len(name))%len(formats)]))
		}
	}
}

func TestSizesOfOddOriginals(t *testing.T) {
	gray := image.NewGray(image.Rect(0, 0, 13, 300))
	gray16 := image.NewGray16(image.Rect(0, 0, 50, 20))
	palette := image.NewPaletted(image.Rect(0, 0, 9, 9), color.Palette{color.Black, color.NRGBA{200, 0, 0, 100}})
	for name, picture := range map[string]image.Image{
		"1x1": plain(1, 1, red), "1x60000": plain(1, 60000, red), "16000x1": plain(16000, 1, blue), "2x3": plain(2, 3, green),
		"gray": gray, "gray16": gray16, "palette with alpha": palette,
		"rgb16": image.NewRGBA64(image.Rect(0, 0, 31, 17)), "rgba16": image.NewNRGBA64(image.Rect(0, 0, 31, 17)),
	} {
		for _, text := range []string{"max", "20x", "x20", "16x16,fit=contain", "16x16,fit=fill", "24x24,enlarge=true", "8x12,position=attention"} {
			for _, format := range []spec.Format{spec.PNG, spec.JPEG, spec.WebP} {
				checkSize(t, name, pngOf(t, picture), fmt.Sprintf("%s,format=%s", text, format))
			}
		}
	}
}

func checkSize(t *testing.T, name string, original []byte, text string) {
	t.Helper()
	facts, want := facts(t, original), resolved(t, text)
	plan, tooLarge := want.Plan(facts, engine.limits.Result)
	picture, err := engine.Transform(t.Context(), ordered(original, facts, want))
	if tooLarge != nil && errors.Is(err, spec.ErrTooLarge) {
		return
	}
	if err != nil {
		t.Errorf("%s of %s: %v", text, name, err)
		return
	}
	header := opened(t, picture.Bytes)
	defer header.Close()
	format, _ := Sniff(picture.Bytes)
	got := spec.Size{Width: header.Width(), Height: header.Height()}
	if got != plan.Out || (spec.Size{Width: picture.Width, Height: picture.Height}) != plan.Out {
		t.Errorf("%s of %s is %v and says %dx%d, want %v", text, name, got, picture.Width, picture.Height, plan.Out)
	}
	if format != want.Output.Format || picture.Format != format {
		t.Errorf("%s of %s is %s, says %s", text, name, format, picture.Format)
	}
}

// vips_resize takes factors and rounds; the result has to be exact all the
// same, for every pair of sizes.
func TestResizeIsExact(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		from := spec.Size{Width: 1 + random.IntN(700), Height: 1 + random.IntN(700)}
		to := spec.Size{Width: 1 + random.IntN(900), Height: 1 + random.IntN(900)}
		image, err := vips.Black(from.Width, from.Height)
		if err != nil {
			t.Fatal(err)
		}
		err = resize(image, to)
		if err != nil || image.Width() != to.Width || image.Height() != to.Height {
			t.Errorf("%v to %v gives %dx%d, %v", from, to, image.Width(), image.Height(), err)
		}
		image.Close()
	}
}

// A crop keeps the part that its position names.
func TestPositions(t *testing.T) {
	original := pngOf(t, corners(200, 200))
	for text, want := range map[string][2]color.NRGBA{ // left and right end of the middle row
		"200x20,position=top":           {red, green},
		"200x20,position=bottom":        {blue, white},
		"200x100,fit=contain,bg=ffaa00": {{255, 170, 0, 255}, {255, 170, 0, 255}},
	} {
		pixels := decoded(t, transform(t, original, text+",format=png").Bytes)
		size := pixels.Bounds().Size()
		got := [2]color.NRGBA{pixels.NRGBAAt(1, size.Y/2), pixels.NRGBAAt(size.X-2, size.Y/2)}
		if !near(got[0], want[0], 2) || !near(got[1], want[1], 2) {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// Smart crops find the one detail in an empty picture, turned or not.
func TestSmartPositions(t *testing.T) {
	picture := plain(600, 200, color.NRGBA{128, 128, 128, 255})
	for y := 60; y < 140; y++ {
		for x := 480; x < 560; x++ {
			if (x/8+y/8)%2 == 0 {
				picture.SetNRGBA(x, y, red)
			}
		}
	}
	upright := jpegOf(t, picture)
	for name, test := range map[string]struct {
		original []byte
		spec     string
	}{
		"entropy":           {upright, "100x100,position=entropy,format=png"},
		"attention":         {upright, "100x100,position=attention,format=png"},
		"entropy, turned":   {withOrientation(upright, 6), "100x100,position=entropy,format=png"},
		"attention, turned": {withOrientation(upright, 8), "100x100,position=attention,format=png"},
	} {
		pixels := decoded(t, transform(t, test.original, test.spec).Bytes)
		found := 0
		for i := 0; i < len(pixels.Pix); i += 4 {
			if pixels.Pix[i] > 170 && pixels.Pix[i+1] < 90 {
				found++
			}
		}
		if found < 300 { // half of 40 by 40 pixels is red
			t.Errorf("%s: only %d pixels of what matters are kept", name, found)
		}
	}
}
