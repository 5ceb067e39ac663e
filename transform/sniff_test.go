package transform

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"api-resize/spec"
)

func ftyp(major string, compatible ...string) string {
	box := "ftyp" + major + "\x00\x00\x00\x00"
	for _, brand := range compatible {
		box += brand
	}
	return "\x00\x00\x00" + string(rune(len(box)+4)) + box + "\x00\x00\x00\x08mdat"
}

func TestSniff(t *testing.T) {
	for content, want := range map[string]spec.Format{
		"\xff\xd8\xff\xe0":                         spec.JPEG,
		"\x89PNG\r\n\x1a\n....":                    spec.PNG,
		"GIF87a":                                   spec.GIF,
		"GIF89a":                                   spec.GIF,
		"GIF90a":                                   "",
		"RIFF\x04\x00\x00\x00WEBPVP8 ":             spec.WebP,
		"RIFF\x04\x00\x00\x00WAVEfmt ":             "",
		"II*\x00\x08\x00\x00\x00":                  spec.TIFF,
		"MM\x00*\x00\x00\x00\x08":                  spec.TIFF,
		"II+\x00\x08\x00\x00\x00":                  spec.TIFF,
		ftyp("avif", "mif1", "miaf"):               spec.AVIF,
		ftyp("avis", "avif"):                       spec.AVIF,
		ftyp("mif1", "avif", "miaf"):               spec.AVIF,
		ftyp("mif1", "miaf", "heic"):               spec.HEIC,
		ftyp("mif1"):                               spec.HEIC,
		ftyp("msf1", "hevc", "heic"):               spec.HEIC,
		ftyp("heic", "mif1"):                       spec.HEIC,
		ftyp("heix"):                               spec.HEIC,
		ftyp("mp42", "isom"):                       "",
		ftyp("qt  "):                               "",
		"\x00\x00\x00\x08ftypavif\x00\x00\x00\x00": "", // shorter than it says
		"\xff\x0a":                                 spec.JXL,
		jxlSignature:                               spec.JXL,
		"\x00\x00\x00\x0cJXL \r\n\x87\r":           "",
		"\xff\x0b":                                 "",
	} {
		if got, ok := Sniff([]byte(content)); got != want || ok != (want != "") {
			t.Errorf("%q is %q, want %q", content, got, want)
		}
	}
}

// The samples' facts, by looking at them.
func TestInspectSamples(t *testing.T) {
	for name, want := range map[string]spec.Facts{
		"jpg-24bit-icc-iec.jpg":       {Format: spec.JPEG, Width: 2560, Height: 1600, Frames: 1, Orientation: 1},
		"jpg-32bit-cmyk-icc-swop.jpg": {Format: spec.JPEG, Width: 1080, Height: 1080, Frames: 1, Orientation: 1},
		"jpg-orientation-5.jpg":       {Format: spec.JPEG, Width: 231, Height: 308, Frames: 1, Orientation: 5},
		"png-24bit+alpha.png":         {Format: spec.PNG, Width: 512, Height: 512, Frames: 1, HasAlpha: true, Orientation: 1},
		"png-alpha-64bit.png":         {Format: spec.PNG, Width: 1350, Height: 600, Frames: 1, HasAlpha: true, Orientation: 1},
		"webp-orientation-6.webp":     {Format: spec.WebP, Width: 391, Height: 521, Frames: 1, Orientation: 6},
		"webp-animated+alpha.webp":    {Format: spec.WebP, Width: 480, Height: 480, Frames: 14, Pages: 14, HasAlpha: true, Orientation: 1},
		"gif-animated.gif":            {Format: spec.GIF, Width: 121, Height: 128, Frames: 8, Pages: 8, HasAlpha: true, Orientation: 1},
		"avif-8bit.avif":              {Format: spec.AVIF, Width: 1440, Height: 960, Frames: 1, Orientation: 1},
		"heic-orientation-6.heic":     {Format: spec.HEIC, Width: 3024, Height: 4032, Frames: 1, Orientation: 1},
		"heic-ftypmsf1.heic":          {Format: spec.HEIC, Width: 1280, Height: 720, Frames: 1, Orientation: 1},
		"tif-16bit.tif":               {Format: spec.TIFF, Width: 1024, Height: 683, Frames: 1, Orientation: 1},
		"jxl-isobmff.jxl":             {Format: spec.JXL, Width: 640, Height: 416, Frames: 1, Orientation: 1},
	} {
		want.Pages = max(want.Pages, 1)
		if got := facts(t, sample(t, name)); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

// Whatever comes in, Inspect neither crashes nor lets anything over the limits
// through.
func FuzzInspect(f *testing.F) {
	for _, original := range originals(f, opaque(20, 10)) {
		f.Add(original)
		f.Add(original[:len(original)/2])
	}
	f.Add(gifOf(f, 8, 8, red, blue))
	f.Add([]byte(ftyp("mif1", "avif")))
	f.Add([]byte("RIFF\x01\x00\x00\x00WEBP0000")) // ends before it begins
	f.Fuzz(func(t *testing.T, original []byte) {
		facts, err := engine.Inspect(original)
		switch {
		case err == nil:
			if facts.Width < 1 || facts.Height < 1 || facts.Frames < 1 || facts.Pixels() > engine.limits.Pixels || facts.Frames > engine.limits.Frames {
				t.Errorf("%+v is let through", facts)
			}
		case !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrTooManyPixels):
			t.Errorf("an error of no kind: %v", err)
		}
	})
}

// Of an animated PNG its default image is shown, which is the first frame; the
// others are none of its pixels.
func TestAnimatedPNG(t *testing.T) {
	first, second := pngOf(t, plain(20, 10, red)), pngOf(t, plain(20, 10, blue))
	control := []byte{0, 0, 0, 2, 0, 0, 0, 0} // two frames, for ever
	frame := func(sequence byte) []byte {
		return chunk("fcTL", []byte{0, 0, 0, sequence, 0, 0, 0, 20, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 10, 0, 0})
	}
	start := bytes.Index(second, []byte("IDAT"))
	length := int(binary.BigEndian.Uint32(second[start-4:]))
	more := chunk("fdAT", append([]byte{0, 0, 0, 2}, second[start+4:start+4+length]...))
	end := bytes.Index(first, []byte("IEND")) - 4
	original := append([]byte{}, first[:end]...)
	original = append(append(append(original, frame(1)...), more...), first[end:]...)
	original = withChunks(original, chunk("acTL", control), frame(0))

	got := facts(t, original)
	if got.Format != spec.PNG || got.Frames != 1 || got.Width != 20 || got.Height != 10 {
		t.Errorf("facts are %+v", got)
	}
	for _, text := range []string{"max,format=png", "10x,format=webp"} {
		pixels := decoded(t, transform(t, original, text).Bytes)
		if !near(pixels.NRGBAAt(3, 3), red, 6) {
			t.Errorf("%s shows %v, want the first frame", text, pixels.NRGBAAt(3, 3))
		}
	}
}
