package transform

import (
	"bytes"
	"encoding/binary"
)

// More JPEG markers (ITU T.81, table B.1).
const (
	jpegAPP0  = 0xe0
	jpegAPP14 = 0xee
	jpegAPP15 = 0xef
	jpegCOM   = 0xfe
)

// jpegPixels are the markers of segments that pixels are decoded from, by those
// processes that libjpeg knows: SOF0…2, SOF9, SOF10, DHT, DAC, SOS, DQT, DRI.
var jpegPixels = []byte{0xc0, 0xc1, 0xc2, 0xc9, 0xca, 0xc4, 0xcc, jpegSOS, 0xdb, 0xdd}

// stripJPEG keeps a JPEG up to the end of its first image, without application
// data and comments, which may also stand between scans. Of application data it
// keeps what says how three or four components are colours: JFIF without its
// small picture (ITU T.871) and Adobe's transform.
func stripJPEG(data []byte) ([]byte, bool) {
	clean := append(make([]byte, 0, len(data)), data[:2]...)
	for at := 2; ; {
		marker, body, next := jpegSegment(data, at)
		switch {
		case next < 0:
			return nil, false
		case marker == jpegEOI:
			return append(clean, 0xff, jpegEOI), true
		case marker == jpegAPP0 && len(body) >= jfifLength && bytes.HasPrefix(body, []byte("JFIF\x00")):
			clean = appendSegment(clean, marker, append(bytes.Clone(body[:jfifLength-2]), 0, 0))
		case marker == jpegAPP14 && len(body) >= adobeLength && bytes.HasPrefix(body, []byte("Adobe")):
			clean = appendSegment(clean, marker, body[:adobeLength])
		case marker >= jpegAPP0 && marker <= jpegAPP15 || marker == jpegCOM:
		case bytes.IndexByte(jpegPixels, marker) >= 0:
			clean = appendSegment(clean, marker, body)
		default:
			return nil, false
		}
		if marker == jpegSOS {
			end := entropyEnd(data, next)
			clean = append(clean, data[next:end]...)
			next = end
		}
		at = next
	}
}

// Lengths of application data that libjpeg reads: of JFIF up to the size of the
// small picture, of Adobe's up to the transform.
const (
	jfifLength  = 14
	adobeLength = 12
)

// jpegSegment is the first segment at or after an offset, and where the next
// may begin, −1 when the file ends before. Between segments anything may stand,
// as libjpeg allows; EOI is given no body.
func jpegSegment(data []byte, at int) (marker byte, body []byte, next int) {
	for at+1 < len(data) && (data[at] != 0xff || data[at+1] == 0 || data[at+1] == 0xff) {
		at++
	}
	if at+1 >= len(data) {
		return 0, nil, -1
	}
	marker, at = data[at+1], at+2
	if marker == jpegEOI {
		return marker, nil, at
	}
	if at+2 > len(data) {
		return 0, nil, -1
	}
	length := int(binary.BigEndian.Uint16(data[at:]))
	if length < 2 || at+length > len(data) {
		return 0, nil, -1
	}
	return marker, data[at+2 : at+length], at + length
}

// entropyEnd is where entropy-coded data that begins at an offset ends: at the
// first marker, with the bytes that fill up to it, that is not one of RST0…7.
func entropyEnd(data []byte, at int) int {
	for {
		next := bytes.IndexByte(data[at:], 0xff)
		if next < 0 {
			return len(data)
		}
		at += next
		code := at + 1
		for code < len(data) && data[code] == 0xff {
			code++
		}
		if code == len(data) {
			return at
		}
		if data[code] != 0 && (data[code] < 0xd0 || data[code] > 0xd7) {
			return at
		}
		at = code + 1
	}
}

func appendSegment(data []byte, marker byte, body []byte) []byte {
	data = append(data, 0xff, marker)
	data = binary.BigEndian.AppendUint16(data, uint16(2+len(body))) // it was read from as many bits
	return append(data, body...)
}
