package transform

import "api-resize/spec"

// write codes the finished film, as short as it has to be. All that comes of the
// original is in memory by now, so that a failure here is not its fault.
func (j *job) write() (written, error) {
	if err := j.finishPixels(); err != nil {
		return written{}, err
	}
	how := codingOf(j.want.Output, j.config, j.film.isGray())
	if how.quality == spec.QualityAuto {
		var err error
		if how.quality, err = j.findQuality(); err != nil {
			return written{}, err
		}
	}
	if j.film.frames > 1 {
		if err := j.tellFrames(); err != nil {
			return written{}, err
		}
	}
	j.carries = j.carried()
	result, err := j.code(how)
	if most := j.want.Output.MaxBytes; err == nil && most > 0 && len(result.data) > most {
		return j.fit(result, most)
	}
	return result, err
}

// finishPixels computes what is left to compute, and has the deadline judged
// between encodings from then on: libvips, stopped while it writes, does not
// always give its memory back, and encoders are as quick as results are bounded.
func (j *job) finishPixels() error {
	if !isSettled(j.film.image) {
		if err := settle(j.film.image, j.guard); err != nil {
			return err
		}
	}
	j.guard.relent()
	return contextError(j.ctx)
}

// codingOf is what a request and the configuration ask for. Gray has no more
// shades than a palette.
func codingOf(output spec.Output, config Config, gray bool) coding {
	how := coding{quality: output.Quality, lossless: output.Lossless, baseline: output.Baseline}
	switch {
	case output.Format == spec.GIF:
		how.palette = palette{depth: 8, dither: 1}
	case output.Format == spec.PNG && config.PNG.Palette && !output.Lossless && !gray:
		how.palette = palette{depth: 8, quality: config.PNG.PaletteQuality, dither: 1}
	}
	return how
}

// code writes the film in one of the ways that it can be written in, with all
// that it carries, unless the time ran out.
func (j *job) code(how coding) (written, error) {
	if err := contextError(j.ctx); err != nil {
		return written{}, err
	}
	how.profile = j.carries.profile
	data, err := encoders[j.want.Output.Format](j.film.image, j.config, how)
	if err == nil {
		data, err = j.embed(data)
	}
	return written{data: data, how: how}, err
}

// tellFrames notes in the metadata what encoders of animations look for.
func (j *job) tellFrames() error {
	image := j.film.image
	if err := image.SetPageHeight(j.film.height()); err != nil { // on a copy, which may be changed
		return err
	}
	if err := image.SetPageDelay(j.delays); err != nil {
		return err
	}
	return image.SetLoop(j.loop)
}
