package transform

import (
	"runtime"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// strippers remove metadata from files of one format. They keep only what they
// know to be needed for the pixels, each piece at the length that it has for
// that, and refuse a file that is not built the usual way.
var strippers = map[spec.Format]func(data []byte) ([]byte, bool){
	spec.JPEG: stripJPEG,
	spec.PNG:  stripPNG,
	spec.WebP: webpWithoutMetadata,
	spec.GIF:  stripGIF,
}

// StripMetadata removes metadata from a file without touching the pixels as
// they are stored, and what comes behind the picture's end with it. It reports
// whether nothing is left but what a decoder needs; if not, it returns data
// itself, unchanged. It decodes nothing: what somebody hides in coded pixels it
// can't see.
//
// Profile and orientation are metadata too: where they matter, the picture
// looks different without them. Untouched tells.
func StripMetadata(format spec.Format, data []byte) ([]byte, bool) {
	strip, known := strippers[format]
	if recognised, ok := Sniff(data); !known || !ok || recognised != format {
		return data, false
	}
	if clean, ok := strip(data); ok {
		return clean, true
	}
	return data, false
}

// Untouched reports whether the pixels of an original as they are stored are
// those to be shown, in sRGB of 8 bits, upright, so that a picture of its own
// size and format needs no decoding: StripMetadata is enough. facts are what
// Inspect told of it. It says false where it can't tell.
func (e *Engine) Untouched(original []byte, facts spec.Facts) bool {
	if strippers[facts.Format] == nil || orientation(facts.Orientation) > upright {
		return false
	}
	source, err := e.vet(original, 1)
	if err != nil || source.format != facts.Format || source.format == spec.PNG && !pngIsSRGB(source.data) {
		return false
	}
	var pins runtime.Pinner
	defer pins.Unpin()
	pins.Pin(&source.data[0])
	header, err := source.open("access=sequential,fail_on=error", nil)
	if err != nil {
		return false
	}
	defer header.Close()
	profile := header.GetICCProfile()
	return isEightBit(header) && (len(profile) == 0 || isSRGB(profile))
}

// isEightBit reports whether an image is of one of the four kinds that
// toEightBit brings all others to.
func isEightBit(image *vips.ImageRef) bool {
	if image.BandFormat() != vips.BandFormatUchar || image.Coding() != vips.CodingNone {
		return false
	}
	switch image.Interpretation() {
	case vips.InterpretationSRGB:
		return image.Bands() == 3 || image.Bands() == 4
	case vips.InterpretationBW:
		return image.Bands() <= 2
	}
	return false
}
