package transform

import (
	"math"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// place lays every frame where the plan says in its box: what contain puts
// around a picture.
func (j *job) place(place spec.Rect, box spec.Size) error {
	if place == (spec.Rect{Width: box.Width, Height: box.Height}) {
		return nil
	}
	return j.surround(place, box, backgroundOf(j.want))
}

// placeBeforeTurn lays frames in their box when the box is going to be turned by
// an angle, and placeAfterTurn when it was turned by quarters: effects then
// need not look at what is around.
func (j *job) placeBeforeTurn() error {
	if _, quarters := j.want.Turn.Quarters(); quarters {
		return nil
	}
	return j.place(j.plan.Place, j.plan.Box)
}

func (j *job) placeAfterTurn() error {
	if _, quarters := j.want.Turn.Quarters(); !quarters {
		return nil
	}
	return j.place(j.want.Turn.Rect(j.plan.Place, j.plan.Box), j.plan.Turned)
}

// pad puts background around every frame.
func (j *job) pad() error {
	if j.plan.Pad == (spec.Sides{}) {
		return nil
	}
	inner := spec.Rect{Left: j.plan.Pad.Left, Top: j.plan.Pad.Top, Width: j.plan.Turned.Width, Height: j.plan.Turned.Height}
	return j.surround(inner, j.plan.Out, backgroundOf(j.want))
}

// surround puts something around every frame: the background where that hides
// everything behind it, else nothing, for background to lay the colour under
// all.
func (j *job) surround(place spec.Rect, out spec.Size, back spec.Color) error {
	around, err := j.around(back)
	if err != nil {
		return err
	}
	return j.each(func(frame *vips.ImageRef) error {
		return frame.EmbedBackgroundRGBA(place.Left, place.Top, out.Width, out.Height, &around)
	})
}

// around makes a film ready for new pixels of the background, and says what
// they are. Effects would change the colour, so that it is laid under
// everything after them.
func (j *job) around(back spec.Color) (vips.ColorRGBA, error) {
	if j.film.image.Bands() < 3 {
		if err := j.film.image.ToColorSpace(vips.InterpretationSRGB); err != nil {
			return vips.ColorRGBA{}, err
		}
	}
	if back.Alpha == math.MaxUint8 && !j.wantsEffects() {
		return vips.ColorRGBA{R: back.Red, G: back.Green, B: back.Blue, A: back.Alpha}, nil
	}
	return vips.ColorRGBA{}, j.film.image.AddAlpha()
}

// background lays the background under what is transparent. It is one colour
// everywhere, so all frames are done at once.
func (j *job) background() error {
	image, back := j.film.image, backgroundOf(j.want)
	if !image.HasAlpha() || back.Alpha == 0 {
		return nil
	}
	if image.Bands() < 3 && (back.Red != back.Green || back.Green != back.Blue || back.Alpha < math.MaxUint8) {
		if err := image.ToColorSpace(vips.InterpretationSRGB); err != nil {
			return err
		}
	}
	if back.Alpha == math.MaxUint8 {
		return image.Flatten(&vips.Color{R: back.Red, G: back.Green, B: back.Blue})
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
	if err := canvas.Embed(0, 0, image.Width(), image.Height(), vips.ExtendCopy); err != nil {
		return err
	}
	if err := canvas.Composite(image, vips.BlendModeOver, 0, 0); err != nil {
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
