package transform

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"testing"
)

// paletteOf is the palette of a PNG, nil when it has none.
func paletteOf(t testing.TB, data []byte) color.Palette {
	t.Helper()
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	palette, _ := config.ColorModel.(color.Palette)
	return palette
}

// onWhite is a picture as it is seen on white.
func onWhite(picture *image.NRGBA) *image.NRGBA {
	over := image.NewNRGBA(picture.Rect)
	draw.Draw(over, over.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(over, over.Rect, picture, picture.Rect.Min, draw.Over)
	return over
}

// With a palette a PNG is much shorter, and looks much the same.
func TestPalette(t *testing.T) {
	few := withConfig(func(config *Config) { config.PNG.Palette = true })
	for _, name := range []string{"jpg-24bit-icc-adobe-rgb.jpg", "png-24bit.png", "png-24bit+alpha.png", "webp+alpha.webp"} {
		original := sample(t, name)
		full, short := transform(t, original, "300x,format=png").Bytes, transformBy(t, few, original, "300x,format=png").Bytes
		if count := len(paletteOf(t, short)); count < 2 || count > 256 || len(short) > len(full)/2 {
			t.Errorf("%s: %d colours, %d bytes instead of %d", name, count, len(short), len(full))
		}
		want, got := grid(onWhite(decoded(t, full)), 8), grid(onWhite(decoded(t, short)), 8)
		for i := range want {
			if !near(got[i], want[i], 6) {
				t.Errorf("%s, area %d: got %v, want %v", name, i, got[i], want[i])
			}
		}
	}
}

// Fewer colours where they do for a lower quality; none are taken from gray, nor
// where nothing may be lost, nor by default.
func TestPaletteQuality(t *testing.T) {
	few := withConfig(func(config *Config) { config.PNG.Palette = true })
	fewer := withConfig(func(config *Config) { config.PNG.Palette, config.PNG.PaletteQuality = true, 30 })
	original := sample(t, "png-24bit.png")
	if a, b := paletteOf(t, transformBy(t, few, original, "200x,format=png").Bytes), paletteOf(t, transformBy(t, fewer, original, "200x,format=png").Bytes); len(b) >= len(a) {
		t.Errorf("%d colours at quality 30, %d at 100", len(b), len(a))
	}
	gray := pngOf(t, grayPicture(40, 40, 77))
	for name, data := range map[string][]byte{
		"gray":     transformBy(t, few, gray, "20x,format=png").Bytes,
		"lossless": transformBy(t, few, original, "200x,format=png,lossless=true").Bytes,
		"default":  transform(t, original, "200x,format=png").Bytes,
	} {
		if palette := paletteOf(t, data); palette != nil {
			t.Errorf("%s has %d colours", name, len(palette))
		}
	}
	if lossless := transformBy(t, few, original, "200x,format=png,lossless=true").Bytes; !bytes.Equal(lossless, transform(t, original, "200x,format=png").Bytes) {
		t.Error("without loss it is another")
	}
}

// A file with a palette carries metadata and a profile as well.
func TestPaletteCarries(t *testing.T) {
	few := withConfig(func(config *Config) { config.PNG.Palette = true })
	profile := builtin(t, "p3")
	original := withChunks(pngOf(t, corners(64, 64)), profileChunk(profile), chunk("eXIf", exifTexts{exifArtist: "me"}.bytes()))
	data := transformBy(t, few, original, "32x,format=png,profile=keep,metadata=copyright").Bytes
	found := metadataOf(t, data)
	if !bytes.Equal(found.profile, profile) || readEXIFTexts(found.exif)[exifArtist] != "me" || paletteOf(t, data) == nil {
		t.Errorf("%d bytes of profile, %q, %d colours", len(found.profile), found.exif, len(paletteOf(t, data)))
	}
}

// What is configured and can't be had is an error at the start.
func TestAble(t *testing.T) {
	if err := engine.able(); err != nil || !engine.palettes {
		t.Errorf("able: %v, palettes: %v", err, engine.palettes)
	}
	other := withConfig(func(config *Config) { config.PNG.Palette = true })
	other.palettes = false
	if err := other.able(); err == nil {
		t.Error("a palette is configured where there is none")
	}
	other = withConfig(func(*Config) {})
	other.writable = nil
	if err := other.able(); err == nil {
		t.Error("nothing can be written, and that is no error")
	}
	if engine.Fingerprint() == withConfig(func(config *Config) { config.PNG.Palette = true }).Fingerprint() {
		t.Error("a palette is not part of the fingerprint")
	}
}
