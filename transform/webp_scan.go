package transform

import (
	"encoding/binary"
	"fmt"
)

// scanWebP walks the chunks of a WebP (RFC 9649), counts its frames, and makes
// sure that its end is there.
func scanWebP(data []byte, limits Limits) error {
	end := 8 + uint64(binary.LittleEndian.Uint32(data[4:]))
	if end < 12 || end > uint64(len(data)) {
		return fmt.Errorf("%w: the WebP has %d bytes and not the %d that it says", ErrCorrupt, len(data), end)
	}
	var width, height, frames int
	for rest := data[12:end]; len(rest) >= 8; {
		length := uint64(binary.LittleEndian.Uint32(rest[4:]))
		if length > uint64(len(rest)-8) {
			return fmt.Errorf("%w: a chunk of the WebP ends after the file", ErrCorrupt)
		}
		body := rest[8 : 8+length]
		switch kind := string(rest[:4]); {
		case kind == "VP8X" && len(body) >= 10:
			width, height = 1+littleUint24(body[4:]), 1+littleUint24(body[7:])
		case kind == "VP8 " && width == 0 && len(body) >= 10:
			width = int(binary.LittleEndian.Uint16(body[6:]) & 0x3fff)
			height = int(binary.LittleEndian.Uint16(body[8:]) & 0x3fff)
		case kind == "VP8L" && width == 0 && len(body) >= 5:
			bits := binary.LittleEndian.Uint32(body[1:])
			width, height = int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1
		case kind == "ANMF":
			frames++
		}
		rest = rest[min(8+length+length&1, uint64(len(rest))):] // padded to even
	}
	return limits.allow(width, height, max(frames, 1))
}

func littleUint24(data []byte) int {
	return int(data[0]) | int(data[1])<<8 | int(data[2])<<16
}
