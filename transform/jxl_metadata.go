package transform

import (
	"encoding/binary"

	"github.com/davidbyttow/govips/v2/vips"
)

// jxlMetadata reads the boxes beside the codestream of a JPEG XL file (ISO/IEC
// 18181-2, sections 9.4 and 9.5), but for those that are packed by Brotli.
func jxlMetadata(file []byte) (found metadata) {
	if len(file) < len(jxlSignature) || string(file[:len(jxlSignature)]) != jxlSignature {
		return metadata{}
	}
	err := eachBox(file, func(kind string, body []byte) error {
		switch {
		case kind == "Exif" && len(body) > 4:
			offset := uint64(binary.BigEndian.Uint32(body)) // of EXIF's header, behind this
			found.exif = body[4+min(offset, uint64(len(body)-4)):]
		case kind == "xml ":
			found.xmp = body
		}
		return nil
	})
	if err != nil { // it was walked before
		return metadata{}
	}
	return found
}

// embedJXL puts a codestream into a file with boxes, in which EXIF and XMP have
// theirs. A profile is in the codestream already.
func embedJXL(codestream []byte, carried metadata) ([]byte, error) {
	if carried.exif == nil && carried.xmp == nil {
		return codestream, nil
	}
	file := append(make([]byte, 0, len(codestream)+carried.length()), jxlSignature...)
	file = heifBox{"ftyp", []byte("jxl \x00\x00\x00\x00jxl ")}.appendTo(file)
	if carried.exif != nil {
		file = heifBox{"Exif", append([]byte{0, 0, 0, 0}, carried.exif...)}.appendTo(file)
	}
	if carried.xmp != nil {
		file = heifBox{"xml ", carried.xmp}.appendTo(file)
	}
	return heifBox{"jxlc", codestream}.appendTo(file), nil
}

// withProfile is a copy of an image that an encoder takes a profile from.
func withProfile(image *vips.ImageRef, profile []byte) (*vips.ImageRef, error) {
	marked, err := image.Copy()
	if err != nil {
		return nil, err
	}
	setBlob(marked, "icc-profile-data", profile)
	return marked, nil
}
