package transform

import (
	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// turnUpright applies the orientation that is left to apply to every frame.
func (j *job) turnUpright() error {
	if j.orientation == upright {
		return nil
	}
	return j.each(j.orientation.turn)
}

// turn turns every frame as it is wanted. By quarters no pixel changes; by any
// other angle they are interpolated, and corners are filled.
func (j *job) turn() error {
	turn := j.want.Turn
	quarters, whole := turn.Quarters()
	if whole && quarters == 0 && turn.Flip == spec.FlipNone {
		return nil
	}
	step := func(frame *vips.ImageRef) error { return frame.Rotate(vips.Angle(quarters)) }
	if !whole {
		around, err := j.around(backgroundOf(j.want))
		if err != nil {
			return err
		}
		step = func(frame *vips.ImageRef) error {
			return turnFreely(frame, turn.Degrees(), j.plan.Turned, around, j.guard)
		}
	}
	return j.each(func(frame *vips.ImageRef) error {
		if err := step(frame); err != nil {
			return err
		}
		switch turn.Flip {
		case spec.FlipHorizontal:
			return frame.Flip(vips.DirectionHorizontal)
		case spec.FlipVertical:
			return frame.Flip(vips.DirectionVertical)
		}
		return nil
	})
}

// turnFreely turns by any angle, around the middle, into exactly the given
// size. libvips rounds the size of what it turns in its own way: at most a
// pixel on each side is added or cut.
func turnFreely(frame *vips.ImageRef, degrees float64, size spec.Size, around vips.ColorRGBA, g *guard) error {
	fill := []float64{float64(around.R), float64(around.G), float64(around.B), float64(around.A)}
	turned := func() error { return rotate(frame, degrees, fill[:frame.Bands()]) }
	if err := premultiplied(frame, turned); err != nil {
		return err
	}
	left, top := (size.Width-frame.Width())/2, (size.Height-frame.Height())/2
	if err := frame.EmbedBackgroundRGBA(left, top, size.Width, size.Height, &around); err != nil {
		return err
	}
	return settle(frame, g) // else every later look turns it anew
}
