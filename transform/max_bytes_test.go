package transform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/bits"
	"testing"
	"time"

	"api-resize/spec"
)

// A file is as short as it has to be, and has the best quality with which it is:
// with one more it would be longer.
func TestMaxBytes(t *testing.T) {
	for name, parts := range map[string][]int{
		"jpg-24bit-icc-adobe-rgb.jpg": {90, 30},
		"png-24bit+alpha.png":         {95}, // which has little but its alpha, and that is never lost
	} {
		original := sample(t, name)
		for _, format := range engine.Writable() {
			text := "150x,format=" + string(format)
			whole := transform(t, original, text)
			for _, part := range parts {
				most := len(whole.Bytes) * part / 100
				picture := transform(t, original, fmt.Sprintf("%s,max_bytes=%d", text, most))
				if len(picture.Bytes) > most || picture.Decision != "" || picture.Format != format {
					t.Errorf("%s of %s: %d bytes of %s, %q, want at most %d", text, name, len(picture.Bytes), picture.Format, picture.Decision, most)
				}
				if b := decoded(t, picture.Bytes).Bounds(); b.Dx() != whole.Width || b.Dy() != whole.Height {
					t.Errorf("%s of %s is %v", text, name, b)
				}
				if info, _ := format.Info(); !info.Quality {
					continue
				}
				if picture.Quality < 1 || picture.Quality >= whole.Quality {
					t.Errorf("%s of %s has quality %d, without limit %d", text, name, picture.Quality, whole.Quality)
				}
				same := transform(t, original, fmt.Sprintf("%s,quality=%d", text, picture.Quality))
				if !bytes.Equal(same.Bytes, picture.Bytes) {
					t.Errorf("%s of %s is not what quality %d gives", text, name, picture.Quality)
				}
				better := transform(t, original, fmt.Sprintf("%s,quality=%d", text, picture.Quality+1))
				if len(better.Bytes) <= most {
					t.Errorf("%s of %s: %d bytes at quality %d, but also %d at %d, want at most %d",
						text, name, len(picture.Bytes), picture.Quality, len(better.Bytes), better.Quality, most)
				}
			}
		}
	}
}

// What fits is as it is without a limit, and what can't be short enough is as
// short as it gets, and says so.
func TestMaxBytesEnds(t *testing.T) {
	original := sample(t, "jpg-24bit-icc-adobe-rgb.jpg")
	for _, format := range engine.Writable() {
		text := "150x,format=" + string(format)
		whole := transform(t, original, text)
		enough := transform(t, original, fmt.Sprintf("%s,max_bytes=%d", text, len(whole.Bytes)))
		if !bytes.Equal(enough.Bytes, whole.Bytes) || enough.Decision != "" || enough.Quality != whole.Quality {
			t.Errorf("%s: a limit that holds anyway changes the picture: %q, quality %d", format, enough.Decision, enough.Quality)
		}
		over := transform(t, original, text+",max_bytes=100")
		if over.Decision != spec.DecisionOverMaxBytes || len(over.Bytes) <= 100 || len(over.Bytes) > len(whole.Bytes)/3 {
			t.Errorf("%s: %d bytes, %q; without limit %d", format, len(over.Bytes), over.Decision, len(whole.Bytes))
		}
		// The lowest qualities may all be the same: of JPEG XL about ten.
		if info, _ := format.Info(); info.Quality && (over.Quality < 1 || over.Quality > 10) {
			t.Errorf("%s: the shortest has quality %d", format, over.Quality)
		}
		decoded(t, over.Bytes)
	}
}

// An animation fits with all its frames, metadata counts, a palette that is
// configured is where the search begins, and gray with its profile gets none.
func TestMaxBytesKinds(t *testing.T) {
	animation := sample(t, "gif-animated.gif")
	for _, format := range []string{"gif", "webp"} {
		whole := transform(t, animation, "80x,format="+format)
		most := len(whole.Bytes) * 2 / 3
		picture := transform(t, animation, fmt.Sprintf("80x,format=%s,max_bytes=%d", format, most))
		if a, b := readAnimation(t, picture.Bytes), readAnimation(t, whole.Bytes); len(picture.Bytes) > most || a.frames != b.frames {
			t.Errorf("%s: %d bytes with %d frames, want %d with %d", format, len(picture.Bytes), a.frames, most, b.frames)
		}
	}

	photograph := sample(t, "copyright.jpeg")
	picture := transform(t, photograph, "300x,format=jpeg,metadata=keep,max_bytes=12000")
	if length := len(picture.Bytes); length > 12000 || len(metadataOf(t, picture.Bytes).xmp) == 0 {
		t.Errorf("%d bytes with metadata", length)
	}

	few := withConfig(func(config *Config) { config.PNG.Palette, config.PNG.PaletteQuality = true, 60 })
	whole := transformBy(t, few, photograph, "200x,format=png")
	picture = transformBy(t, few, photograph, fmt.Sprintf("200x,format=png,max_bytes=%d", len(whole.Bytes)-1))
	if len(picture.Bytes) >= len(whole.Bytes) || picture.Decision != "" {
		t.Errorf("with a palette: %d bytes, %q, before %d", len(picture.Bytes), picture.Decision, len(whole.Bytes))
	}

	gray := withChunks(pngOf(t, grayPicture(64, 64, 100)), profileChunk(grayProfile(1.8)))
	picture = transform(t, gray, "60x,format=png,profile=keep,max_bytes=100")
	if picture.Decision != spec.DecisionOverMaxBytes || paletteOf(t, picture.Bytes) != nil {
		t.Errorf("gray with a profile: %q", picture.Decision)
	}

	none := withConfig(func(*Config) {})
	none.palettes = false
	if picture := transformBy(t, none, photograph, "200x,format=png,max_bytes=100"); paletteOf(t, picture.Bytes) != nil || picture.Decision != spec.DecisionOverMaxBytes {
		t.Errorf("without palettes: %q", picture.Decision)
	}
}

// Every list of codings gets shorter, in few enough tries.
func TestShorter(t *testing.T) {
	const tries = 7
	for _, format := range engine.Writable() {
		first := codingOf(spec.Output{Format: format, Quality: 100}, DefaultConfig(), false)
		codings := shorter[format](first)
		if len(codings) == 0 || bits.Len(uint(len(codings))) > tries {
			t.Errorf("%s has %d codings", format, len(codings))
		}
		for _, how := range codings {
			if how.quality == first.quality && how.palette == first.palette {
				t.Errorf("%s: the first is tried again", format)
			}
		}
	}
	for count := range 200 {
		for answer := range count + 1 {
			asked := 0
			got, err := bisect(count, func(index int) (bool, error) { asked++; return index >= answer, nil })
			if got != answer || err != nil || asked > bits.Len(uint(count)) {
				t.Errorf("of %d: got %d, %v after %d questions, want %d", count, got, err, asked, answer)
			}
		}
	}
	if _, err := bisect(9, func(int) (bool, error) { return false, errors.ErrUnsupported }); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v, want what was asked to fail", err)
	}
}

// At the deadline the search stops between two tries.
func TestMaxBytesDeadline(t *testing.T) {
	original := photograph()
	facts := facts(t, original)
	ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := engine.Transform(ctx, ordered(original, facts, resolved(t, "2000x,format=webp,max_bytes=100")))
	if !errors.Is(err, ErrTimeout) {
		t.Fatalf("got %v, want ErrTimeout", err)
	}
	if took := time.Since(begin); took > 3*time.Second { // whole, it takes eight encodes
		t.Errorf("it went on for %v after a deadline of 700 ms", took)
	}
	done, stop := context.WithCancel(t.Context())
	stop()
	j := job{ctx: done}
	if _, err := j.code(coding{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
