package transform

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// openOptions are those that every original is opened with.
const openOptions = "access=sequential,fail_on=error"

// loadOptions are the options that an original is opened with: from top to
// bottom once, failing on broken content, and already shrunk as far as its
// decoder can do that well. shrunk is the factor on its sides that comes of it.
func loadOptions(facts spec.Facts, scaled spec.Size, animated bool) (options string, shrunk float64) {
	options = openOptions
	if animated {
		options += ",n=-1"
	}
	switch facts.Format {
	case spec.JPEG:
		shrink := jpegShrink(facts, scaled)
		return options + ",shrink=" + strconv.Itoa(shrink), 1 / float64(shrink)
	case spec.WebP:
		scale := webpScale(facts, scaled)
		return options + ",scale=" + strconv.FormatFloat(scale, 'g', 17, 64), scale
	case spec.SVG:
		scale := svgScale(facts, scaled)
		return options + ",scale=" + strconv.FormatFloat(scale, 'g', 17, 64), scale
	}
	return options, 1
}

// jpegShrink is how far libjpeg shrinks, which it does by leaving out high
// frequencies of each block: at least a factor of two is left to the better
// filter, as vips_thumbnail does.
func jpegShrink(facts spec.Facts, scaled spec.Size) int {
	factor := min(float64(facts.Width)/float64(scaled.Width), float64(facts.Height)/float64(scaled.Height))
	switch {
	case factor >= 16:
		return 8
	case factor >= 8:
		return 4
	case factor >= 4:
		return 2
	}
	return 1
}

// webpScale is the factor at which libwebp scales while it decodes. It
// averages areas, which is good enough to go all the way: the factor is one
// that rounds to scaled on both sides where there is such a one, so that no
// second scaling is needed.
func webpScale(facts spec.Facts, scaled spec.Size) float64 {
	width, height := float64(facts.Width), float64(facts.Height)
	low := max((float64(scaled.Width)-0.5)/width, (float64(scaled.Height)-0.5)/height)
	high := min((float64(scaled.Width)+0.5)/width, (float64(scaled.Height)+0.5)/height)
	factor := (low + high) / 2
	if low >= high { // stretched: what is left is scaled on one side
		factor = max(float64(scaled.Width)/width, float64(scaled.Height)/height)
	}
	return min(factor, 1)
}

// load opens the original for one picture.
func (j *job) load() error {
	j.pins.Pin(&j.source.data[0])
	page, err := j.source.pageOption()
	if err != nil {
		return err
	}
	options, shrunk := loadOptions(j.facts, wholeScaled(j.facts, j.plan, j.want.Trim > 0 || j.inLinearLight()), j.animated)
	image, err := j.source.open(options+page, j.guard)
	if err != nil {
		return j.undecodable(err)
	}
	j.own(image)
	j.film = film{image: image, frames: 1}
	if j.animated {
		j.film.frames = j.facts.Frames
		if image.Height()%j.film.frames != 0 || image.PageHeight()*j.film.frames != image.Height() {
			return fmt.Errorf("%w: it has not the %d frames that its facts say", ErrCorrupt, j.film.frames)
		}
		if j.delays, err = image.PageDelay(); err != nil {
			return err
		}
		j.loop = image.Loop()
	}
	j.readMetadata()
	// From here on nothing in an image's metadata speaks of pages: govips'
	// operations would act on it.
	if err := forgetPages(image); err != nil {
		return err
	}
	if err := j.agree(shrunk); err != nil {
		return err
	}
	j.region = j.loadedRegion()
	if j.source.format == spec.JXL {
		return j.straightenJXL()
	}
	return nil
}

// agree compares what was opened with the facts that the plan was made from.
func (j *job) agree(shrunk float64) error {
	if j.facts.Vector { // whose size need not be in whole pixels, and is scaled before it is rounded
		return nil
	}
	stored := j.orientation.storedSize(spec.Size{Width: j.facts.Width, Height: j.facts.Height})
	width, height := j.film.image.Width(), j.film.height()
	for _, factor := range []float64{shrunk, 1} { // WebP frames that are parts of the canvas can't be shrunk
		// libjpeg rounds up and libwebp to the nearest.
		if math.Abs(float64(stored.Width)*factor-float64(width)) < 1 && math.Abs(float64(stored.Height)*factor-float64(height)) < 1 {
			return nil
		}
	}
	return fmt.Errorf("%w: %dx%d pixels were opened of the %dx%d that its facts say",
		ErrCorrupt, width, height, stored.Width, stored.Height)
}

// undecodable is the error of an original that libvips gives up on. Once a
// format is recognised and its decoder known to work, that is the content's
// fault, unless the time ran out.
func (j *job) undecodable(err error) error {
	if ended := contextError(j.ctx); ended != nil {
		return ended
	}
	j.log.Debug("an original can't be decoded", "format", j.facts.Format, "libvips", textOf(err))
	return fmt.Errorf("%w: its %s content can't be decoded", ErrCorrupt, j.facts.Format)
}

// unclassified is the error of a step that should not fail, unless it comes of
// another picture that was needed and is broken.
func (j *job) unclassified(step string, err error) error {
	if ended := contextError(j.ctx); ended != nil {
		return ended
	}
	if errors.Is(err, ErrCorrupt) {
		return err
	}
	return fmt.Errorf("%s: %s", step, textOf(err))
}

func forgetPages(image *vips.ImageRef) error {
	if err := image.SetPageHeight(image.Height()); err != nil { // on a copy: the loader's own stays
		return err
	}
	removeFields(image, "page-height", "n-pages")
	return nil
}
