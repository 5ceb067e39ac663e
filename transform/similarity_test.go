package transform

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"
)

// scene is a gray picture with edges, slopes and texture.
func scene(width, height int) *image.Gray {
	picture := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			value := 100 + 50*math.Sin(float64(x)/9)*math.Cos(float64(y)/7) + float64(x*40/width)
			if (x/16+y/16)%3 == 0 {
				value += 40
			}
			picture.Pix[y*picture.Stride+x] = uint8(value)
		}
	}
	return picture
}

func changed(picture *image.Gray, change func(x, y int, value float64) float64) *image.Gray {
	other := image.NewGray(picture.Rect)
	for y := range picture.Rect.Dy() {
		for x := range picture.Rect.Dx() {
			value := change(x, y, float64(picture.Pix[y*picture.Stride+x]))
			other.Pix[y*other.Stride+x] = uint8(math.Round(min(max(value, 0), 255)))
		}
	}
	return other
}

func noisy(picture *image.Gray, deviation float64) *image.Gray {
	random := rand.New(rand.NewPCG(1, 2))
	return changed(picture, func(_, _ int, value float64) float64 { return value + deviation*random.NormFloat64() })
}

func blurred(picture *image.Gray, radius int) *image.Gray {
	return changed(picture, func(x, y int, _ float64) float64 {
		sum, count := 0.0, 0.0
		for v := max(y-radius, 0); v <= min(y+radius, picture.Rect.Dy()-1); v++ {
			for u := max(x-radius, 0); u <= min(x+radius, picture.Rect.Dx()-1); u++ {
				sum, count = sum+float64(picture.Pix[v*picture.Stride+u]), count+1
			}
		}
		return sum / count
	})
}

// What the measure is known for.
func TestSimilarity(t *testing.T) {
	for _, size := range []image.Point{{200, 150}, {8, 8}, {9, 11}, {3, 20}, {1, 1}, {101, 7}} {
		picture := scene(size.X, size.Y)
		if got := Similarity(picture, picture); math.Abs(got-1) > 1e-12 {
			t.Errorf("%v: with itself it is %v", size, got)
		}
		other := noisy(picture, 20)
		if a, b := Similarity(picture, other), Similarity(other, picture); a != b || a >= 1 || a < -1 {
			t.Errorf("%v: %v one way, %v the other", size, a, b)
		}
	}
	picture := scene(200, 150)
	for name, change := range map[string]func(int) *image.Gray{
		"noise": func(i int) *image.Gray { return noisy(picture, float64(4*i)) },
		"blur":  func(i int) *image.Gray { return blurred(picture, i) },
	} {
		last := 1.0
		for i := 1; i < 6; i++ {
			got := Similarity(picture, change(i))
			if got >= last {
				t.Errorf("%s of %d gives %v, less of it %v", name, i, got, last)
			}
			last = got
		}
		if last > 0.9 {
			t.Errorf("much %s gives %v", name, last)
		}
	}
	// Structure counts more than brightness at the same squared error.
	brighter := changed(picture, func(_, _ int, value float64) float64 { return value + 12 })
	if bright, noise := Similarity(picture, brighter), Similarity(picture, noisy(picture, 12)); bright < 0.95 || noise > bright-0.1 {
		t.Errorf("brighter gives %v, noise %v", bright, noise)
	}
	negative := changed(picture, func(_, _ int, value float64) float64 { return 255 - value })
	if got := Similarity(picture, negative); got > 0 {
		t.Errorf("the negative gives %v", got)
	}
	if got := Similarity(picture, scene(200, 151)); got != 0 {
		t.Errorf("of another size it is %v", got)
	}
	if got := Similarity(image.NewGray(image.Rectangle{}), image.NewGray(image.Rectangle{})); got != 0 {
		t.Errorf("of nothing it is %v", got)
	}
}

// Numbers from the paper's formula, worked out by hand: two flat pictures have
// only their means, and a window of stripes and one of gray only their constants.
func TestSimilarityByHand(t *testing.T) {
	flat := func(value uint8) *image.Gray { return grayPicture(16, 16, value) }
	c1, c2 := 2.55*2.55, 7.65*7.65
	if got, want := Similarity(flat(100), flat(120)), (2*100*120+c1)/(100*100+120*120+c1); math.Abs(got-want) > 1e-12 {
		t.Errorf("100 and 120: got %v, want %v", got, want)
	}
	stripes := changed(flat(0), func(x, _ int, _ float64) float64 { return float64(100 + 20*(x%2)) })
	if got, want := Similarity(stripes, flat(110)), c2/(100+c2); math.Abs(got-want) > 1e-12 { // variance 10²
		t.Errorf("stripes and gray: got %v, want %v", got, want)
	}
	part := scene(64, 64)
	view := part.SubImage(image.Rect(8, 8, 40, 40)).(*image.Gray)
	if got := Similarity(view, changed(view, func(_, _ int, value float64) float64 { return value })); math.Abs(got-1) > 1e-12 {
		t.Errorf("a part of a picture: got %v", got)
	}
}

// Every pixel is in some window.
func TestSimilarityLooksEverywhere(t *testing.T) {
	for _, size := range []image.Point{{8, 8}, {12, 8}, {13, 17}, {5, 30}, {1, 9}} {
		for y := range size.Y {
			for x := range size.X {
				a := grayPicture(size.X, size.Y, 100)
				b := grayPicture(size.X, size.Y, 100)
				b.SetGray(x, y, scene(40, 40).GrayAt(20, 20))
				if Similarity(a, b) >= 1-1e-9 {
					t.Errorf("in %v nobody looks at %d,%d", size, x, y)
				}
			}
		}
	}
}

// Seen from afar, noise counts less, and a thing on white is judged by itself.
func TestSeenSimilarity(t *testing.T) {
	picture := scene(200, 150)
	if got := seenSimilarity(picture, picture); math.Abs(got-1) > 1e-12 {
		t.Errorf("with itself it is %v", got)
	}
	other := noisy(picture, 8)
	if seen, near := seenSimilarity(picture, other), Similarity(picture, other); seen <= near {
		t.Errorf("noise: %v from afar, %v from near", seen, near)
	}
	onWhite := func(thing *image.Gray) *image.Gray {
		sheet := grayPicture(800, 600, 255)
		for y := range 150 {
			copy(sheet.Pix[(y+200)*sheet.Stride+300:], thing.Pix[y*thing.Stride:][:200])
		}
		return sheet
	}
	blur := blurred(picture, 3)
	if alone, sheet := seenSimilarity(picture, blur), seenSimilarity(onWhite(picture), onWhite(blur)); math.Abs(alone-sheet) > 0.03 || Similarity(onWhite(picture), onWhite(blur)) < alone+0.03 {
		t.Errorf("alone %v, on a white sheet %v", alone, sheet)
	}
	if got := seenSimilarity(grayPicture(40, 40, 10), grayPicture(40, 40, 10)); got != 1 {
		t.Errorf("nothing to be seen gives %v", got)
	}
}

func BenchmarkSimilarity(b *testing.B) {
	picture := scene(1000, 1000)
	other := noisy(picture, 5)
	b.SetBytes(int64(len(picture.Pix)))
	for b.Loop() {
		Similarity(picture, other)
	}
}
