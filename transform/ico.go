package transform

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
)

// Lengths in the directory of an ICO or CUR file, in bytes.
const (
	icoHeader = 6
	icoEntry  = 16
)

// icon is one image of an ICO or CUR file.
type icon struct {
	data          []byte // a whole PNG, or a bitmap without a file header
	png           bool
	width, height int
	bits          int // of a pixel
}

// sniffICO recognises icons and cursors: a number that is zero, the kind, how
// many images there are, and that the first of them lies behind the directory.
func sniffICO(data []byte) bool {
	if len(data) < icoHeader+icoEntry || string(data[:2]) != "\x00\x00" || data[2] != 1 && data[2] != 2 || data[3] != 0 {
		return false
	}
	count := int(binary.LittleEndian.Uint16(data[4:]))
	first := binary.LittleEndian.Uint32(data[icoHeader+12:])
	return count > 0 && first >= uint32(icoHeader+count*icoEntry)
}

// scanICO reads the directory and the headers of all images, and returns the
// images with the largest first; of equally large ones, that with more bits a
// pixel. What the directory itself says of sizes is often wrong.
func scanICO(data []byte) ([]icon, error) {
	count := int(binary.LittleEndian.Uint16(data[4:]))
	if icoHeader+count*icoEntry > len(data) {
		return nil, fmt.Errorf("%w: the directory of the icon is cut short", ErrCorrupt)
	}
	icons := make([]icon, count)
	for i := range icons {
		entry := data[icoHeader+i*icoEntry:]
		length, start := uint64(binary.LittleEndian.Uint32(entry[8:])), uint64(binary.LittleEndian.Uint32(entry[12:]))
		if start+length > uint64(len(data)) {
			return nil, fmt.Errorf("%w: image %d of the icon ends after the file", ErrCorrupt, i+1)
		}
		var err error
		if icons[i], err = readIcon(data[start : start+length]); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(icons, func(a, b icon) int {
		return cmp.Or(cmp.Compare(b.width*b.height, a.width*a.height), cmp.Compare(b.bits, a.bits))
	})
	return icons, nil
}

// readIcon reads the header of one image.
func readIcon(data []byte) (icon, error) {
	if !bytes.HasPrefix(data, []byte(pngSignature)) {
		d, err := readDIB(data)
		if err != nil {
			return icon{}, err
		}
		return icon{data: data, width: max(d.width, 0), height: d.rows() / 2, bits: d.bits}, nil
	}
	header, ok := pngChunk(data, len(pngSignature))
	if !ok || len(header) < 8+10 || string(header[4:8]) != "IHDR" {
		return icon{}, fmt.Errorf("%w: a PNG in the icon has no header", ErrCorrupt)
	}
	body := header[8:]
	channels := map[byte]int{2: 3, 4: 2, 6: 4}[body[9]] // of a colour type; else gray or palette
	return icon{
		data: data, png: true,
		width: int(binary.BigEndian.Uint32(body)), height: int(binary.BigEndian.Uint32(body[4:])),
		bits: int(body[8]) * max(channels, 1),
	}, nil
}

// bitmap is what has to be decoded of an image that is no PNG. Its header tells
// the height of the pixels and the mask together.
func (i icon) bitmap(limits Limits) (*bitmap, error) {
	d, err := readDIB(i.data)
	if err != nil {
		return nil, err
	}
	d.height /= 2
	if d.size < dibInfo || d.compression == dibRLE4 || d.compression == dibRLE8 {
		return nil, fmt.Errorf("%w: an icon with a header of %d bytes and compression %d", ErrUnsupported, d.size, d.compression)
	}
	if err := d.allow(limits); err != nil {
		return nil, err
	}
	start := d.size + d.paletteSize()
	end := int64(start) + pixelsSize(d.width, d.rows(), d.bits)
	if end > int64(len(i.data)) {
		return nil, fmt.Errorf("%w: the icon ends before its pixels do", ErrCorrupt)
	}
	mask := i.data[end:]
	switch length := pixelsSize(d.width, d.rows(), 1); {
	case int64(len(mask)) >= length:
	case d.bits == 32: // has alpha, and then often no mask
		mask = nil
	default:
		return nil, fmt.Errorf("%w: the icon ends before its mask does", ErrCorrupt)
	}
	return &bitmap{
		width: d.width, height: d.rows(), icon: true, topDown: d.height < 0, mask: mask,
		alpha:  d.hasIconAlpha() || d.alphaMask != 0,
		header: d.fileHeader(i.data, start), body: i.data[d.size:],
	}, nil
}

// hasIconAlpha reports whether a bitmap has alpha in an icon, though it would
// have none in a file.
func (d dib) hasIconAlpha() bool { return d.bits == 32 && d.compression == dibPlain }

// fileHeader is what makes a BMP file of an icon's bitmap, with the height of
// its pixels alone. That there is alpha, only a longer header can say.
func (d dib) fileHeader(data []byte, start int) []byte {
	info := bytes.Clone(data[:d.size])
	if d.hasIconAlpha() {
		info = append(bytes.Clone(data[:dibInfo]), make([]byte, dibV4-dibInfo)...)
		binary.LittleEndian.PutUint32(info, dibV4)
		binary.LittleEndian.PutUint32(info[16:], dibBitFields)
		for i, mask := range []uint32{0xff0000, 0xff00, 0xff, 0xff000000} {
			binary.LittleEndian.PutUint32(info[dibInfo+4*i:], mask)
		}
	}
	binary.LittleEndian.PutUint32(info[8:], uint32(int32(d.height)))
	header := append([]byte("BM"), make([]byte, bmpFileHeader-2)...)
	binary.LittleEndian.PutUint32(header[10:], uint32(bmpFileHeader+len(info)+start-d.size))
	return append(header, info...)
}
