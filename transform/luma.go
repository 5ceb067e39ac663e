package transform

import (
	"fmt"
	"image"

	"github.com/davidbyttow/govips/v2/vips"
)

// lumaOf is the brightness of an image as JPEG codes it (ITU-R BT.601
// of its gamma-coded colours), on white where it is transparent. The image is
// of no use afterwards.
func lumaOf(ref *vips.ImageRef, g *guard) (*image.Gray, error) {
	if ref.HasAlpha() {
		if err := ref.Flatten(&vips.Color{R: 255, G: 255, B: 255}); err != nil {
			return nil, err
		}
	}
	if err := toEightBit(ref); err != nil {
		return nil, err
	}
	if err := settle(ref, g); err != nil {
		return nil, err
	}
	pixels, err := memoryOf(ref)
	if err != nil {
		return nil, err
	}
	luma := image.NewGray(image.Rect(0, 0, ref.Width(), ref.Height()))
	switch ref.Bands() {
	case 1:
		copy(luma.Pix, pixels)
	case 3:
		for i := range luma.Pix {
			red, green, blue := int(pixels[3*i]), int(pixels[3*i+1]), int(pixels[3*i+2])
			luma.Pix[i] = uint8((299*red + 587*green + 114*blue + 500) / 1000)
		}
	default:
		return nil, fmt.Errorf("%d bands are neither gray nor colours", ref.Bands())
	}
	return luma, nil
}
