package transform

import (
	"math"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// wholeScaled is the size that the whole original has at the plan's scale: what
// the loader is asked for.
func wholeScaled(facts spec.Facts, plan spec.Plan, unshrunk bool) spec.Size {
	whole := spec.Size{Width: facts.Width, Height: facts.Height}
	region, scaled := plan.Region, plan.Scaled
	switch {
	case unshrunk: // what is to be scaled is not known yet, or must not be shrunk before
		return whole
	case region.Width == whole.Width && region.Height == whole.Height:
		return scaled
	}
	times := 1.0
	if facts.Format == spec.WebP {
		times = 2 // it is scaled all the way, and the region's edges then fall between pixels
	}
	along := func(whole, region, scaled int) int {
		size := max(1, int(math.Ceil(times*float64(whole)*float64(scaled)/float64(region))))
		if facts.Vector {
			return size
		}
		return min(whole, size)
	}
	return spec.Size{
		Width:  along(whole.Width, region.Width, scaled.Width),
		Height: along(whole.Height, region.Height, scaled.Height),
	}
}

// loadedRegion is where the plan's region lies in the film as it was loaded:
// shrunk, and in the orientation that it is stored in.
func (j *job) loadedRegion() spec.Rect {
	whole := spec.Size{Width: j.facts.Width, Height: j.facts.Height}
	stored, size := j.orientation.storedRect(j.plan.Region, whole), j.orientation.storedSize(whole)
	left, width := shrunkSpan(stored.Left, stored.Width, size.Width, j.film.image.Width())
	top, height := shrunkSpan(stored.Top, stored.Height, size.Height, j.film.height())
	return spec.Rect{Left: left, Top: top, Width: width, Height: height}
}

// shrunkSpan is where a span of pixels of a side lies when the side is shrunk.
func shrunkSpan(from, length, side, shrunk int) (start, size int) {
	factor := float64(shrunk) / float64(side)
	start = min(int(math.Round(float64(from)*factor)), shrunk-1)
	end := int(math.Round(float64(from+length) * factor))
	return start, min(max(end, start+1), shrunk) - start
}

// scale takes the region of every frame, brings it to the plan's size and, when
// the plan knows where, crops it, still in the orientation that it is stored
// in.
func (j *job) scale() error {
	target := j.orientation.storedSize(j.plan.Scaled)
	keep := j.orientation.storedRect(j.plan.Crop, j.plan.Scaled)
	return j.each(func(frame *vips.ImageRef) error {
		if err := crop(frame, j.region); err != nil {
			return err
		}
		if err := resize(frame, target); err != nil {
			return err
		}
		if j.plan.Smart {
			return nil
		}
		return crop(frame, keep)
	})
}

// resize scales to exactly size; govips weighs colours by alpha around it.
func resize(image *vips.ImageRef, size spec.Size) error {
	if image.Width() == size.Width && image.Height() == size.Height {
		return nil
	}
	horizontal := float64(size.Width) / float64(image.Width())
	vertical := float64(size.Height) / float64(image.Height())
	return image.ResizeWithVScale(horizontal, vertical, vips.KernelLanczos3)
}

func crop(image *vips.ImageRef, keep spec.Rect) error {
	if keep == (spec.Rect{Width: image.Width(), Height: image.Height()}) {
		return nil
	}
	return image.Crop(keep.Left, keep.Top, keep.Width, keep.Height)
}

// cropSmart looks at the first frame for the part to keep, and keeps that part
// of all frames: a crop that moves from frame to frame would jump about.
func (j *job) cropSmart() error {
	if !j.plan.Smart {
		return nil
	}
	look := vips.InterestingEntropy
	if j.want.Position == spec.PositionAttention {
		look = vips.InterestingAttention
	}
	first, err := j.film.image.Copy()
	if err != nil {
		return err
	}
	j.own(first)
	if err := first.Crop(0, 0, first.Width(), j.film.height()); err != nil {
		return err
	}
	if err := first.SmartCrop(j.plan.Crop.Width, j.plan.Crop.Height, look); err != nil {
		return err
	}
	// A crop notes where its origin went.
	keep := j.plan.Crop
	keep.Left, keep.Top = -first.OffsetX(), -first.OffsetY()
	return j.each(func(frame *vips.ImageRef) error { return crop(frame, keep) })
}
