package transform

import (
	"errors"
	"fmt"

	"api-resize/spec"
)

// Config says how results are written. Everything in it changes bytes, so all
// of it is part of the Engine's Fingerprint.
type Config struct {
	JPEG JPEGConfig `mapstructure:"jpeg"`
	PNG  PNGConfig  `mapstructure:"png"`
	WebP WebPConfig `mapstructure:"webp"`
	AVIF AVIFConfig `mapstructure:"avif"`
	GIF  GIFConfig  `mapstructure:"gif"`
	JXL  JXLConfig  `mapstructure:"jxl"`
	SVG  SVGConfig  `mapstructure:"svg"`

	// Target is how much a result of quality auto looks like its picture, between
	// 0.5 and 0.999; see seenSimilarity. At 0.985 no difference is seen side by
	// side; at 0.97 it is. Default 0.985.
	Target float64 `mapstructure:"target"`
	// Linear scales colours as light adds up. Fine patterns and thin lines keep
	// their brightness; decoders then can't shrink, which takes two to six times
	// the time. Default false.
	Linear bool `mapstructure:"linear"`
}

// JPEGConfig is how JPEG is written: progressive, with Huffman tables of its
// own, chroma at half resolution below quality 90.
type JPEGConfig struct {
	Quality int `mapstructure:"quality"` // 1…100, where a request asks for none
}

// PNGConfig is how PNG is written.
type PNGConfig struct {
	Compression int `mapstructure:"compression"` // zlib's level, 0…9
	// Palette gives pictures with colours at most 256 of them, mixed where that is
	// too few: a third of the length or less. Default false.
	Palette        bool `mapstructure:"palette"`
	PaletteQuality int  `mapstructure:"palette_quality"` // 1…100: below 100 there may be still fewer
}

// WebPConfig is how WebP is written.
type WebPConfig struct {
	Quality int `mapstructure:"quality"` // 1…100, where a request asks for none
	Effort  int `mapstructure:"effort"`  // 0 fast … 6 small
	// SmartSubsample keeps the colour of thin lines at the price of a third
	// more processor time. Default false.
	SmartSubsample bool `mapstructure:"smart_subsample"`
}

// AVIFConfig is how AVIF is written.
type AVIFConfig struct {
	Quality int `mapstructure:"quality"` // 1…100, where a request asks for none
	Effort  int `mapstructure:"effort"`  // 0 fast … 9 small
}

// GIFConfig is how GIF is written.
type GIFConfig struct {
	Effort int `mapstructure:"effort"` // 1 fast … 10 small
}

// JXLConfig is how JPEG XL is written.
type JXLConfig struct {
	Quality int `mapstructure:"quality"` // 1…100, where a request asks for none
	Effort  int `mapstructure:"effort"`  // 3 fast … 9 small
}

// SVGConfig is how SVG is read; it is never written.
type SVGConfig struct {
	// Enabled has drawings rasterised. They are programs of a kind, run by a
	// library that was not made for strangers' ones: a drawing of a few kilobytes
	// can keep a slot busy for a minute. Default false.
	Enabled bool `mapstructure:"enabled"`
}

// DefaultConfig is what the service starts with. WebP at 79, AVIF at 55 and
// JPEG XL at 75 look much like JPEG at 80. The efforts are where more time
// stops paying: a megapixel of AVIF takes about 0.5 s at 2 and 2.8 s at 4, for no
// fewer bytes; one of GIF 0.4 s at 3 and 1.1 s at 7, for 3 % fewer (libvips 8.14,
// libaom 3.6); one of JPEG XL 0.3 s at 3, 0.4 s at 5 for 15 % fewer, and 1.1 s at
// 7 for no fewer (libjxl 0.7).
func DefaultConfig() Config {
	return Config{
		JPEG: JPEGConfig{Quality: 80},
		PNG:  PNGConfig{Compression: 6, PaletteQuality: 100},
		WebP: WebPConfig{Quality: 79, Effort: 4},
		AVIF: AVIFConfig{Quality: 55, Effort: 2},
		GIF:  GIFConfig{Effort: 3},
		JXL:  JXLConfig{Quality: 75, Effort: 5},

		Target: 0.985,
	}
}

// Validate reports every value that is out of range, joined.
func (c Config) Validate() error {
	var faults []error
	for _, setting := range []struct {
		key              string
		value, low, high int
	}{
		{"jpeg.quality", c.JPEG.Quality, 1, 100},
		{"png.compression", c.PNG.Compression, 0, 9},
		{"png.palette_quality", c.PNG.PaletteQuality, 1, 100},
		{"webp.quality", c.WebP.Quality, 1, 100},
		{"webp.effort", c.WebP.Effort, 0, 6},
		{"avif.quality", c.AVIF.Quality, 1, 100},
		{"avif.effort", c.AVIF.Effort, 0, 9},
		{"gif.effort", c.GIF.Effort, 1, 10},
		{"jxl.quality", c.JXL.Quality, 1, 100},
		{"jxl.effort", c.JXL.Effort, 3, 9},
	} {
		if setting.value < setting.low || setting.value > setting.high {
			faults = append(faults, fmt.Errorf("%s: expected %d…%d, got %d",
				setting.key, setting.low, setting.high, setting.value))
		}
	}
	if !(c.Target >= minTarget && c.Target <= maxTarget) { // nor no number
		faults = append(faults, fmt.Errorf("target: expected %g…%g, got %g", minTarget, maxTarget, c.Target))
	}
	return errors.Join(faults...)
}

// Above the highest target rounding alone decides.
const (
	minTarget = 0.5
	maxTarget = 0.999
)

// Quality is the configured quality of each format that has one, for
// spec.Resolver.
func (c Config) Quality() map[spec.Format]int {
	return map[spec.Format]int{
		spec.JPEG: c.JPEG.Quality,
		spec.WebP: c.WebP.Quality,
		spec.AVIF: c.AVIF.Quality,
		spec.JXL:  c.JXL.Quality,
	}
}
