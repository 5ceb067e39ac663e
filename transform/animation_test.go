package transform

import (
	"bytes"
	"image/color"
	"image/gif"
	"testing"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// animation is what an animated result holds.
type animation struct {
	frames, height, loop int
	delays               []int // milliseconds
	pixels               func(x, y, frame int) color.NRGBA
}

func readAnimation(t *testing.T, data []byte) animation {
	t.Helper()
	params := vips.NewImportParams()
	params.NumPages.Set(-1)
	ref, err := vips.LoadImageFromBuffer(data, params)
	if err != nil {
		t.Fatal(err)
	}
	defer ref.Close()
	a := animation{frames: ref.Pages(), height: ref.PageHeight(), loop: ref.Loop()}
	if a.delays, err = ref.PageDelay(); err != nil {
		t.Fatal(err)
	}
	picture := decodedRef(t, ref)
	a.pixels = func(x, y, frame int) color.NRGBA { return picture.NRGBAAt(x, y+frame*a.height) }
	return a
}

// Frames, delays and loops come through, and each frame is scaled, cropped and
// padded by itself: at no edge is there a trace of its neighbours.
func TestAnimation(t *testing.T) {
	colours := []color.NRGBA{{0, 0, 0, 255}, {255, 255, 255, 255}, {220, 30, 30, 255}, {40, 50, 210, 255}}
	original := gifOf(t, 60, 48, colours...)
	got := facts(t, original)
	if want := (spec.Facts{Format: spec.GIF, Width: 60, Height: 48, Frames: 4, Pages: 4, Orientation: 1}); got != want {
		t.Fatalf("facts are %+v, want %+v", got, want)
	}
	webp := transform(t, original, "max,format=webp,quality=100").Bytes
	for name, original := range map[string][]byte{"gif": original, "webp": webp} {
		for _, text := range []string{
			"23x,format=gif", "23x17,format=webp", "max,format=webp", "16x40,position=right,format=gif",
			"90x70,enlarge=true,format=webp", "30x31,position=attention,format=gif",
		} {
			picture := transform(t, original, text)
			a := readAnimation(t, picture.Bytes)
			if a.frames != 4 || a.height != picture.Height {
				t.Errorf("%s of %s: %d frames of height %d, want 4 of %d", text, name, a.frames, a.height, picture.Height)
				continue
			}
			if want := []int{70, 140, 210, 280}; !equal(a.delays, want) {
				t.Errorf("%s of %s: delays are %v, want %v", text, name, a.delays, want)
			}
			if a.loop != 3 {
				t.Errorf("%s of %s plays %d times, want 3", text, name, a.loop)
			}
			for frame, want := range colours {
				for _, y := range []int{0, 1, a.height / 2, a.height - 1} {
					if got := a.pixels(picture.Width/2, y, frame); !near(got, want, 10) {
						t.Errorf("%s of %s: line %d of frame %d is %v, want %v", text, name, y, frame, got, want)
					}
				}
			}
		}
	}
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestAnimationPadded(t *testing.T) {
	original := gifOf(t, 40, 40, red, blue)
	a := readAnimation(t, transform(t, original, "40x80,fit=contain,bg=ffff00,format=webp").Bytes)
	for frame, want := range []color.NRGBA{red, blue} {
		if got := a.pixels(20, 40, frame); !near(got, want, 10) {
			t.Errorf("the middle of frame %d is %v, want %v", frame, got, want)
		}
		for _, y := range []int{2, 77} {
			if got := a.pixels(20, y, frame); !near(got, color.NRGBA{255, 255, 0, 255}, 10) {
				t.Errorf("the border of frame %d is %v, want yellow", frame, got)
			}
		}
	}
}

// Where the output has no frames the first is the picture; one frame is no
// animation.
func TestFirstFrame(t *testing.T) {
	original := gifOf(t, 40, 40, red, blue)
	for _, format := range []string{"jpeg", "png", "avif"} {
		pixels := decoded(t, transform(t, original, "20x,format="+format).Bytes)
		if got := pixels.NRGBAAt(10, 10); pixels.Bounds().Dy() != 20 || !near(got, red, 10) {
			t.Errorf("%s: %v with %v, want the first frame", format, pixels.Bounds(), got)
		}
	}
	still := transform(t, gifOf(t, 40, 40, red), "20x,format=gif").Bytes
	read, err := gif.DecodeAll(bytes.NewReader(still))
	if err != nil || len(read.Image) != 1 {
		t.Errorf("a still GIF has %d frames, %v", len(read.Image), err)
	}
}

// A GIF written here plays in Go's decoder as well, as often as asked.
func TestAnimationElsewhere(t *testing.T) {
	read, err := gif.DecodeAll(bytes.NewReader(transform(t, gifOf(t, 40, 40, red, green, blue), "20x,format=gif").Bytes))
	if err != nil {
		t.Fatal(err)
	}
	if len(read.Image) != 3 || !equal(read.Delay, []int{7, 14, 21}) || read.LoopCount != 2 {
		t.Errorf("%d frames, delays %v, repeated %d times; want 3, [7 14 21], 2", len(read.Image), read.Delay, read.LoopCount)
	}
}

// Transparency and disposal: frames that are only parts of the canvas.
func TestAnimatedSamples(t *testing.T) {
	for _, name := range []string{"gif-animated.gif", "gif-animated-2.gif", "webp-animated.webp", "webp-animated+alpha.webp"} {
		original := sample(t, name)
		before := readAnimation(t, original)
		a := readAnimation(t, transform(t, original, "50x40,format=gif").Bytes)
		if sum(a.delays) != sum(before.delays) || a.loop != before.loop {
			t.Errorf("%s lasts %d ms, loop %d; want %d ms, loop %d", name, sum(a.delays), a.loop, sum(before.delays), before.loop)
		}
	}
}

func sum(values []int) (total int) {
	for _, value := range values {
		total += value
	}
	return total
}
