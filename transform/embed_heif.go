package transform

import (
	"encoding/binary"
	"errors"
	"math"
)

// errHEIF is a file that was written here, but is built in a way that is not
// known here.
var errHEIF = errors.New("the HEIF file that was written is built in no known way")

// embedHEIF adds EXIF and XMP as items to an AVIF or HEIC file, each with a
// reference to the picture that it is about, and a profile as a property of
// that picture (ISO/IEC 23008-12, annex A and section 6.5.5; ISO/IEC 14496-12,
// sections 8.11 and 12.1.5). The items' data goes into a box of its own at the
// end. Since the box that describes all items grows, all data behind it moves.
func embedHEIF(file []byte, carried metadata) ([]byte, error) {
	boxes, err := heifBoxes(file)
	if err != nil {
		return nil, err
	}
	var description []byte
	for _, box := range boxes {
		if box.kind == "meta" {
			description = box.body
		}
	}
	if len(description) < 4 {
		return nil, errHEIF
	}
	items := heifItems(carried)
	// Built twice: only its length tells where everything else will be.
	first, err := heifDescription(description, items, carried.profile, 0, 0)
	if err != nil {
		return nil, err
	}
	grown := len(first) - len(description)
	description, err = heifDescription(description, items, carried.profile, uint64(grown), uint64(len(file)+grown+heifHeader))
	if err != nil {
		return nil, err
	}
	result := make([]byte, 0, len(file)+grown+carried.length())
	for _, box := range boxes {
		if box.kind == "meta" {
			box.body = description
		}
		result = box.appendTo(result)
	}
	var data []byte
	for _, item := range items {
		data = append(data, item.data...)
	}
	if data == nil {
		return result, nil
	}
	return heifBox{"mdat", data}.appendTo(result), nil
}

// heifBox is a box of a file (ISO/IEC 14496-12, section 4.2).
type heifBox struct {
	kind string
	body []byte
}

const heifHeader = 8 // bytes of a box before its body

func heifBoxes(data []byte) (boxes []heifBox, err error) {
	for len(data) > 0 {
		if len(data) < heifHeader {
			return nil, errHEIF
		}
		size := uint64(binary.BigEndian.Uint32(data))
		if size < heifHeader || size > uint64(len(data)) { // 64 bits, or to the end of the file, are not written
			return nil, errHEIF
		}
		boxes = append(boxes, heifBox{string(data[4:8]), data[heifHeader:size]})
		data = data[size:]
	}
	return boxes, nil
}

func (b heifBox) appendTo(data []byte) []byte {
	data = binary.BigEndian.AppendUint32(data, uint32(heifHeader+len(b.body)))
	return append(append(data, b.kind...), b.body...)
}

// heifItem is an item about the picture.
type heifItem struct {
	kind, content string // type, and of what is no type of HEIF's own the media type
	data          []byte
}

func heifItems(carried metadata) (items []heifItem) {
	if carried.exif != nil {
		offset := []byte{0, 0, 0, 0} // of EXIF's header, behind this
		items = append(items, heifItem{"Exif", "", append(offset, carried.exif...)})
	}
	if carried.xmp != nil {
		items = append(items, heifItem{"mime", "application/rdf+xml", carried.xmp})
	}
	return items
}

// heifDescription is the body of a file's "meta" box with more items and a
// profile: everything that is there already is moved by a number of bytes, and
// the items' data begins at an offset of the file.
func heifDescription(body []byte, items []heifItem, profile []byte, moved, at uint64) ([]byte, error) {
	boxes, err := heifBoxes(body[4:])
	if err != nil {
		return nil, err
	}
	var primary, last uint32
	found := make(map[string]bool)
	for _, box := range boxes {
		found[box.kind] = true
		switch box.kind {
		case "pitm":
			primary, err = heifNumber(box.body, 4, heifWide(box.body, 1))
		case "iinf":
			last, err = heifLastItem(box.body)
		}
		if err != nil {
			return nil, err
		}
	}
	if !found["pitm"] || !found["iinf"] || !found["iloc"] || !found["iprp"] || last+uint32(len(items)) > math.MaxUint16 {
		return nil, errHEIF
	}
	if !found["iref"] {
		boxes = append(boxes, heifBox{"iref", []byte{0, 0, 0, 0}})
	}
	description := append([]byte(nil), body[:4]...)
	for _, box := range boxes {
		switch box.kind {
		case "iinf":
			box.body, err = heifInfos(box.body, items, last+1)
		case "iref":
			box.body, err = heifReferences(box.body, len(items), last+1, primary)
		case "iloc":
			box.body, err = heifLocations(box.body, items, last+1, moved, at)
		case "iprp":
			if profile != nil {
				box.body, err = heifProperties(box.body, profile, primary)
			}
		}
		if err != nil {
			return nil, err
		}
		description = box.appendTo(description)
	}
	return description, nil
}

// heifWide is the number of bytes of a number that has four from a version on,
// else two. A body begins with its version and three bytes of flags.
func heifWide(body []byte, version byte) int {
	if len(body) > 0 && body[0] >= version {
		return 4
	}
	return 2
}

// heifNumber reads a number of so many bytes.
func heifNumber(body []byte, at, size int) (uint32, error) {
	if at+size > len(body) {
		return 0, errHEIF
	}
	if size == 2 {
		return uint32(binary.BigEndian.Uint16(body[at:])), nil
	}
	return binary.BigEndian.Uint32(body[at:]), nil
}

func appendHEIFNumber(data []byte, size int, value uint32) []byte {
	if size == 2 {
		return binary.BigEndian.AppendUint16(data, uint16(value)) // the caller's to bound
	}
	return binary.BigEndian.AppendUint32(data, value)
}

// heifLastItem is the highest number of all items.
func heifLastItem(body []byte) (last uint32, err error) {
	start := 4 + heifWide(body, 1)
	if start > len(body) {
		return 0, errHEIF
	}
	infos, err := heifBoxes(body[start:])
	if err != nil {
		return 0, err
	}
	for _, info := range infos {
		number, err := heifNumber(info.body, 4, heifWide(info.body, 3))
		if err != nil {
			return 0, err
		}
		last = max(last, number)
	}
	return last, nil
}

// heifInfos adds items to a list that heifLastItem has read.
func heifInfos(body []byte, items []heifItem, number uint32) ([]byte, error) {
	const version, hidden = 2, 1 // no picture to be shown
	wide := heifWide(body, 1)
	count, err := heifNumber(body, 4, wide)
	if err != nil {
		return nil, err
	}
	list := appendHEIFNumber(append([]byte(nil), body[:4]...), wide, count+uint32(len(items)))
	list = append(list, body[4+wide:]...)
	for i, item := range items {
		info := []byte{version, 0, 0, hidden}
		info = appendHEIFNumber(info, 2, number+uint32(i))
		info = append(info, 0, 0) // not protected
		info = append(info, item.kind...)
		info = append(info, 0) // no name
		if item.content != "" {
			info = append(append(info, item.content...), 0)
		}
		list = heifBox{"infe", info}.appendTo(list)
	}
	return list, nil
}

// heifReferences adds that items describe the picture.
func heifReferences(body []byte, count int, number, primary uint32) ([]byte, error) {
	if len(body) < 4 {
		return nil, errHEIF
	}
	wide := heifWide(body, 1)
	list := append([]byte(nil), body...)
	for i := range count {
		reference := appendHEIFNumber(nil, wide, number+uint32(i))
		reference = appendHEIFNumber(reference, 2, 1)
		reference = appendHEIFNumber(reference, wide, primary)
		list = heifBox{"cdsc", reference}.appendTo(list)
	}
	return list, nil
}

// heifProperties adds a profile as a property of the picture.
func heifProperties(body, profile []byte, primary uint32) ([]byte, error) {
	boxes, err := heifBoxes(body)
	if err != nil {
		return nil, err
	}
	var result []byte
	index := 0
	for _, box := range boxes {
		switch box.kind {
		case "ipco":
			properties, err := heifBoxes(box.body)
			if err != nil {
				return nil, err
			}
			index = len(properties) + 1
			colour := heifBox{"colr", append([]byte("prof"), profile...)}
			box.body = colour.appendTo(append([]byte(nil), box.body...))
		case "ipma":
			if box.body, err = heifAssociations(box.body, primary, index); err != nil {
				return nil, err
			}
		}
		result = box.appendTo(result)
	}
	return result, nil
}

// heifAssociations gives an item one more property, by its index from 1.
func heifAssociations(body []byte, item uint32, index int) ([]byte, error) {
	count, err := heifNumber(body, 4, 4)
	if err != nil || index == 0 {
		return nil, errHEIF
	}
	wide, size := heifWide(body, 1), 1
	if body[3]&1 != 0 {
		size = 2
	}
	if size == 1 && index > math.MaxInt8 {
		return nil, errHEIF
	}
	for at := 8; count > 0; count-- {
		number, err := heifNumber(body, at, wide)
		at += wide
		if err != nil || at >= len(body) {
			return nil, errHEIF
		}
		end := at + 1 + size*int(body[at])
		if end > len(body) || body[at] == math.MaxUint8 {
			return nil, errHEIF
		}
		if number == item {
			result := append([]byte(nil), body[:end]...)
			result[at]++
			if size == 2 {
				result = append(result, byte(index>>8))
			}
			return append(append(result, byte(index)), body[end:]...), nil
		}
		at = end
	}
	return nil, errHEIF
}
