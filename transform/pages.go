package transform

import (
	"fmt"
	"runtime"
	"strconv"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// InspectPage is Inspect for one page of an original that has several: a TIFF,
// AVIF, HEIC or ICO, or the frames of a GIF or WebP. Pages count from 1, which is
// what Inspect tells of, and differ in everything but their format. A page that
// isn't there is an error that wraps spec.ErrImpossible.
//
// The first page is what a viewer shows: of AVIF and HEIC the primary image, of
// an icon the largest. A frame is by itself no animation.
func (e *Engine) InspectPage(original []byte, page int) (spec.Facts, error) {
	source, err := e.vet(original, page)
	if err != nil {
		return spec.Facts{}, err
	}
	if source.bitmap != nil {
		return source.bitmapFacts(), nil
	}
	var pins runtime.Pinner
	defer pins.Unpin()
	pins.Pin(&source.data[0])
	option, err := source.pageOption()
	if err != nil {
		return spec.Facts{}, err
	}
	header, err := source.open(openOptions+option, nil)
	if err != nil {
		e.log.Debug("an original's header can't be read", "format", source.format, "libvips", textOf(err))
		return spec.Facts{}, unreadable(source.format)
	}
	defer header.Close()
	facts := source.factsOf(header)
	return facts, e.limits.allow(facts.Width, facts.Height, facts.Frames)
}

// unreadable is the error of an original whose header libvips gives up on.
func unreadable(format spec.Format) error {
	return fmt.Errorf("%w: its %s header can't be read", ErrCorrupt, format)
}

func noSuchPage(page, pages int) error {
	return fmt.Errorf("%w: page %d, expected 1…%d", spec.ErrImpossible, page, pages)
}

// pageOption is what tells a loader which page to open. The first is what it
// opens by itself.
func (c content) pageOption() (string, error) {
	if c.page == 1 || c.pages > 0 { // data is the page alone
		return "", nil
	}
	first, err := c.open(openOptions, nil)
	if err != nil {
		return "", unreadable(c.format)
	}
	defer first.Close()
	if pages := c.pagesOf(first); c.page > pages {
		return "", noSuchPage(c.page, pages)
	}
	index := c.page - 1
	if c.format == spec.AVIF || c.format == spec.HEIC {
		// The primary image comes first, then the others as they are stored.
		if primary := first.GetInt("heif-primary"); index <= primary {
			index--
		}
	}
	return ",page=" + strconv.Itoa(index), nil
}

// pagesOf is the number of pages, given the header of one.
func (c content) pagesOf(header *vips.ImageRef) int {
	switch {
	case c.pages > 0:
		return c.pages
	case c.loader.paged:
		return max(header.Pages(), 1)
	}
	return 1
}
