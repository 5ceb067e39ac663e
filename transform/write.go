package transform

import "api-resize/spec"

// write codes the finished film. All its pixels are in memory by now, so that
// a failure here is not the original's fault.
func (j *job) write() ([]byte, error) {
	if j.film.frames > 1 {
		if err := j.tellFrames(); err != nil {
			return nil, err
		}
	}
	j.carries = j.carried()
	return j.code(j.asked())
}

// asked is what the request and the configuration ask for.
func (j *job) asked() coding {
	output := j.want.Output
	how := coding{quality: output.Quality, lossless: output.Lossless, baseline: output.Baseline}
	if output.Format == spec.PNG && j.config.PNG.Palette && !output.Lossless && j.film.image.Bands() >= 3 {
		how.palette = palette{depth: 8, quality: j.config.PNG.PaletteQuality, dither: 1}
	}
	return how
}

// code writes the film in one of the ways that it can be written in, with all
// that it carries.
func (j *job) code(how coding) ([]byte, error) {
	how.profile = j.carries.profile
	data, err := encoders[j.want.Output.Format](j.film.image, j.config, how)
	if err != nil {
		return nil, err
	}
	return j.embed(data)
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
