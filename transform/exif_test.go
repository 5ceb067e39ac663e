package transform

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"api-resize/spec"
)

// tiffEntry is an entry of a directory as a test wants it written: value is
// whole values of kind, in the order of bytes of the file.
type tiffEntry struct {
	tag, kind uint16
	count     uint32
	value     []byte
}

func tiffText(tag uint16, text string) tiffEntry {
	return tiffEntry{tag, 2, uint32(len(text) + 1), []byte(text + "\x00")}
}

func tiffBytes(tag uint16, value string) tiffEntry {
	return tiffEntry{tag, 7, uint32(len(value)), []byte(value)}
}

func tiffShort(order binary.AppendByteOrder, tag, value uint16) tiffEntry {
	return tiffEntry{tag, 3, 1, order.AppendUint16(nil, value)}
}

func tiffLong(order binary.AppendByteOrder, tag uint16, value uint32) tiffEntry {
	return tiffEntry{tag, 4, 1, order.AppendUint32(nil, value)}
}

func tiffRational(order binary.AppendByteOrder, tag uint16, values ...uint32) tiffEntry {
	var data []byte
	for _, value := range values {
		data = order.AppendUint32(data, value)
	}
	return tiffEntry{tag, 5, uint32(len(values) / 2), data}
}

// tiffDirectory writes a directory that begins at an offset, and what its
// entries point to behind it.
func tiffDirectory(order binary.AppendByteOrder, offset, next uint32, entries ...tiffEntry) []byte {
	data := order.AppendUint16(nil, uint16(len(entries)))
	var values []byte
	behind := offset + 2 + 12*uint32(len(entries)) + 4
	for _, entry := range entries {
		data = order.AppendUint16(order.AppendUint16(data, entry.tag), entry.kind)
		data = order.AppendUint32(data, entry.count)
		if len(entry.value) <= 4 {
			data = append(append(data, entry.value...), make([]byte, 4-len(entry.value))...)
			continue
		}
		data = order.AppendUint32(data, behind+uint32(len(values)))
		values = append(values, entry.value...)
	}
	return append(order.AppendUint32(data, next), values...)
}

// exifOf writes EXIF: a directory of the image, which the pointers are added
// to, one of the photograph, one of the place, and one of a small copy.
func exifOf(order binary.AppendByteOrder, image, photograph, place, thumbnail []tiffEntry) []byte {
	const mark = 8
	header := "MM\x00*\x00\x00\x00\x08"
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		header = "II*\x00\x08\x00\x00\x00"
	}
	pointers := func(photographAt, placeAt uint32) []tiffEntry {
		return append(slices.Clone(image), tiffLong(order, 0x8769, photographAt), tiffLong(order, 0x8825, placeAt))
	}
	length := func(entries []tiffEntry) uint32 { return uint32(len(tiffDirectory(order, 0, 0, entries...))) }
	photographAt := mark + length(pointers(0, 0))
	placeAt := photographAt + length(photograph)
	thumbnailAt := placeAt + length(place)
	data := []byte(header)
	data = append(data, tiffDirectory(order, mark, thumbnailAt, pointers(photographAt, placeAt)...)...)
	data = append(data, tiffDirectory(order, photographAt, 0, photograph...)...)
	data = append(data, tiffDirectory(order, placeAt, 0, place...)...)
	return append(data, tiffDirectory(order, thumbnailAt, 0, thumbnail...)...)
}

// exifSecret is in everything that must not come out.
const exifSecret = "SECRET"

// telling is EXIF that tells all, as a camera and a program that manages
// photographs would write it together.
func telling(order binary.AppendByteOrder) []byte {
	return exifOf(order,
		[]tiffEntry{
			tiffText(0x010e, exifSecret+" description"),
			tiffText(0x010f, "Canon"),
			tiffText(0x0110, "Canon EOS R5"),
			tiffShort(order, 0x0112, 1),
			tiffText(0x0131, exifSecret+" software"),
			tiffText(0x013b, "Ansel Adams"),
			tiffText(0x013c, exifSecret+" host computer"),
			tiffText(0x8298, "© 2024 Ansel Adams\x00© the editor"),
			tiffBytes(0x9c9c, "S\x00E\x00C\x00R\x00E\x00T\x00"), // XPComment
			tiffText(0xc62f, exifSecret+" serial number"),
		},
		[]tiffEntry{
			tiffRational(order, 0x829a, 10, 2500),
			tiffRational(order, 0x829d, 28, 10),
			tiffShort(order, 0x8827, 400),
			tiffText(0x9003, "2024:05:06 17:08:09"),
			tiffText(0x9011, "+02:00"),
			tiffRational(order, 0x920a, 500, 10),
			tiffBytes(0x927c, exifSecret+" maker's note"),
			tiffBytes(0x9286, "ASCII\x00\x00\x00"+exifSecret+" comment"),
			tiffText(0xa420, exifSecret+" unique id"),
			tiffText(0xa430, exifSecret+" owner"),
			tiffText(0xa431, exifSecret+" body"),
			tiffText(0xa434, "RF50mm F1.2 L USM"),
			tiffText(0xa435, exifSecret+" lens"),
		},
		[]tiffEntry{
			tiffText(0x0001, "N"),
			tiffRational(order, 0x0002, 52, 1, 31, 1, 1213, 100),
			tiffText(0x0003, "E"),
			tiffRational(order, 0x0004, 13, 1, 24, 1, 1817, 100),
			tiffText(0x001b, exifSecret+" method"),
			tiffText(0x010f, exifSecret+" make"), // means nothing in this directory
		},
		[]tiffEntry{
			tiffText(0x010f, exifSecret+" small copy"),
			tiffText(0x0110, exifSecret+" small copy"),
		})
}

var told = map[string]string{
	"make": "Canon", "model": "Canon EOS R5", "lens": "RF50mm F1.2 L USM",
	"exposure_time": "1/250", "f_number": "2.8", "iso": "400", "focal_length": "50",
	"taken": "2024-05-06T17:08:09", "artist": "Ansel Adams", "copyright": "© 2024 Ansel Adams",
}

// Both orders of bytes, with and without what a JPEG puts in front.
func TestEXIF(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
		data := telling(order)
		for name, data := range map[string][]byte{"plain": data, "as in JPEG": append([]byte("Exif\x00\x00"), data...)} {
			if got := readEXIF(data); !maps.Equal(got, told) {
				t.Errorf("%v, %s: got %q, want %q", order, name, got, told)
			}
		}
	}
}

// How single values read, and that what makes no sense is left out.
func TestEXIFValues(t *testing.T) {
	order := binary.BigEndian
	for _, test := range []struct {
		name  string
		entry tiffEntry
		field string
		want  string
	}{
		{"long exposure", tiffRational(order, 0x829a, 30, 1), "exposure_time", "30"},
		{"half a second", tiffRational(order, 0x829a, 1, 2), "exposure_time", "0.5"},
		{"a quarter", tiffRational(order, 0x829a, 1, 4), "exposure_time", "1/4"},
		{"odd fraction", tiffRational(order, 0x829a, 33333, 1000000), "exposure_time", "1/30"},
		{"no time", tiffRational(order, 0x829a, 0, 1), "exposure_time", ""},
		{"divided by nothing", tiffRational(order, 0x829a, 1, 0), "exposure_time", ""},
		{"time as text", tiffText(0x829a, "1/250 s"), "exposure_time", ""},
		{"whole aperture", tiffRational(order, 0x829d, 8, 1), "f_number", "8"},
		{"unknown aperture", tiffRational(order, 0x829d, 0, 0), "f_number", ""},
		{"focal length", tiffRational(order, 0x920a, 4250, 1000), "focal_length", "4.2"},
		{"two sensitivities", tiffEntry{0x8827, 3, 2, []byte{0, 100, 0, 200}}, "iso", "100"},
		{"sensitivity beyond", tiffShort(order, 0x8827, 65535), "iso", ""},
		{"sensitivity as text", tiffText(0x8827, "100"), "iso", ""},
		{"no date", tiffText(0x9003, "    :  :     :  :  "), "taken", ""},
		{"zero date", tiffText(0x9003, "0000:00:00 00:00:00"), "taken", ""},
		{"other date", tiffText(0x9003, "2024-05-06 07:08:09"), "taken", ""},
		{"lens with spaces", tiffText(0xa434, "  50mm \t F1.8\r\n  "), "lens", "50mm F1.8"},
		{"lens in Latin-1", tiffText(0xa434, "Objektiv f\xfcr \xa9"), "lens", "Objektiv für ©"},
		{"lens in UTF-8", tiffEntry{0xa434, 129, 7, []byte("für\x00zu")}, "lens", "für"},
		{"lens in bytes", tiffBytes(0xa434, "12345"), "lens", ""},
		{"blank lens", tiffText(0xa434, "        "), "lens", ""},
		{"lens that steers", tiffText(0xa434, "a\u202eb\u200bc\x1b[31md"), "lens", "abc [31md"},
		{"lens of three letters", tiffText(0xa434, "abc"), "lens", "abc"},
		{"long lens", tiffText(0xa434, strings.Repeat("ä", 500)), "lens", strings.Repeat("ä", 200)},
		{"value behind the end", tiffEntry{0xa434, 2, 1 << 20, []byte("abcde")}, "lens", ""},
		{"more than there can be", tiffEntry{0x829a, 5, 1<<32 - 1, []byte("abcde")}, "exposure_time", ""},
		{"unknown kind", tiffEntry{0xa434, 77, 3, []byte("abc")}, "lens", ""},
		{"make in the wrong directory", tiffText(0x010f, "Canon"), "make", ""},
	} {
		got := readEXIF(exifOf(order, nil, []tiffEntry{test.entry}, nil, nil))
		if got[test.field] != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got[test.field], test.want)
		}
		if test.want == "" && got != nil {
			t.Errorf("%s: got %q, want nothing", test.name, got)
		}
	}
	for text, want := range map[string]string{" \x00the editor": "the editor", "\x00the editor": "the editor", "the photographer": "the photographer", " \x00 ": ""} {
		got := readEXIF(exifOf(order, []tiffEntry{tiffText(0x8298, text)}, nil, nil, nil))
		if got["copyright"] != want {
			t.Errorf("copyright %q: got %q, want %q", text, got["copyright"], want)
		}
	}
	twice := exifOf(order, []tiffEntry{tiffText(0x010f, "first make"), tiffText(0x010f, "second make")}, nil, nil, nil)
	if got := readEXIF(twice)["make"]; got != "first make" {
		t.Errorf("of two makes: got %q, want the first", got)
	}
	loop := exifOf(order, []tiffEntry{tiffText(0x010f, "Canon"), tiffLong(order, 0x8769, 8)}, nil, nil, nil)
	if got := readEXIF(loop); !maps.Equal(got, map[string]string{"make": "Canon"}) {
		t.Errorf("a directory that points to itself: got %q", got)
	}
}

// Whatever comes in, what comes out is listed, short and safe to show.
func FuzzEXIF(f *testing.F) {
	f.Add(telling(binary.BigEndian))
	f.Add(telling(binary.LittleEndian))
	f.Add([]byte("Exif\x00\x00II*\x00\x08\x00\x00\x00"))
	f.Add([]byte("MM\x00*\xff\xff\xff\xff\x00\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, text := range readEXIF(data) {
			if _, listed := told[name]; !listed {
				t.Errorf("%q is told", name)
			}
			checkPrintable(t, text, maxEXIFText)
		}
	})
}

func checkPrintable(t *testing.T, text string, most int) {
	t.Helper()
	if text == "" || !utf8.ValidString(text) || utf8.RuneCountInString(text) > most || strings.TrimSpace(text) != text {
		t.Errorf("%q is not fit to show", text)
	}
	for _, char := range text {
		if !unicode.IsPrint(char) {
			t.Errorf("%q has %U in it", text, char)
		}
	}
}

// Files of every format that carries EXIF, with all that must not be told.
func TestDescribeTellsNothingElse(t *testing.T) {
	exif := telling(binary.BigEndian)
	picture := corners(200, 150)
	files := map[string][]byte{
		"jpeg": withSegment(jpegOf(t, picture), 0xe1, "Exif\x00\x00"+string(exif)),
		"png":  withChunks(pngOf(t, picture), chunk("eXIf", exif), chunk("tEXt", []byte("Comment\x00"+exifSecret))),
		"webp": withWebPChunk(transform(t, pngOf(t, picture), "max,format=webp").Bytes, "EXIF", exif),
		"heic": sample(t, "heic-24bit-exif.heic"),
		"tiff": originals(t, picture)["tiff"],
	}
	files["tiff"] = withTIFFEntries(t, files["tiff"], tiffText(0x010f, "Canon"), tiffText(0x010e, exifSecret))
	for name, want := range map[string]map[string]string{
		"jpeg": told, "png": told, "webp": told, "tiff": {"make": "Canon"},
		"heic": {"make": "Apple", "model": "iPhone 7", "lens": "iPhone 7 back camera 3.99mm f/1.8"},
	} {
		got := describe(t, files[name])
		for field, text := range want {
			if got.EXIF[field] != text {
				t.Errorf("%s: %s is %q, want %q", name, field, got.EXIF[field], text)
			}
		}
		if name != "heic" && len(got.EXIF) != len(want) {
			t.Errorf("%s: got %q, want %q", name, got.EXIF, want)
		}
		for field, text := range got.EXIF {
			if _, listed := told[field]; !listed || strings.Contains(text, exifSecret) {
				t.Errorf("%s tells %s: %q", name, field, text)
			}
		}
	}
}

func describe(t testing.TB, original []byte) spec.Description {
	t.Helper()
	description, err := engine.Describe(t.Context(), spec.Original{Bytes: original, Facts: facts(t, original)})
	if err != nil {
		t.Fatal(err)
	}
	return description
}

// withWebPChunk makes a plain WebP an extended one with a chunk of metadata.
func withWebPChunk(file []byte, kind string, body []byte) []byte {
	flags := map[string]byte{"EXIF": webpHasEXIF, "ICCP": webpHasICC}
	piece := func(kind string, body []byte) []byte {
		data := binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))
		return append(append(data, body...), make([]byte, len(body)&1)...)
	}
	rest := file[12:]
	header := []byte{flags[kind], 0, 0, 0, 199, 0, 0, 149, 0, 0}
	if string(rest[:4]) == "VP8X" {
		copy(header, rest[8:18])
		header[0] |= flags[kind]
		rest = rest[18:]
	}
	data := append([]byte("RIFF\x00\x00\x00\x00WEBP"), piece("VP8X", header)...)
	if kind == "ICCP" {
		data = append(data, piece(kind, body)...)
	}
	data = append(data, rest...)
	if kind != "ICCP" {
		data = append(data, piece(kind, body)...)
	}
	binary.LittleEndian.PutUint32(data[4:], uint32(len(data)-8))
	return data
}

// withTIFFEntries writes a TIFF's directory anew, at its end, with more in it.
func withTIFFEntries(t testing.TB, file []byte, more ...tiffEntry) []byte {
	t.Helper()
	if string(file[:4]) != "II*\x00" {
		t.Fatal("the TIFF has not the order of bytes that the test expects")
	}
	order := binary.LittleEndian
	at := order.Uint32(file[4:])
	var entries []tiffEntry
	for range order.Uint16(file[at:]) {
		raw := file[at+2 : at+14]
		entries = append(entries, tiffEntry{order.Uint16(raw), order.Uint16(raw[2:]), order.Uint32(raw[4:]), raw[8:12]})
		at += 12
	}
	entries = append(entries, more...)
	slices.SortStableFunc(entries, func(a, b tiffEntry) int { return int(a.tag) - int(b.tag) })
	file = append(slices.Clone(file), make([]byte, len(file)&1)...)
	order.PutUint32(file[4:], uint32(len(file)))
	return append(file, tiffDirectory(order, uint32(len(file)), 0, entries...)...)
}
