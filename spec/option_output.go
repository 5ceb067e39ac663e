package spec

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMaxBytes is larger than any result.
const maxMaxBytes = 1 << 30

var outputOptions = []Option{
	{
		Name: "format", Short: "f", Domain: words(formatWords()...), Default: "auto", Example: "webp",
		Doc: "Output format. auto takes the best that the Accept header allows, else the original's own.",
		set: func(d *draft, in Domain, text string) (err error) {
			d.Output.Format, err = outputFormat(in, text)
			return err
		},
		get: func(r Request) string { return string(r.Spec.Output.Format) },
	},
	{
		Name: "quality", Short: "q", Domain: wholes(1, 100, "auto"), Default: "per format, configurable", Example: "40",
		Doc: "Quality of a lossy format. auto is the lowest that looks like the original, found once for each picture.",
		set: func(d *draft, in Domain, text string) (err error) {
			if in.has(text) {
				d.Output.Quality = QualityAuto
				return nil
			}
			d.Output.Quality, err = in.whole(text)
			return err
		},
		get: func(r Request) string {
			if r.Spec.Output.Quality == QualityAuto {
				return "auto"
			}
			return named(strconv.Itoa(r.Spec.Output.Quality), r.Spec.Output.Quality != 0)
		},
	},
	{
		Name: "lossless", Domain: Domain{Kind: KindSwitch}, Default: "false", Example: "true",
		Doc: "Keeps every pixel as it was computed, where the format can: WebP, AVIF, JPEG XL, PNG. auto then takes no other.",
		set: func(d *draft, _ Domain, text string) (err error) {
			d.Output.Lossless, err = boolean(text)
			return err
		},
		get: func(r Request) string { return named("true", r.Spec.Output.Lossless) },
	},
	{
		Name: "progressive", Domain: Domain{Kind: KindSwitch}, Default: "true", Example: "false",
		Doc: "Writes a JPEG so that all of it is seen, coarsely, before all of it has come.",
		set: func(d *draft, _ Domain, text string) error {
			progressive, err := boolean(text)
			d.Output.Baseline = !progressive
			return err
		},
		get: func(r Request) string { return named("false", r.Spec.Output.Baseline) },
	},
	{
		Name: "max_bytes", Domain: wholes(100, maxMaxBytes), Default: "any length", Example: "4000",
		Doc: "Takes the highest quality, up to the one asked for, with which the file is no longer than this. Where even the lowest is longer, that is sent.",
		set: func(d *draft, in Domain, text string) (err error) {
			d.Output.MaxBytes, err = in.whole(text)
			return err
		},
		get: func(r Request) string {
			return named(strconv.Itoa(r.Spec.Output.MaxBytes), r.Spec.Output.MaxBytes != 0)
		},
	},
	{
		Name: "metadata", Domain: words(metadataNames...), Default: "none", Example: "copyright",
		Doc: "What is kept of EXIF, XMP and IPTC: nothing, author and copyright, or all of it, places and serial numbers included.",
		set: func(d *draft, in Domain, text string) error {
			index, err := in.index(text)
			d.Output.Metadata = Metadata(index)
			return err
		},
		get: func(r Request) string {
			return named(metadataNames[r.Spec.Output.Metadata], r.Spec.Output.Metadata != MetadataNone)
		},
	},
	{
		Name: "profile", Domain: words(profileNames...), Default: "srgb", Example: "keep",
		Doc: "srgb converts all colours to sRGB and writes no profile; keep keeps those of an RGB or gray original and the profile that says what they mean.",
		set: func(d *draft, in Domain, text string) error {
			index, err := in.index(text)
			d.Output.Profile = Profile(index)
			return err
		},
		get: func(r Request) string {
			return named(profileNames[r.Spec.Output.Profile], r.Spec.Output.Profile != ProfileSRGB)
		},
	},
	{
		Name: "page", Domain: wholes(1, maxPage), Default: "1", Example: "2",
		Doc: "Which page of a multi-page original, or frame of an animation; from 2 on the result is a still picture.",
		set: func(d *draft, in Domain, text string) (err error) {
			if d.Output.Page, err = in.whole(text); d.Output.Page == 1 {
				d.Output.Page = 0
			}
			return err
		},
		get: func(r Request) string { return named(strconv.Itoa(r.Spec.Output.Page), r.Spec.Output.Page != 0) },
	},
	{
		Name: "animated", Domain: Domain{Kind: KindSwitch}, Default: "true", Example: "false",
		Doc: "Keeps the frames of an animation where the format can: GIF and WebP. false makes a picture of the first.",
		set: func(d *draft, _ Domain, text string) error {
			animated, err := boolean(text)
			d.Output.Still = !animated
			return err
		},
		get: func(r Request) string { return named("false", r.Spec.Output.Still) },
	},
}

// maxPage is more pages than any limit lets an original have.
const maxPage = 100_000

var deliveryOptions = []Option{
	{
		Name: "download", Domain: Domain{Kind: KindText}, Values: "a file name", Default: "the picture is shown", Example: "cat.jpg",
		Doc: "Has browsers save the picture under this name. The format's extension is added where it has none.",
		set: func(d *draft, _ Domain, text string) (err error) {
			d.Download, err = fileName(text)
			return err
		},
		get: func(r Request) string { return r.Delivery.Download },
	},
	{
		Name: "default", Domain: Domain{Kind: KindSource}, Default: "an error is answered", Example: "photos/missing.png",
		Doc: "A source to answer with when the original can't be had or decoded; the header X-Fallback then says why.",
		set: func(d *draft, _ Domain, text string) (err error) {
			d.Fallback, err = parseOther(text)
			return err
		},
		get: func(r Request) string { return r.Delivery.Fallback.String() },
	},
	{
		Name: "expires", Domain: Domain{Kind: KindTime}, Values: "Unix time in seconds", Default: "never", Example: "4102444800",
		Doc: "From then on the URL is answered with 403, and no answer lives longer. It is covered by the signature, and stands in the query of the canonical spelling.",
		set: func(d *draft, _ Domain, text string) error {
			seconds, err := strconv.ParseInt(text, 10, 64)
			if err != nil || seconds < 1 || seconds > maxUnixTime || strings.HasPrefix(text, "+") {
				return fmt.Errorf("expected Unix time in seconds, got %q", text)
			}
			d.Expires = seconds
			return nil
		},
		get: func(Request) string { return "" },
	},
}

// maxUnixTime is the end of the year 9999, the last that dates in HTTP can name.
const maxUnixTime = 253_402_300_799

// fileName reads a name without folders.
func fileName(text string) (string, error) {
	odd := strings.ContainsFunc(text, func(r rune) bool { return r == '/' || r == '\\' || !unicode.IsPrint(r) })
	if !utf8.ValidString(text) || odd || strings.Trim(text, ". ") == "" || len(text) > maxSegmentLength {
		return "", fmt.Errorf("expected a file name of up to %d bytes without folders, got %q", maxSegmentLength, text)
	}
	return text, nil
}

// formatWords are what can be asked for, by their own names.
func formatWords() []string {
	names := []string{"auto", string(FormatOriginal)}
	for _, format := range OutputFormats() {
		names = append(names, string(format))
	}
	return names
}

// outputFormat reads a format's name or one of its file extensions.
func outputFormat(in Domain, text string) (Format, error) {
	format, known := ParseFormat(text)
	if info, _ := format.Info(); known && info.Output {
		return format, nil
	}
	index, err := in.index(text)
	if err != nil || in.Words[index] == "auto" {
		return FormatAuto, err
	}
	return Format(in.Words[index]), nil
}
