package transform

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// readBack is what libvips finds in a result.
type readBack struct {
	exif, xmp, iptc, profile []byte
	orientation              int
	fields                   map[string]string // of EXIF, as libexif reads them
}

func metadataOf(t testing.TB, data []byte) readBack {
	t.Helper()
	ref, closed := openedLazily(t, data, "")
	defer closed()
	found := readBack{
		exif: ref.GetBlob("exif-data"), xmp: ref.GetBlob("xmp-data"), iptc: ref.GetBlob("iptc-data"),
		profile: ref.GetICCProfile(), orientation: ref.Orientation(), fields: make(map[string]string),
	}
	if format, _ := Sniff(data); format == spec.JXL { // which libvips 8.14 reads none of
		own := jxlMetadata(data)
		if len(own.exif) > 0 {
			jpeg, err := embedJPEG(jpegOf(t, corners(8, 8)), metadata{exif: own.exif})
			if err != nil {
				t.Fatal(err)
			}
			found = metadataOf(t, jpeg)
		}
		found.exif, found.xmp, found.profile = own.exif, own.xmp, ref.GetICCProfile()
		if isSRGB(found.profile) { // libjxl makes one where there is none
			found.profile = nil
		}
		return found
	}
	for _, name := range ref.GetFields() {
		if strings.HasPrefix(name, "exif-ifd") {
			text, _, _ := strings.Cut(ref.GetString(name), " (")
			found.fields[name] = strings.TrimSpace(text)
		}
	}
	return found
}

// openedLazily is a result as the format's one loader gives it, with its
// metadata.
func openedLazily(t testing.TB, data []byte, options string) (ref *vips.ImageRef, closed func()) {
	t.Helper()
	format, ok := Sniff(data)
	if !ok {
		t.Fatalf("%d bytes are in no format that is read here", len(data))
	}
	var pins runtime.Pinner
	pins.Pin(&data[0])
	ref, err := loaders[format].open(data, options, nil)
	if err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return ref, func() {
		ref.Close()
		pins.Unpin()
	}
}

// carriers are the formats that are written here and have a place for EXIF.
func carriers() []spec.Format {
	return slices.DeleteFunc(engine.Writable(), func(format spec.Format) bool { return embedders[format] == nil })
}

const (
	smallPicture = "\xff\xd8\xff\xdb" + exifSecret + " small picture\xff\xd9"
	makersNote   = "maker's note with an offset to itself"
)

// cameraEXIF is EXIF as a camera writes it: turned, with a place, a maker's note
// and, at the end, a small picture.
func cameraEXIF(order binary.AppendByteOrder, orientation uint16) []byte {
	build := func(at uint32) []byte {
		return exifOf(order,
			[]tiffEntry{
				tiffText(0x010f, "Canon"), tiffShort(order, 0x0112, orientation),
				tiffText(0x013b, "Ansel Adams"), tiffText(0x8298, "© 2024 Ansel Adams\x00© the editor"),
			},
			[]tiffEntry{
				tiffText(0x9003, "2024:05:06 17:08:09"), tiffBytes(0x927c, makersNote),
				tiffShort(order, 0xa001, 0xffff), tiffShort(order, 0xa002, 4000), tiffLong(order, 0xa003, 3000),
			},
			[]tiffEntry{tiffText(0x0001, "N"), tiffRational(order, 0x0002, 52, 1, 31, 1, 1213, 100)},
			[]tiffEntry{
				tiffText(0x010f, exifSecret+" maker"), tiffShort(order, 0x0103, 6),
				tiffLong(order, 0x0201, at), tiffLong(order, 0x0202, uint32(len(smallPicture))),
			})
	}
	return append(build(uint32(len(build(0)))), smallPicture...)
}

const cameraXMP = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">` +
	`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"` +
	` xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" tiff:Orientation="6" xmp:Rating="5">` +
	`<xmp:Thumbnails><rdf:Alt><rdf:li>` + exifSecret + `</rdf:li></rdf:Alt></xmp:Thumbnails>` +
	`<dc:creator><rdf:Seq><rdf:li>Dorothea Lange</rdf:li><rdf:li>Walker Evans</rdf:li></rdf:Seq></dc:creator>` +
	`<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© Lange &amp; Evans</rdf:li><rdf:li xml:lang="de">© L. und E.</rdf:li></rdf:Alt></dc:rights>` +
	`</rdf:Description></rdf:RDF></x:xmpmeta>` + "                                   " + `<?xpacket end="w"?>`

func dataset(number byte, text string) string {
	return string([]byte{0x1c, 2, number, 0, byte(len(text))}) + text
}

var cameraIPTC = dataset(120, "a caption") + dataset(80, "Robert Capa") + dataset(80, "Gerda Taro") + dataset(116, "\xa9 Magnum")

// photoshopResources has IPTC between other resources, of which one is a small
// picture.
func photoshopResources(iptc string) string {
	resource := func(number uint16, body string) string {
		data := binary.BigEndian.AppendUint16([]byte("8BIM"), number)
		data = append(data, 3, 'a', 'b', 'c') // a name
		data = binary.BigEndian.AppendUint32(data, uint32(len(body)))
		return string(append(append(data, body...), make([]byte, len(body)&1)...))
	}
	return "Photoshop 3.0\x00" + resource(0x040c, exifSecret) + resource(0x0404, iptc) + resource(0x0425, exifSecret+"!")
}

// cameraJPEG has all three kinds of metadata.
func cameraJPEG(t testing.TB, orientation uint16) []byte {
	file := jpegOf(t, corners(200, 150))
	file = withSegment(file, 0xed, photoshopResources(cameraIPTC))
	file = withSegment(file, 0xe1, jpegXMP+cameraXMP)
	return withSegment(file, 0xe1, jpegEXIF+string(cameraEXIF(binary.LittleEndian, orientation)))
}

// With copyright there is who made it and whose it is, and nothing else: no
// place, no camera, no small picture.
func TestMetadataCopyright(t *testing.T) {
	picture := corners(200, 150)
	exif := exifTexts{exifArtist: "Ansel Adams", exifRights: "© 2024 Ansel Adams © the editor"}
	jxl, err := embedJXL(jxlFile(t, "alpha"), metadata{exif: telling(binary.LittleEndian), xmp: []byte(cameraXMP)})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		original []byte
		want     exifTexts
	}{
		"jpeg": {cameraJPEG(t, 6), exif},
		"jxl":  {jxl, exif},
		"png":  {withChunks(pngOf(t, picture), chunk("eXIf", telling(binary.BigEndian))), exif},
		"webp": {withWebPChunk(transform(t, pngOf(t, picture), "max,format=webp").Bytes, "EXIF", telling(binary.BigEndian)), exif},
		"tiff": {withTIFFEntries(t, originals(t, picture)["tiff"], tiffText(0x8298, "© 2024 Ansel Adams"), tiffText(0x010e, exifSecret)),
			exifTexts{exifRights: "© 2024 Ansel Adams"}},
		"iptc": {withSegment(jpegOf(t, picture), 0xed, photoshopResources(cameraIPTC)),
			exifTexts{exifArtist: "Robert Capa; Gerda Taro", exifRights: "© Magnum"}},
		"xmp": {withChunks(pngOf(t, picture), chunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"+cameraXMP))),
			exifTexts{exifArtist: "Dorothea Lange; Walker Evans", exifRights: "© Lange & Evans"}},
		"artist only in iptc": {withSegment(withSegment(jpegOf(t, picture), 0xed, photoshopResources(cameraIPTC)), 0xe1,
			jpegEXIF+string(exifTexts{exifRights: "© me"}.bytes())), exifTexts{exifArtist: "Robert Capa; Gerda Taro", exifRights: "© me"}},
		"a photograph": {sample(t, "copyright.jpeg"), exifTexts{exifArtist: "Dennis Goodwin", exifRights: "©Pro Sports Images Ltd. www.prosportsimages.co.uk +44 7803 730548"}},
		"nobody's":     {sample(t, "heic-24bit-exif.heic"), exifTexts{}},
	} {
		for _, format := range engine.Writable() {
			if large(t, test.original, format) {
				continue
			}
			data := transform(t, test.original, "60x60,metadata=copyright,format="+string(format)).Bytes
			found := metadataOf(t, data)
			want := test.want
			if embedders[format] == nil {
				want = exifTexts{}
			}
			if got := readEXIFTexts(found.exif); !maps.Equal(got, want) {
				t.Errorf("%s as %s: got %v, want %v", name, format, got, want)
			}
			if len(found.xmp)+len(found.iptc)+len(found.profile) > 0 || len(want) == 0 && len(found.exif) > 0 {
				t.Errorf("%s as %s has %d bytes of EXIF, %d of XMP, %d of IPTC, %d of profile", name, format,
					len(found.exif), len(found.xmp), len(found.iptc), len(found.profile))
			}
			for _, trace := range []string{exifSecret, "Canon", "xmpmeta", "8BIM", "Photoshop", "GPS", "Apple"} {
				if bytes.Contains(data, []byte(trace)) {
					t.Errorf("%s as %s: %q is in the result", name, format, trace)
				}
			}
		}
	}
}

// With keep there is everything, but upright and without small pictures.
func TestMetadataKeep(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		original := withSegment(jpegOf(t, corners(200, 150)), 0xe1, jpegEXIF+string(cameraEXIF(order, 6)))
		original = withSegment(withSegment(original, 0xe1, jpegXMP+cameraXMP), 0xed, photoshopResources(cameraIPTC))
		for _, format := range carriers() {
			picture := transform(t, original, "60x,metadata=keep,format="+string(format))
			found := metadataOf(t, picture.Bytes)
			for field, want := range map[string]string{
				"exif-ifd0-Make": "Canon", "exif-ifd0-Artist": "Ansel Adams",
				"exif-ifd2-PixelXDimension": "60", "exif-ifd2-PixelYDimension": "80", "exif-ifd2-ColorSpace": "1",
				"exif-ifd2-DateTimeOriginal": "2024:05:06 17:08:09", "exif-ifd3-GPSLatitude": "52/1 31/1 1213/100",
			} {
				if found.fields[field] != want {
					t.Errorf("%s: %s is %q, want %q", format, field, found.fields[field], want)
				}
			}
			if !isUpright(found.exif) || found.orientation > 1 || picture.Width != 60 || picture.Height != 80 {
				t.Errorf("%s is %dx%d with orientation %d", format, picture.Width, picture.Height, found.orientation)
			}
			if !bytes.Contains(found.exif, []byte(makersNote)) || bytes.Contains(picture.Bytes, []byte(exifSecret)) {
				t.Errorf("%s: the maker's note is gone, or a small picture is there", format)
			}
			if want := keptXMP([]byte(cameraXMP)); !bytes.Equal(found.xmp, want) || !bytes.Contains(want, []byte(`tiff:Orientation="1" xmp:Rating="5"`)) {
				t.Errorf("%s: XMP is %q", format, found.xmp)
			}
			if format == spec.JPEG && string(readIPTC(found.iptc)) != cameraIPTC {
				t.Errorf("%s: IPTC is %q", format, found.iptc)
			}
		}
	}
}

// isUpright looks for an orientation itself: libvips' HEIF loader tells none.
func isUpright(exif []byte) bool {
	data, order := exifHeader(exif)
	if order == nil {
		return false
	}
	for _, entry := range exifEntries(data, order, order.Uint32(data[4:])) {
		if entry.tag == exifOrientation {
			return order.Uint16(entry.value) == 1
		}
	}
	return true
}

// large reports whether decoding an original takes so long that one format has
// to stand for all.
func large(t testing.TB, original []byte, format spec.Format) bool {
	return facts(t, original).Pixels() > 2e6 && format != spec.JPEG
}

// Photographs with what real cameras and programs wrote.
func TestMetadataKeepSamples(t *testing.T) {
	for name, fields := range map[string]map[string]string{
		"copyright.jpeg":          {"exif-ifd0-Artist": "Dennis Goodwin", "exif-ifd2-PixelXDimension": "100"},
		"jpg-orientation-6.jpg":   {"exif-ifd2-PixelXDimension": "100", "exif-ifd2-PixelYDimension": "133"},
		"heic-24bit-exif.heic":    {"exif-ifd0-Make": "Apple", "exif-ifd3-GPSLatitude": "46/1 30/1 4256/100"},
		"webp-orientation-6.webp": {"exif-ifd3-GPSLatitude": "40/1 48/1 50712119/1000000"},
	} {
		for _, format := range carriers() {
			if large(t, sample(t, name), format) {
				continue
			}
			found := metadataOf(t, transform(t, sample(t, name), "100x,metadata=keep,format="+string(format)).Bytes)
			for field, want := range fields {
				if found.fields[field] != want {
					t.Errorf("%s as %s: %s is %q, want %q", name, format, field, found.fields[field], want)
				}
			}
			if !isUpright(found.exif) || found.orientation > 1 || len(found.exif) > 4000 {
				t.Errorf("%s as %s: orientation %d, %d bytes of EXIF; the small picture must be gone", name, format, found.orientation, len(found.exif))
			}
			if name != "copyright.jpeg" {
				continue
			}
			if !bytes.Contains(found.xmp, []byte("</x:xmpmeta>")) || format == spec.JPEG && iptcText(readIPTC(found.iptc), iptcCopyright) == "" {
				t.Errorf("%s as %s has not all of its metadata: %+v", name, format, found)
			}
		}
	}
}

// Metadata changes no pixel, whatever the file looks like that it goes into.
func TestMetadataLeavesPixels(t *testing.T) {
	jpeg := cameraJPEG(t, 1)
	animation := withWebPChunk(transform(t, gifOf(t, 200, 150, red, green, blue), "max,format=webp").Bytes, "EXIF", telling(binary.BigEndian))
	transparent := withChunks(pngOf(t, plain(200, 150, red)), chunk("eXIf", telling(binary.BigEndian)))
	for _, format := range carriers() {
		for name, original := range map[string][]byte{"jpeg": jpeg, "animation": animation, "transparent": transparent} {
			for _, options := range []string{"", ",lossless=true", ",round=max"} {
				if options == ",lossless=true" && !slices.Contains(engine.Lossless(), format) {
					continue
				}
				text := fmt.Sprintf("61x%s,format=%s", options, format)
				without, with := transform(t, original, text).Bytes, transform(t, original, text+",metadata=keep").Bytes
				if len(with) <= len(without) || len(metadataOf(t, with).exif) == 0 {
					t.Errorf("%s of %s carries nothing", text, name)
				}
				if !slices.Equal(framesOf(t, with), framesOf(t, without)) {
					t.Errorf("%s of %s has other pixels with metadata", text, name)
				}
			}
		}
	}
}

// framesOf are the pixels of all frames.
func framesOf(t testing.TB, data []byte) []byte {
	t.Helper()
	options := ""
	if format, _ := Sniff(data); format == spec.WebP {
		options = "n=-1"
	}
	ref, closed := openedLazily(t, data, options)
	defer closed()
	return decodedRef(t, ref).Pix
}

// What is longer than a segment of a JPEG is left out, of all formats alike.
func TestMetadataTooLong(t *testing.T) {
	long := exifTexts{exifArtist: strings.Repeat("x", maxBlock)}.bytes()
	original := withChunks(pngOf(t, corners(40, 30)), chunk("eXIf", long))
	for _, format := range carriers() {
		if found := metadataOf(t, transform(t, original, "20x,metadata=keep,format="+string(format)).Bytes); len(found.exif) > 0 {
			t.Errorf("%s has %d bytes of EXIF", format, len(found.exif))
		}
	}
}

// IPTC in all places and broken.
func TestIPTC(t *testing.T) {
	for name, test := range map[string]struct{ block, want string }{
		"resources":       {photoshopResources(cameraIPTC), cameraIPTC},
		"without heading": {strings.TrimPrefix(photoshopResources(cameraIPTC), "Photoshop 3.0\x00"), cameraIPTC},
		"by itself":       {cameraIPTC, cameraIPTC},
		"written here":    {string(photoshopBlock([]byte(cameraIPTC))), cameraIPTC},
		"odd length":      {string(photoshopBlock([]byte(dataset(80, "ab")))), dataset(80, "ab")},
		"none":            {"Photoshop 3.0\x008BIM\x04\x0c\x00\x00\x00\x00\x00\x02ab", ""},
		"cut":             {"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x09ab", ""},
		"cut in a name":   {"8BIM\x04\x04\xffabc", ""},
		"something else":  {"abc", ""},
	} {
		if got := string(readIPTC([]byte(test.block))); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
	for text, want := range map[string]string{
		cameraIPTC: "Robert Capa; Gerda Taro", dataset(80, ""): "", dataset(80, "a")[:5]: "", "\x1c\x01\x50\x00\x01a": "",
		"\x1c\x02\x50\xff\xff": "", "\x1b" + dataset(80, "a"): "",
	} {
		if got := iptcText([]byte(text), iptcByLine); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// XMP in the spellings that RDF allows, and broken.
func TestXMPText(t *testing.T) {
	around := func(inside string) string {
		return `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:d="http://purl.org/dc/elements/1.1/">` + inside + `</rdf:RDF>`
	}
	for text, want := range map[string]string{
		cameraXMP: "© Lange & Evans",
		around(`<rdf:Description d:rights="as an attribute"/>`):                                   "as an attribute",
		around(`<rdf:Description><d:rights>plain</d:rights></rdf:Description>`):                   "plain",
		around(`<d:rights><rdf:Alt><rdf:li>` + strings.Repeat("\n ", 9) + `x</rdf:li></rdf:Alt>`): "x",
		around(`<d:rights><rdf:Alt><rdf:li>x`):                                                    "x",
		around(`<d:rights><rdf:Alt><rdf:li/></rdf:Alt></d:rights>`):                               "",
		strings.Replace(around(`<d:rights>other</d:rights>`), "elements/1.1", "elements/1.2", 1):  "",
		`<!DOCTYPE x [<!ENTITY a "aaa">]>` + around(`<d:rights>&a;b</d:rights>`):                  "&a;b",
		"no XML": "", "": "", "<": "",
	} {
		if got := xmpText([]byte(text), "rights"); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		`<tiff:Orientation>8</tiff:Orientation>`: `<tiff:Orientation>1</tiff:Orientation>`,
		`a:Orientation = '3'`:                    `a:Orientation = '1'`,
		`a:Orientation="27"`:                     `a:Orientation="27"`,
		`<xap:Thumbnails a="b">x</xap:Thumbnails>y<xmp:Thumbnails><a/></xmp:Thumbnails>z`: `yz`,
	} {
		if got := string(keptXMP([]byte(text))); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// A small picture that is not compressed, one that lies before other things, and
// colours that were Adobe RGB.
func TestKeptEXIF(t *testing.T) {
	order := binary.BigEndian
	const header, entries = 8, 2 + 12*1 + 4
	// Header, first directory, small picture in two strips, its directory, photograph, interoperability.
	strips, small := uint32(header+entries), []byte("SECRETSECRET")
	second := strips + uint32(len(small))
	counts := tiffEntry{0x0117, 3, 2, []byte{0, 6, 0, 6}}
	places := tiffEntry{0x0111, 4, 2, order.AppendUint32(order.AppendUint32(nil, strips), strips+6)}
	secondData := tiffDirectory(order, second, 0, places, counts)
	photograph := second + uint32(len(secondData))
	interop := photograph + 2 + 12*2 + 4
	data := []byte("MM\x00*\x00\x00\x00\x08")
	data = append(data, tiffDirectory(order, header, second, tiffLong(order, 0x8769, photograph))...)
	data = append(append(data, small...), secondData...)
	data = append(data, tiffDirectory(order, photograph, 0, tiffShort(order, 0xa001, 0xffff), tiffLong(order, 0xa005, interop))...)
	data = append(data, tiffDirectory(order, interop, 0, tiffText(0x0001, "R03"))...)
	length := len(data)
	data = append(data, exifSecret...)

	kept := keptEXIF(data, spec.Size{Width: 10, Height: 20}, true)
	if len(kept) != length || bytes.Contains(kept, []byte(exifSecret)) || bytes.Contains(kept, []byte("R03")) || !bytes.Contains(kept, []byte("R98\x00")) {
		t.Errorf("%d bytes are kept, want %d: %q", len(kept), length, kept)
	}
	if kept := keptEXIF(data, spec.Size{Width: 10, Height: 20}, false); !bytes.Contains(kept, []byte("R03\x00")) {
		t.Error("colours that stayed Adobe RGB are said to be others")
	}
	if kept := keptEXIF([]byte("no EXIF"), spec.Size{}, true); kept != nil {
		t.Errorf("%q is kept of what is no EXIF", kept)
	}
}

// Whatever comes in, what comes out is no longer, upright and without a second
// directory.
func FuzzKeptEXIF(f *testing.F) {
	f.Add(cameraEXIF(binary.BigEndian, 6))
	f.Add(cameraEXIF(binary.LittleEndian, 8))
	f.Add(telling(binary.LittleEndian))
	f.Add([]byte("MM\x00*\x00\x00\x00\x08\x00\x01\x87\x69\x00\x04\x00\x00\x00\x01\x00\x00\x00\x08\x00\x00\x00\x08"))
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		kept := keptEXIF(data, spec.Size{Width: 3, Height: 2}, true)
		if !bytes.Equal(data, before) || len(kept) > len(data) {
			t.Fatal("the original is changed, or the result longer than it")
		}
		for tag, text := range readEXIFTexts(kept) {
			if !slices.Contains(exifDescriptive, tag) {
				t.Fatalf("%#x is %q", tag, text)
			}
		}
	})
}

func FuzzXMP(f *testing.F) {
	f.Add([]byte(cameraXMP))
	f.Fuzz(func(t *testing.T, data []byte) {
		if kept := keptXMP(data); len(kept) > len(data) {
			t.Fatalf("%q is longer than %q", kept, data)
		}
		if text := xmpText(data, "creator"); text != "" {
			checkPrintable(t, text, len(data)) // items are joined
		}
	})
}

func FuzzIPTC(f *testing.F) {
	f.Add([]byte(photoshopResources(cameraIPTC)))
	f.Add([]byte(cameraIPTC))
	f.Fuzz(func(t *testing.T, data []byte) {
		datasets := readIPTC(data)
		if len(datasets) > 0 && !bytes.Equal(readIPTC(photoshopBlock(datasets)), datasets) {
			t.Fatalf("%q does not come back", datasets)
		}
		if text := iptcText(datasets, iptcByLine); text != "" {
			checkPrintable(t, text, 2*len(data))
		}
	})
}

// Files that only look like those written here are refused or changed, and
// nothing worse.
func FuzzEmbedders(f *testing.F) {
	picture := image.NewNRGBA(image.Rect(0, 0, 16, 16))
	for _, format := range carriers() {
		f.Add(transform(f, pngOf(f, picture), "8x,format="+string(format)).Bytes, string(format))
	}
	carried := metadata{exif: cameraEXIF(binary.BigEndian, 1), xmp: []byte(cameraXMP), profile: make([]byte, 200)}
	f.Fuzz(func(t *testing.T, data []byte, format string) {
		found, ok := Sniff(data)
		embed := embedders[spec.Format(format)]
		if !ok || string(found) != format || embed == nil || found == spec.PNG && len(data) < pngSignatureLength+25 {
			return
		}
		result, err := embed(data, carried)
		if err == nil && len(result) < len(data)+len(carried.exif) {
			t.Fatalf("%d bytes became %d", len(data), len(result))
		}
		if found == spec.JXL && !bytes.Equal(jxlMetadata(result).exif, carried.exif) {
			t.Fatalf("%q has not the EXIF that was put into it", result)
		}
		jxlMetadata(data)
	})
}
