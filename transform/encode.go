package transform

import (
	"fmt"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// encoder writes a picture that is sRGB or gray with 8 bits, and nothing but
// its pixels: no EXIF, XMP, IPTC or colour profile.
type encoder func(image *vips.ImageRef, config Config, quality int) ([]byte, error)

var encoders = map[spec.Format]encoder{
	spec.JPEG: encodeJPEG,
	spec.PNG:  encodePNG,
	spec.WebP: encodeWebP,
	spec.AVIF: encodeAVIF,
	spec.GIF:  encodeGIF,
	spec.JXL:  encodeJXL,
}

// fullChromaQuality is the JPEG quality from which chroma keeps its full
// resolution.
const fullChromaQuality = 90

func encodeJPEG(image *vips.ImageRef, _ Config, quality int) ([]byte, error) {
	chroma := vips.VipsForeignSubsampleOn
	if quality >= fullChromaQuality {
		chroma = vips.VipsForeignSubsampleOff
	}
	data, _, err := image.ExportJpeg(&vips.JpegExportParams{
		StripMetadata:  true,
		Quality:        quality,
		Interlace:      true,
		OptimizeCoding: true,
		SubsampleMode:  chroma,
	})
	return data, err
}

func encodePNG(image *vips.ImageRef, config Config, _ int) ([]byte, error) {
	data, _, err := image.ExportPng(&vips.PngExportParams{
		StripMetadata: true,
		Compression:   config.PNG.Compression,
		Filter:        vips.PngFilterNone,
	})
	return data, err
}

// encodeWebP does not go through govips, which has no smart_subsample.
func encodeWebP(image *vips.ImageRef, config Config, quality int) ([]byte, error) {
	data, err := saveImage("webpsave_buffer", image,
		fmt.Sprintf("Q=%d,effort=%d,smart_subsample=%t,strip=true", quality, config.WebP.Effort, config.WebP.SmartSubsample))
	if err != nil {
		return nil, err
	}
	return stripWebP(data), nil
}

// encodeAVIF leaves the chroma to libvips: half resolution below quality 90.
func encodeAVIF(image *vips.ImageRef, config Config, quality int) ([]byte, error) {
	data, _, err := image.ExportAvif(&vips.AvifExportParams{
		StripMetadata: true,
		Quality:       quality,
		Bitdepth:      8,
		Effort:        config.AVIF.Effort,
	})
	return data, err
}

func encodeGIF(image *vips.ImageRef, config Config, _ int) ([]byte, error) {
	data, _, err := image.ExportGIF(&vips.GifExportParams{
		StripMetadata: true,
		Dither:        1,
		Effort:        config.GIF.Effort,
		Bitdepth:      8,
	})
	return data, err
}

// encode writes the finished film. All its pixels are in memory by now, so
// that a failure here is not the original's fault.
func (j *job) encode() ([]byte, error) {
	if j.film.frames > 1 {
		if err := j.tellFrames(); err != nil {
			return nil, err
		}
	}
	return encoders[j.want.Output.Format](j.film.image, j.config, j.want.Output.Quality)
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
