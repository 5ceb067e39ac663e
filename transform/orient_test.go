package transform

import (
	"fmt"
	"image/color"
	"testing"

	"api-resize/spec"
)

// All eight orientations, cropped, padded and whole: what is stored top left
// and top right is shown where EXIF says.
func TestOrientations(t *testing.T) {
	const topLeft, topRight, bottomLeft, bottomRight = 0, 1, 2, 3
	stored := [4]color.NRGBA{red, green, blue, white}
	shown := [9][4]int{ // where the stored corners are to be seen
		1: {topLeft, topRight, bottomLeft, bottomRight},
		2: {topRight, topLeft, bottomRight, bottomLeft},
		3: {bottomRight, bottomLeft, topRight, topLeft},
		4: {bottomLeft, bottomRight, topLeft, topRight},
		5: {topLeft, bottomLeft, topRight, bottomRight},
		6: {topRight, bottomRight, topLeft, bottomLeft},
		7: {bottomRight, topRight, bottomLeft, topLeft},
		8: {bottomLeft, topLeft, bottomRight, topRight},
	}
	for o := 1; o <= 8; o++ {
		original := withOrientation(jpegOf(t, corners(640, 400)), o)
		wantFacts := spec.Facts{Format: spec.JPEG, Width: 640, Height: 400, Frames: 1, Pages: 1, Orientation: o}
		if o >= 5 {
			wantFacts.Width, wantFacts.Height = 400, 640
		}
		if got := facts(t, original); got != wantFacts {
			t.Errorf("orientation %d: facts are %+v, want %+v", o, got, wantFacts)
		}
		for _, text := range []string{"max", "60x", "60x60", "80x30,fit=fill", "700x700,enlarge=true", "50x50,fit=inside"} {
			pixels := decoded(t, transform(t, original, text+",format=png").Bytes)
			right, bottom := pixels.Bounds().Dx()-3, pixels.Bounds().Dy()-3
			got := [4]color.NRGBA{pixels.NRGBAAt(2, 2), pixels.NRGBAAt(right, 2), pixels.NRGBAAt(2, bottom), pixels.NRGBAAt(right, bottom)}
			for corner, at := range shown[o] {
				if !near(got[at], stored[corner], 6) {
					t.Errorf("orientation %d, %s: corner %d is %v, want %v", o, text, at, got[at], stored[corner])
				}
			}
		}
	}
}

// A crop at an edge keeps that edge of the picture as shown.
func TestOrientationsCropped(t *testing.T) {
	for o := 1; o <= 8; o++ {
		original := withOrientation(jpegOf(t, corners(640, 400)), o)
		whole := decoded(t, transform(t, original, "160x160,fit=fill,format=png").Bytes)
		for position, at := range map[string][2]int{"top-left": {20, 20}, "bottom-right": {140, 140}, "top-right": {140, 20}} {
			size := "16x160"
			if facts(t, original).Width > facts(t, original).Height {
				size = "160x16"
			}
			pixels := decoded(t, transform(t, original, fmt.Sprintf("%s,position=%s,format=png", size, position)).Bytes)
			// The middle of the strip's corner that the position names.
			x, y := min(at[0], pixels.Bounds().Dx()-3), min(at[1], pixels.Bounds().Dy()-3)
			if want := whole.NRGBAAt(at[0], at[1]); !near(pixels.NRGBAAt(x, y), want, 8) {
				t.Errorf("orientation %d, %s: got %v, want %v", o, position, pixels.NRGBAAt(x, y), want)
			}
		}
	}
}

// HEIC and AVIF carry a rotation of their own, and often an EXIF tag as well;
// it counts once.
func TestOrientationOfHEIC(t *testing.T) {
	original := sample(t, "heic-orientation-6.heic")
	got := facts(t, original)
	if got.Width >= got.Height || got.Orientation != 1 {
		t.Errorf("facts are %+v, want a tall picture that needs no turn", got)
	}
	picture := transform(t, original, "x120,format=jpeg")
	if picture.Width >= picture.Height {
		t.Errorf("the picture is %dx%d, want it tall", picture.Width, picture.Height)
	}
}

func TestStoredRect(t *testing.T) {
	shown := spec.Size{Width: 30, Height: 20}
	r := spec.Rect{Left: 1, Top: 2, Width: 10, Height: 5}
	for o, want := range map[orientation]spec.Rect{
		1: {Left: 1, Top: 2, Width: 10, Height: 5},
		2: {Left: 19, Top: 2, Width: 10, Height: 5},
		3: {Left: 19, Top: 13, Width: 10, Height: 5},
		4: {Left: 1, Top: 13, Width: 10, Height: 5},
		5: {Left: 2, Top: 1, Width: 5, Height: 10},
		6: {Left: 2, Top: 19, Width: 5, Height: 10},
		7: {Left: 13, Top: 19, Width: 5, Height: 10},
		8: {Left: 13, Top: 1, Width: 5, Height: 10},
	} {
		if got := o.storedRect(r, shown); got != want {
			t.Errorf("orientation %d: got %+v, want %+v", o, got, want)
		}
	}
}
