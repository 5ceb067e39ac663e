package transform

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
)

// exifDirectory is a group of EXIF fields: a tag means something else in each.
type exifDirectory uint8

const (
	exifOfImage      exifDirectory = iota // TIFF's own, "0th IFD"
	exifOfPhotograph                      // "Exif IFD"
)

type exifKey struct {
	directory exifDirectory
	tag       uint16
}

// exifField is a field that is told: its name in a Description, and how its
// value reads, empty when that makes no sense.
type exifField struct {
	name string
	text func(exifEntry) string
}

// exifFields are all that is ever told of EXIF (Exif 2.32, sections 4.6.4 and
// 4.6.5). They are harmless: how a photograph was made, and who wants to be
// named for it. Places (GPS), serial numbers, the camera's owner, the maker's
// notes, comments, descriptions, the software and small copies of the picture
// are not in the list, and neither is what nobody has thought of yet.
var exifFields = map[exifKey]exifField{
	{exifOfImage, 0x010f}:      {"make", exifText},
	{exifOfImage, 0x0110}:      {"model", exifText},
	{exifOfImage, 0x013b}:      {"artist", exifText},
	{exifOfImage, 0x8298}:      {"copyright", exifCopyright},
	{exifOfPhotograph, 0x829a}: {"exposure_time", exifSeconds},
	{exifOfPhotograph, 0x829d}: {"f_number", exifDecimal},
	{exifOfPhotograph, 0x8827}: {"iso", exifSensitivity},
	{exifOfPhotograph, 0x9003}: {"taken", exifTime},
	{exifOfPhotograph, 0x920a}: {"focal_length", exifDecimal},
	{exifOfPhotograph, 0xa434}: {"lens", exifText},
}

// maxEXIFText bounds a text, in characters.
const maxEXIFText = 200

// exifText ends where C ends a text.
func exifText(entry exifEntry) string {
	if entry.kind != exifASCII && entry.kind != exifUTF8 {
		return ""
	}
	text, _, _ := bytes.Cut(entry.value, []byte{0})
	return printable(text, maxEXIFText)
}

// exifCopyright is the photographer's, or else the editor's, which follows it
// as a second text.
func exifCopyright(entry exifEntry) string {
	photographer, editor, _ := bytes.Cut(entry.value, []byte{0})
	for _, holder := range [][]byte{photographer, editor} {
		entry.value = holder
		if text := exifText(entry); text != "" {
			return text
		}
	}
	return ""
}

// exifTime is in ISO 8601, without a zone, which would tell a place.
func exifTime(entry exifEntry) string {
	taken, err := time.Parse("2006:01:02 15:04:05", exifText(entry))
	if err != nil {
		return ""
	}
	return taken.Format("2006-01-02T15:04:05")
}

// exifSensitivity leaves out 65535, which stands for "more than fits here".
func exifSensitivity(entry exifEntry) string {
	if entry.kind != exifShort {
		return ""
	}
	value := entry.order.Uint16(entry.value)
	if value == 0 || value == math.MaxUint16 {
		return ""
	}
	return strconv.Itoa(int(value))
}

// exifSeconds is a fraction up to a quarter of a second, as on a camera's dial.
func exifSeconds(entry exifEntry) string {
	seconds := exifNumber(entry)
	if seconds > 0 && seconds <= 0.25 {
		return "1/" + strconv.FormatFloat(math.Round(1/seconds), 'f', 0, 64)
	}
	return exifDecimal(entry)
}

// exifDecimal has one digit after the point, where there is something to tell.
func exifDecimal(entry exifEntry) string {
	text := strings.TrimSuffix(strconv.FormatFloat(exifNumber(entry), 'f', 1, 64), ".0")
	if text == "0" {
		return ""
	}
	return text
}

// exifNumber is a rational number, 0 when it is none.
func exifNumber(entry exifEntry) float64 {
	if entry.kind != exifRational {
		return 0
	}
	below := entry.order.Uint32(entry.value[4:])
	if below == 0 {
		return 0
	}
	return float64(entry.order.Uint32(entry.value)) / float64(below)
}
