package transform

import "encoding/binary"

// Flags of a VP8X chunk (RFC 9649, section 2.7.1).
const (
	webpIsAnimated = 0x02
	webpHasXMP     = 0x04
	webpHasEXIF    = 0x08
	webpHasAlpha   = 0x10
	webpHasICC     = 0x20
)

// stripWebP removes metadata from a WebP that libvips wrote. webpsave of
// libvips 8.14 forgets that it was asked for none, and writes an EXIF block
// about the resolution even of images without metadata: 170 bytes for nothing.
func stripWebP(data []byte) []byte {
	if clean, ok := webpWithoutMetadata(data); ok {
		return clean
	}
	return data
}

// webpWithoutMetadata keeps the image, or the frames, of a WebP and what
// describes the canvas (RFC 9649, sections 2.5 to 2.7).
func webpWithoutMetadata(data []byte) ([]byte, bool) {
	const header, canvasLength = 12, 10
	end := 8 + uint64(binary.LittleEndian.Uint32(data[4:]))
	if end < header || end > uint64(len(data)) {
		return nil, false
	}
	chunks, ok := webpChunks(data[header:end])
	if !ok || len(chunks) == 0 {
		return nil, false
	}
	clean := append(make([]byte, 0, end+1), data[:header]...)
	switch canvas := chunks[0]; {
	case canvas.kind != "VP8X":
		chunks, ok = webpImage(chunks)
	case len(canvas.body) != canvasLength:
		return nil, false
	default:
		// Of the flags, and of what is reserved behind them, only two are kept.
		flags := canvas.body[0] & (webpIsAnimated | webpHasAlpha)
		if flags&webpIsAnimated != 0 {
			chunks, ok = webpAnimation(chunks[1:])
		} else {
			chunks, ok = webpImage(chunks[1:])
		}
		if flags != 0 || ok && !webpIsPlain(chunks) {
			body := append([]byte{flags, 0, 0, 0}, canvas.body[4:]...)
			clean = webpChunk{"VP8X", body}.appendTo(clean)
		}
	}
	if !ok {
		return nil, false
	}
	for _, chunk := range chunks {
		clean = chunk.appendTo(clean)
	}
	binary.LittleEndian.PutUint32(clean[4:], uint32(len(clean)-8))
	return clean, true
}

// webpIsPlain reports whether a picture needs no canvas to be described: it is
// one chunk without alpha.
func webpIsPlain(chunks []webpChunk) bool {
	if len(chunks) != 1 {
		return false
	}
	// Where lossless colours tell that they have alpha among them (section 3.4).
	const flag, bit = 4, 0x10
	body := chunks[0].body
	return chunks[0].kind == "VP8 " || len(body) > flag && body[flag]&bit == 0
}

// webpImage is one picture of the chunks: alpha, if it is apart, and colours.
func webpImage(chunks []webpChunk) ([]webpChunk, bool) {
	var kept []webpChunk
	for _, chunk := range chunks {
		switch chunk.kind {
		case "ALPH":
			if len(kept) > 0 {
				return nil, false
			}
			kept = append(kept, chunk)
		case "VP8 ", "VP8L":
			if len(kept) > 0 && kept[len(kept)-1].kind != "ALPH" {
				return nil, false
			}
			kept = append(kept, chunk)
		case "VP8X", "ANIM", "ANMF":
			return nil, false
		}
	}
	return kept, len(kept) > 0 && kept[len(kept)-1].kind != "ALPH"
}

// webpAnimation is the frames among the chunks and how they are played.
func webpAnimation(chunks []webpChunk) ([]webpChunk, bool) {
	const place = 16 // bytes of an ANMF chunk before its picture
	var kept []webpChunk
	for _, chunk := range chunks {
		switch chunk.kind {
		case "ANIM":
			if len(kept) > 0 || len(chunk.body) != 6 {
				return nil, false
			}
			kept = append(kept, chunk)
		case "ANMF":
			if len(kept) == 0 || len(chunk.body) < place {
				return nil, false
			}
			pieces, ok := webpChunks(chunk.body[place:])
			if !ok {
				return nil, false
			}
			if pieces, ok = webpImage(pieces); !ok {
				return nil, false
			}
			body := append([]byte(nil), chunk.body[:place]...)
			for _, piece := range pieces {
				body = piece.appendTo(body)
			}
			kept = append(kept, webpChunk{"ANMF", body})
		case "VP8X", "ALPH", "VP8 ", "VP8L":
			return nil, false
		}
	}
	return kept, len(kept) > 1
}

// webpChunk is a chunk of a RIFF file.
type webpChunk struct {
	kind string
	body []byte
}

// webpChunks takes data apart; less than a chunk's header at the end counts for
// nothing.
func webpChunks(data []byte) (chunks []webpChunk, ok bool) {
	for len(data) >= 8 {
		length := uint64(binary.LittleEndian.Uint32(data[4:]))
		if length > uint64(len(data)-8) {
			return nil, false
		}
		chunks = append(chunks, webpChunk{string(data[:4]), data[8 : 8+length]})
		data = data[min(8+length+length&1, uint64(len(data))):] // padded to even
	}
	return chunks, true
}

func (c webpChunk) appendTo(data []byte) []byte {
	data = binary.LittleEndian.AppendUint32(append(data, c.kind...), uint32(len(c.body)))
	data = append(data, c.body...)
	return append(data, make([]byte, len(c.body)&1)...)
}
