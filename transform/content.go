package transform

import "api-resize/spec"

// content is an original that was recognised, and judged as far as that goes
// without decoding it.
type content struct {
	format spec.Format
	data   []byte // what the decoder may see of the original
	loader loader // that reads data

	premultiplied bool // its colours are multiplied by alpha
}

// vet recognises an original and judges it as far as that goes without
// libvips.
func (e *Engine) vet(original []byte) (content, error) {
	format, ok := Sniff(original)
	if !ok || !e.readable[format] {
		return content{}, ErrUnsupported
	}
	found := content{format: format, data: original, loader: loaders[format]}
	var err error
	switch format {
	case spec.JPEG:
		err = scanJPEG(original, e.limits)
	case spec.PNG:
		found.data, err = scanPNG(original, e.limits)
	case spec.GIF:
		err = scanGIF(original, e.limits)
	case spec.WebP:
		err = scanWebP(original, e.limits)
	case spec.AVIF, spec.HEIC:
		err = scanBoxes(original)
	case spec.JXL:
		var header jxlHeader
		found.data, header, err = scanJXL(original, e.limits, e.jxlFrames)
		found.premultiplied = header.premultiplied
	}
	return found, err
}
