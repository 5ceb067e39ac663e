package transform

import (
	"image"
	"image/color"
	"testing"

	"api-resize/spec"
)

// TestEffectsOnPatches compares what every effect makes of flat colours with
// what its formula says.
func TestEffectsOnPatches(t *testing.T) {
	patch := color.NRGBA{200, 100, 50, 255}
	for _, test := range []struct {
		options string
		of      color.NRGBA
		want    color.NRGBA
	}{
		{"brightness=0.5", patch, color.NRGBA{100, 50, 25, 255}},
		{"brightness=2", patch, color.NRGBA{255, 200, 100, 255}},
		{"brightness=0", patch, color.NRGBA{0, 0, 0, 255}},
		{"contrast=0", patch, color.NRGBA{128, 128, 128, 255}},
		{"contrast=2", patch, color.NRGBA{255, 73, 0, 255}},
		{"contrast=0.5", patch, color.NRGBA{164, 114, 89, 255}},
		{"gamma=2", patch, color.NRGBA{226, 160, 113, 255}},
		{"gamma=0.5", patch, color.NRGBA{157, 39, 10, 255}},
		{"gamma=0", patch, color.NRGBA{0, 0, 0, 255}},
		{"saturation=0", patch, color.NRGBA{118, 118, 118, 255}},
		{"saturation=0.5", patch, color.NRGBA{159, 109, 84, 255}},
		{"grayscale=true", patch, color.NRGBA{118, 118, 118, 255}},
		{"hue=180", color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 109, 109, 255}},
		{"negate=true", patch, color.NRGBA{55, 155, 205, 255}},
		{"sepia=true", patch, color.NRGBA{165, 147, 114, 255}},
		{"blur=5", patch, patch},
		{"sharpen=1", patch, patch},
		{"pixelate=7", patch, patch},
		{"tint=704214", color.NRGBA{128, 128, 128, 255}, color.NRGBA{173, 119, 68, 255}},
		// Alpha is nobody's business, and gray pictures can become coloured.
		{"brightness=0.5", color.NRGBA{200, 100, 50, 128}, color.NRGBA{100, 50, 25, 128}},
		{"negate=true", color.NRGBA{200, 100, 50, 128}, color.NRGBA{55, 155, 205, 128}},
		{"gamma=2", color.NRGBA{200, 100, 50, 128}, color.NRGBA{226, 160, 113, 128}},
		{"blur=3", color.NRGBA{200, 100, 50, 128}, color.NRGBA{200, 100, 50, 128}},
		{"sharpen=2", color.NRGBA{200, 100, 50, 128}, color.NRGBA{200, 100, 50, 128}},
		{"pixelate=4", color.NRGBA{200, 100, 50, 128}, color.NRGBA{200, 100, 50, 128}},
		{"tint=704214", color.NRGBA{128, 128, 128, 100}, color.NRGBA{173, 119, 68, 100}},
		// One after the other.
		{"negate=true,brightness=0.5", patch, color.NRGBA{155, 205, 230, 255}},
	} {
		got := decoded(t, transform(t, pngOf(t, plain(40, 30, test.of)), "max,format=png,"+test.options).Bytes)
		if at := got.NRGBAAt(20, 15); !near(at, test.want, 3) {
			t.Errorf("%s of %v: %v, want %v", test.options, test.of, at, test.want)
		}
		if got.Bounds().Size() != image.Pt(40, 30) {
			t.Errorf("%s: size %v", test.options, got.Bounds().Size())
		}
	}
}

func TestEffectsOnGray(t *testing.T) {
	gray := image.NewGray(image.Rect(0, 0, 30, 30))
	for i := range gray.Pix {
		gray.Pix[i] = 128
	}
	for _, info := range spec.EffectTable {
		picture := transform(t, pngOf(t, gray), "20x,format=png,"+info.Name+"="+info.Example)
		if picture.Width != 20 || decoded(t, picture.Bytes).Bounds().Dx() != 20 {
			t.Errorf("%s of gray: %dx%d", info.Name, picture.Width, picture.Height)
		}
	}
}

// TestEffectsOnEdges: a blur makes the step between two colours wide, a sharpen
// makes it steeper, and a pixelate makes squares.
func TestEffectsOnEdges(t *testing.T) {
	step := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			step.SetNRGBA(x, y, color.NRGBA{80, 80, 80, 255})
			if x >= 30 {
				step.SetNRGBA(x, y, color.NRGBA{160, 160, 160, 255})
			}
		}
	}
	original := pngOf(t, step)
	blurred := decoded(t, transform(t, original, "max,format=png,blur=4").Bytes)
	if at := blurred.NRGBAAt(30, 32); at.R < 110 || at.R > 135 {
		t.Errorf("blur: %v in the middle of the step", at)
	}
	if left, right := blurred.NRGBAAt(5, 32), blurred.NRGBAAt(60, 32); !near(left, color.NRGBA{80, 80, 80, 255}, 2) || !near(right, color.NRGBA{160, 160, 160, 255}, 2) {
		t.Errorf("blur: %v and %v far from the step", left, right)
	}
	sharp := decoded(t, transform(t, original, "max,format=png,sharpen=2").Bytes)
	if dark, light := sharp.NRGBAAt(29, 32), sharp.NRGBAAt(30, 32); dark.R >= 80 || light.R <= 160 {
		t.Errorf("sharpen: %v and %v at the step", dark, light)
	}
	squares := decoded(t, transform(t, original, "max,format=png,pixelate=16").Bytes)
	for _, pair := range [][2]image.Point{{{16, 16}, {31, 31}}, {{0, 0}, {15, 15}}, {{48, 48}, {63, 63}}} {
		if a, b := squares.NRGBAAt(pair[0].X, pair[0].Y), squares.NRGBAAt(pair[1].X, pair[1].Y); a != b {
			t.Errorf("pixelate: %v at %v and %v at %v", a, pair[0], b, pair[1])
		}
	}
	if at := squares.NRGBAAt(20, 20); near(at, color.NRGBA{80, 80, 80, 255}, 4) || near(at, color.NRGBA{160, 160, 160, 255}, 4) {
		t.Errorf("pixelate: the square over the step is %v, which is no average", at)
	}
}

// TestEffectsOnFrames: no frame sees its neighbours.
func TestEffectsOnFrames(t *testing.T) {
	for _, effects := range []string{"blur=8", "negate=true", "pixelate=16", "tint=red", "sharpen=2"} {
		picture := transform(t, sample(t, "gif-animated.gif"), "60x60,format=webp,"+effects)
		if got := facts(t, picture.Bytes); got.Frames < 2 || got.Width != 60 || got.Height != 60 {
			t.Errorf("%s: %+v", effects, got)
		}
	}
}
