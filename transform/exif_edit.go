package transform

import (
	"bytes"
	"encoding/binary"

	"api-resize/spec"
)

// Tags of the directories of EXIF metadata (Exif 2.32, sections 4.6.3 to
// 4.6.7; TIFF 6.0, section 8).
const (
	exifWidth        = 0x0100
	exifHeight       = 0x0101
	exifDescription  = 0x010e
	exifMake         = 0x010f
	exifModel        = 0x0110
	exifStrips       = 0x0111 // of a small picture that is not compressed
	exifOrientation  = 0x0112
	exifStripLengths = 0x0117
	exifSoftware     = 0x0131
	exifDateTime     = 0x0132
	exifArtist       = 0x013b
	exifJPEG         = 0x0201 // of a small picture that is one
	exifJPEGLength   = 0x0202
	exifRights       = 0x8298
	exifPlace        = 0x8825 // pointer to GPS
	exifColorSpace   = 0xa001
	exifPixelWidth   = 0xa002
	exifPixelHeight  = 0xa003
	exifInterop      = 0xa005 // pointer to the interoperability directory
	exifInteropIndex = 0x0001
)

// exifKindSizes are the bytes of one value of each kind (TIFF 6.0, section 2).
var exifKindSizes = map[uint16]uint64{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, exifUTF8: 1}

// exifBlock is EXIF metadata that is changed in place, so that nothing that is
// not understood here, such as a maker's notes, has to move.
type exifBlock struct {
	data  []byte
	order binary.ByteOrder
}

// exifSlot is where an entry of a directory lies, and its values.
type exifSlot struct {
	tag, kind  uint16
	count      uint32
	at         uint64 // of the 12 bytes of the entry
	begin, end uint64 // of its values, in the entry or elsewhere
}

// keptEXIF is the EXIF metadata of an original as it fits a result: upright, of
// another size, without the small picture, which shows what was cropped away,
// and in sRGB if it was converted. What lies behind all that a directory claims
// goes too: it may be anything. It returns nil for what is no EXIF.
func keptEXIF(data []byte, size spec.Size, isSRGB bool) []byte {
	data, order := exifHeader(data)
	if order == nil {
		return nil
	}
	b := exifBlock{bytes.Clone(data), order}
	image, next := b.directory(uint64(order.Uint32(data[4:])))
	if len(image) == 0 {
		return nil
	}
	b.dropSmallPicture(next)
	used := b.claimed(next, image)
	for _, slot := range image {
		switch slot.tag {
		case exifOrientation:
			b.setShort(slot, uint16(upright))
		case exifWidth:
			b.setLong(slot, size.Width)
		case exifHeight:
			b.setLong(slot, size.Height)
		case exifPointer:
			used = max(used, b.fitPhotograph(slot, size, isSRGB))
		case exifPlace:
			place, next := b.directory(b.long(slot))
			used = max(used, b.claimed(next, place))
		}
	}
	return b.data[:min(used, uint64(len(b.data)))]
}

// fitPhotograph does keptEXIF's work in the directory of the photograph and the
// one below it, and says where what they claim ends.
func (b exifBlock) fitPhotograph(pointer exifSlot, size spec.Size, isSRGB bool) (used uint64) {
	photograph, next := b.directory(b.long(pointer))
	used = b.claimed(next, photograph)
	for _, slot := range photograph {
		switch slot.tag {
		case exifPixelWidth:
			b.setLong(slot, size.Width)
		case exifPixelHeight:
			b.setLong(slot, size.Height)
		case exifColorSpace:
			if isSRGB {
				b.setShort(slot, 1)
			}
		case exifInterop:
			interop, next := b.directory(b.long(slot))
			used = max(used, b.claimed(next, interop))
			for _, slot := range interop {
				if value := b.data[slot.begin:slot.end]; isSRGB && slot.tag == exifInteropIndex && string(value) == "R03\x00" {
					copy(value, "R98") // Adobe RGB becomes sRGB (DCF 2.0, section 3.3)
				}
			}
		}
	}
	return used
}

// dropSmallPicture removes the second directory, which is that of the small
// picture, and the pixels it points to. next is where the first directory
// points to it from.
func (b exifBlock) dropSmallPicture(next uint64) {
	if next+4 > uint64(len(b.data)) {
		return
	}
	pointer := b.data[next : next+4]
	begin := uint64(b.order.Uint32(pointer))
	slots, end := b.directory(begin)
	var begins, lengths []uint64
	for _, slot := range slots {
		switch slot.tag {
		case exifJPEG, exifStrips:
			begins = append(begins, b.numbers(slot)...)
		case exifJPEGLength, exifStripLengths:
			lengths = append(lengths, b.numbers(slot)...)
		}
	}
	clear(pointer)
	if end > begin {
		clear(b.data[begin:end])
	}
	for i := range min(len(begins), len(lengths)) {
		begin := min(begins[i], uint64(len(b.data)))
		clear(b.data[begin:min(begin+lengths[i], uint64(len(b.data)))])
	}
}

// directory is what a directory holds of known kinds and inside the data, and
// where the offset of the one after it is, 0 when there is no directory.
func (b exifBlock) directory(at uint64) (slots []exifSlot, next uint64) {
	length := uint64(len(b.data))
	if at == 0 || at+2 > length {
		return nil, 0
	}
	count := min(b.order.Uint16(b.data[at:]), maxEXIFEntries)
	for at += 2; count > 0 && at+12 <= length; count, at = count-1, at+12 {
		raw := b.data[at : at+12]
		slot := exifSlot{tag: b.order.Uint16(raw), kind: b.order.Uint16(raw[2:]), count: b.order.Uint32(raw[4:]), at: at, begin: at + 8}
		size := exifKindSizes[slot.kind] * uint64(slot.count)
		if size > 4 { // else the value itself is in the entry
			slot.begin = uint64(b.order.Uint32(raw[8:]))
		}
		slot.end = slot.begin + size
		if size > 0 && slot.end <= length {
			slots = append(slots, slot)
		}
	}
	return slots, at
}

// claimed is where the last of what belongs to a directory ends.
func (b exifBlock) claimed(next uint64, slots []exifSlot) uint64 {
	end := next + 4
	for _, slot := range slots {
		end = max(end, slot.end)
	}
	return end
}

func (b exifBlock) setShort(slot exifSlot, value uint16) {
	entry := b.data[slot.at : slot.at+12]
	clear(entry[8:])
	b.order.PutUint16(entry[2:], exifShort)
	b.order.PutUint32(entry[4:], 1)
	b.order.PutUint16(entry[8:], value)
}

func (b exifBlock) setLong(slot exifSlot, value int) {
	entry := b.data[slot.at : slot.at+12]
	b.order.PutUint16(entry[2:], exifLong)
	b.order.PutUint32(entry[4:], 1)
	b.order.PutUint32(entry[8:], uint32(value)) // a side in pixels
}

// long is the first of an entry's numbers, 0 when it has none.
func (b exifBlock) long(slot exifSlot) uint64 {
	if numbers := b.numbers(slot); len(numbers) > 0 {
		return numbers[0]
	}
	return 0
}

func (b exifBlock) numbers(slot exifSlot) (numbers []uint64) {
	for at := slot.begin; at < slot.end; at += exifKindSizes[slot.kind] {
		switch slot.kind {
		case exifShort:
			numbers = append(numbers, uint64(b.order.Uint16(b.data[at:])))
		case exifLong:
			numbers = append(numbers, uint64(b.order.Uint32(b.data[at:])))
		}
	}
	return numbers
}
