package transform

import "slices"

// Labels of GIF's extensions (GIF89a specification, sections 23 to 26).
const (
	gifPlainText      = 0x01
	gifGraphicControl = 0xf9
	gifComment        = 0xfe
	gifApplication    = 0xff
)

// gifHeads are the lengths of the first sub-block of extensions that have one
// of a fixed length. Where it has another, decoders don't agree where the
// extension ends.
var gifHeads = map[byte]int{gifPlainText: 12, gifGraphicControl: 4, gifApplication: 11}

// stripGIF keeps headers, images with what controls them, and how often an
// animation plays. Comments, texts to be drawn, which no decoder draws, and
// data of applications go.
func stripGIF(data []byte) ([]byte, bool) {
	if len(data) < 13 || len(data) < 13+colourTable(data[10]) {
		return nil, false
	}
	at := 13 + colourTable(data[10])
	clean := append(make([]byte, 0, len(data)), data[:at]...)
	frames := 0
	for at < len(data) {
		block := at
		switch data[at] {
		case 0x3b:
			return append(clean, 0x3b), frames > 0
		case 0x21:
			at += 2
		case 0x2c:
			if at+10 > len(data) {
				return nil, false
			}
			at += 10 + colourTable(data[at+9]) + 1
			frames++
		default:
			return nil, false
		}
		if at = skipSubBlocks(data, at); at < 0 {
			return nil, false
		}
		kept, ok := gifBlock(data[block:at])
		if !ok {
			return nil, false
		}
		clean = append(clean, kept...)
	}
	return nil, false
}

// gifBlock is what is kept of a whole block, false when that can't be told.
func gifBlock(block []byte) ([]byte, bool) {
	if block[0] != 0x21 {
		return block, true
	}
	label := block[1]
	if head, fixed := gifHeads[label]; fixed && int(block[2]) != head {
		return nil, false
	}
	switch label {
	case gifGraphicControl: // and no more than its head
		return block, len(block) == 8
	case gifApplication:
		return gifLoop(block)
	}
	return nil, label == gifPlainText || label == gifComment
}

// gifLoopers are the applications whose extension says how often an animation
// plays, in 3 bytes in the first sub-block.
var gifLoopers = []string{"NETSCAPE2.0", "ANIMEXTS1.0"}

// gifLoop keeps of an application's extension nothing but that.
func gifLoop(block []byte) ([]byte, bool) {
	const name, loop = 3, 3 + 11 // where they begin
	if !slices.Contains(gifLoopers, string(block[name:loop])) {
		return nil, true
	}
	if len(block) < loop+5 || block[loop] != 3 || block[loop+1] != 1 {
		return nil, false
	}
	return append(append([]byte(nil), block[:loop+4]...), 0), true
}
