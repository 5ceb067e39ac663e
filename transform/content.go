package transform

import (
	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// content is an original that was recognised, and judged as far as that goes
// without decoding it.
type content struct {
	format spec.Format
	file   []byte  // the original
	data   []byte  // what the decoder may see of it
	loader loader  // that reads data
	bitmap *bitmap // is decoded instead, where there is one

	page  int // of several, from 1
	pages int // as far as that is known without a loader, else 0

	premultiplied bool // its colours are multiplied by alpha
}

// open opens data, which the caller keeps pinned, with a loader's options. A
// bitmap is decoded.
func (c content) open(options string, g *guard) (*vips.ImageRef, error) {
	if c.bitmap != nil {
		return c.bitmap.open(g)
	}
	return c.loader.open(c.data, options, g)
}

// vet recognises an original and judges it, for one of its pages, as far as that
// goes without libvips.
func (e *Engine) vet(original []byte, page int) (content, error) {
	format, ok := Sniff(original)
	if !ok || !e.readable[format] {
		return content{}, ErrUnsupported
	}
	found := content{format: format, file: original, data: original, loader: loaders[format], page: max(page, 1)}
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
	case spec.TIFF:
		err = scanTIFF(original)
	case spec.AVIF, spec.HEIC:
		err = scanBoxes(original)
	case spec.BMP:
		found.pages = 1
		found.bitmap, err = scanBMP(original, e.limits)
	case spec.ICO:
		err = found.chooseIcon(e.limits)
	case spec.SVG:
		err = scanSVG(original)
	case spec.JXL:
		var header jxlHeader
		found.data, header, err = scanJXL(original, e.limits, e.jxlFrames)
		found.premultiplied = header.premultiplied
	}
	if err == nil && found.pages > 0 && found.page > found.pages {
		err = noSuchPage(found.page, found.pages)
	}
	return found, err
}

// chooseIcon narrows an icon down to one of its images, of which the largest is
// the first page.
func (c *content) chooseIcon(limits Limits) error {
	icons, err := scanICO(c.data)
	if err != nil {
		return err
	}
	c.pages = len(icons)
	if c.page > c.pages {
		return noSuchPage(c.page, c.pages)
	}
	chosen := icons[c.page-1]
	if !chosen.png {
		c.bitmap, err = chosen.bitmap(limits)
		return err
	}
	c.loader = loaders[spec.PNG]
	c.data, err = scanPNG(chosen.data, limits)
	return err
}
