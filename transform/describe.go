package transform

import (
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"math"

	"github.com/davidbyttow/govips/v2/vips"
	"go.n16f.net/thumbhash"

	"api-resize/spec"
)

// glanceSide is the longest side of the picture that a description is made
// from, in pixels: a thumbhash takes no more.
const glanceSide = 100

var (
	// glance is that picture. WebP stands for what loses neither transparency
	// nor frames; it is never written.
	glance = spec.Spec{
		Size:   spec.Size{Width: glanceSide, Height: glanceSide},
		Fit:    spec.FitInside,
		Output: spec.Output{Format: spec.WebP},
	}
	// glanceLimits let every original have one: it is for nobody to ask for, and
	// with the frames that an original may have it stays small.
	glanceLimits = spec.ResultLimits{Pixels: math.MaxInt64, Side: glanceSide}
)

// Describe tells what an original looks like and what its metadata says.
// All of its frames are decoded to their ends, so that what is broken or cut
// short anywhere is found.
//
// Its errors are those of Transform, without spec.ErrTooLarge.
func (e *Engine) Describe(ctx context.Context, original spec.Original) (spec.Description, error) {
	if err := contextError(ctx); err != nil {
		return spec.Description{}, err
	}
	j, err := e.prepare(ctx, spec.Order{Original: original, Want: glance}, glanceLimits)
	if err != nil {
		return spec.Description{}, err
	}
	defer j.close()
	j.config.Linear = false // nobody sees this picture
	if err := j.load(); err != nil {
		return spec.Description{}, err
	}
	description := spec.Description{
		Profile: iccName(j.film.image.GetICCProfile()),
		EXIF:    readEXIF(j.exif()),
	}
	if err := j.work(); err != nil {
		return spec.Description{}, err
	}
	picture, err := j.pixels()
	if err != nil {
		return spec.Description{}, j.unclassified("read the pixels", err)
	}
	colour := dominantColor(picture)
	description.DominantColor = fmt.Sprintf("#%02x%02x%02x", colour.Red, colour.Green, colour.Blue)
	description.Thumbhash = base64.StdEncoding.EncodeToString(thumbhashOf(picture))
	return description, nil
}

// exif is an original's EXIF block, as long as its metadata is there. A TIFF is
// one itself.
func (j *job) exif() []byte {
	switch j.facts.Format {
	case spec.TIFF:
		return j.source.data
	case spec.JXL:
		return jxlMetadata(j.source.file).exif
	}
	return j.film.image.GetBlob("exif-data")
}

// pixels are those of the finished picture or of its first frame, not
// multiplied by alpha. The film is of no use afterwards.
func (j *job) pixels() (*image.NRGBA, error) {
	frame, height := j.film.image, j.film.height()
	if err := crop(frame, spec.Rect{Width: frame.Width(), Height: height}); err != nil {
		return nil, err
	}
	if frame.Bands() < 3 {
		if err := frame.ToColorSpace(vips.InterpretationSRGB); err != nil {
			return nil, err
		}
	}
	if err := frame.AddAlpha(); err != nil {
		return nil, err
	}
	data, err := frame.ToBytes()
	if err != nil {
		return nil, err
	}
	picture := &image.NRGBA{Pix: data, Stride: 4 * frame.Width(), Rect: image.Rect(0, 0, frame.Width(), height)}
	if len(data) != picture.Stride*height {
		return nil, fmt.Errorf("%d bytes are not %dx%d pixels of 4", len(data), frame.Width(), height)
	}
	return picture, nil
}

// thumbhashOf hides from the package that colours are not multiplied by alpha:
// like the definition it multiplies them itself, but first takes an image for
// what its type says, which makes what is half transparent too dark.
func thumbhashOf(picture *image.NRGBA) []byte {
	return thumbhash.EncodeImage(&image.RGBA{Pix: picture.Pix, Stride: picture.Stride, Rect: picture.Rect})
}
