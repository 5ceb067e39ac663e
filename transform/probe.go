package transform

import (
	"bytes"
	_ "embed"
	"image"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// Pictures of 16 by 16 pixels. Whether a decoder of AV1 or HEVC is there can
// only be told by using it: libheif finds its codecs when it runs. libjxl is in
// a module of libvips, which may be there without it.
var (
	//go:embed probe/probe.avif
	probeAVIF []byte
	//go:embed probe/probe.heic
	probeHEIC []byte
	//go:embed probe/probe.jxl
	probeJXL []byte
)

// probe finds out which formats can be read and written.
func (e *Engine) probe() {
	e.readable = make(map[spec.Format]bool)
	e.readable[spec.BMP], e.readable[spec.ICO] = true, true // decoded in Go
	for format, loader := range loaders {
		e.readable[format] = operationExists(loader.nickname)
	}
	e.readable[spec.AVIF] = e.readable[spec.AVIF] && decodes(spec.AVIF, probeAVIF)
	e.readable[spec.HEIC] = e.readable[spec.HEIC] && decodes(spec.HEIC, probeHEIC)
	e.readable[spec.SVG] = e.readable[spec.SVG] && e.config.SVG.Enabled
	e.readable[spec.JXL] = e.readable[spec.JXL] && decodes(spec.JXL, probeJXL)
	e.jxlFrames = operationTakes(loaders[spec.JXL].nickname, "page")
	e.palettes = e.hasPalettes()
	for _, format := range spec.OutputFormats() {
		if e.encodes(format) {
			e.writable = append(e.writable, format)
			if format == spec.PNG || e.keepsPixels(format) {
				e.lossless = append(e.lossless, format)
			}
		}
	}
}

func decodes(format spec.Format, sample []byte) bool {
	image, err := loaders[format].open(sample, "", nil)
	if err != nil {
		return false
	}
	defer image.Close()
	return settle(image, nil) == nil
}

func (e *Engine) encodes(format spec.Format) bool {
	encode, known := encoders[format]
	if !known {
		return false
	}
	image, err := vips.NewTransparentCanvas(16, 16)
	if err != nil {
		return false
	}
	defer image.Close()
	_, err = encode(image, e.config, codingOf(spec.Output{Format: format, Quality: 50}, e.config, false))
	return err == nil
}

// keepsPixels finds out whether a format that usually loses something comes
// back as it was when it is told to lose nothing. Some versions of libvips
// round colours on their way into AVIF.
func (e *Engine) keepsPixels(format spec.Format) bool {
	if info, _ := format.Info(); !info.Quality || !e.readable[format] {
		return false
	}
	ref, err := vips.NewImageFromGoImage(losslessSample())
	if err != nil {
		return false
	}
	defer ref.Close()
	data, err := encoders[format](ref, e.config, coding{quality: 100, lossless: true})
	if err != nil {
		return false
	}
	before, err := ref.ToBytes()
	if err != nil {
		return false
	}
	after, err := loaders[format].open(data, "", nil)
	if err != nil {
		return false
	}
	defer after.Close()
	pixels, err := after.ToBytes()
	return err == nil && bytes.Equal(before, pixels)
}

// hasPalettes finds out whether this libvips can choose colours for a palette.
// Where it can't it writes a PNG all the same, with all colours.
func (e *Engine) hasPalettes() bool {
	image, err := vips.NewTransparentCanvas(16, 16)
	if err != nil {
		return false
	}
	defer image.Close()
	data, err := encodePNG(image, e.config, coding{palette: palette{depth: 8, quality: 100}})
	const kind, indexed = pngSignatureLength + 8 + 9, 3 // of colours, in the header (PNG, third edition, section 11.2.1)
	return err == nil && len(data) > kind && data[kind] == indexed
}

// losslessSample has colours all over the cube, none of them invisible.
func losslessSample() image.Image {
	picture := image.NewNRGBA(image.Rect(0, 0, 16, 16))
	for i := range picture.Pix {
		picture.Pix[i] = uint8(i * i * 31 >> 3)
		if i%4 == 3 {
			picture.Pix[i] |= 0x80
		}
	}
	return picture
}
