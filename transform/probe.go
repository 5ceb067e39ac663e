package transform

import (
	_ "embed"

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
	for format, loader := range loaders {
		e.readable[format] = operationExists(loader.nickname)
	}
	e.readable[spec.AVIF] = e.readable[spec.AVIF] && decodes(spec.AVIF, probeAVIF)
	e.readable[spec.HEIC] = e.readable[spec.HEIC] && decodes(spec.HEIC, probeHEIC)
	e.readable[spec.JXL] = e.readable[spec.JXL] && decodes(spec.JXL, probeJXL)
	e.jxlFrames = operationTakes(loaders[spec.JXL].nickname, "page")
	for _, format := range spec.OutputFormats() {
		if e.encodes(format) {
			e.writable = append(e.writable, format)
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
	const quality = 50
	_, err = encode(image, e.config, quality)
	return err == nil
}
