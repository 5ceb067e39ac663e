package transform

import (
	"math"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// round takes the corners off every frame: what is outside becomes transparent,
// or background where the format has no alpha.
func (j *job) round() error {
	if j.want.Round == 0 {
		return nil
	}
	image := j.film.image
	if err := image.AddAlpha(); err != nil {
		return err
	}
	if err := settle(image, j.guard); err != nil { // into memory that is this film's alone
		return err
	}
	pixels, err := memoryOf(image)
	if err != nil {
		return err
	}
	frame := len(pixels) / j.film.frames
	for i := range j.film.frames {
		roundCorners(pixels[i*frame:(i+1)*frame], image.Width(), j.film.height(), image.Bands(), j.want.Round)
	}
	if info, _ := j.want.Output.Format.Info(); info.Alpha {
		return nil
	}
	back := backgroundOf(j.want)
	return image.Flatten(&vips.Color{R: back.Red, G: back.Green, B: back.Blue})
}

// roundCorners multiplies the last band, alpha, by how much of each pixel lies
// inside a rectangle with corners of a radius in pixels, at most half of the
// shorter side. The edge is smoothed over one pixel, by the distance of a
// pixel's middle from the circle.
func roundCorners(pixels []byte, width, height, bands, wanted int) {
	radius := float64(min(width, height)) / 2
	if wanted != spec.RoundMax {
		radius = min(radius, float64(wanted))
	}
	side := int(math.Ceil(radius))
	cover := func(x, y int, inside float64) {
		alpha := &pixels[(y*width+x)*bands+bands-1]
		*alpha = uint8(math.Round(float64(*alpha) * inside))
	}
	for y := range side {
		for x := range side {
			inside := radius - math.Hypot(radius-float64(x)-0.5, radius-float64(y)-0.5) + 0.5
			if inside >= 1 {
				continue
			}
			inside = max(inside, 0)
			right, bottom := width-1-x, height-1-y
			cover(x, y, inside)
			if right > x {
				cover(right, y, inside)
			}
			if bottom > y {
				cover(x, bottom, inside)
			}
			if right > x && bottom > y {
				cover(right, bottom, inside)
			}
		}
	}
}
