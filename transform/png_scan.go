package transform

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
)

// Bounds of what PNG files may carry beside their pixels. libpng unpacks
// compressed texts and profiles when the header is read: 389 kB of zTXt chunks
// took 3.3 s.
const (
	maxTextBytes     = 64 << 10 // of all text chunks together
	maxPackedText    = 1 << 10  // of all compressed text chunks together
	maxPackedProfile = 16 << 10 // taken without unpacking it once to measure
	maxProfile       = 4 << 20  // unpacked
)

// What a PNG begins with (PNG specification, section 5.2).
const (
	pngSignature       = "\x89PNG\r\n\x1a\n"
	pngSignatureLength = len(pngSignature)
)

// scanPNG walks the chunks of a PNG. It returns the PNG without its texts, or
// without its profile, when those are suspiciously large, and data itself
// otherwise.
func scanPNG(data []byte, limits Limits) ([]byte, error) {
	var texts, packed int
	var dropProfile bool
	seen := 0
	for at := pngSignatureLength; ; seen++ {
		chunk, ok := pngChunk(data, at)
		if !ok {
			return nil, fmt.Errorf("%w: the PNG has no end", ErrCorrupt)
		}
		kind, body := string(chunk[4:8]), chunk[8:len(chunk)-4]
		if (seen == 0) != (kind == "IHDR") {
			return nil, fmt.Errorf("%w: the PNG does not begin with its one header", ErrCorrupt)
		}
		switch kind {
		case "IHDR":
			if len(body) != 13 {
				return nil, fmt.Errorf("%w: the PNG's header has %d bytes, expected 13", ErrCorrupt, len(body))
			}
			width, height := binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:])
			if err := limits.allow(int(width), int(height), 1); err != nil {
				return nil, err
			}
		case "zTXt", "iTXt":
			packed += len(body)
			texts += len(chunk)
		case "tEXt":
			texts += len(chunk)
		case "iCCP":
			dropProfile = dropProfile || !profileIsSmall(body)
		case "IEND":
			dropTexts := texts > maxTextBytes || packed > maxPackedText
			if dropTexts || dropProfile {
				return withoutChunks(data, dropTexts, dropProfile), nil
			}
			return data, nil
		}
		at += len(chunk)
	}
}

// pngChunk is the whole chunk at an offset: length, type, body, checksum.
func pngChunk(data []byte, at int) ([]byte, bool) {
	if at+12 > len(data) {
		return nil, false
	}
	length := uint64(binary.BigEndian.Uint32(data[at:]))
	if length+12 > uint64(len(data)-at) {
		return nil, false
	}
	return data[at : at+int(length)+12], true
}

// profileIsSmall unpacks an iCCP chunk, up to a bound, unless it is too short
// to be a bomb: zlib packs at most 1:1032.
func profileIsSmall(body []byte) bool {
	if len(body) <= maxPackedProfile {
		return true
	}
	_, packed, found := bytes.Cut(body, []byte{0})
	if !found || len(packed) < 1 {
		return false
	}
	reader, err := zlib.NewReader(bytes.NewReader(packed[1:]))
	if err != nil {
		return false
	}
	defer reader.Close()
	length, err := io.Copy(io.Discard, io.LimitReader(reader, maxProfile+1))
	return err == nil && length <= maxProfile
}

// withoutChunks copies a PNG that scanPNG walked to its end.
func withoutChunks(data []byte, texts, profile bool) []byte {
	clean := append(make([]byte, 0, len(data)), data[:pngSignatureLength]...)
	for at := pngSignatureLength; ; {
		chunk, ok := pngChunk(data, at)
		if !ok {
			return clean
		}
		at += len(chunk)
		kind := string(chunk[4:8])
		isText := kind == "zTXt" || kind == "iTXt" || kind == "tEXt"
		if texts && isText || profile && kind == "iCCP" {
			continue
		}
		clean = append(clean, chunk...)
		if kind == "IEND" {
			return clean
		}
	}
}
