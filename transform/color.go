package transform

import (
	"github.com/davidbyttow/govips/v2/vips"
)

// Profiles that libvips has built in.
const (
	profileSRGB = "srgb"
	profileCMYK = "cmyk"
)

// toSRGB converts to sRGB with 8 bits, or to gray with 8 bits what is gray and
// has no profile; what keeps its profile is only brought to 8 bits. It works on
// the scaled picture, where there are the fewest pixels. Afterwards the embedded
// profile says nothing any more; no encoder writes it.
func (j *job) toSRGB() error {
	if err := j.useProfile(); err != nil {
		return err
	}
	if err := j.fromLinear(); err != nil {
		return err
	}
	return toEightBit(j.film.image)
}

// useProfile converts to sRGB, in as many bits as there are, what needs a profile
// for that, or sets aside a profile that is to be kept. Done again it does
// nothing.
func (j *job) useProfile() error {
	image := j.film.image
	if err := dropForeignProfile(image); err != nil {
		return err
	}
	profile := image.GetICCProfile()
	switch {
	case len(profile) > 0 && j.keepsProfile(profile):
		j.original.profile = profile
		return image.RemoveICCProfile()
	case image.Interpretation() == vips.InterpretationCMYK:
		if err := image.TransformICCProfileWithFallback(profileSRGB, profileCMYK); err != nil {
			if err := image.RemoveICCProfile(); err != nil {
				return err
			}
			if err := image.TransformICCProfileWithFallback(profileSRGB, profileCMYK); err != nil {
				return err
			}
		}
	case len(profile) > 0 && isInteger(image) && !isSRGB(profile):
		// Only building it can fail, for a profile that is broken: then the
		// picture is taken for sRGB, as browsers do.
		if err := image.TransformICCProfileWithFallback(profileSRGB, profileSRGB); err != nil {
			j.log.Debug("an original's colour profile can't be used", "libvips", textOf(err))
		}
	}
	return nil
}

// toEightBit brings an image without a profile of its own to one of the four
// kinds that encoders take: gray or sRGB, with or without alpha.
func toEightBit(image *vips.ImageRef) error {
	target := vips.InterpretationSRGB
	if image.Bands() < 3 {
		target = vips.InterpretationBW
	}
	if image.Interpretation() != target || image.Coding() != vips.CodingNone || image.BandFormat() != vips.BandFormatUchar {
		if err := image.ToColorSpace(target); err != nil {
			return err
		}
	}
	if image.BandFormat() != vips.BandFormatUchar {
		if err := image.Cast(vips.BandFormatUchar); err != nil {
			return err
		}
	}
	if image.Bands() > 4 { // channels that are neither colour nor alpha
		return image.ExtractBand(0, 3)
	}
	return nil
}

// isInteger reports whether an ICC profile can apply: pixels of 8 or 16 bits
// in their device's own space.
func isInteger(image *vips.ImageRef) bool {
	format := image.BandFormat()
	return image.Coding() == vips.CodingNone && (format == vips.BandFormatUchar || format == vips.BandFormatUshort)
}

// dropForeignProfile removes a profile that is for another kind of pixels. A
// gray profile on CMYK pixels would otherwise take one of the four inks for
// the picture.
func dropForeignProfile(image *vips.ImageRef) error {
	profile := image.GetICCProfile()
	if len(profile) == 0 {
		return nil
	}
	want := "RGB "
	switch {
	case image.Interpretation() == vips.InterpretationCMYK:
		want = "CMYK"
	case image.Bands() < 3:
		want = "GRAY"
	}
	if iccColorSpace(profile) == want {
		return nil
	}
	return image.RemoveICCProfile()
}
