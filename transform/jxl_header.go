package transform

import "fmt"

// jxlHeader is what the beginning of a JPEG XL codestream says (ISO/IEC
// 18181-1, annex D: SizeHeader and ImageMetadata).
type jxlHeader struct {
	width, height int // as stored
	animated      bool
	extraChannels int    // besides gray or RGB
	extraKind     uint64 // of the first of them
	premultiplied bool   // the first of them is alpha, which the colours are multiplied by
}

// Kinds of channels besides the colours. Black makes CMYK of three colours.
const (
	jxlAlpha = 0
	jxlBlack = 4
)

// readJXLHeader reads a header up to and with the first channel besides the
// colours.
func readJXLHeader(codestream []byte) (jxlHeader, error) {
	if len(codestream) < len(jxlCodestream) || string(codestream[:len(jxlCodestream)]) != jxlCodestream {
		return jxlHeader{}, fmt.Errorf("%w: the JPEG XL has no codestream", ErrCorrupt)
	}
	bits := &jxlBits{data: codestream[len(jxlCodestream):]}
	var header jxlHeader
	header.width, header.height = bits.size()
	if !bits.flag() { // else everything is at its default
		header.readMetadata(bits)
	}
	if bits.short {
		return jxlHeader{}, fmt.Errorf("%w: the JPEG XL ends in its header", ErrCorrupt)
	}
	return header, nil
}

func (h *jxlHeader) readMetadata(bits *jxlBits) {
	if bits.flag() { // extra fields
		bits.read(3)     // orientation
		if bits.flag() { // intrinsic size
			bits.size()
		}
		if bits.flag() {
			bits.previewSize()
		}
		if h.animated = bits.flag(); h.animated {
			bits.animation()
		}
	}
	bits.depth()
	bits.flag() // buffers of 16 bits are enough
	h.extraChannels = int(bits.choose(jxlChoice{}, jxlChoice{base: 1}, jxlChoice{2, 4}, jxlChoice{1, 12}))
	if h.extraChannels > 0 && !bits.flag() { // else it is plain alpha
		h.readExtraChannel(bits)
	}
}

// readExtraChannel reads an ExtraChannelInfo up to the flag of an alpha.
func (h *jxlHeader) readExtraChannel(bits *jxlBits) {
	h.extraKind = bits.choose(jxlChoice{}, jxlChoice{base: 1}, jxlChoice{2, 4}, jxlChoice{18, 6})
	bits.depth()
	bits.choose(jxlChoice{}, jxlChoice{base: 3}, jxlChoice{base: 4}, jxlChoice{1, 3}) // resolution
	for range bits.choose(jxlChoice{}, jxlChoice{bits: 4}, jxlChoice{16, 5}, jxlChoice{48, 10}) {
		bits.read(8) // of its name
	}
	h.premultiplied = h.extraKind == jxlAlpha && bits.flag()
}

// jxlBits reads the bits of a header, the lowest of each byte first. Behind
// the end there are zeros.
type jxlBits struct {
	data  []byte
	at    int // in bits
	short bool
}

func (b *jxlBits) read(count int) (value uint64) {
	for i := range count {
		if b.at/8 >= len(b.data) {
			b.short = true
			return 0
		}
		value |= uint64(b.data[b.at/8]>>(b.at%8)&1) << i
		b.at++
	}
	return value
}

func (b *jxlBits) flag() bool { return b.read(1) == 1 }

// jxlChoice is one of the four ways in which a number can be written: so many
// bits, and what to add to them.
type jxlChoice struct {
	base uint64
	bits int
}

// choose reads which way a number is written in, and the number.
func (b *jxlBits) choose(choices ...jxlChoice) uint64 {
	choice := choices[b.read(2)]
	return choice.base + b.read(choice.bits)
}

// jxlRatios are the aspect ratios that a width can be told by; of the first
// there is the width itself.
var jxlRatios = [8][2]uint64{{}, {1, 1}, {12, 10}, {4, 3}, {3, 2}, {16, 9}, {5, 4}, {2, 1}}

// size reads a SizeHeader.
func (b *jxlBits) size() (width, height int) {
	small := b.flag()
	side := func() uint64 {
		if small {
			return 8 * (1 + b.read(5))
		}
		return b.choose(jxlChoice{1, 9}, jxlChoice{1, 13}, jxlChoice{1, 18}, jxlChoice{1, 30})
	}
	return b.sides(side)
}

// previewSize reads a PreviewHeader.
func (b *jxlBits) previewSize() {
	inBlocks := b.flag()
	b.sides(func() uint64 {
		if inBlocks {
			return 8 * b.choose(jxlChoice{base: 16}, jxlChoice{base: 32}, jxlChoice{1, 5}, jxlChoice{33, 9})
		}
		return b.choose(jxlChoice{1, 6}, jxlChoice{65, 8}, jxlChoice{321, 10}, jxlChoice{1345, 12})
	})
}

// sides reads a height, and a width by itself or by its ratio to the height.
func (b *jxlBits) sides(side func() uint64) (width, height int) {
	high := side()
	ratio := jxlRatios[b.read(3)]
	if ratio[1] == 0 {
		return int(side()), int(high)
	}
	return int(high * ratio[0] / ratio[1]), int(high)
}

// depth reads over a BitDepth.
func (b *jxlBits) depth() {
	if b.flag() { // floating-point numbers
		b.choose(jxlChoice{base: 32}, jxlChoice{base: 16}, jxlChoice{base: 24}, jxlChoice{1, 6})
		b.read(4) // of the exponent
		return
	}
	b.choose(jxlChoice{base: 8}, jxlChoice{base: 10}, jxlChoice{base: 12}, jxlChoice{1, 6})
}

// animation reads over an AnimationHeader: ticks per second, how often it
// plays, whether frames have time codes.
func (b *jxlBits) animation() {
	b.choose(jxlChoice{base: 100}, jxlChoice{base: 1000}, jxlChoice{1, 10}, jxlChoice{1, 30})
	b.choose(jxlChoice{base: 1}, jxlChoice{base: 1001}, jxlChoice{1, 8}, jxlChoice{1, 10})
	b.choose(jxlChoice{}, jxlChoice{bits: 3}, jxlChoice{bits: 16}, jxlChoice{bits: 32})
	b.flag()
}
