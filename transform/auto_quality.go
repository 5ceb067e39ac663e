package transform

import (
	"image"
	"runtime"

	"api-resize/spec"
)

// The quality that looks like the original is looked for between these. Below,
// colours suffer more than brightness tells; above, files grow for nothing.
const (
	lowestAutoQuality  = 20
	highestAutoQuality = 95
)

// autoSteps are the steps in which it is looked for: one of two takes at most
// six tries, one of three five.
var autoSteps = map[spec.Format]int{spec.JPEG: 2, spec.WebP: 2, spec.AVIF: 3, spec.JXL: 3}

// findQuality is the lowest quality with which a sample of the film reaches the
// configured target. Where what is written can't be read here it is the
// configured quality.
func (j *job) findQuality() (int, error) {
	format := j.want.Output.Format
	step := autoSteps[format]
	if step == 0 || !j.readable[format] {
		return j.config.Quality()[format], nil
	}
	sample, err := j.sample()
	if err != nil {
		return 0, err
	}
	defer sample.Close()
	reference, err := sample.Copy()
	if err != nil {
		return 0, err
	}
	defer reference.Close()
	want, err := lumaOf(reference, j.guard)
	if err != nil {
		return 0, err
	}
	quality := func(index int) int { return min(lowestAutoQuality+index*step, highestAutoQuality) }
	count := (highestAutoQuality - lowestAutoQuality + step - 1) / step
	found, err := bisect(count, func(index int) (bool, error) {
		if err := contextError(j.ctx); err != nil {
			return false, err
		}
		how := coding{quality: quality(index), baseline: true} // whose pixels are the same, in less time
		file, err := encoders[format](sample, j.config, how)
		if err != nil {
			return false, err
		}
		got, err := j.lumaOfFile(file)
		if err != nil {
			return false, err
		}
		return seenSimilarity(want, got) >= j.config.Target, nil
	})
	return quality(found), err
}

// lumaOfFile is the brightness of a file that was just written.
func (j *job) lumaOfFile(file []byte) (*image.Gray, error) {
	var pins runtime.Pinner
	defer pins.Unpin()
	pins.Pin(&file[0])
	written, err := loaders[j.want.Output.Format].open(file, "", j.guard)
	if err != nil {
		return nil, err
	}
	defer written.Close()
	return lumaOf(written, j.guard)
}

// flatVariance is the variance, of 8 bits, below which nothing is seen in a
// window.
const flatVariance = 4

// seenSimilarity is Similarity as somebody sees it who does not come close: of
// pictures in half their size, as its authors advise for large ones, so that
// noise counts less than shapes. Windows in which there is nothing to be seen
// don't count at all, so that a thing on a white ground is judged by itself.
func seenSimilarity(a, b *image.Gray) float64 {
	a, b = halved(a), halved(b)
	total, count := 0.0, 0
	eachWindow(a.Rect.Size(), func(window image.Rectangle) {
		if c := compare(a, b, window); c.varianceA >= flatVariance || c.varianceB >= flatVariance {
			total += c.similarity()
			count++
		}
	})
	if count == 0 {
		return 1
	}
	return total / float64(count)
}

// halved averages squares of two by two pixels; a last odd row or column is left
// out. What is too small for that stays.
func halved(picture *image.Gray) *image.Gray {
	size := picture.Rect.Size().Div(2)
	if min(size.X, size.Y) < similaritySide {
		return picture
	}
	half := image.NewGray(image.Rectangle{Max: size})
	for y := range size.Y {
		upper, lower := picture.Pix[2*y*picture.Stride:], picture.Pix[(2*y+1)*picture.Stride:]
		for x := range size.X {
			sum := int(upper[2*x]) + int(upper[2*x+1]) + int(lower[2*x]) + int(lower[2*x+1])
			half.Pix[y*half.Stride+x] = uint8((sum + 2) / 4)
		}
	}
	return half
}
