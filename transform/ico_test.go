package transform

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image/color"
	"testing"

	"api-resize/spec"
)

// icoOf is an ICO file of some images.
func icoOf(images ...[]byte) []byte {
	file := binary.LittleEndian.AppendUint16([]byte{0, 0, 1, 0}, uint16(len(images)))
	start := icoHeader + icoEntry*len(images)
	for _, image := range images {
		file = append(file, 16, 16, 0, 0, 1, 0, 32, 0) // not always true
		file = binary.LittleEndian.AppendUint32(file, uint32(len(image)))
		file = binary.LittleEndian.AppendUint32(file, uint32(start))
		start += len(image)
	}
	return append(file, bytes.Join(images, nil)...)
}

// icon is the same picture as file, as an image of an icon; its right half is
// see-through by its mask.
func (k bmpKind) icon(width, height int) []byte {
	info, palette, pixels := k.dib(width, height)
	doubled := int32(binary.LittleEndian.Uint32(info[8:])) * 2
	binary.LittleEndian.PutUint32(info[8:], uint32(doubled))
	mask := make([]byte, pixelsSize(width, height, 1))
	for y := range height {
		for x := (width + 1) / 2; x < width; x++ {
			mask[y*len(mask)/height+x/8] |= 0x80 >> (x % 8)
		}
	}
	return bytes.Join([][]byte{info, palette, pixels, mask}, nil)
}

// iconKinds are the kinds of bitmaps that are in icons. With 32 bits there is
// alpha, here half of it, and the mask counts for nothing.
var iconKinds = map[string]bmpKind{
	"1 bit":            {header: dibInfo, bits: 1},
	"4 bits":           {header: dibInfo, bits: 4},
	"8 bits":           {header: dibInfo, bits: 8},
	"8 bits, top down": {header: dibInfo, bits: 8, topDown: true},
	"16 bits":          {header: dibInfo, bits: 16},
	"24 bits":          {header: dibInfo, bits: 24},
	"32 bits, fields":  {header: dibInfo, bits: 32, compression: dibBitFields, masks: fields8888},
	"32 bits":          {header: dibInfo, bits: 32},
}

// putAlpha makes the pixels of 32 bits half transparent: in an icon there is
// alpha where a file has none.
func putAlpha(image []byte, width, height int, alpha byte) []byte {
	for i := range width * height {
		image[dibInfo+4*i+3] = alpha
	}
	return image
}

func TestIconKinds(t *testing.T) {
	const width, height = 18, 12
	for name, kind := range iconKinds {
		image := kind.icon(width, height)
		left, right := uint8(255), uint8(0)
		if name == "32 bits" {
			left, right = 128, 128
			putAlpha(image, width, height, 128)
		}
		original := icoOf(image)
		want := spec.Facts{Format: spec.ICO, Width: width, Height: height, Frames: 1, Pages: 1, HasAlpha: true, Orientation: 1}
		if got := facts(t, original); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
		pixels := decoded(t, transform(t, original, "max,format=png").Bytes)
		for _, corner := range [][2]int{{1, 1}, {width - 2, 1}, {1, height - 2}, {width - 2, height - 2}} {
			index := quarter(corner[0], corner[1], width, height)
			if kind.bits == 1 {
				index &= 1
			}
			want := bmpPalette[index]
			want.A = left
			if corner[0] > width/2 {
				want.A = right
			}
			if got := pixels.NRGBAAt(corner[0], corner[1]); !near(got, want, 9) && (got.A != 0 || want.A != 0) {
				t.Errorf("%s: %v at %v, want %v", name, got, corner, want)
			}
		}
	}
}

// Where alpha is zero everywhere, the mask counts; where that is missing too,
// the icon is opaque.
func TestIconWithoutAnyAlpha(t *testing.T) {
	const side = 16
	image := putAlpha(bmpKind{header: dibInfo, bits: 32}.icon(side, side), side, side, 0)
	masked := decoded(t, transform(t, icoOf(image), "max,format=png").Bytes)
	if left, right := masked.NRGBAAt(1, 1), masked.NRGBAAt(side-2, 1); !near(left, red, 1) || right.A != 0 {
		t.Errorf("left is %v, right is %v, want red and nothing", left, right)
	}
	bare := image[:dibInfo+4*side*side]
	if got := decoded(t, transform(t, icoOf(bare), "max,format=png").Bytes).NRGBAAt(side-2, 1); !near(got, green, 1) {
		t.Errorf("without a mask right is %v, want green", got)
	}
}

// The largest image is the picture, of equally large ones the deepest. Cursors
// are read as well.
func TestIconChoice(t *testing.T) {
	kind := func(bits int) bmpKind { return bmpKind{header: dibInfo, bits: bits} }
	large, small := pngOf(t, plain(64, 48, blue)), pngOf(t, plain(16, 16, green))
	for name, test := range map[string]struct {
		original []byte
		size     spec.Size
		colour   color.NRGBA
	}{
		"PNG":                        {icoOf(large), spec.Size{Width: 64, Height: 48}, blue},
		"the largest is the first":   {icoOf(large, small, kind(8).icon(32, 32)), spec.Size{Width: 64, Height: 48}, blue},
		"the largest is the last":    {icoOf(kind(8).icon(32, 32), small, large), spec.Size{Width: 64, Height: 48}, blue},
		"a bitmap is the largest":    {icoOf(small, kind(8).icon(32, 32)), spec.Size{Width: 32, Height: 32}, red},
		"the deepest of equal sizes": {icoOf(kind(4).icon(64, 48), large, kind(8).icon(64, 48)), spec.Size{Width: 64, Height: 48}, blue},
	} {
		cursor := bytes.Clone(test.original)
		cursor[2] = 2
		for _, original := range [][]byte{test.original, cursor} {
			if got := facts(t, original); got.Format != spec.ICO || got.Width != test.size.Width || got.Height != test.size.Height {
				t.Errorf("%s: %+v, want %v", name, got, test.size)
			}
			picture := transform(t, original, "max,format=png")
			if got := decoded(t, picture.Bytes).NRGBAAt(2, 2); picture.Width != test.size.Width || !near(got, test.colour, 1) {
				t.Errorf("%s: %d pixels wide, %v, want %v", name, picture.Width, got, test.colour)
			}
		}
	}
}

func TestIconTruncated(t *testing.T) {
	for name, kind := range iconKinds {
		original := icoOf(pngOf(t, plain(8, 8, red)), kind.icon(32, 32))
		for _, length := range []int{icoHeader + icoEntry, icoHeader + 2*icoEntry, len(original) / 2, len(original) - 1} {
			if err := attempt(t, original[:length:length], "10x,format=png"); !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s with %d of %d bytes: got %v, want ErrCorrupt", name, length, len(original), err)
			}
		}
	}
}

func TestIconHeaders(t *testing.T) {
	good := bmpKind{header: dibInfo, bits: 8}.icon(16, 16)
	change := func(at int, with ...byte) []byte {
		image := bytes.Clone(good)
		copy(image[at:], with)
		return icoOf(image)
	}
	huge := pngOf(t, plain(1, 1, red))
	copy(huge[16:], "\x7f\xff\xff\xff\x7f\xff\xff\xff")
	for name, test := range map[string]struct {
		original []byte
		want     error
	}{
		"as it is":               {change(0), nil},
		"no images":              {[]byte("\x00\x00\x01\x00\x00\x00" + string(make([]byte, 40))), ErrUnsupported},
		"an empty image":         {icoOf(nil, good), ErrCorrupt},
		"text for an image":      {icoOf([]byte("this is not an image, however long")), ErrCorrupt},
		"a PNG that is cut":      {icoOf(pngOf(t, plain(20, 20, red))[:60]), ErrCorrupt},
		"a PNG without a header": {icoOf([]byte(pngSignature + "\x00\x00\x00\x00IEND....")), ErrCorrupt},
		"a short PNG header":     {icoOf([]byte(pngSignature + "\x00\x00\x00\x01IHDR.....")), ErrCorrupt},
		"a huge PNG":             {icoOf(huge), ErrTooManyPixels},
		"a huge bitmap":          {change(4, 0, 0, 1, 0), ErrTooManyPixels},
		"RLE":                    {change(16, dibRLE8), ErrUnsupported},
		"OS/2":                   {icoOf(bmpKind{header: 16, bits: 24}.icon(4, 4)), ErrUnsupported},
		"half a row":             {change(8, 1, 0, 0, 0), ErrCorrupt},
		"higher than it is":      {change(8, 0xff), ErrCorrupt},
	} {
		if err := attempt(t, test.original, "5x,format=png"); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

func FuzzICO(f *testing.F) {
	for name, kind := range iconKinds {
		f.Add(icoOf(kind.icon(9, 7), pngOf(f, plain(4, 4, red))))
		if name == "32 bits" {
			f.Add(icoOf(putAlpha(kind.icon(9, 7), 9, 7, 128)))
		}
	}
	f.Fuzz(func(t *testing.T, original []byte) {
		if !sniffICO(original) {
			return
		}
		icons, err := scanICO(original)
		if err != nil {
			return
		}
		for _, icon := range icons[:min(len(icons), 5)] {
			if icon.png {
				continue
			}
			if found, err := icon.bitmap(Limits{Pixels: 10_000, Frames: 1}); err == nil {
				checkBitmap(t, found)
			}
		}
	})
}
