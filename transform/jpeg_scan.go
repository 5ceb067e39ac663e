package transform

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// JPEG markers (ITU T.81, table B.1).
const (
	jpegSOI = 0xd8
	jpegEOI = 0xd9
	jpegSOS = 0xda
	jpegTEM = 0x01
)

// A progressive JPEG of a few kilobytes can hold thousands of scans, each of
// which costs a pass over all pixels. Ordinary ones have about ten.
const (
	maxScans      = 100
	scansPerLimit = 20 // passes over an original as large as Limits.Pixels
)

// scanJPEG reads a JPEG's frame header, and makes sure that its end is there.
func scanJPEG(data []byte, limits Limits) error {
	width, height, progressive, entropy, err := jpegFrame(data)
	if err != nil {
		return err
	}
	if err := limits.allow(width, height, 1); err != nil {
		return err
	}
	// Entropy-coded data holds no marker, so the last EOI is the end.
	if bytes.LastIndex(data[entropy:], []byte{0xff, jpegEOI}) < 0 {
		return fmt.Errorf("%w: the JPEG has no end", ErrCorrupt)
	}
	if !progressive {
		return nil
	}
	scans := bytes.Count(data[entropy:], []byte{0xff, jpegSOS})
	if scans > maxScans || int64(scans)*int64(width)*int64(height) > scansPerLimit*limits.Pixels {
		return fmt.Errorf("%w: %d scans of %dx%d pixels", ErrTooManyPixels, scans, width, height)
	}
	return nil
}

// jpegFrame walks the segments up to the first scan; entropy is where that
// scan's segment begins.
func jpegFrame(data []byte) (width, height int, progressive bool, entropy int, err error) {
	broken := fmt.Errorf("%w: the JPEG has no frame header before its first scan", ErrCorrupt)
	at := 2
	for {
		// Anything may stand between segments, as libjpeg and browsers allow.
		next := bytes.IndexByte(data[min(at, len(data)):], 0xff)
		if next < 0 || at+next+2 > len(data) {
			return 0, 0, false, 0, broken
		}
		at += next
		marker := data[at+1]
		if marker == 0xff { // fill byte
			at++
			continue
		}
		at += 2
		if marker == 0 || marker == jpegTEM || marker >= 0xd0 && marker <= jpegSOI {
			continue // stands alone
		}
		if marker == jpegSOS {
			if width == 0 {
				return 0, 0, false, 0, broken
			}
			return width, height, progressive, at, nil
		}
		if marker == jpegEOI || at+2 > len(data) {
			return 0, 0, false, 0, broken
		}
		length := int(binary.BigEndian.Uint16(data[at:]))
		// SOF0…SOF15, of which three codes mean other things: DHT, JPG, DAC.
		if marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc {
			if length < 8 || at+8 > len(data) {
				return 0, 0, false, 0, broken
			}
			height = int(binary.BigEndian.Uint16(data[at+3:]))
			width = int(binary.BigEndian.Uint16(data[at+5:]))
			progressive = marker&3 == 2
		}
		at += max(length, 2)
	}
}
