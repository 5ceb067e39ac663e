package transform

import (
	"encoding/binary"
	"fmt"
)

// scanGIF walks the blocks of a GIF (GIF89a specification, appendix A) without
// unpacking any, counts its frames, and makes sure that its end is there.
func scanGIF(data []byte, limits Limits) error {
	cut := fmt.Errorf("%w: the GIF has no end", ErrCorrupt)
	if len(data) < 13 {
		return cut
	}
	width, height := int(binary.LittleEndian.Uint16(data[6:])), int(binary.LittleEndian.Uint16(data[8:]))
	frames := 0
	for at := 13 + colourTable(data[10]); ; {
		if at >= len(data) {
			return cut
		}
		switch data[at] {
		case 0x21: // extension: label, sub-blocks
			at += 2
		case 0x2c: // image: position, size, flags, its own colours, code size
			if at+10 >= len(data) {
				return cut
			}
			frames++
			at += 10 + colourTable(data[at+9]) + 1
		case 0x3b:
			return limits.allow(width, height, max(frames, 1))
		default:
			return fmt.Errorf("%w: the GIF has a block of unknown kind %#x", ErrCorrupt, data[at])
		}
		if frames > limits.Frames {
			return limits.allow(width, height, frames)
		}
		if at = skipSubBlocks(data, at); at < 0 {
			return cut
		}
	}
}

// colourTable is the length in bytes of the table that flags announce.
func colourTable(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// skipSubBlocks returns where the chain of sub-blocks at an offset ends, or −1
// when the data ends first.
func skipSubBlocks(data []byte, at int) int {
	for at < len(data) {
		length := int(data[at])
		at += 1 + length
		if length == 0 {
			return at
		}
	}
	return -1
}
