package transform

import (
	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// profiled are the formats that have a place for a profile, and whether they
// have gray pixels, which a gray profile is for. What libjxl packs of a long
// profile with repetitions in it, it refuses to unpack.
var profiled = map[spec.Format]struct {
	gray bool
	most int // bytes
}{
	spec.JPEG: {true, maxProfile},
	spec.PNG:  {true, maxProfile},
	spec.WebP: {false, maxProfile},
	spec.AVIF: {false, maxProfile},
	spec.JXL:  {true, 64 << 10},
}

// keepsProfile reports whether the result has the original's own colours, and
// the profile that says what they mean. The profile is of the pixels' kind.
func (j *job) keepsProfile(profile []byte) bool {
	format, can := profiled[j.want.Output.Format]
	if j.want.Output.Profile != spec.ProfileKeep || !can || len(profile) > format.most {
		return false
	}
	image := j.film.image
	switch image.Interpretation() {
	case vips.InterpretationSRGB, vips.InterpretationRGB, vips.InterpretationRGB16:
	case vips.InterpretationBW, vips.InterpretationGrey16:
		if !format.gray || !onlyGeometry(j.want) {
			return false
		}
	default:
		return false
	}
	if !isInteger(image) {
		return false
	}
	if err := usableProfile(image); err != nil {
		j.log.Debug("an original's colour profile can't be kept", "libvips", textOf(err))
		return false
	}
	return true
}

// onlyGeometry reports whether nothing is drawn, laid under or changed: what is
// gray then stays gray.
func onlyGeometry(want spec.Spec) bool {
	if _, quarters := want.Turn.Quarters(); !quarters || want.Fit == spec.FitContain {
		return false
	}
	return want == spec.Spec{
		Crop: want.Crop, Trim: want.Trim, Size: want.Size, Fit: want.Fit, Position: want.Position, Focus: want.Focus,
		Enlarge: want.Enlarge, Turn: want.Turn, Output: want.Output,
	}
}
