package transform

import "encoding/binary"

// pngKept are the chunks that a stripped PNG keeps, and how long each may be:
// those that pixels are made from, and those that say what colours they are
// (PNG, third edition, sections 11.2 and 11.3.2).
var pngKept = map[string]struct{ least, most uint32 }{
	"IHDR": {13, 13},
	"PLTE": {3, 3 * 256},
	"IDAT": {0, 1<<31 - 1},
	"IEND": {0, 0},
	"tRNS": {1, 256},
	"cHRM": {32, 32},
	"gAMA": {4, 4},
	"sRGB": {1, 1},
	"cICP": {4, 4},
}

// stripPNG keeps the chunks of pngKept, each but IDAT once. It refuses an
// animation (APNG), of which only the first frame would be left, and chunks
// that must not be ignored but aren't known here.
func stripPNG(data []byte) ([]byte, bool) {
	clean := append(make([]byte, 0, len(data)), data[:pngSignatureLength]...)
	seen := make(map[string]bool)
	for at := pngSignatureLength; ; {
		chunk, ok := pngChunk(data, at)
		if !ok {
			return nil, false
		}
		at += len(chunk)
		kind := string(chunk[4:8])
		length := binary.BigEndian.Uint32(chunk)
		bounds, keep := pngKept[kind]
		keep = keep && length >= bounds.least && length <= bounds.most && (kind == "IDAT" || !seen[kind])
		critical := kind[0]&0x20 == 0 // a capital letter
		if !keep && (critical || kind == "acTL" || kind == "tRNS") {
			return nil, false
		}
		if keep {
			seen[kind] = true
			clean = append(clean, chunk...)
		}
		if kind == "IEND" {
			return clean, true
		}
	}
}

// What PNG files in sRGB say of their colours, in 100000ths (PNG, third
// edition, section 11.3.2.5).
const pngGamma = 45455

var pngChromaticities = [8]uint32{31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000}

// pngIsSRGB reports whether a PNG's own chunks about colour, besides a profile,
// say sRGB or nothing. No other colours are converted here, but browsers do.
func pngIsSRGB(data []byte) bool {
	other, named := false, false
	for at := pngSignatureLength; ; {
		chunk, ok := pngChunk(data, at)
		if !ok {
			return named || !other
		}
		at += len(chunk)
		switch body := chunk[8 : len(chunk)-4]; string(chunk[4:8]) {
		case "cICP": // stronger than all others: primaries, curve, matrix, range
			if string(body) != "\x01\x0d\x00\x01" {
				return false
			}
		case "sRGB": // stronger than gamma and chromaticities
			named = true
		case "gAMA":
			other = other || len(body) != 4 || apart(binary.BigEndian.Uint32(body), pngGamma)
		case "cHRM":
			other = other || len(body) != 32
			for i := 0; !other && i < len(pngChromaticities); i++ {
				other = apart(binary.BigEndian.Uint32(body[4*i:]), pngChromaticities[i])
			}
		}
	}
}

// apart reports whether two numbers differ by more than rounding explains.
func apart(a, b uint32) bool {
	const rounding = 100 // a thousandth
	return max(a, b)-min(a, b) > rounding
}
