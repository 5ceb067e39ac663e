package transform

import "github.com/davidbyttow/govips/v2/vips"

// film is a picture: one frame, or the frames of an animation below each other
// in one tall image.
type film struct {
	image  *vips.ImageRef
	frames int
}

// height is that of one frame.
func (f film) height() int { return f.image.Height() / f.frames }

// isGray reports whether the film has no colours.
func (f film) isGray() bool { return f.image.Bands() < 3 }

// each does a step to every frame by itself, so that no frame sees its
// neighbours' pixels, and puts the frames together again.
func (j *job) each(step func(frame *vips.ImageRef) error) error {
	if j.film.frames == 1 {
		return step(j.film.image)
	}
	width, height := j.film.image.Width(), j.film.height()
	frames := make([]*vips.ImageRef, j.film.frames)
	for i := range frames {
		frame, err := j.film.image.Copy()
		if err != nil {
			return err
		}
		frames[i] = j.own(frame)
		if err := frame.Crop(0, i*height, width, height); err != nil {
			return err
		}
		if err := step(frame); err != nil {
			return err
		}
	}
	if err := frames[0].ArrayJoin(frames[1:], 1); err != nil {
		return err
	}
	j.film.image = frames[0]
	return nil
}
