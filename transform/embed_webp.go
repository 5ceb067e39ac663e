package transform

import (
	"encoding/binary"
	"errors"
)

// embedWebP puts chunks into a WebP, and before all others the one that says
// that they are there (RFC 9649, section 2.7).
func embedWebP(file []byte, carried metadata) ([]byte, error) {
	const header, canvas = 12, 18 // RIFF; a VP8X chunk
	features, rest, err := webpFeatures(file[header:])
	if err != nil {
		return nil, err
	}
	for _, block := range []struct {
		data []byte
		flag byte
	}{{carried.exif, webpHasEXIF}, {carried.xmp, webpHasXMP}, {carried.profile, webpHasICC}} {
		if block.data != nil {
			features[0] |= block.flag
		}
	}
	result := append(make([]byte, 0, len(file)+canvas+carried.length()), file[:header]...)
	add := func(kind string, body []byte) {
		if body == nil {
			return
		}
		result = binary.LittleEndian.AppendUint32(append(result, kind...), uint32(len(body)))
		result = append(append(result, body...), make([]byte, len(body)&1)...)
	}
	add("VP8X", features)
	add("ICCP", carried.profile)
	result = append(result, rest...)
	add("EXIF", carried.exif)
	add("XMP ", carried.xmp)
	binary.LittleEndian.PutUint32(result[4:], uint32(len(result)-8))
	return result, nil
}

// webpFeatures is the body of the VP8X chunk that chunks begin with, or would
// if they had one, and the chunks after it.
func webpFeatures(chunks []byte) (features, rest []byte, err error) {
	const alpha = 0x10
	if len(chunks) < 18 {
		return nil, nil, errors.New("the WebP that was written has no image")
	}
	body := chunks[8:]
	var width, height int
	features = make([]byte, 10)
	switch string(chunks[:4]) {
	case "VP8X":
		copy(features, body)
		return features, body[10:], nil
	case "VP8 ": // RFC 6386, section 9.1
		width = int(binary.LittleEndian.Uint16(body[6:]) & 0x3fff)
		height = int(binary.LittleEndian.Uint16(body[8:]) & 0x3fff)
	case "VP8L": // RFC 9649, section 3.4
		bits := binary.LittleEndian.Uint32(body[1:])
		width, height = int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1
		if bits>>28&1 != 0 {
			features[0] = alpha
		}
	default:
		return nil, nil, errors.New("the WebP that was written begins in no known way")
	}
	putLittleUint24(features[4:], width-1)
	putLittleUint24(features[7:], height-1)
	return features, chunks, nil
}

func putLittleUint24(to []byte, value int) {
	to[0], to[1], to[2] = byte(value), byte(value>>8), byte(value>>16)
}
