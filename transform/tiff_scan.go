package transform

import (
	"encoding/binary"
	"fmt"
)

// maxDirectories bounds the pages of a TIFF: libvips takes more than these for
// one. libtiff reads all directories to count them, 0.2 s for so many.
const maxDirectories = 9_999

// scanTIFF walks the directories of a TIFF (TIFF 6.0, section 2; BigTIFF), one
// for each page, and makes sure that each is there. What they point to is for
// libtiff.
func scanTIFF(data []byte) error {
	cut := fmt.Errorf("%w: a directory of the TIFF is not in the file", ErrCorrupt)
	t := tiff{data: data, order: binary.LittleEndian, offset: 4, count: 2, entry: 12}
	if len(data) > 0 && data[0] == 'M' {
		t.order = binary.BigEndian
	}
	link := uint64(4) // where the place of a directory stands
	if len(data) > 4 && (data[2] == '+' || data[3] == '+') {
		t.offset, t.count, t.entry, link = 8, 8, 20, 8
	}
	seen := make(map[uint64]bool)
	for {
		at, ok := t.number(link, t.offset)
		switch {
		case !ok || at == 0 && len(seen) == 0:
			return cut
		case at == 0:
			return nil
		case seen[at]:
			return fmt.Errorf("%w: the directories of the TIFF go round in a circle", ErrCorrupt)
		case len(seen) == maxDirectories:
			return fmt.Errorf("%w: a TIFF of more than %d pages", ErrTooManyPixels, maxDirectories)
		}
		seen[at] = true
		entries, ok := t.number(at, t.count)
		if !ok || entries > uint64(len(data)) {
			return cut
		}
		link = at + t.count + entries*t.entry
	}
}

// tiff is a file with the lengths of its numbers in bytes: those of places in
// the file, of how many entries a directory has, and of an entry.
type tiff struct {
	data                 []byte
	order                binary.ByteOrder
	offset, count, entry uint64
}

// number reads a number, and reports whether it is in the file.
func (t tiff) number(at, length uint64) (uint64, bool) {
	if at > uint64(len(t.data)) || length > uint64(len(t.data))-at {
		return 0, false
	}
	switch field := t.data[at : at+length]; length {
	case 2:
		return uint64(t.order.Uint16(field)), true
	case 4:
		return uint64(t.order.Uint32(field)), true
	default:
		return t.order.Uint64(field), true
	}
}
