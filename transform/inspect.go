package transform

import (
	"fmt"
	"runtime"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// Inspect tells what an original's header says, and refuses originals that are
// in no format read here, evidently broken, or over the limits. It decodes no
// pixels. Its errors wrap ErrUnsupported, ErrCorrupt or ErrTooManyPixels.
func (e *Engine) Inspect(original []byte) (spec.Facts, error) {
	source, err := e.vet(original)
	if err != nil {
		return spec.Facts{}, err
	}
	if source.bitmap != nil {
		return source.bitmap.facts(source.format), nil
	}
	var pins runtime.Pinner
	defer pins.Unpin()
	pins.Pin(&source.data[0])
	header, err := source.open("access=sequential,fail_on=error", nil)
	if err != nil {
		e.log.Debug("an original's header can't be read", "format", source.format, "libvips", textOf(err))
		return spec.Facts{}, fmt.Errorf("%w: its %s header can't be read", ErrCorrupt, source.format)
	}
	defer header.Close()
	facts := factsOf(source.format, header)
	return facts, e.limits.allow(facts.Width, facts.Height, facts.Frames)
}

// factsOf reads the header of an image that was opened with one frame. Pages
// of TIFF and HEIC files are no animation: the first, or primary, counts.
func factsOf(format spec.Format, header *vips.ImageRef) spec.Facts {
	facts := spec.Facts{
		Format:      format,
		Width:       header.Width(),
		Height:      header.Height(),
		Frames:      1,
		HasAlpha:    header.HasAlpha(),
		Orientation: int(orientationOf(header)),
	}
	if info, _ := format.Info(); info.Animated {
		facts.Frames = max(header.Pages(), 1)
	}
	if orientation(facts.Orientation).swaps() {
		facts.Width, facts.Height = facts.Height, facts.Width
	}
	return facts
}
