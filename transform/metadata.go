package transform

import (
	"bytes"
	"cmp"
	"strings"

	"api-resize/spec"
)

// metadata is what a file has beside its pixels, each block as its standard has
// it; nil is none.
type metadata struct {
	exif    []byte // a TIFF structure (Exif 2.32)
	xmp     []byte // (ISO 16684-1)
	iptc    []byte // datasets (IPTC-IIM 4.2)
	profile []byte // (ICC.1:2022)
}

func (m metadata) none() bool {
	return m.exif == nil && m.xmp == nil && m.iptc == nil && m.profile == nil
}

// maxBlock bounds the length of one block of metadata in bytes. It is what a
// segment of a JPEG can hold, with the name that comes before: longer ones are
// left out everywhere, so that they don't depend on the format.
const maxBlock = 65_500

// readMetadata takes what will be needed of an original's metadata, which
// nothing carries through the work.
func (j *job) readMetadata() {
	if j.want.Output.Metadata == spec.MetadataNone {
		return
	}
	image := j.film.image
	j.original.exif = j.exif()
	j.original.iptc = readIPTC(image.GetBlob("iptc-data"))
	j.original.xmp = image.GetBlob("xmp-data")
	for _, field := range image.GetFields() { // libvips' HEIF loader does not know XMP with a wrapper
		if strings.HasPrefix(field, "heif-mime-") && bytes.Contains(image.GetBlob(field), []byte("<x:xmpmeta")) {
			j.original.xmp = image.GetBlob(field)
		}
	}
	if j.facts.Format == spec.JXL {
		j.original.xmp = jxlMetadata(j.source.file).xmp
	}
	if len(j.original.xmp) > maxPacket {
		j.original.xmp = nil
	}
}

// maxPacket bounds XMP that is looked at, in bytes.
const maxPacket = 1 << 20

// carried is the metadata that the result gets, as far as its format has a
// place for it.
func (j *job) carried() metadata {
	carried := metadata{profile: j.original.profile}
	switch j.want.Output.Metadata {
	case spec.MetadataCopyright:
		carried.exif = j.copyright().bytes()
	case spec.MetadataKeep:
		carried.exif = keptEXIF(j.original.exif, j.plan.Out, carried.profile == nil)
		if j.facts.Format == spec.TIFF { // whose directory is about its own pixels
			carried.exif = readEXIFTexts(j.original.exif).bytes()
		}
		carried.xmp = keptXMP(j.original.xmp)
		carried.iptc = j.original.iptc
	}
	for _, block := range []*[]byte{&carried.exif, &carried.xmp, &carried.iptc} {
		if len(*block) > maxBlock || len(*block) == 0 {
			*block = nil
		}
	}
	return carried
}

// copyright is who made the original and whose it is: what EXIF says, else
// IPTC, else XMP.
func (j *job) copyright() exifTexts {
	known := readEXIFTexts(j.original.exif)
	texts := make(exifTexts)
	for tag, other := range map[uint16]struct {
		dataset  byte
		property string
	}{
		exifArtist: {iptcByLine, "creator"},
		exifRights: {iptcCopyright, "rights"},
	} {
		text := cmp.Or(known[tag], iptcText(j.original.iptc, other.dataset), xmpText(j.original.xmp, other.property))
		if text != "" {
			texts[tag] = text
		}
	}
	return texts
}
