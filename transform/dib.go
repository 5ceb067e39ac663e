package transform

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// dib is what the header of a device-independent bitmap says: of a BMP file,
// where a file header is before it, or of an image in an icon (Windows GDI,
// BITMAPINFOHEADER and its kin; OS/2, BITMAPCOREHEADER and its kin).
type dib struct {
	size          int // of the header itself, in bytes; it tells which one it is
	width, height int // the height is negative when the first row is the topmost
	bits          int // of a pixel
	compression   uint32
	colours       int // in the palette, 0 for all there can be
	alphaMask     uint32
}

// Compressions of pixels. OS/2 gives other meanings to the numbers from 3 on.
const (
	dibPlain     = 0
	dibRLE8      = 1
	dibRLE4      = 2
	dibBitFields = 3
)

// Lengths of headers, in bytes.
const (
	bmpFileHeader = 14
	dibCore       = 12  // BITMAPCOREHEADER, with sizes of 16 bits
	dibInfo       = 40  // BITMAPINFOHEADER, with bit fields behind it
	dibFields     = 52  // BITMAPV2INFOHEADER, the first with bit fields in it
	dibAlpha      = 56  // BITMAPV3INFOHEADER, the first with one for alpha
	dibV4         = 108 // BITMAPV4HEADER
	dibV5         = 124 // BITMAPV5HEADER
)

// dibSizes are the lengths that headers are known to have; those that have no
// name here are OS/2's, whose 64 bytes may be cut after 16.
var dibSizes = []int{dibCore, 16, 20, 24, 32, 36, dibInfo, 42, 44, 46, 48, dibFields, dibAlpha, 60, 64, dibV4, dibV5}

// maxDIBSide is the longest side that the decoder takes, in pixels.
const maxDIBSide = 46340

// readDIB reads a header, and refuses one that the decoder could not follow.
func readDIB(data []byte) (dib, error) {
	size := 0
	if len(data) >= 4 {
		size = int(binary.LittleEndian.Uint32(data))
	}
	if !slices.Contains(dibSizes, size) || size > len(data) {
		return dib{}, fmt.Errorf("%w: the bitmap has no whole header", ErrCorrupt)
	}
	d := dib{size: size}
	if size == dibCore {
		d.width, d.height = int(binary.LittleEndian.Uint16(data[4:])), int(binary.LittleEndian.Uint16(data[6:]))
		d.bits = int(binary.LittleEndian.Uint16(data[10:]))
	} else {
		d.width, d.height = int(int32(binary.LittleEndian.Uint32(data[4:]))), int(int32(binary.LittleEndian.Uint32(data[8:])))
		d.bits = int(binary.LittleEndian.Uint16(data[14:]))
	}
	if size >= 20 {
		d.compression = binary.LittleEndian.Uint32(data[16:])
	}
	if size >= 36 {
		d.colours = int(binary.LittleEndian.Uint32(data[32:]))
	}
	if size >= dibAlpha && d.compression == dibBitFields {
		d.alphaMask = binary.LittleEndian.Uint32(data[52:])
	}
	return d, d.check()
}

// check refuses what the decoder can't read: bitmaps that hold a JPEG or PNG
// (meant for printers), and OS/2's compressions of its own.
func (d dib) check() error {
	depths := map[uint32][]int{
		dibPlain: {1, 2, 4, 8, 16, 24, 32}, dibRLE8: {8}, dibRLE4: {4}, dibBitFields: {16, 32},
	}[d.compression]
	switch {
	case d.size == dibCore:
		depths = []int{1, 2, 4, 8, 24}
	case d.compression == dibBitFields && !slices.Contains([]int{dibInfo, dibFields, dibAlpha, dibV4, dibV5}, d.size):
		depths = nil
	}
	if !slices.Contains(depths, d.bits) {
		return fmt.Errorf("%w: a bitmap with %d bits a pixel and compression %d", ErrUnsupported, d.bits, d.compression)
	}
	return nil
}

// rows is the height as displayed.
func (d dib) rows() int { return max(d.height, -d.height) }

// allow judges a bitmap's measures.
func (d dib) allow(limits Limits) error {
	if d.width > maxDIBSide || d.rows() > maxDIBSide {
		return fmt.Errorf("%w: a bitmap of %dx%d, expected at most %d a side", ErrTooManyPixels, d.width, d.rows(), maxDIBSide)
	}
	return limits.allow(d.width, d.rows(), 1)
}

// paletteSize is the length of what stands between an icon's header and its
// pixels.
func (d dib) paletteSize() int {
	masks := 0
	if d.compression == dibBitFields && d.size == dibInfo {
		masks = 3 * 4
	}
	if d.bits > 8 {
		return masks
	}
	colours := d.colours
	if colours < 1 || colours > 1<<d.bits {
		colours = 1 << d.bits
	}
	return 4 * colours
}

// pixelsSize is the length of pixels that are not compressed, in bytes: rows
// of so many bits, each filled up to whole 32 bits.
func pixelsSize(width, rows, bits int) int64 {
	return (int64(width)*int64(bits) + 31) / 32 * 4 * int64(rows)
}

// rleIsWhole walks compressed pixels to their end mark, or until they have
// filled the picture, and reports whether they come that far. The decoder takes
// whatever is missing for the palette's first colour.
func (d dib) rleIsWhole(data []byte) bool {
	x, y := 0, 0
	for y < d.rows() && (y < d.rows()-1 || x < d.width) {
		if len(data) < 2 {
			return false
		}
		count, value := int(data[0]), int(data[1])
		data = data[2:]
		switch {
		case count > 0: // a run
			x = min(x+count, d.width)
		case value == 0: // end of the row
			x, y = 0, y+1
		case value == 1: // end of the bitmap
			return true
		case value == 2: // a step aside
			if len(data) < 2 {
				return false
			}
			x, y = x+int(data[0]), y+int(data[1])
			data = data[2:]
		default: // so many pixels as they are, filled up to whole 16 bits
			length := (value*d.bits + 15) / 16 * 2
			if length > len(data) {
				return false
			}
			x = min(x+value, d.width)
			data = data[length:]
		}
	}
	return true
}
