package transform

import (
	"bytes"
	"encoding/binary"
)

// EXIF is a TIFF file without a picture (Exif 2.32, section 4.5; TIFF 6.0,
// section 2): a header, and directories of entries of 12 bytes each.

// Kinds of values.
const (
	exifASCII    = 2
	exifShort    = 3
	exifLong     = 4
	exifRational = 5
	exifUTF8     = 129 // Exif 3.0
)

// exifSizes are the bytes of one value of each kind that is read here.
var exifSizes = map[uint16]uint64{exifASCII: 1, exifShort: 2, exifLong: 4, exifRational: 8, exifUTF8: 1}

// exifPointer is the entry of the first directory that tells where the
// directory of the photograph is.
const exifPointer = 0x8769

// maxEXIFEntries bounds what is read of a directory; cameras write below 60.
const maxEXIFEntries = 500

// exifEntry is one entry of a directory.
type exifEntry struct {
	tag, kind uint16
	value     []byte // whole values of kind, at least one
	order     binary.ByteOrder
}

// readEXIF tells what exifFields lists of EXIF metadata, nil when there is
// nothing. Nothing else in the metadata is looked at.
func readEXIF(data []byte) map[string]string {
	data, order := exifHeader(data)
	if order == nil {
		return nil
	}
	var told map[string]string
	tell := func(directory exifDirectory, entry exifEntry) {
		field, listed := exifFields[exifKey{directory, entry.tag}]
		if !listed {
			return
		}
		text := field.text(entry)
		if _, known := told[field.name]; known || text == "" {
			return
		}
		if told == nil {
			told = make(map[string]string)
		}
		told[field.name] = text
	}
	photograph := uint32(0)
	for _, entry := range exifEntries(data, order, order.Uint32(data[4:])) {
		if entry.tag == exifPointer && entry.kind == exifLong {
			photograph = order.Uint32(entry.value)
		}
		tell(exifOfImage, entry)
	}
	for _, entry := range exifEntries(data, order, photograph) {
		tell(exifOfPhotograph, entry)
	}
	return told
}

// exifHeader is metadata from its header on, and the order of its bytes; nil when
// it is none.
func exifHeader(data []byte) ([]byte, binary.ByteOrder) {
	data = bytes.TrimPrefix(data, []byte("Exif\x00\x00")) // as in a JPEG's segment
	if len(data) < 8 {
		return nil, nil
	}
	switch string(data[:4]) {
	case "II*\x00":
		return data, binary.LittleEndian
	case "MM\x00*":
		return data, binary.BigEndian
	}
	return nil, nil
}

// exifEntries are the entries of the directory at an offset, as far as they are
// of a known kind and inside the data.
func exifEntries(data []byte, order binary.ByteOrder, offset uint32) []exifEntry {
	at := uint64(offset)
	if at == 0 || at+2 > uint64(len(data)) {
		return nil
	}
	count := min(order.Uint16(data[at:]), maxEXIFEntries)
	var entries []exifEntry
	for at += 2; count > 0 && at+12 <= uint64(len(data)); count, at = count-1, at+12 {
		raw := data[at : at+12]
		entry := exifEntry{tag: order.Uint16(raw), kind: order.Uint16(raw[2:]), order: order}
		length := exifSizes[entry.kind] * uint64(order.Uint32(raw[4:]))
		begin := at + 8
		if length > 4 { // else the value itself is in the entry
			begin = uint64(order.Uint32(raw[8:]))
		}
		if length == 0 || begin+length > uint64(len(data)) {
			continue
		}
		entry.value = data[begin : begin+length]
		entries = append(entries, entry)
	}
	return entries
}
