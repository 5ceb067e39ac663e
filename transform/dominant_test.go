package transform

import (
	"image"
	"image/color"
	"math/rand/v2"
	"testing"

	"api-resize/spec"
)

// drawn is a picture of 100 by 100 pixels whose colours a function tells.
func drawn(at func(x, y int) color.NRGBA) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, 100, 100))
	for y := range 100 {
		for x := range 100 {
			picture.SetNRGBA(x, y, at(x, y))
		}
	}
	return picture
}

// split is the first colour to the left of an edge and the second to its right.
func split(edge int, first, second color.NRGBA) *image.NRGBA {
	return drawn(func(x, _ int) color.NRGBA {
		if x < edge {
			return first
		}
		return second
	})
}

func TestDominantColor(t *testing.T) {
	invisible := color.NRGBA{0, 255, 0, 0}
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(c color.NRGBA, strength int) color.NRGBA {
		off := func(v uint8) uint8 { return uint8(int(v) + random.IntN(2*strength+1) - strength) }
		return color.NRGBA{off(c.R), off(c.G), off(c.B), c.A}
	}
	for _, test := range []struct {
		name      string
		picture   *image.NRGBA
		want      color.NRGBA
		tolerance int
	}{
		{"one colour", split(100, red, blue), red, 0},
		{"70 and 30 %", split(70, red, blue), red, 0},
		{"30 and 70 %", split(30, red, blue), blue, 0},
		{"51 and 49 %", split(51, green, white), green, 0},
		{"what can't be seen", split(70, invisible, blue), blue, 0},
		{"what can hardly be seen", split(70, color.NRGBA{0, 255, 0, 60}, blue), blue, 0},
		{"half transparent", split(100, color.NRGBA{40, 50, 210, 1}, red), blue, 0},
		{"nothing to be seen", split(100, invisible, red), color.NRGBA{0, 0, 0, 255}, 0},
		{"black on white", split(20, color.NRGBA{0, 0, 0, 255}, white), white, 0},
		// The mean of these is a mud that is nowhere in the picture.
		{"30, 25, 25 and 20 %", drawn(func(x, _ int) color.NRGBA {
			switch {
			case x < 30:
				return red
			case x < 55:
				return green
			case x < 80:
				return blue
			}
			return white
		}), red, 0},
		// Noise around a corner of eight cells of the histogram: none of them has
		// as much as the other colour.
		{"noise at the cells' borders", drawn(func(x, _ int) color.NRGBA {
			if x < 60 {
				return noise(color.NRGBA{128, 128, 128, 255}, 6)
			}
			return color.NRGBA{200, 40, 40, 255}
		}), color.NRGBA{128, 128, 128, 255}, 2},
		// A sky above something patterned.
		{"gradient", drawn(func(_, y int) color.NRGBA {
			if y < 55 {
				return color.NRGBA{uint8(100 + y/3), uint8(160 + y/3), 230, 255}
			}
			return [3]color.NRGBA{red, green, white}[y%3]
		}), color.NRGBA{109, 169, 230, 255}, 4},
	} {
		got := dominantColor(test.picture)
		if !near(color.NRGBA{got.Red, got.Green, got.Blue, 255}, test.want, test.tolerance) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

// Equal pictures have equal colours, whatever chance there is in maps.
func TestDominantColorIsTheSame(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	picture := drawn(func(int, int) color.NRGBA {
		return color.NRGBA{uint8(random.Uint32()), uint8(random.Uint32()), uint8(random.Uint32()), uint8(random.Uint32())}
	})
	want := dominantColor(picture)
	for range 20 {
		if got := dominantColor(picture); got != want {
			t.Fatalf("got %v after %v", got, want)
		}
	}
}

// Bytes of any kind are a picture.
func FuzzDominantColor(f *testing.F) {
	f.Add([]byte{220, 30, 30, 255, 40, 50, 210, 255, 40, 50, 210, 255})
	f.Add([]byte{1, 2, 3, 0})
	f.Fuzz(func(t *testing.T, pixels []byte) {
		pixels = pixels[:min(len(pixels), 4*1000)/4*4]
		picture := &image.NRGBA{Pix: pixels, Stride: len(pixels), Rect: image.Rect(0, 0, len(pixels)/4, 1)}
		got := dominantColor(picture)
		seen := false
		for i := 0; i < len(pixels); i += 4 {
			seen = seen || pixels[i+3] > 0
		}
		if got.Set != seen || !seen && got != (spec.Color{}) {
			t.Errorf("got %v of %v", got, pixels)
		}
	})
}

func BenchmarkDominantColor(b *testing.B) {
	picture := drawn(func(x, y int) color.NRGBA { return color.NRGBA{uint8(x * 2), uint8(y * 2), uint8(x ^ y), 255} })
	for b.Loop() {
		dominantColor(picture)
	}
}
