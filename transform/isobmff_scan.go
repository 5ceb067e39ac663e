package transform

import (
	"encoding/binary"
	"fmt"
)

// scanBoxes makes sure that all boxes of an AVIF or HEIC file are whole.
func scanBoxes(data []byte) error {
	meta := false
	err := eachBox(data, func(kind string, _ []byte) error {
		meta = meta || kind == "meta"
		return nil
	})
	if err == nil && !meta {
		err = fmt.Errorf("%w: the file describes no image", ErrCorrupt)
	}
	return err
}

// eachBox visits the top-level boxes of a file (ISO/IEC 14496-12, section 4.2),
// all of which have to be whole.
func eachBox(data []byte, visit func(kind string, body []byte) error) error {
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
		if err := visit(string(rest[4:8]), rest[header:size]); err != nil {
			return err
		}
		rest = rest[size:]
	}
	return nil
}
