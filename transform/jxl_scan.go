package transform

import "fmt"

// The first box of a JPEG XL file that has boxes (ISO/IEC 18181-2, section 9),
// and what its codestream begins with, bare or in boxes (18181-1, annex D).
const (
	jxlSignature  = "\x00\x00\x00\x0cJXL \r\n\x87\n"
	jxlCodestream = "\xff\x0a"
)

// scanJXL takes the codestream out of a JPEG XL file, and judges its header.
// Nothing else that the file holds, such as metadata packed by Brotli, gets to
// a decoder. A codestream that is cut short is found by its decoder.
//
// Of an animation the first frame is read, where libvips can be told so. Before
// 8.16 it decodes all frames and shows the last: there animations are refused.
func scanJXL(data []byte, limits Limits, animations bool) ([]byte, jxlHeader, error) {
	codestream, err := codestreamOf(data)
	if err != nil {
		return nil, jxlHeader{}, err
	}
	header, err := readJXLHeader(codestream)
	if err != nil {
		return nil, jxlHeader{}, err
	}
	// libvips takes a channel besides the colours for alpha, whatever it is:
	// of CMYK it would lose the black. More than one it can't read.
	if header.extraChannels > 1 || header.extraChannels == 1 && header.extraKind == jxlBlack {
		return nil, jxlHeader{}, fmt.Errorf("%w: a JPEG XL in CMYK, or with %d channels besides its colours", ErrUnsupported, header.extraChannels)
	}
	if header.animated && !animations {
		return nil, jxlHeader{}, fmt.Errorf("%w: an animated JPEG XL", ErrUnsupported)
	}
	return codestream, header, limits.allow(header.width, header.height, 1)
}

// codestreamOf walks the boxes. The codestream is one box, or parts that each
// begin with their number; the last part's has its highest bit set.
func codestreamOf(data []byte) ([]byte, error) {
	if len(data) < len(jxlSignature) || string(data[:len(jxlSignature)]) != jxlSignature {
		return data, nil
	}
	var codestream []byte
	parts, ended := 0, false
	err := eachBox(data, func(kind string, body []byte) error {
		switch {
		case kind == "jxlc" && parts == 0 && !ended:
			codestream, ended = body, true
		case kind == "jxlp" && len(body) >= 4 && !ended:
			codestream = append(codestream, body[4:]...)
			parts++
			ended = body[0]&0x80 != 0
		case kind == "jxlc" || kind == "jxlp":
			return fmt.Errorf("%w: the JPEG XL has parts that don't belong together", ErrCorrupt)
		}
		return nil
	})
	if err == nil && (!ended || len(codestream) == 0) {
		err = fmt.Errorf("%w: the JPEG XL has no codestream, or not all of it", ErrCorrupt)
	}
	return codestream, err
}
