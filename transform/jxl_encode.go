package transform

import (
	"fmt"

	"github.com/davidbyttow/govips/v2/vips"
)

// encodeJXL writes a bare codestream, which has a place for a profile, but for no
// other metadata.
func encodeJXL(image *vips.ImageRef, config Config, how coding) ([]byte, error) {
	options := fmt.Sprintf("distance=%g", jxlDistance(how.quality))
	if how.lossless {
		options = "lossless=true"
	}
	options = fmt.Sprintf("%s,effort=%d", options, config.JXL.Effort)
	if how.profile == nil {
		return saveImage("jxlsave_buffer", image, options+",strip=true")
	}
	marked, err := withProfile(image, how.profile)
	if err != nil {
		return nil, err
	}
	defer marked.Close()
	file, err := saveImage("jxlsave_buffer", marked, options)
	if err != nil {
		return nil, err
	}
	return codestreamOf(file) // from libvips 8.15 there is EXIF around it
}

// maxJXLDistance is the greatest that libvips 8.14 takes.
const maxJXLDistance = 15

// jxlDistance is the Butteraugli distance that looks about like a JPEG of the
// same quality: libjxl's JxlEncoderDistanceFromQuality, down to quality 30 what
// libvips makes of Q. Below, libvips 8.14 asks for distances that libjxl
// refuses, which gives it the finest ones instead.
func jxlDistance(quality int) float64 {
	q := float64(quality)
	if quality >= 30 {
		return 0.1 + (100-q)*0.09
	}
	return min(53.0/3000*q*q-23.0/20*q+25, maxJXLDistance)
}
