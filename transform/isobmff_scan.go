package transform

import (
	"encoding/binary"
	"fmt"
)

// scanBoxes walks the top-level boxes of an AVIF or HEIC file (ISO/IEC
// 14496-12, section 4.2) and makes sure that the last one is whole.
func scanBoxes(data []byte) error {
	meta := false
	for rest := data; len(rest) > 0; {
		if len(rest) < 8 {
			return fmt.Errorf("%w: the file ends in the middle of a box", ErrCorrupt)
		}
		size, header := uint64(binary.BigEndian.Uint32(rest)), uint64(8)
		switch {
		case size == 0: // to the end of the file
			size = uint64(len(rest))
		case size == 1 && len(rest) >= 16:
			size, header = binary.BigEndian.Uint64(rest[8:]), 16
		}
		if size < header || size > uint64(len(rest)) {
			return fmt.Errorf("%w: the file ends in the middle of a box", ErrCorrupt)
		}
		meta = meta || string(rest[4:8]) == "meta"
		rest = rest[size:]
	}
	if !meta {
		return fmt.Errorf("%w: the file describes no image", ErrCorrupt)
	}
	return nil
}
