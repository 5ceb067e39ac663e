package transform

import (
	"math"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// scale brings every frame to the plan's size and, when the plan knows where,
// crops it, still in the orientation that it is stored in.
func (j *job) scale() error {
	target := j.orientation.storedSize(j.plan.Scaled)
	keep := j.orientation.storedRect(j.plan.Crop, j.plan.Scaled)
	return j.each(func(frame *vips.ImageRef) error {
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

// turn makes every frame upright.
func (j *job) turn() error {
	if j.orientation == upright {
		return nil
	}
	return j.each(j.orientation.turn)
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

// place puts every frame where the plan says, on a canvas of its background,
// and blends what is transparent onto the background.
func (j *job) place() error {
	back := backgroundOf(j.want)
	padded := j.plan.Place != spec.Rect{Width: j.plan.Box.Width, Height: j.plan.Box.Height}
	if !padded && !j.film.image.HasAlpha() {
		return nil
	}
	if j.film.image.Bands() < 3 && (back.Red != back.Green || back.Green != back.Blue || padded) {
		if err := j.film.image.ToColorSpace(vips.InterpretationSRGB); err != nil {
			return err
		}
	}
	if padded {
		if err := j.pad(back); err != nil {
			return err
		}
	}
	if !j.film.image.HasAlpha() {
		return nil
	}
	return j.blend(back)
}

// pad surrounds every frame: with the background where that hides everything
// behind it, else with nothing, for blend to lay the background under all.
func (j *job) pad(back spec.Color) error {
	around := &vips.ColorRGBA{R: back.Red, G: back.Green, B: back.Blue, A: back.Alpha}
	if back.Alpha < math.MaxUint8 {
		if err := j.film.image.AddAlpha(); err != nil {
			return err
		}
		around = &vips.ColorRGBA{}
	}
	place, out := j.plan.Place, j.plan.Box
	return j.each(func(frame *vips.ImageRef) error {
		return frame.EmbedBackgroundRGBA(place.Left, place.Top, out.Width, out.Height, around)
	})
}

// blend lays the background under a picture with alpha. It is one colour
// everywhere, so all frames are done at once.
func (j *job) blend(back spec.Color) error {
	switch back.Alpha {
	case 0:
		return nil
	case math.MaxUint8:
		return j.film.image.Flatten(&vips.Color{R: back.Red, G: back.Green, B: back.Blue})
	}
	canvas, err := vips.NewTransparentCanvas(1, 1)
	if err != nil {
		return err
	}
	j.own(canvas)
	colour := []float64{float64(back.Red), float64(back.Green), float64(back.Blue), float64(back.Alpha)}
	if err := canvas.Linear([]float64{1, 1, 1, 1}, colour); err != nil {
		return err
	}
	if err := canvas.Embed(0, 0, j.film.image.Width(), j.film.image.Height(), vips.ExtendCopy); err != nil {
		return err
	}
	if err := canvas.Composite(j.film.image, vips.BlendModeOver, 0, 0); err != nil {
		return err
	}
	if err := canvas.Cast(vips.BandFormatUchar); err != nil {
		return err
	}
	j.film.image = canvas
	return nil
}

// backgroundOf is the colour behind a picture: the one asked for, else
// nothing. Where the format has no alpha, what is left transparent is white.
func backgroundOf(want spec.Spec) spec.Color {
	back := want.Background
	if info, _ := want.Output.Format.Info(); info.Alpha {
		return back
	}
	over := func(colour uint8) uint8 {
		alpha := int(back.Alpha)
		return uint8((int(colour)*alpha + 255*(255-alpha) + 127) / 255)
	}
	return spec.RGB(over(back.Red), over(back.Green), over(back.Blue))
}
