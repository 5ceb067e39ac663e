package transform

import (
	"bytes"
	"image"
	"slices"
	"testing"

	"api-resize/spec"
)

// losslessOriginals are real pictures: photographs, drawings, with and without
// transparency, gray.
var losslessOriginals = []string{
	"jpg-24bit-icc-adobe-rgb.jpg", "png-24bit.png", "png-24bit+alpha.png", "png-8bit.png", "webp+alpha.webp", "jpg-8bit-grey-icc-dot-gain.jpg",
}

// Without loss a picture has the very pixels that it has as a PNG.
func TestLossless(t *testing.T) {
	lossless := engine.Lossless()
	for _, format := range []spec.Format{spec.PNG, spec.WebP} {
		if !slices.Contains(lossless, format) {
			t.Errorf("%s is not among %v", format, lossless)
		}
	}
	for _, format := range lossless {
		for _, name := range losslessOriginals {
			for _, text := range []string{"240x", "90x120,fit=contain,bg=00ff0080"} {
				original := sample(t, name)
				want := decoded(t, transform(t, original, text+",format=png").Bytes)
				picture := transform(t, original, text+",lossless=true,format="+string(format))
				if x, y, differs := visiblyDiffers(decoded(t, picture.Bytes), want); differs {
					t.Errorf("%s of %s as %s: the pixel at %d,%d is another", text, name, format, x, y)
				}
			}
		}
	}
}

// visiblyDiffers finds a pixel that is another in two pictures. The colour of
// what is wholly transparent is not seen.
func visiblyDiffers(a, b *image.NRGBA) (x, y int, differs bool) {
	if a.Bounds() != b.Bounds() {
		return 0, 0, true
	}
	for i := 0; i < len(a.Pix); i += 4 {
		if !bytes.Equal(a.Pix[i:i+4], b.Pix[i:i+4]) && a.Pix[i+3]|b.Pix[i+3] != 0 {
			return i / 4 % a.Rect.Dx(), i / 4 / a.Rect.Dx(), true
		}
	}
	return 0, 0, false
}

// All frames of an animation come through without loss.
func TestLosslessAnimation(t *testing.T) {
	original := sample(t, "gif-animated.gif")
	want := readAnimation(t, original)
	picture := transform(t, original, "max,lossless=true,format=webp")
	got := readAnimation(t, picture.Bytes)
	if got.frames != want.frames || got.height != want.height {
		t.Fatalf("%d frames of height %d, want %d of %d", got.frames, got.height, want.frames, want.height)
	}
	for frame := range want.frames {
		for y := range want.height {
			for x := range picture.Width {
				if g, w := got.pixels(x, y, frame), want.pixels(x, y, frame); g != w && g.A|w.A != 0 {
					t.Fatalf("the pixel at %d,%d of frame %d is %v, want %v", x, y, frame, g, w)
				}
			}
		}
	}
}

// A format that would round all the same is refused rather than written.
func TestLosslessRefused(t *testing.T) {
	other := *engine
	other.lossless = []spec.Format{spec.PNG}
	original := pngOf(t, corners(40, 40))
	_, err := other.Transform(t.Context(), ordered(original, facts(t, original), resolved(t, "20x,lossless=true,format=webp")))
	if err == nil {
		t.Error("WebP without loss was written where it can't be")
	}
}

// What is lost with quality is kept without loss: the probe tells a difference.
func TestKeepsPixels(t *testing.T) {
	if engine.keepsPixels(spec.JPEG) {
		t.Error("JPEG is taken for lossless")
	}
	if !engine.keepsPixels(spec.WebP) {
		t.Error("WebP without loss loses something")
	}
}

// A JPEG is progressive unless it is to be seen from top to bottom.
func TestBaseline(t *testing.T) {
	for _, name := range []string{"jpg-24bit-icc-adobe-rgb.jpg", "png-24bit+alpha.png", "jpg-8bit-grey-icc-dot-gain.jpg"} {
		for text, want := range map[string]bool{"300x,format=jpeg": true, "300x,format=jpeg,progressive=true": true, "300x,format=jpeg,progressive=false": false} {
			picture := transform(t, sample(t, name), text)
			width, _, progressive, _, err := jpegFrame(picture.Bytes)
			if err != nil || width != picture.Width || progressive != want {
				t.Errorf("%s of %s: progressive is %v, %v; want %v", text, name, progressive, err, want)
			}
		}
	}
	original := sample(t, "jpg-24bit-icc-adobe-rgb.jpg")
	progressive := decoded(t, transform(t, original, "300x,format=jpeg").Bytes)
	baseline := decoded(t, transform(t, original, "300x,format=jpeg,progressive=false").Bytes)
	if _, _, differs := visiblyDiffers(progressive, baseline); differs {
		t.Error("the order of a JPEG's data changes its pixels")
	}
}
