package transform

import (
	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// prepareOverlays judges what is to be laid over a picture.
func (e *Engine) prepareOverlays(j *job, order spec.Order) error {
	if err := e.prepareWatermark(j, order); err != nil {
		return err
	}
	return e.prepareText(order.Want.Text)
}

// overlay lays the watermark over every frame, and the text over both.
func (j *job) overlay() error {
	if err := j.layWatermark(); err != nil {
		return err
	}
	return j.layText()
}

// lay puts a picture with alpha over every frame, with its top left corner at
// left and top; it lies wholly inside. What is gray stays so unless it is to be
// mixed with colours.
func (j *job) lay(over *vips.ImageRef, left, top int) error {
	for _, image := range []*vips.ImageRef{j.film.image, over} {
		if image.Bands() < 3 && max(j.film.image.Bands(), over.Bands()) >= 3 {
			if err := image.ToColorSpace(vips.InterpretationSRGB); err != nil {
				return err
			}
		}
	}
	return j.each(func(frame *vips.ImageRef) error { return layOver(frame, over, left, top) })
}

// frameSize is the size of one frame as it is by now.
func (j *job) frameSize() spec.Size {
	return spec.Size{Width: j.film.image.Width(), Height: j.film.height()}
}

// overlayCost is what overlays on frames of a size take besides their files.
func overlayCost(order spec.Order, frame spec.Size) int64 {
	var cost int64
	if facts := order.Watermark.Facts; facts.Width > 0 && facts.Height > 0 {
		place := order.Want.Watermark.PlaceWatermark(frame, facts)
		size := spec.Size{Width: place.Width, Height: place.Height}
		cost += decodeCost(facts, size) + pixelsOf(size)*(4+4) // as it is stored, and turned and faded
		if order.Want.Watermark.Repeat {
			cost += (int64(size.Width) + enoughToRepeat) * (int64(size.Height) + enoughToRepeat) * 4
		}
	}
	if order.Want.Text.Words != "" {
		cost += textCost + pixelsOf(frame) // a mask, at most of the whole frame
	}
	return cost
}

// textCost covers fonts and outlines: 200 of the widest letters at 512 pixels
// were seen to take less.
const textCost = 8 << 20
