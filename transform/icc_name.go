package transform

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// maxProfileName bounds a profile's name, in characters.
const maxProfileName = 100

// iccName is the name that a profile gives itself in its description tag
// (ICC.1:2022, section 9.2.41); empty when there is none that can be read.
func iccName(profile []byte) string {
	tag := iccTag(profile, "desc")
	if len(tag) < 12 {
		return ""
	}
	switch string(tag[:4]) {
	case "desc":
		return printable(iccDescription(tag), maxProfileName)
	case "mluc":
		return printable(iccLocalized(tag), maxProfileName)
	}
	return ""
}

// iccDescription is the text in ASCII of a textDescriptionType, which profiles
// of version 2 have (ICC.1:2001-04, section 6.5.17). Its translations repeat
// that.
func iccDescription(tag []byte) []byte {
	length := uint64(binary.BigEndian.Uint32(tag[8:]))
	text, _, _ := bytes.Cut(tag[12:min(12+length, uint64(len(tag)))], []byte{0})
	return text
}

// iccLocalized is the English text of a multiLocalizedUnicodeType, which
// profiles of version 4 have (ICC.1:2022, section 10.15); the first text when
// none is English.
func iccLocalized(tag []byte) []byte {
	const header, leastRecord = 16, 12
	if len(tag) < header {
		return nil
	}
	size := uint64(binary.BigEndian.Uint32(tag[12:]))
	if size < leastRecord {
		return nil
	}
	var first []byte
	count := uint64(binary.BigEndian.Uint32(tag[8:]))
	for at := uint64(header); count > 0 && at+leastRecord <= uint64(len(tag)); count, at = count-1, at+size {
		record := tag[at:]
		text := iccUTF16(tag, binary.BigEndian.Uint32(record[4:]), binary.BigEndian.Uint32(record[8:]))
		if string(record[:2]) == "en" {
			return text
		}
		if first == nil {
			first = text
		}
	}
	return first
}

// iccUTF16 is the text of so many bytes that begins at an offset of a tag.
func iccUTF16(tag []byte, length, offset uint32) []byte {
	const most = 1 << 10 // bytes, far more than a name has
	if uint64(offset)+uint64(length) > uint64(len(tag)) {
		return nil
	}
	units := make([]uint16, min(length, most)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(tag[int(offset)+2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}
