package transform

import (
	"slices"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// trim finds out what a border of one colour leaves of the region, and plans
// anew with that. It has to see all pixels, in the colours in which they will
// be shown: so the region is decoded in its full size, and everything after it
// works on memory.
func (j *job) trim() error {
	if j.want.Trim == 0 {
		return nil
	}
	for _, step := range []step{
		{"take the region", (*job).takeRegion},
		{"convert colours", (*job).toSRGB},
	} {
		if err := step.do(j); err != nil {
			return j.unclassified(step.name, err)
		}
	}
	if err := settle(j.film.image, j.guard); err != nil {
		return j.undecodable(err)
	}
	if err := j.turnUpright(); err != nil {
		return j.unclassified("turn upright", err)
	}
	if err := settle(j.film.image, j.guard); err != nil {
		return j.unclassified("turn upright", err)
	}
	j.orientation = upright
	content, err := contentOf(j.film, j.want.Trim)
	if err != nil {
		return j.unclassified("trim", err)
	}
	j.region = content
	region := j.plan.Region
	region.Left += content.Left
	region.Top += content.Top
	region.Width, region.Height = content.Width, content.Height
	j.plan, err = j.want.PlanRegion(j.facts, region, j.limits)
	return err
}

func (j *job) takeRegion() error {
	if err := j.each(func(frame *vips.ImageRef) error { return crop(frame, j.region) }); err != nil {
		return err
	}
	j.region = spec.Rect{Width: j.region.Width, Height: j.region.Height}
	return nil
}

// contentOf is the smallest rectangle that holds all pixels, of all frames, that
// differ from the top left one of the first by more than a threshold; all of
// the film when none does.
func contentOf(film film, threshold int) (spec.Rect, error) {
	pixels, err := memoryOf(film.image)
	if err != nil {
		return spec.Rect{}, err
	}
	all := spec.Rect{Width: film.image.Width(), Height: film.height()}
	border := borderOf(pixels[:film.image.Bands()], film.image.HasAlpha(), threshold)
	left, top, right, bottom := all.Width, all.Height, 0, 0
	stride := all.Width * film.image.Bands()
	for y := range film.image.Height() {
		first, last, found := border.differing(pixels[y*stride : (y+1)*stride])
		if !found {
			continue
		}
		left, right = min(left, first), max(right, last+1)
		top, bottom = min(top, y%all.Height), max(bottom, y%all.Height+1)
	}
	if right <= left {
		return all, nil
	}
	return spec.Rect{Left: left, Top: top, Width: right - left, Height: bottom - top}, nil
}

// border is what is cut off: pixels like one, give or take a threshold. Colours
// count as much as they are seen, so that all that is wholly transparent is
// alike.
type border struct {
	pixel     []byte
	alpha     bool
	threshold int
}

func borderOf(pixel []byte, alpha bool, threshold int) border {
	return border{slices.Clone(pixel), alpha, threshold}
}

// differing finds the first and the last pixel of a row that are not border.
func (b border) differing(row []byte) (first, last int, found bool) {
	bands := len(b.pixel)
	count := len(row) / bands
	for first < count && b.like(row[first*bands:(first+1)*bands]) {
		first++
	}
	if first == count {
		return 0, 0, false
	}
	for last = count - 1; b.like(row[last*bands : (last+1)*bands]); last-- {
	}
	return first, last, true
}

func (b border) like(pixel []byte) bool {
	if !b.alpha {
		for i, value := range pixel {
			if difference(int(value), int(b.pixel[i])) > b.threshold {
				return false
			}
		}
		return true
	}
	colours := len(pixel) - 1
	alpha, own := int(pixel[colours]), int(b.pixel[colours])
	if difference(alpha, own) > b.threshold {
		return false
	}
	for i, value := range pixel[:colours] {
		if difference(int(value)*alpha, int(b.pixel[i])*own) > b.threshold*255 {
			return false
		}
	}
	return true
}

func difference(a, b int) int { return max(a-b, b-a) }
