package transform

import (
	"errors"
	"fmt"
	"math"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

var (
	// asWatermark is what a watermark is made as, apart from its size: a still
	// picture that keeps its transparency. It is never written.
	asWatermark = spec.Spec{Fit: spec.FitFill, Enlarge: true, Output: spec.Output{Format: spec.PNG}}
	// watermarkLimits bound nothing: how large a watermark gets is known when the
	// picture is there, and it is never larger.
	watermarkLimits = spec.ResultLimits{Pixels: math.MaxInt64, Side: math.MaxInt}
)

// prepareWatermark judges a watermark as any original.
func (e *Engine) prepareWatermark(j *job, order spec.Order) error {
	if order.Want.Watermark == (spec.Watermark{}) {
		return nil
	}
	if len(order.Watermark.Bytes) == 0 {
		return errors.New("a watermark is wanted, and there is none in the order")
	}
	watermark, err := e.prepare(j.ctx, spec.Order{Original: order.Watermark, Want: asWatermark}, watermarkLimits)
	if err != nil {
		return fmt.Errorf("watermark: %w", err)
	}
	j.watermark = watermark
	return nil
}

// layWatermark makes the watermark, as any picture is made up to its own steps,
// and lays it over every frame.
func (j *job) layWatermark() error {
	if j.watermark == nil {
		return nil
	}
	want, picture := j.want.Watermark, j.frameSize()
	place := want.PlaceWatermark(picture, j.watermark.facts)
	over, err := j.watermark.makeWatermark(spec.Size{Width: place.Width, Height: place.Height}, want.Fade)
	if err != nil {
		return fmt.Errorf("watermark: %w", err)
	}
	if want.Repeat {
		if err := tile(over, place, picture, j.guard); err != nil {
			return err
		}
		place.Left, place.Top = 0, 0
	}
	return j.lay(over, place.Left, place.Top)
}

// makeWatermark is the watermark in memory, of exactly the given size, with
// alpha, faded by thousandths.
func (j *job) makeWatermark(size spec.Size, fade int32) (*vips.ImageRef, error) {
	j.want.Size = size
	var err error
	if j.plan, err = j.want.Plan(j.facts, watermarkLimits); err != nil {
		return nil, err
	}
	for _, do := range []func() error{j.load, j.compute, j.turnUpright} {
		if err := do(); err != nil {
			return nil, err
		}
	}
	over := j.film.image
	if err := over.AddAlpha(); err != nil {
		return nil, err
	}
	if err := fadeBy(over, fade); err != nil {
		return nil, err
	}
	return over, settle(over, j.guard)
}

// fadeBy takes thousandths of a picture's alpha away.
func fadeBy(image *vips.ImageRef, fade int32) error {
	if fade == 0 {
		return nil
	}
	times, plus := make([]float64, image.Bands()), make([]float64, image.Bands())
	for i := range times {
		times[i] = 1
	}
	alpha := len(times) - 1
	times[alpha] = float64(1000-fade) / 1000
	plus[alpha] = 0.5 // a cast cuts off what is behind the point
	if err := image.Linear(times, plus); err != nil {
		return err
	}
	return image.Cast(vips.BandFormatUchar)
}

// enoughToRepeat is the side in pixels from which repeating a picture costs no
// more than copying its pixels.
const enoughToRepeat = 256

// tile repeats a picture in memory all over another one, so that one of the
// tiles lies at its place.
func tile(image *vips.ImageRef, place spec.Rect, picture spec.Size, g *guard) error {
	// What of the first tiles is cut off.
	left := (place.Width - place.Left%place.Width) % place.Width
	top := (place.Height - place.Top%place.Height) % place.Height
	width, height := left+picture.Width, top+picture.Height
	if err := repeat(image, min(width, enoughToRepeat), min(height, enoughToRepeat)); err != nil {
		return err
	}
	if err := settle(image, g); err != nil {
		return err
	}
	if err := repeat(image, width, height); err != nil {
		return err
	}
	return image.Crop(left, top, picture.Width, picture.Height)
}

// repeat sets an image beside and below itself until it is no smaller than a
// size.
func repeat(image *vips.ImageRef, width, height int) error {
	return image.Replicate(enclosing(width, image.Width()), enclosing(height, image.Height()))
}

// enclosing is how many parts it takes to be as long as a whole.
func enclosing(whole, part int) int { return (whole + part - 1) / part }
