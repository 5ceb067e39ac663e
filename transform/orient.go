package transform

import (
	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// orientation is how stored pixels are to be shown (Exif 2.32, tag 0x0112): a
// turn clockwise, then a reflection left to right. Everything up to the turn
// is done on the stored pixels, so that the small picture is turned and not
// the large one.
type orientation int

// upright needs no turn.
const upright orientation = 1

// orientationOf is the orientation that an image's metadata asks for. libvips'
// loaders of HEIF and JPEG XL have applied it already and tell none.
func orientationOf(image *vips.ImageRef) orientation {
	if o := orientation(image.Orientation()); o > upright && o <= 8 {
		return o
	}
	return upright
}

func (o orientation) angle() vips.Angle {
	switch o {
	case 3, 4:
		return vips.Angle180
	case 5, 6:
		return vips.Angle90
	case 7, 8:
		return vips.Angle270
	}
	return vips.Angle0
}

func (o orientation) mirrored() bool { return o == 2 || o == 4 || o == 5 || o == 7 }

// swaps reports whether width and height change places.
func (o orientation) swaps() bool { return o >= 5 && o <= 8 }

// storedSize is the size of stored pixels that are shown as size.
func (o orientation) storedSize(size spec.Size) spec.Size {
	if o.swaps() {
		return spec.Size{Width: size.Height, Height: size.Width}
	}
	return size
}

// storedRect is where the shown rectangle r of a picture, which is shown in
// the given size, lies in the stored pixels.
func (o orientation) storedRect(r spec.Rect, shown spec.Size) spec.Rect {
	if o.mirrored() {
		r.Left = shown.Width - r.Left - r.Width
	}
	right := shown.Width - r.Left - r.Width
	bottom := shown.Height - r.Top - r.Height
	switch o.angle() {
	case vips.Angle90:
		return spec.Rect{Left: r.Top, Top: right, Width: r.Height, Height: r.Width}
	case vips.Angle180:
		return spec.Rect{Left: right, Top: bottom, Width: r.Width, Height: r.Height}
	case vips.Angle270:
		return spec.Rect{Left: bottom, Top: r.Left, Width: r.Height, Height: r.Width}
	}
	return r
}

// turn makes stored pixels upright. It reads them in any order, so they have
// to be in memory.
func (o orientation) turn(image *vips.ImageRef) error {
	if angle := o.angle(); angle != vips.Angle0 {
		if err := image.Rotate(angle); err != nil {
			return err
		}
	}
	if o.mirrored() {
		return image.Flip(vips.DirectionHorizontal)
	}
	return nil
}
