package transform

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"

	"api-resize/spec"
)

// embedders put metadata into files that were just written without any. They
// leave out what the format has no place for. Our own doing it, rather than
// libvips, is what makes it the same in all versions, and no more than is asked
// for: libvips adds a dozen EXIF fields, and rewrites others.
var embedders = map[spec.Format]func(file []byte, carried metadata) ([]byte, error){
	spec.JPEG: embedJPEG,
	spec.PNG:  embedPNG,
	spec.WebP: embedWebP,
	spec.AVIF: embedHEIF,
	spec.JXL:  embedJXL,
}

// embed gives a file what it is to carry.
func (j *job) embed(file []byte) ([]byte, error) {
	embed := embedders[j.want.Output.Format]
	if embed == nil || j.carries.none() {
		return file, nil
	}
	return embed(file, j.carries)
}

// What application segments of a JPEG begin with.
const (
	jpegEXIF = "Exif\x00\x00"                     // APP1 (Exif 2.32, section 4.7.2)
	jpegXMP  = "http://ns.adobe.com/xap/1.0/\x00" // APP1 (XMP part 3, section 1.1.3)
	jpegICC  = "ICC_PROFILE\x00"                  // APP2 (ICC.1:2022, section B.4)
)

// embedJPEG puts segments behind the beginning of a JPEG.
func embedJPEG(file []byte, carried metadata) ([]byte, error) {
	const start = 2 // behind SOI
	result := append(make([]byte, 0, len(file)+carried.length()), file[:start]...)
	add := func(marker byte, parts ...[]byte) {
		body := bytes.Join(parts, nil)
		result = binary.BigEndian.AppendUint16(append(result, 0xff, marker), uint16(2+len(body)))
		result = append(result, body...)
	}
	if carried.exif != nil {
		add(0xe1, []byte(jpegEXIF), carried.exif)
	}
	if carried.xmp != nil {
		add(0xe1, []byte(jpegXMP), carried.xmp)
	}
	if carried.iptc != nil {
		add(0xed, photoshopBlock(carried.iptc))
	}
	// A profile is cut to pieces that are numbered from 1.
	const most = 0xffff - 2 - len(jpegICC) - 2
	pieces := (len(carried.profile) + most - 1) / most
	for i := range pieces {
		piece := carried.profile[i*most : min((i+1)*most, len(carried.profile))]
		add(0xe2, []byte(jpegICC), []byte{byte(i + 1), byte(pieces)}, piece)
	}
	return append(result, file[start:]...), nil
}

// embedPNG puts chunks behind the header of a PNG (PNG, third edition, sections
// 11.3.2.3, 11.3.3.4 and 11.3.4.5; XMP part 3, section 1.1.5).
func embedPNG(file []byte, carried metadata) ([]byte, error) {
	const start = pngSignatureLength + 25 // behind IHDR
	result := append(make([]byte, 0, len(file)+carried.length()), file[:start]...)
	add := func(kind string, parts ...[]byte) {
		body := bytes.Join(parts, nil)
		result = binary.BigEndian.AppendUint32(result, uint32(len(body)))
		begin := len(result)
		result = append(append(result, kind...), body...)
		result = binary.BigEndian.AppendUint32(result, crc32.ChecksumIEEE(result[begin:]))
	}
	if carried.profile != nil {
		var packed bytes.Buffer
		writer := zlib.NewWriter(&packed)
		if _, err := writer.Write(carried.profile); err != nil {
			return nil, err
		}
		if err := writer.Close(); err != nil {
			return nil, err
		}
		add("iCCP", []byte("icc\x00\x00"), packed.Bytes()) // a name, and the only method
	}
	if carried.exif != nil {
		add("eXIf", carried.exif)
	}
	if carried.xmp != nil {
		add("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"), carried.xmp) // not packed, in no language
	}
	return append(result, file[start:]...), nil
}

// length is about what metadata adds to a file, in bytes.
func (m metadata) length() int {
	const around = 256
	return len(m.exif) + len(m.xmp) + len(m.iptc) + len(m.profile) + around
}
