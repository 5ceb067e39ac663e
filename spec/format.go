package spec

import "strings"

// Format names an image file format, by the word that URLs, records and
// configuration use for it. The zero value is FormatAuto.
type Format string

// The formats that are read or written. FormatAuto and FormatOriginal are not
// formats themselves: Resolve turns them into one of the others.
const (
	FormatAuto     Format = ""
	FormatOriginal Format = "original"
	JPEG           Format = "jpeg"
	PNG            Format = "png"
	WebP           Format = "webp"
	AVIF           Format = "avif"
	GIF            Format = "gif"
	JXL            Format = "jxl"
	HEIC           Format = "heic"
	TIFF           Format = "tiff"
	BMP            Format = "bmp"
	ICO            Format = "ico"
	SVG            Format = "svg"
)

// FormatInfo says what a format can do.
type FormatInfo struct {
	Format      Format
	ContentType string   // as sent, RFC 6838
	Extensions  []string // without the dot, the usual one first
	Output      bool     // can be asked for as an output
	Browsers    bool     // every current browser shows it in <img>
	Alpha       bool     // has transparency
	Animated    bool     // can hold frames as we write it
	Quality     bool     // has a quality between 1 and 100
}

// Formats is the one table of formats. Reading, negotiation, URL extensions
// and error texts all use it.
var Formats = []FormatInfo{
	{JPEG, "image/jpeg", []string{"jpg", "jpeg", "jpe", "jfif"}, true, true, false, false, true},
	{PNG, "image/png", []string{"png"}, true, true, true, false, false},
	{WebP, "image/webp", []string{"webp"}, true, true, true, true, true},
	{AVIF, "image/avif", []string{"avif"}, true, true, true, false, true},
	{GIF, "image/gif", []string{"gif"}, true, true, true, true, false},
	{JXL, "image/jxl", []string{"jxl"}, true, false, true, false, true},
	{HEIC, "image/heic", []string{"heic", "heif"}, false, false, true, false, false},
	{TIFF, "image/tiff", []string{"tiff", "tif"}, false, false, true, false, false},
	{BMP, "image/bmp", []string{"bmp", "dib"}, false, false, true, false, false},
	{SVG, "image/svg+xml", []string{"svg"}, false, false, true, false, false},
	{ICO, "image/vnd.microsoft.icon", []string{"ico"}, false, false, true, false, false},
}

// Info returns the table's row for f, and false when f is no real format.
func (f Format) Info() (FormatInfo, bool) {
	for _, info := range Formats {
		if info.Format == f {
			return info, true
		}
	}
	return FormatInfo{}, false
}

// ContentType is the media type of f, or application/octet-stream when f is
// no real format.
func (f Format) ContentType() string {
	if info, ok := f.Info(); ok {
		return info.ContentType
	}
	return "application/octet-stream"
}

// Extension is the usual file name extension of f without the dot, empty
// when f is no real format.
func (f Format) Extension() string {
	if info, ok := f.Info(); ok {
		return info.Extensions[0]
	}
	return ""
}

// canBeLossless reports whether a format that usually loses something can also
// keep every pixel.
func (f Format) canBeLossless() bool { return f == WebP || f == AVIF || f == JXL }

// isNew reports whether a format is so new that clients which show it name it in
// Accept: */* was written by those that know nothing of it, such as fetchers of
// social networks.
func (f Format) isNew() bool { return f == AVIF || f == JXL }

// FormatOf is the format of a media type.
func FormatOf(contentType string) (Format, bool) {
	for _, info := range Formats {
		if info.ContentType == contentType {
			return info.Format, true
		}
	}
	return FormatAuto, false
}

// ParseFormat reads a format's name or one of its file extensions, in any
// case.
func ParseFormat(text string) (Format, bool) {
	text = strings.ToLower(text)
	for _, info := range Formats {
		if string(info.Format) == text {
			return info.Format, true
		}
		for _, extension := range info.Extensions {
			if extension == text {
				return info.Format, true
			}
		}
	}
	return FormatAuto, false
}

// OutputFormats lists the formats that can be asked for.
func OutputFormats() []Format {
	var list []Format
	for _, info := range Formats {
		if info.Output {
			list = append(list, info.Format)
		}
	}
	return list
}
