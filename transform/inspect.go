package transform

import (
	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// Inspect tells what an original's header says, and refuses originals that are
// in no format read here, evidently broken, or over the limits. It decodes no
// pixels. Its errors wrap ErrUnsupported, ErrCorrupt or ErrTooManyPixels.
func (e *Engine) Inspect(original []byte) (spec.Facts, error) {
	return e.InspectPage(original, 1)
}

// factsOf reads the header of a page that was opened by itself. Of pages only
// frames are an animation, and those only together.
func (c content) factsOf(header *vips.ImageRef) spec.Facts {
	facts := spec.Facts{
		Format:      c.format,
		Width:       header.Width(),
		Height:      header.Height(),
		Frames:      1,
		Pages:       c.pagesOf(header),
		HasAlpha:    header.HasAlpha(),
		Orientation: int(orientationOf(header)),
		Vector:      c.format == spec.SVG,
	}
	if info, _ := c.format.Info(); info.Animated && c.page == 1 {
		facts.Frames = facts.Pages
	}
	if orientation(facts.Orientation).swaps() {
		facts.Width, facts.Height = facts.Height, facts.Width
	}
	return facts
}

// bitmapFacts are those of what is decoded in Go.
func (c content) bitmapFacts() spec.Facts {
	return spec.Facts{
		Format:      c.format,
		Width:       c.bitmap.width,
		Height:      c.bitmap.height,
		Frames:      1,
		Pages:       max(c.pages, 1),
		HasAlpha:    c.bitmap.alpha || c.bitmap.icon,
		Orientation: int(upright),
	}
}
