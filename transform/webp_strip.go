package transform

import "encoding/binary"

// Flags of a VP8X chunk (RFC 9649, section 2.7.1).
const (
	webpHasXMP  = 0x04
	webpHasEXIF = 0x08
	webpHasICC  = 0x20
)

// stripWebP removes metadata from a WebP that libvips wrote. webpsave of
// libvips 8.14 forgets that it was asked for none, and writes an EXIF block
// about the resolution even of images without metadata: 170 bytes for nothing.
func stripWebP(data []byte) []byte {
	const header = 12
	if len(data) < header+18 || string(data[header:header+4]) != "VP8X" {
		return data
	}
	kept := header
	for at := header; at+8 <= len(data); {
		length := 8 + int(binary.LittleEndian.Uint32(data[at+4:]))
		next := min(at+length+length&1, len(data))
		switch string(data[at : at+4]) {
		case "EXIF", "XMP ", "ICCP":
		case "VP8X":
			data[at+8] &^= webpHasXMP | webpHasEXIF | webpHasICC
			if data[at+8] != 0 { // else it is a plain WebP again
				kept += copy(data[kept:], data[at:next])
			}
		default:
			kept += copy(data[kept:], data[at:next])
		}
		at = next
	}
	binary.LittleEndian.PutUint32(data[4:], uint32(kept-8))
	return data[:kept]
}
