package transform

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

// A file that is cut short is never a picture, however little is missing, and
// whichever part of it is asked for.
func TestTruncated(t *testing.T) {
	kinds := originals(t, opaque(200, 150))
	kinds["animated gif"] = gifOf(t, 50, 50, red, green, blue)
	kinds["animated webp"] = transform(t, kinds["animated gif"], "max,format=webp").Bytes
	for name, original := range kinds {
		cuts := []int{len(original) - 1}
		for percent := 10; percent < 100; percent += 9 {
			cuts = append(cuts, len(original)*percent/100)
		}
		for _, length := range cuts {
			for _, text := range []string{"50x,format=png", "200x20,position=top,format=jpeg", "max,format=webp"} {
				if name == "jpeg" && length == len(original)-1 {
					continue
				}
				if err := attempt(t, original[:length:length], text); !errors.Is(err, ErrCorrupt) {
					t.Errorf("%s with %d of %d bytes, %s: got %v, want ErrCorrupt", name, length, len(original), text, err)
				}
			}
		}
	}
}

// attempt inspects and transforms.
func attempt(t *testing.T, original []byte, text string) error {
	facts, err := engine.Inspect(original)
	if err != nil {
		return err
	}
	_, err = engine.Transform(t.Context(), ordered(original, facts, resolved(t, text)))
	return err
}

// Bytes that are damaged anywhere give a picture or an error of this package,
// and nothing worse.
func TestDamaged(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for name, original := range originals(t, opaque(120, 90)) {
		for range 25 {
			damaged := bytes.Clone(original)
			for range 1 + random.IntN(8) {
				damaged[random.IntN(len(damaged))] = byte(random.IntN(256))
			}
			err := attempt(t, damaged, "40x30,format=png")
			if err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrTooManyPixels) {
				t.Errorf("damaged %s: %v", name, err)
			}
		}
	}
}

// Facts of another picture are found out.
func TestForeignFacts(t *testing.T) {
	original := jpegOf(t, corners(100, 80))
	for _, change := range []struct {
		name          string
		width, height int
	}{
		{"other shape", 80, 100}, {"larger", 1000, 800}, {"smaller", 50, 40}, {"nothing", 0, 0},
	} {
		facts := facts(t, original)
		facts.Width, facts.Height = change.width, change.height
		if _, err := engine.Transform(t.Context(), ordered(original, facts, resolved(t, "20x,format=png"))); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: got %v, want ErrCorrupt", change.name, err)
		}
	}
	facts := facts(t, gifOf(t, 20, 20, red, blue))
	facts.Frames = 3
	if _, err := engine.Transform(t.Context(), ordered(gifOf(t, 20, 20, red, blue), facts, resolved(t, "10x,format=gif"))); !errors.Is(err, ErrCorrupt) {
		t.Errorf("too many frames: got %v, want ErrCorrupt", err)
	}
}

// Samples of damage seen elsewhere.
func TestDamagedSamples(t *testing.T) {
	for _, name := range []string{"jpg-corruption.jpg", "png-bad-metadata.png"} {
		if err := attempt(t, sample(t, name), "100x,format=jpeg"); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What comes after a picture's end belongs to no one.
func TestTrailingBytes(t *testing.T) {
	for name, original := range originals(t, opaque(60, 40)) {
		if name == "avif" || name == "heic" {
			continue // everything in them is a box
		}
		if err := attempt(t, append(bytes.Clone(original), fmt.Sprintf("%2000s", "trailing")...), "30x,format=png"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
