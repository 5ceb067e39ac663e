package transform

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"api-resize/spec"
)

// limited is the engine with other limits.
func limited(change func(*Limits)) *Engine {
	e := *engine
	change(&e.limits)
	return &e
}

// Each limit, met and crossed by one.
func TestLimits(t *testing.T) {
	still := originals(t, opaque(40, 30))
	animated := map[string][]byte{"animated gif": gifOf(t, 40, 30, red, green, blue)}
	animated["animated webp"] = transform(t, animated["animated gif"], "max,format=webp").Bytes
	check := func(name string, original []byte, pixels int64, frames int, want error) {
		t.Helper()
		e := limited(func(l *Limits) { l.Pixels, l.Frames = pixels, frames })
		if _, err := e.Inspect(original); !errors.Is(err, want) {
			t.Errorf("Inspect of %s with %d pixels and %d frames: got %v, want %v", name, pixels, frames, err, want)
		}
		_, err := e.Transform(t.Context(), ordered(original, facts(t, original), resolved(t, "10x,format=webp")))
		if !errors.Is(err, want) {
			t.Errorf("Transform of %s with %d pixels and %d frames: got %v, want %v", name, pixels, frames, err, want)
		}
	}
	for name, original := range still {
		check(name, original, 1200, 1, nil)
		check(name, original, 1199, 1, ErrTooManyPixels)
	}
	for name, original := range animated {
		check(name, original, 3600, 3, nil)
		check(name, original, 3599, 3, ErrTooManyPixels)
		check(name, original, 3600, 2, ErrTooManyPixels)
	}
}

func TestResultLimits(t *testing.T) {
	original := gifOf(t, 40, 30, red, green)
	for text, limit := range map[string]spec.ResultLimits{
		"max,format=gif":                   {Pixels: 2*1200 - 1, Side: 100},
		"max,format=png":                   {Pixels: 1200, Side: 39},
		"80x,enlarge=true,format=jpeg":     {Pixels: 4799, Side: 100},
		"40x1,enlarge=true,p=attention":    {Pixels: 1199, Side: 100}, // looked at whole before the crop
		"100x100,fit=contain,format=avif":  {Pixels: 9999, Side: 100},
		"101x100,fit=contain,format=jpeg":  {Pixels: 1 << 30, Side: 100},
		"100x101,fit=contain,format=webp,": {Pixels: 1 << 30, Side: 100},
	} {
		e := limited(func(l *Limits) { l.Result = limit })
		_, err := e.Transform(t.Context(), ordered(original, facts(t, original), resolved(t, strings.TrimSuffix(text, ","))))
		if !errors.Is(err, spec.ErrTooLarge) {
			t.Errorf("%s with %+v: got %v, want spec.ErrTooLarge", text, limit, err)
		}
	}
}

// What a crop cuts off is not computed, however large it would be.
func TestCropOfSomethingHuge(t *testing.T) {
	original := pngOf(t, plain(100, 1, green))
	picture := transform(t, original, "8x8192,enlarge=true,format=png")
	if got := decoded(t, picture.Bytes); got.Bounds().Dx() != 8 || got.Bounds().Dy() != 8192 || !near(got.NRGBAAt(4, 4000), green, 2) {
		t.Errorf("%v, %v", got.Bounds(), got.NRGBAAt(4, 4000))
	}
}

// A header can promise billions of pixels in a few bytes.
func TestHugeHeaders(t *testing.T) {
	png := pngOf(t, plain(1, 1, red))
	copy(png[16:], "\x7f\xff\xff\xff\x7f\xff\xff\xff")
	jpeg := jpegOf(t, plain(8, 8, red))
	sof := bytes.Index(jpeg, []byte{0xff, 0xc0})
	copy(jpeg[sof+5:], "\xff\xff\xff\xff")
	gif := gifOf(t, 8, 8, red)
	copy(gif[6:], "\xff\xff\xff\xff")
	for name, original := range map[string][]byte{"png": png, "jpeg": jpeg, "gif": gif} {
		if _, err := engine.Inspect(original); !errors.Is(err, ErrTooManyPixels) {
			t.Errorf("%s: got %v, want ErrTooManyPixels", name, err)
		}
	}
}

// Scans of a progressive JPEG cost a pass over all pixels each.
func TestManyScans(t *testing.T) {
	original := originals(t, opaque(64, 64))["progressive jpeg"]
	end := bytes.LastIndex(original, []byte{0xff, jpegEOI})
	scan := bytes.LastIndex(original[:end], []byte{0xff, jpegSOS})
	bomb := bytes.Clone(original[:end])
	for range maxScans {
		bomb = append(bomb, original[scan:end]...)
	}
	bomb = append(bomb, original[end:]...)
	if _, err := engine.Inspect(bomb); !errors.Is(err, ErrTooManyPixels) {
		t.Errorf("got %v, want ErrTooManyPixels", err)
	}
	if _, err := engine.Inspect(original); err != nil {
		t.Errorf("an ordinary progressive JPEG: %v", err)
	}
}

// Texts and profiles that unpack to a thousand times their size are left out,
// and cost next to nothing.
func TestPackedChunks(t *testing.T) {
	text := chunk("zTXt", append([]byte("Comment\x00\x00"), packed(make([]byte, 2<<20))...))
	texts := withChunks(pngOf(t, plain(20, 20, red)), bytes.Repeat(text, 100))
	international := chunk("iTXt", append([]byte("Comment\x00\x01\x00\x00\x00"), packed(make([]byte, 2<<20))...))
	bombs := map[string][]byte{
		"zTXt": texts,
		"iTXt": withChunks(pngOf(t, plain(20, 20, red)), bytes.Repeat(international, 100)),
		"iCCP": withChunks(pngOf(t, plain(20, 20, red)), profileChunk(make([]byte, 30<<20))),
	}
	for name, bomb := range bombs {
		begin := time.Now()
		pixels := decoded(t, transform(t, bomb, "10x,format=png").Bytes)
		if took := time.Since(begin); took > 2*time.Second { // 200 MB unpacked and kept take longer
			t.Errorf("%s took %v", name, took)
		}
		if got := pixels.NRGBAAt(5, 5); !near(got, red, 1) {
			t.Errorf("%s: the picture is %v", name, got)
		}
		clean, err := scanPNG(bomb, engine.limits)
		if err != nil || len(clean) > 2000 {
			t.Errorf("%s: %d bytes are left, %v", name, len(clean), err)
		}
	}
	small := withChunks(pngOf(t, plain(20, 20, red)), chunk("tEXt", []byte("Author\x00me")))
	if clean, err := scanPNG(small, engine.limits); err != nil || &clean[0] != &small[0] {
		t.Errorf("a PNG with a short text is copied, %v", err)
	}
}

// Of an APNG the first frame is the picture.
func TestAPNG(t *testing.T) {
	still := pngOf(t, plain(20, 20, green))
	original := withChunks(still, chunk("acTL", make([]byte, 8)), chunk("fcTL", make([]byte, 26)))
	if got := facts(t, original); got.Frames != 1 || got.Width != 20 {
		t.Errorf("facts are %+v, want one frame", got)
	}
	if got := decoded(t, transform(t, original, "10x,format=webp").Bytes).NRGBAAt(5, 5); !near(got, green, 6) {
		t.Errorf("the picture is %v, want green", got)
	}
}

func TestValidate(t *testing.T) {
	if err := errors.Join(DefaultConfig().Validate(), DefaultLimits().Validate()); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	config := DefaultConfig()
	config.JPEG.Quality, config.GIF.Effort, config.WebP.Effort = 0, 11, 7
	err := config.Validate()
	for _, fault := range []string{"jpeg.quality: expected 1…100, got 0", "gif.effort: expected 1…10, got 11", "webp.effort: expected 0…6, got 7"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%v, want it to say %q", err, fault)
		}
	}
	if err := (Limits{Frames: -1}).Validate(); err == nil || strings.Count(err.Error(), "expected at least 1") != 5 {
		t.Errorf("empty limits: %v, want five faults", err)
	}
}
