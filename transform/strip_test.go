package transform

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"api-resize/spec"
)

const stripSecret = "SECRET-PLACE"

// stripTraces are what metadata gives itself away by.
var stripTraces = []string{
	stripSecret, "Exif", "EXIF", "xmpmeta", "xap/1.0", "XMP", "ICC_PROFILE", "ICCP", "iCCP", "acsp", "8BIM", "MPF", "JFXX",
	"eXIf", "tEXt", "iTXt", "zTXt", "tIME", "pHYs", "seCr", "ICCRGBG1",
}

// burdened are files of the formats that can be stripped, with metadata
// wherever their format has room for it.
func burdened(t testing.TB, picture image.Image) map[string][]byte {
	t.Helper()
	kinds := originals(t, picture)
	files := make(map[string][]byte)
	for _, name := range []string{"jpeg", "progressive jpeg"} {
		files[name] = burdenedJPEG(t, kinds[name])
	}
	for _, name := range []string{"png", "interlaced png", "palette png"} {
		files[name] = append(withChunks(kinds[name],
			profileChunk([]byte(stripSecret)),
			chunk("tEXt", []byte("Author\x00"+stripSecret)),
			chunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"+stripSecret)),
			chunk("zTXt", append([]byte("Comment\x00\x00"), packed([]byte(stripSecret))...)),
			chunk("eXIf", telling(binary.BigEndian)),
			chunk("tIME", []byte{7, 232, 5, 6, 7, 8, 9}),
			chunk("pHYs", []byte{0, 0, 11, 19, 0, 0, 11, 19, 1}),
			chunk("seCr", []byte(stripSecret)),
			chunk("sRGB", []byte(stripSecret)), // too long for what it should be
		), stripSecret...)
	}
	animation := gifOf(t, 40, 30, red, green, blue)
	for name, file := range map[string][]byte{
		"webp": kinds["webp"], "lossless webp": kinds["lossless webp"],
		"animated webp": transform(t, animation, "max,format=webp").Bytes,
	} {
		files[name] = burdenedWebP(file)
	}
	for name, file := range map[string][]byte{"gif": kinds["gif"], "animated gif": animation} {
		extensions := "\x21\xfe\x0c" + stripSecret + "\x00" + // comment
			"\x21\x01\x0c\x00\x00\x00\x00\x08\x00\x08\x00\x08\x08\x00\x00\x0c" + stripSecret + "\x00" + // text
			"\x21\xff\x0bXMP DataXMP\x0c" + stripSecret + "\x00" +
			"\x21\xff\x0bICCRGBG1012\x0c" + stripSecret + "\x00"
		header := 13 + colourTable(file[10])
		files[name] = append([]byte(string(file[:header])+extensions+string(file[header:])), stripSecret...)
	}
	return files
}

// burdenedJPEG has metadata before the first scan, before each other one, and
// behind the end, where cameras put further pictures.
func burdenedJPEG(t testing.TB, file []byte) []byte {
	t.Helper()
	exif := "Exif\x00\x00" + string(telling(binary.LittleEndian))
	burden := func(file []byte) []byte {
		file = withSegment(file, 0xe1, exif)
		file = withSegment(file, 0xe1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>"+stripSecret+"</x:xmpmeta>")
		file = withSegment(file, 0xe2, "ICC_PROFILE\x00\x01\x01"+stripSecret)
		file = withSegment(file, 0xe2, "MPF\x00"+stripSecret)
		file = withSegment(file, 0xed, "Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x12\x1c\x02\x78\x00\x0c"+stripSecret)
		file = withSegment(file, 0xee, "Adobe of another kind, "+stripSecret)
		file = withSegment(file, 0xe0, "JFXX\x00\x10"+string(jpegOf(t, plain(8, 8, red))))
		return withSegment(file, 0xfe, stripSecret)
	}
	scans := bytes.Split(file, []byte{0xff, jpegSOS})
	for i := 1; i+1 < len(scans); i++ {
		end := len(scans[i]) // of the scan: its entropy-coded data, then tables of the next
		if tables := bytes.Index(scans[i], []byte{0xff, 0xc4}); tables >= 0 {
			end = tables
		}
		scans[i] = inserted(scans[i], end, burden([]byte{0xff, jpegSOI})[2:])
	}
	file = burden(bytes.Join(scans, []byte{0xff, jpegSOS}))
	file = withSegment(file, 0xe0, "JFIF\x00\x01\x02\x01\x00\x48\x00\x48\x02\x02"+stripSecret)
	return append(file, burden(jpegOf(t, plain(16, 16, blue)))...)
}

func inserted(data []byte, at int, more []byte) []byte {
	return append(append(append([]byte(nil), data[:at]...), more...), data[at:]...)
}

func burdenedWebP(file []byte) []byte {
	piece := func(kind, body string) []byte { return webpChunk{kind, []byte(body)}.appendTo(nil) }
	file = withWebPChunk(file, "ICCP", []byte(stripSecret))
	file = withWebPChunk(file, "EXIF", telling(binary.LittleEndian))
	file = append(file, piece("XMP ", "<x:xmpmeta>"+stripSecret+"</x:xmpmeta>")...)
	file = append(file, piece("seCr", stripSecret+"odd")...)
	if frame := bytes.Index(file, []byte("ANMF")); frame >= 0 {
		more := piece("seCr", stripSecret)
		length := binary.LittleEndian.Uint32(file[frame+4:])
		binary.LittleEndian.PutUint32(file[frame+4:], length+uint32(len(more)))
		file = inserted(file, frame+8+int(length+length&1), more)
	}
	binary.LittleEndian.PutUint32(file[4:], uint32(len(file)-8))
	return append(file, stripSecret...)
}

// storedPixels are all pixels of a file as they are stored, and everything else
// that a picture is.
func storedPixels(data []byte) (pixels []byte, rest string, err error) {
	format, _ := Sniff(data)
	options := "fail_on=error"
	if info, _ := format.Info(); info.Animated {
		options += ",n=-1"
	}
	var pins runtime.Pinner
	defer pins.Unpin()
	pins.Pin(&data[0])
	ref, err := loaders[format].open(data, options, nil)
	if err != nil {
		return nil, "", err
	}
	defer ref.Close()
	delays, err := ref.PageDelay()
	if err != nil {
		return nil, "", err
	}
	rest = fmt.Sprint(ref.Width(), ref.PageHeight(), ref.Height(), ref.Bands(), ref.BandFormat(), ref.Interpretation(), ref.HasAlpha(), delays, ref.Loop())
	pixels, err = ref.ToBytes()
	return pixels, rest, err
}

// checkStripped compares a file with what is left of it, by libvips and, where
// Go can read it and has not too much to do, by Go.
func checkStripped(t *testing.T, name string, original, clean []byte) {
	t.Helper()
	wantPixels, want, err := storedPixels(original)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	gotPixels, got, err := storedPixels(clean)
	if err != nil || got != want || !bytes.Equal(gotPixels, wantPixels) {
		t.Errorf("%s: it has become another picture: %s, %v, was %s", name, got, err, want)
	}
	if len(wantPixels) > 1<<20 {
		return
	}
	wanted, _, err := image.Decode(bytes.NewReader(original))
	if err != nil {
		return
	}
	decoded, _, err := image.Decode(bytes.NewReader(clean))
	if err != nil {
		t.Errorf("%s: Go can't read it any more: %v", name, err)
		return
	}
	if !reflect.DeepEqual(decoded, wanted) {
		t.Errorf("%s: to Go it has become another picture", name)
	}
}

// Nothing of the metadata is left, and nothing of the picture is lost.
func TestStripMetadata(t *testing.T) {
	for name, original := range burdened(t, opaque(120, 90)) {
		format, _ := Sniff(original)
		before := bytes.Clone(original)
		clean, ok := StripMetadata(format, original)
		if !ok {
			t.Errorf("%s can't be stripped", name)
			continue
		}
		if !bytes.Equal(original, before) {
			t.Errorf("%s: the original was changed", name)
		}
		for _, trace := range stripTraces {
			if !bytes.Contains(original, []byte(trace)) {
				continue
			}
			if bytes.Contains(clean, []byte(trace)) {
				t.Errorf("%s: %q is left", name, trace)
			}
		}
		if !bytes.Contains(original, []byte(stripSecret)) || len(clean) >= len(original) {
			t.Errorf("%s has no burden: %d bytes, then %d", name, len(original), len(clean))
		}
		checkStripped(t, name, original, clean)
		if again, ok := StripMetadata(format, clean); !ok || !bytes.Equal(again, clean) {
			t.Errorf("%s: stripped again it is another: %t, %d and %d bytes", name, ok, len(again), len(clean))
		}
	}
}

// Whatever govips' pictures have in them; those that can't be stripped are
// named.
func TestStripSamples(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(resources(), "*"))
	if err != nil || len(names) == 0 {
		t.Skip("govips' pictures are not here")
	}
	stripped := 0
	for _, name := range names {
		if strings.Contains(name, "golden") {
			continue
		}
		original, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		format, _ := Sniff(original)
		facts, err := engine.Inspect(original)
		if strippers[format] == nil || err != nil {
			continue
		}
		clean, ok := StripMetadata(format, original)
		if !ok {
			t.Errorf("%s can't be stripped", name)
			continue
		}
		stripped++
		if facts.Pixels() < 5e6 && !strings.Contains(name, "corruption") { // the others take long, or are no pictures
			checkStripped(t, filepath.Base(name), original, clean)
		}
		for _, trace := range []string{"Exif\x00\x00", "ICC_PROFILE\x00", "http://ns.adobe.com/", "8BIM"} {
			if bytes.Contains(clean, []byte(trace)) {
				t.Errorf("%s: %q is left", name, trace)
			}
		}
	}
	if stripped < 30 {
		t.Errorf("only %d pictures were stripped", stripped)
	}
}

// What is built in an unusual way is left alone, and said to be.
func TestStripRefuses(t *testing.T) {
	jpeg, png := jpegOf(t, corners(40, 30)), pngOf(t, corners(40, 30))
	animation := gifOf(t, 20, 10, red, blue)
	webp := transform(t, png, "max,format=webp").Bytes
	animated := transform(t, animation, "max,format=webp").Bytes
	control := bytes.Index(animation, []byte("\x21\xf9\x04"))
	loop := bytes.Index(animation, []byte("NETSCAPE2.0\x03\x01"))
	twice := append(bytes.Clone(webp), webp[12:]...)
	binary.LittleEndian.PutUint32(twice[4:], uint32(len(twice)-8))
	bare := withWebPChunk(animated, "EXIF", []byte("x"))
	bare[20] &^= webpIsAnimated
	for name, test := range map[string]struct {
		format spec.Format
		data   []byte
	}{
		"nothing":                        {spec.JPEG, nil},
		"a format that has no stripper":  {spec.TIFF, originals(t, corners(40, 30))["tiff"]},
		"another format than it is":      {spec.PNG, jpeg},
		"JPEG without an end":            {spec.JPEG, jpeg[:len(jpeg)-2]},
		"JPEG that ends in a header":     {spec.JPEG, jpeg[:30]},
		"JPEG with a hierarchy":          {spec.JPEG, withSegment(jpeg, 0xde, "12345678901234567")},
		"JPEG with a marker in a scan":   {spec.JPEG, inserted(jpeg, len(jpeg)-20, []byte{0xff, 0x01})},
		"JPEG with a number of lines":    {spec.JPEG, inserted(jpeg, len(jpeg)-2, []byte{0xff, 0xdc, 0, 4, 0, 30})},
		"JPEG in a JPEG":                 {spec.JPEG, inserted(jpeg, 2, jpeg)},
		"PNG without an end":             {spec.PNG, png[:len(png)-12]},
		"PNG that is cut":                {spec.PNG, png[:len(png)-3]},
		"animated PNG":                   {spec.PNG, withChunks(png, chunk("acTL", make([]byte, 8)))},
		"PNG with an unknown necessity":  {spec.PNG, withChunks(png, chunk("CgBI", make([]byte, 4)))},
		"PNG with two headers":           {spec.PNG, withChunks(png, png[8:33])},
		"PNG with too much transparency": {spec.PNG, withChunks(png, chunk("tRNS", make([]byte, 300)))},
		"GIF without an end":             {spec.GIF, animation[:len(animation)-1]},
		"GIF that is cut":                {spec.GIF, animation[:10]},
		"GIF that is a header":           {spec.GIF, animation[:13]},
		"GIF with an unknown block":      {spec.GIF, inserted(animation, 13+colourTable(animation[10]), []byte{0x42, 0})},
		"GIF with odd control":           {spec.GIF, inserted(animation, control+7, []byte("\x04more"))},
		"GIF without a picture":          {spec.GIF, append(bytes.Clone(animation[:13+colourTable(animation[10])]), 0x3b)},
		"GIF with an unknown extension":  {spec.GIF, inserted(animation, control, []byte("\x21\x42\x01x\x00"))},
		"GIF with a text without a head": {spec.GIF, inserted(animation, control, []byte("\x21\x01\x00"))},
		"GIF with an odd application":    {spec.GIF, inserted(animation, control, []byte("\x21\xff\x03odd\x00"))},
		"GIF with an odd loop":           {spec.GIF, inserted(animation, loop+11, []byte("\x05\x02more"))},
		"WebP that is cut":               {spec.WebP, webp[:len(webp)-2]},
		"WebP with two pictures":         {spec.WebP, twice},
		"WebP with frames in a still":    {spec.WebP, bare},
		"WebP of nothing":                {spec.WebP, []byte("RIFF\x0c\x00\x00\x00WEBPseCr\x00\x00\x00\x00")},
		"WebP that ends before it began": {spec.WebP, []byte("RIFF\x01\x00\x00\x00WEBP0000")},
	} {
		got, ok := StripMetadata(test.format, test.data)
		if ok || !bytes.Equal(got, test.data) {
			t.Errorf("%s: got %d bytes and %t, want the %d that there were", name, len(got), ok, len(test.data))
		}
	}
}

// riff is a WebP of chunks, each a kind and its body in turn.
func riff(pieces ...string) []byte {
	data := []byte("RIFF\x00\x00\x00\x00WEBP")
	for i := 0; i < len(pieces); i += 2 {
		data = webpChunk{pieces[i], []byte(pieces[i+1])}.appendTo(data)
	}
	binary.LittleEndian.PutUint32(data[4:], uint32(len(data)-8))
	return data
}

// How chunks of a WebP may follow each other. The pictures in them are none.
func TestStripWebPChunks(t *testing.T) {
	still := "\x00\x00\x00\x00\x07\x00\x00\x07\x00\x00"
	moving := "\x02" + still[1:]
	place := strings.Repeat("\x00", 16)
	picture := string(riff("VP8 ", "colours")[12:])
	opaque, seeThrough := "\x2f\x07\xc0\x01\x00", "\x2f\x07\xc0\x01\x10"
	for name, test := range map[string]struct {
		file, want []byte // nil when it is refused
	}{
		"plain":                      {riff("VP8 ", "colours", "EXIF", "x"), riff("VP8 ", "colours")},
		"a canvas for nothing":       {riff("VP8X", still, "VP8 ", "colours"), riff("VP8 ", "colours")},
		"lossless":                   {riff("VP8X", still, "VP8L", opaque), riff("VP8L", opaque)},
		"lossless, a canvas forgot":  {riff("VP8X", still, "VP8L", seeThrough), riff("VP8X", still, "VP8L", seeThrough)},
		"alpha":                      {riff("VP8X", still, "ALPH", "a", "VP8 ", "colours"), riff("VP8X", still, "ALPH", "a", "VP8 ", "colours")},
		"flags of all kinds":         {riff("VP8X", "\xff\xff\xff\xff"+still[4:], "ANIM", "123456", "ANMF", place+picture), riff("VP8X", "\x12"+still[1:], "ANIM", "123456", "ANMF", place+picture)},
		"frames":                     {riff("VP8X", moving, "ANIM", "123456", "ANMF", place+picture, "XMP ", "x"), riff("VP8X", moving, "ANIM", "123456", "ANMF", place+picture)},
		"a short canvas":             {riff("VP8X", still[:9], "VP8 ", "colours"), nil},
		"a canvas behind":            {riff("VP8 ", "colours", "VP8X", still), nil},
		"two canvases":               {riff("VP8X", moving, "VP8X", moving, "ANIM", "123456", "ANMF", place+picture), nil},
		"alpha behind":               {riff("VP8X", still, "VP8 ", "colours", "ALPH", "a"), nil},
		"alpha alone":                {riff("VP8X", still, "ALPH", "a"), nil},
		"frames without a beginning": {riff("VP8X", moving, "ANMF", place+picture), nil},
		"two beginnings":             {riff("VP8X", moving, "ANIM", "123456", "ANIM", "123456", "ANMF", place+picture), nil},
		"a short beginning":          {riff("VP8X", moving, "ANIM", "12345", "ANMF", place+picture), nil},
		"a beginning without frames": {riff("VP8X", moving, "ANIM", "123456"), nil},
		"a short frame":              {riff("VP8X", moving, "ANIM", "123456", "ANMF", place[1:]), nil},
		"a frame without a picture":  {riff("VP8X", moving, "ANIM", "123456", "ANMF", place), nil},
		"a frame that is cut":        {riff("VP8X", moving, "ANIM", "123456", "ANMF", place+picture[:len(picture)-2]), nil},
		"a picture between frames":   {riff("VP8X", moving, "ANIM", "123456", "ANMF", place+picture, "VP8 ", "colours"), nil},
	} {
		got, ok := StripMetadata(spec.WebP, test.file)
		if want := test.want; ok != (want != nil) || ok && !bytes.Equal(got, want) {
			t.Errorf("%s: got %t, %q, want %q", name, ok, got, want)
		}
	}
}

// What says how colours are meant stays.
func TestStripKeepsColours(t *testing.T) {
	png := withChunks(pngOf(t, corners(20, 10)),
		chunk("gAMA", []byte{0, 0, 0x27, 0x10}), chunk("cHRM", make([]byte, 32)), chunk("sRGB", []byte{0}), chunk("cICP", []byte{1, 13, 0, 1}))
	if clean, ok := StripMetadata(spec.PNG, png); !ok || !bytes.Equal(clean, png) {
		t.Errorf("a PNG with chunks of colour is another: %t, %d bytes of %d", ok, len(clean), len(png))
	}
	// Without Adobe's segment these four inks are not inverted, and the three
	// components are no RGB.
	cmyk := sample(t, "jpg-32bit-cmyk-no-icc.jpg")
	clean, ok := StripMetadata(spec.JPEG, cmyk)
	if !ok || !bytes.Contains(clean, []byte("Adobe")) {
		t.Errorf("CMYK: Adobe's segment is gone (%t)", ok)
	}
	checkStripped(t, "CMYK", cmyk, clean)
	rgb := withSegment(jpegOf(t, corners(40, 30)), 0xee, "Adobe\x00\x64\x00\x00\x00\x00\x00"+stripSecret)
	clean, ok = StripMetadata(spec.JPEG, rgb)
	if !ok || bytes.Contains(clean, []byte(stripSecret)) {
		t.Errorf("RGB: Adobe's segment is kept whole (%t)", ok)
	}
	checkStripped(t, "RGB", rgb, clean)
	with, _, errWith := storedPixels(rgb)
	without, _, errWithout := storedPixels(jpegOf(t, corners(40, 30)))
	if err := errors.Join(errWith, errWithout); err != nil || bytes.Equal(with, without) {
		t.Errorf("Adobe's segment makes no difference: the test tests nothing (%v)", err)
	}
}

// Bytes that fill up to a marker, and anything between segments, are no picture.
func TestStripFilled(t *testing.T) {
	original := jpegOf(t, corners(40, 30))
	plainly, _ := StripMetadata(spec.JPEG, original)
	filled := inserted(original, len(original)-2, []byte{0xff, 0xff, 0xff})
	_, _, second := jpegSegment(filled, 2)
	filled = inserted(filled, second, []byte(stripSecret+"\xff\x00\xff\xff"))
	clean, ok := StripMetadata(spec.JPEG, filled)
	if !ok || !bytes.Equal(clean, plainly) {
		t.Errorf("got %t and %d bytes, want %d", ok, len(clean), len(plainly))
	}
	checkStripped(t, "filled", filled, clean)
}

// A plain re-encoding may be left out only where it would show the same.
func TestUntouched(t *testing.T) {
	picture := corners(64, 48)
	kinds := originals(t, picture)
	adobe, srgb, p3 := "", string(builtin(t, "srgb")), string(builtin(t, "p3"))
	if data, err := os.ReadFile(filepath.Join(resources(), "adobe-rgb.icc")); err == nil {
		adobe = string(data)
	}
	inJPEG := func(profile string) []byte {
		return withSegment(kinds["jpeg"], 0xe2, "ICC_PROFILE\x00\x01\x01"+profile)
	}
	inPNG := func(chunks ...[]byte) []byte { return withChunks(pngOf(t, picture), chunks...) }
	number := func(values ...uint32) (data []byte) {
		for _, value := range values {
			data = binary.BigEndian.AppendUint32(data, value)
		}
		return data
	}
	standard := number(pngChromaticities[:]...)
	deep := image.NewNRGBA64(image.Rect(0, 0, 8, 8))
	for name, test := range map[string]struct {
		original []byte
		want     bool
	}{
		"JPEG":                     {kinds["jpeg"], true},
		"progressive JPEG":         {kinds["progressive jpeg"], true},
		"PNG":                      {kinds["png"], true},
		"PNG with a palette":       {kinds["palette png"], true},
		"WebP":                     {kinds["webp"], true},
		"GIF":                      {kinds["gif"], true},
		"animation":                {gifOf(t, 20, 10, red, blue), true},
		"gray JPEG":                {jpegOf(t, image.NewGray(image.Rect(0, 0, 8, 8))), true},
		"gray PNG":                 {pngOf(t, image.NewGray(image.Rect(0, 0, 8, 8))), true},
		"PNG with transparency":    {pngOf(t, plain(8, 8, color.NRGBA{1, 2, 3, 4})), true},
		"upright JPEG":             {withOrientation(kinds["jpeg"], 1), true},
		"turned JPEG":              {withOrientation(kinds["jpeg"], 6), false},
		"mirrored JPEG":            {withOrientation(kinds["jpeg"], 2), false},
		"turned WebP":              {sample(t, "webp-orientation-6.webp"), false},
		"JPEG with sRGB":           {inJPEG(srgb), true},
		"JPEG with P3":             {inJPEG(p3), false},
		"JPEG with Adobe RGB":      {sample(t, "jpg-24bit-icc-adobe-rgb.jpg"), false},
		"JPEG in CMYK":             {sample(t, "jpg-32bit-cmyk-no-icc.jpg"), false},
		"gray JPEG with dot gain":  {sample(t, "jpg-8bit-grey-icc-dot-gain.jpg"), false},
		"PNG with sRGB":            {inPNG(profileChunk([]byte(srgb))), true},
		"PNG with Adobe RGB":       {inPNG(profileChunk([]byte(adobe))), false},
		"WebP with P3":             {withWebPChunk(kinds["webp"], "ICCP", []byte(p3)), false},
		"PNG of 16 bits":           {pngOf(t, deep), false},
		"PNG named sRGB":           {inPNG(chunk("sRGB", []byte{0})), true},
		"PNG with sRGB's gamma":    {inPNG(chunk("gAMA", number(45455)), chunk("cHRM", standard)), true},
		"PNG with no gamma":        {inPNG(chunk("gAMA", number(100000))), false},
		"PNG with other colours":   {inPNG(chunk("cHRM", number(31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))), false},
		"PNG with half a gamma":    {inPNG(chunk("gAMA", []byte{1, 2})), false},
		"PNG with half the colour": {inPNG(chunk("cHRM", standard[:16])), false},
		"PNG named, gamma or not":  {inPNG(chunk("sRGB", []byte{0}), chunk("gAMA", number(100000))), true},
		"PNG coded as sRGB":        {inPNG(chunk("cICP", []byte{1, 13, 0, 1})), true},
		"PNG coded as HDR":         {inPNG(chunk("sRGB", []byte{0}), chunk("cICP", []byte{9, 16, 0, 1})), false},
		"TIFF":                     {kinds["tiff"], false},
		"AVIF":                     {kinds["avif"], false},
		"HEIC":                     {sample(t, "heic-24bit-exif.heic"), false},
	} {
		facts, err := engine.Inspect(test.original)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := engine.Untouched(test.original, facts); got != test.want {
			t.Errorf("%s: got %t, want %t", name, got, test.want)
		}
		if !test.want {
			continue
		}
		// What is said to be untouched is what a re-encoding shows.
		clean, ok := StripMetadata(facts.Format, test.original)
		if !ok {
			t.Errorf("%s can't be stripped", name)
			continue
		}
		shown := transform(t, test.original, "max,format=png").Bytes
		got, want := decoded(t, clean), decoded(t, shown)
		if !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%s: stripped and re-encoded are not alike", name)
		}
	}
	foreign := facts(t, kinds["png"])
	if engine.Untouched(kinds["jpeg"], foreign) || engine.Untouched(nil, foreign) || engine.Untouched(kinds["png"][:30], foreign) {
		t.Error("a file that its facts are not of is said to be untouched")
	}
}

// checkAny strips what may be no picture at all: it is refused and unchanged, or
// free of metadata and the same picture.
func checkAny(t *testing.T, original []byte) {
	t.Helper()
	format, _ := Sniff(original)
	before := bytes.Clone(original)
	clean, ok := StripMetadata(format, original)
	if !bytes.Equal(original, before) {
		t.Fatal("the original was changed")
	}
	if !ok {
		if !bytes.Equal(clean, original) {
			t.Fatal("it is refused and changed")
		}
		return
	}
	if again, ok := StripMetadata(format, clean); !ok || !bytes.Equal(again, clean) {
		t.Errorf("stripped again it is another: %t, %d and %d bytes", ok, len(again), len(clean))
	}
	facts, err := engine.Inspect(original)
	if err != nil || facts.Pixels() > 100_000 {
		return
	}
	wantPixels, want, err := storedPixels(original)
	if err != nil {
		return // no picture before either
	}
	gotPixels, got, err := storedPixels(clean)
	if err != nil || got != want || !bytes.Equal(gotPixels, wantPixels) {
		t.Errorf("it has become another picture: %s, %v, was %s", got, err, want)
	}
	if _, err := engine.Inspect(clean); err != nil && !errors.Is(err, ErrTooManyPixels) {
		t.Errorf("it is no original any more: %v", err)
	}
}

// Files that are damaged anywhere. Bytes are also taken out and put in, so that
// markers and lengths meet what they were not made for.
func TestStripDamaged(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	files := burdened(t, opaque(24, 16))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		original := files[name]
		for range 150 {
			damaged := bytes.Clone(original)
			for range 1 + random.IntN(4) {
				at := random.IntN(len(damaged) - 4)
				switch random.IntN(4) {
				case 0:
					damaged[at] = byte(random.IntN(256))
				case 1:
					damaged = slices.Delete(damaged, at, at+1+random.IntN(3))
				case 2:
					damaged = inserted(damaged, at, []byte{0xff, byte(0xc0 + random.IntN(64))})
				case 3:
					from := random.IntN(len(damaged) - 4)
					damaged = inserted(damaged, at, damaged[from:min(from+random.IntN(40), len(damaged))])
				}
			}
			checkAny(t, damaged)
		}
	}
}

func FuzzStripMetadata(f *testing.F) {
	for _, file := range burdened(f, opaque(24, 16)) {
		f.Add(file)
	}
	for _, file := range originals(f, opaque(24, 16)) {
		f.Add(file)
	}
	f.Add(withSegment(jpegOf(f, opaque(24, 16)), 0xee, "Adobe\x00\x64\x00\x00\x00\x00\x00"))
	f.Fuzz(checkAny)
}
