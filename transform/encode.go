package transform

import (
	"fmt"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// coding is how one result is coded: what of it is a choice of the request, or
// is tried out.
type coding struct {
	quality  int    // 1…100, of a format that has one and is not lossless
	lossless bool   // every pixel as it is
	baseline bool   // a JPEG from top to bottom
	profile  []byte // of a JPEG XL's colours; nil: sRGB
	palette  palette
}

// palette is how a picture gets few colours; the zero palette is none. A GIF
// always has one.
type palette struct {
	depth   int     // 1, 2, 4 or 8 bits for each pixel, and as many colours as those can count
	quality int     // 1…100: where fewer colours do for it, there are fewer
	dither  float64 // 0…1: how far what is lost is spread over neighbours
}

// encoder writes a picture that is RGB or gray with 8 bits, and nothing but its
// pixels: no EXIF, XMP, IPTC or colour profile, unless it is told one.
type encoder func(image *vips.ImageRef, config Config, how coding) ([]byte, error)

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

func encodeJPEG(image *vips.ImageRef, _ Config, how coding) ([]byte, error) {
	chroma := vips.VipsForeignSubsampleOn
	if how.quality >= fullChromaQuality {
		chroma = vips.VipsForeignSubsampleOff
	}
	data, _, err := image.ExportJpeg(&vips.JpegExportParams{
		StripMetadata:  true,
		Quality:        how.quality,
		Interlace:      !how.baseline,
		OptimizeCoding: true,
		SubsampleMode:  chroma,
	})
	return data, err
}

func encodePNG(image *vips.ImageRef, config Config, how coding) ([]byte, error) {
	if how.palette != (palette{}) {
		return saveImage("pngsave_buffer", image, fmt.Sprintf("compression=%d,filter=none,strip=true,palette=true,bitdepth=%d,Q=%d,dither=%g",
			config.PNG.Compression, how.palette.depth, how.palette.quality, how.palette.dither))
	}
	data, _, err := image.ExportPng(&vips.PngExportParams{
		StripMetadata: true,
		Compression:   config.PNG.Compression,
		Filter:        vips.PngFilterNone,
	})
	return data, err
}

// encodeWebP does not go through govips, which has no smart_subsample. Without
// loss the quality is another setting for effort; and what colour pixels have
// that are wholly transparent is lost all the same.
func encodeWebP(image *vips.ImageRef, config Config, how coding) ([]byte, error) {
	options := fmt.Sprintf("Q=%d,smart_subsample=%t", how.quality, config.WebP.SmartSubsample)
	if how.lossless {
		options = fmt.Sprintf("Q=%d,lossless=true", losslessWebPEffort)
	}
	data, err := saveImage("webpsave_buffer", image, fmt.Sprintf("%s,effort=%d,strip=true", options, config.WebP.Effort))
	if err != nil {
		return nil, err
	}
	return stripWebP(data), nil
}

// losslessWebPEffort is libwebp's own default, of 100.
const losslessWebPEffort = 75

// encodeAVIF leaves the chroma to libvips: half resolution below quality 90.
// Without loss there is none to halve; whether libvips then leaves out the
// conversion to YCbCr as well, which rounds, depends on its version (it does
// from 8.16), so that Start finds out.
func encodeAVIF(image *vips.ImageRef, config Config, how coding) ([]byte, error) {
	options := fmt.Sprintf("Q=%d", how.quality)
	if how.lossless {
		options = "Q=100,lossless=true,subsample_mode=off"
	}
	return saveImage("heifsave_buffer", image,
		fmt.Sprintf("%s,compression=av1,bitdepth=8,effort=%d,strip=true", options, config.AVIF.Effort))
}

func encodeGIF(image *vips.ImageRef, config Config, how coding) ([]byte, error) {
	return saveImage("gifsave_buffer", image, fmt.Sprintf("strip=true,effort=%d,bitdepth=%d,dither=%g",
		config.GIF.Effort, how.palette.depth, how.palette.dither))
}
