package transform

import (
	"encoding/binary"
	"slices"
)

// exifTexts are texts of the first directory of EXIF metadata, by tag.
type exifTexts map[uint16]string

// exifDescriptive are the tags of all texts that this directory has.
var exifDescriptive = []uint16{exifDescription, exifMake, exifModel, exifSoftware, exifDateTime, exifArtist, exifRights}

// maxMetadataText bounds one text that is copied out of metadata, in
// characters.
const maxMetadataText = 2000

// readEXIFTexts reads those texts. Two in one, as the rights of a photographer
// and of an editor are, become one.
func readEXIFTexts(data []byte) exifTexts {
	texts := make(exifTexts)
	data, order := exifHeader(data)
	if order == nil {
		return texts
	}
	for _, entry := range exifEntries(data, order, order.Uint32(data[4:])) {
		if !slices.Contains(exifDescriptive, entry.tag) || entry.kind != exifASCII && entry.kind != exifUTF8 {
			continue
		}
		if text := printable(entry.value, maxMetadataText); text != "" {
			texts[entry.tag] = text
		}
	}
	return texts
}

// bytes are EXIF metadata with nothing but these texts; nil when there are none.
// Exif has ASCII for them; that they are UTF-8 is what all programs write.
func (texts exifTexts) bytes() []byte {
	if len(texts) == 0 {
		return nil
	}
	const header, entry, inEntry = 8, 12, 4
	order := binary.BigEndian
	block := append([]byte("MM\x00*\x00\x00\x00\x08"), 0, byte(len(texts)))
	values := header + 2 + entry*len(texts) + 4 // where values begin that are longer than an entry holds
	var outside []byte
	for _, tag := range exifDescriptive { // in their order, as TIFF wants them
		text, known := texts[tag]
		if !known {
			continue
		}
		value := append([]byte(text), 0)
		block = order.AppendUint16(block, tag)
		block = order.AppendUint16(block, exifASCII)
		block = order.AppendUint32(block, uint32(len(value)))
		if len(value) <= inEntry {
			block = append(block, append(value, make([]byte, inEntry-len(value))...)...)
			continue
		}
		block = order.AppendUint32(block, uint32(values+len(outside)))
		outside = append(outside, append(value, make([]byte, len(value)&1)...)...)
	}
	block = append(block, 0, 0, 0, 0) // no directory after this one
	return append(block, outside...)
}
