package transform

import (
	"bytes"
	"encoding/binary"

	"api-resize/spec"
)

// magics are the formats that a fixed beginning gives away.
var magics = []struct {
	prefix string
	format spec.Format
}{
	{"\xff\xd8\xff", spec.JPEG},
	{pngSignature, spec.PNG},
	{"GIF87a", spec.GIF},
	{"GIF89a", spec.GIF},
	{"II*\x00", spec.TIFF},
	{"MM\x00*", spec.TIFF},
	{"II+\x00", spec.TIFF}, // BigTIFF
	{"MM\x00+", spec.TIFF},
	{jxlCodestream, spec.JXL},
	{jxlSignature, spec.JXL},
}

// Sniff recognises a format by content; nothing else about an original, its
// name or its media type, is ever believed.
func Sniff(data []byte) (spec.Format, bool) {
	for _, magic := range magics {
		if bytes.HasPrefix(data, []byte(magic.prefix)) {
			return magic.format, true
		}
	}
	if len(data) >= 16 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP" {
		return spec.WebP, true
	}
	if sniffBMP(data) {
		return spec.BMP, true
	}
	if sniffICO(data) {
		return spec.ICO, true
	}
	if sniffSVG(data) {
		return spec.SVG, true
	}
	return sniffBrands(data)
}

// brands of ISO base media files (ISO/IEC 23008-12, section 10; AV1 Image File
// Format, section 6).
var brands = map[string]spec.Format{
	"avif": spec.AVIF, "avis": spec.AVIF,
	"heic": spec.HEIC, "heix": spec.HEIC, "heim": spec.HEIC, "heis": spec.HEIC,
	"hevc": spec.HEIC, "hevx": spec.HEIC, "hevm": spec.HEIC, "hevs": spec.HEIC,
}

// sniffBrands looks into the ftyp box. The general brands mif1 and msf1 say
// only that it is an image; which codec, a compatible brand tells.
func sniffBrands(data []byte) (spec.Format, bool) {
	if len(data) < 16 || string(data[4:8]) != "ftyp" {
		return "", false
	}
	size := binary.BigEndian.Uint32(data)
	if size < 16 || size > 1024 || int(size) > len(data) {
		return "", false
	}
	major := string(data[8:12])
	if format, ok := brands[major]; ok {
		return format, true
	}
	general := major == "mif1" || major == "msf1" || major == "miaf"
	if !general {
		return "", false
	}
	for rest := data[16:size]; len(rest) >= 4; rest = rest[4:] {
		if format, ok := brands[string(rest[:4])]; ok {
			return format, true
		}
	}
	return spec.HEIC, true
}
