package transform

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// Datasets of the application record (IPTC-IIM 4.2, chapter 6).
const (
	iptcByLine    = 80
	iptcCopyright = 116
)

const (
	iptcMarker      = 0x1c   // before every dataset
	iptcApplication = 2      // the record
	photoshopIPTC   = 0x0404 // the image resource that holds IPTC
)

// readIPTC finds the IPTC datasets among the image resources that Photoshop
// keeps (Adobe Photoshop File Formats, "Image Resource Blocks"), of which the
// others are not ours: among them are small pictures. A TIFF has the datasets
// themselves.
func readIPTC(block []byte) []byte {
	block = bytes.TrimPrefix(block, []byte("Photoshop 3.0\x00"))
	if len(block) > 0 && block[0] == iptcMarker {
		return block
	}
	const header = 6 // signature and number; then a name and a length
	for len(block) > header && string(block[:4]) == "8BIM" {
		number := binary.BigEndian.Uint16(block[4:])
		name := 1 + int(block[header])
		at := header + name + name&1
		if at+4 > len(block) {
			return nil
		}
		length := uint64(binary.BigEndian.Uint32(block[at:]))
		block = block[at+4:]
		if length > uint64(len(block)) {
			return nil
		}
		if number == photoshopIPTC {
			return block[:length]
		}
		block = block[min(length+length&1, uint64(len(block))):]
	}
	return nil
}

// photoshopBlock is the opposite of readIPTC.
func photoshopBlock(datasets []byte) []byte {
	block := append([]byte("Photoshop 3.0\x008BIM"), photoshopIPTC>>8, photoshopIPTC&0xff, 0, 0)
	block = binary.BigEndian.AppendUint32(block, uint32(len(datasets)))
	return append(append(block, datasets...), make([]byte, len(datasets)&1)...)
}

// iptcText is a dataset of the application record; several of the same kind
// become one text.
func iptcText(datasets []byte, wanted byte) string {
	var texts []string
	for len(datasets) >= 5 && datasets[0] == iptcMarker {
		length := int(binary.BigEndian.Uint16(datasets[3:]))
		if length > len(datasets)-5 { // or longer than 32 kB, which is no name
			break
		}
		if datasets[1] == iptcApplication && datasets[2] == wanted {
			if text := printable(datasets[5:5+length], maxMetadataText); text != "" {
				texts = append(texts, text)
			}
		}
		datasets = datasets[5+length:]
	}
	return strings.Join(texts, "; ")
}
