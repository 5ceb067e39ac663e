package transform

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image/color"
	"os"
	"path/filepath"
	"testing"
	"time"

	"api-resize/spec"
)

// jxlFile is one of the files in testdata/jxl. They were written by libjxl 0.7
// with JxlBasicInfo as their names say, and are 40 by 30 pixels of the colour
// red unless their test says otherwise.
func jxlFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "jxl", name+".jxl"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Every kind of JPEG XL gives the colours that were put into it.
func TestJXLKinds(t *testing.T) {
	for name, want := range map[string]struct {
		facts  spec.Facts
		colour color.NRGBA
	}{
		"lossless":      {spec.Facts{Width: 40, Height: 30}, red},
		"one-box":       {spec.Facts{Width: 40, Height: 30}, red},
		"16bit":         {spec.Facts{Width: 40, Height: 30}, red},
		"float":         {spec.Facts{Width: 40, Height: 30}, red},
		"alpha":         {spec.Facts{Width: 40, Height: 30, HasAlpha: true}, red},
		"gray-alpha":    {spec.Facts{Width: 40, Height: 30, HasAlpha: true}, color.NRGBA{77, 77, 77, 128}},
		"premultiplied": {spec.Facts{Width: 40, Height: 30, HasAlpha: true}, color.NRGBA{red.R, red.G, red.B, 128}},
		"orientation-6": {spec.Facts{Width: 30, Height: 40}, red},
		"three-layers":  {spec.Facts{Width: 1000, Height: 1000}, red},
	} {
		original := jxlFile(t, name)
		want.facts.Format, want.facts.Frames, want.facts.Pages, want.facts.Orientation = spec.JXL, 1, 1, 1
		if got := facts(t, original); got != want.facts {
			t.Errorf("%s: %+v, want %+v", name, got, want.facts)
		}
		for _, text := range []string{"max,format=png", "20x15,format=png"} {
			if got := decoded(t, transform(t, original, text).Bytes).NRGBAAt(9, 7); !near(got, want.colour, 4) {
				t.Errorf("%s, %s: %v, want %v", name, text, got, want.colour)
			}
		}
	}
}

// What libvips would show wrongly is refused.
func TestJXLRefused(t *testing.T) {
	for _, name := range []string{"cmyk", "two-extra-channels"} {
		if err := attempt(t, jxlFile(t, name), "max,format=png"); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: got %v, want ErrUnsupported", name, err)
		}
	}
	// An animation is red, green and blue: its first frame, or nothing.
	original := jxlFile(t, "animated")
	if !engine.jxlFrames {
		if err := attempt(t, original, "max,format=png"); !errors.Is(err, ErrUnsupported) {
			t.Errorf("animated: got %v, want ErrUnsupported", err)
		}
		return
	}
	if got := decoded(t, transform(t, original, "max,format=png").Bytes).NRGBAAt(9, 7); facts(t, original).Frames != 1 || !near(got, red, 4) {
		t.Errorf("animated: %v, want %v", got, red)
	}
}

func jxlBox(kind string, body []byte) []byte {
	box := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
	return append(append(box, kind...), body...)
}

func jxlPart(number uint32, body []byte) []byte {
	return jxlBox("jxlp", append(binary.BigEndian.AppendUint32(nil, number), body...))
}

// In boxes, a codestream may be cut anywhere into parts, with other boxes in
// between; of those nothing reaches a decoder.
func TestJXLBoxes(t *testing.T) {
	const last = 1 << 31
	bare := jxlFile(t, "lossless")
	half := len(bare) / 2
	head := append([]byte(jxlSignature), jxlBox("ftyp", []byte("jxl \x00\x00\x00\x00jxl "))...)
	file := func(boxes ...[]byte) []byte { return append(bytes.Clone(head), bytes.Join(boxes, nil)...) }
	packed := jxlBox("brob", []byte("Exif not even Brotli"))
	untilTheEnd := jxlBox("jxlc", bare)
	copy(untilTheEnd, "\x00\x00\x00\x00")
	for name, test := range map[string]struct {
		original []byte
		want     error
	}{
		"bare":                {bare, nil},
		"one box":             {file(jxlBox("jxlc", bare)), nil},
		"a box until the end": {file(untilTheEnd), nil},
		"two parts":           {file(jxlPart(0, bare[:half]), jxlPart(1|last, bare[half:])), nil},
		"parts of one byte":   {file(jxlPart(0, bare[:1]), jxlPart(1, bare[1:2]), packed, jxlPart(2|last, bare[2:])), nil},
		"metadata before":     {file(packed, jxlBox("Exif", make([]byte, 100)), jxlBox("jxlc", bare)), nil},
		"metadata behind":     {file(jxlBox("jxlc", bare), jxlBox("xml ", []byte("<x/>"))), nil},
		"no codestream":       {file(packed), ErrCorrupt},
		"empty codestream":    {file(jxlBox("jxlc", nil)), ErrCorrupt},
		"no last part":        {file(jxlPart(0, bare[:half])), ErrCorrupt},
		"a part after that":   {file(jxlPart(last, bare), jxlPart(1|last, bare)), ErrCorrupt},
		"two codestreams":     {file(jxlBox("jxlc", bare), jxlBox("jxlc", bare)), ErrCorrupt},
		"something else":      {file(jxlBox("jxlc", []byte("not a codestream"))), ErrCorrupt},
		"a box too long":      {append(file(), "\x00\x00\x01\x00jxlc"+string(bare)...), ErrCorrupt},
		"only its header":     {file(jxlBox("jxlc", bare[:8])), ErrCorrupt},
		"not even that":       {file(jxlBox("jxlc", bare[:3])), ErrCorrupt},
	} {
		if err := attempt(t, test.original, "max,format=png"); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

// Sizes as the standard writes them, read from headers that were written by
// hand: bits from the lowest of the first byte on.
func TestJXLHeader(t *testing.T) {
	for name, test := range map[string]struct {
		bits string
		want jxlHeader
	}{
		"multiples of eight, a ratio": {"1 10100 110 1", jxlHeader{width: 64, height: 48}},
		"multiples of eight, both":    {"1 00000 000 11111 1", jxlHeader{width: 256, height: 8}},
		"nine bits, as wide as high":  {"0 00 111111111 100 1", jxlHeader{width: 512, height: 512}},
		"both by themselves":          {"0 00 000000000 000 10 0000000000001 1", jxlHeader{width: 4097, height: 1}},
		"thirty bits": {"0 11 111111111111111111111111111111 000 11 111111111111111111111111111111 1",
			jxlHeader{width: 1 << 30, height: 1 << 30}},
		"animated": {"1 00000 100 0 1 000 0 0 1 00 00 00 0 0 00 1 00", jxlHeader{width: 8, height: 8, animated: true}},
		"a preview, an intrinsic size, alpha": {"1 00000 100 0 1 101 1 1 00000 100 1 1 00 100 0 0 00 1 10 1",
			jxlHeader{width: 8, height: 8, extraChannels: 1}},
		"floating-point, 18 channels, black": {"1 00000 100 0 0 1 00 1110 1 11 100010000000 0 01 0100 0 00 00 00",
			jxlHeader{width: 8, height: 8, extraChannels: 18, extraKind: jxlBlack}},
		"premultiplied, with a name": {"1 00000 100 0 0 0 00 1 10 0 00 0 00 00 10 0100 01010101 10101010 1",
			jxlHeader{width: 8, height: 8, extraChannels: 1, premultiplied: true}},
	} {
		data, at := []byte(jxlCodestream), 0
		for _, bit := range test.bits {
			if bit == ' ' {
				continue
			}
			if at%8 == 0 {
				data = append(data, 0)
			}
			data[len(data)-1] |= byte(bit-'0') << (at % 8)
			at++
		}
		if got, err := readJXLHeader(data); err != nil || got != test.want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, test.want)
		}
		if _, err := readJXLHeader(data[:len(data)-1]); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s, cut short: got %v, want ErrCorrupt", name, err)
		}
	}
}

// A few bytes for each layer of a megapixel: the deadline holds all the same.
func TestJXLDeadline(t *testing.T) {
	// Between its header and its end the file holds a layer of 211 bytes again
	// and again; this repeats one.
	const layer, at, times = 211, 147, 300 // 300 take half a minute
	original := jxlFile(t, "three-layers")
	bomb := append(bytes.Clone(original[:at]), bytes.Repeat(original[at:at+layer], times)...)
	bomb = append(bomb, original[at:]...)
	facts := facts(t, bomb)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := engine.Transform(ctx, ordered(bomb, facts, resolved(t, "100x,format=png")))
	if !errors.Is(err, ErrTimeout) {
		t.Errorf("got %v, want ErrTimeout", err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it went on for %v after a deadline of 200 ms", took)
	}
}

// Better quality takes more bytes, over the whole range.
func TestJXLQuality(t *testing.T) {
	original, before := jpegOf(t, opaque(200, 150)), 0
	for _, quality := range []string{"1", "15", "29", "30", "60", "90", "100"} {
		size := len(transform(t, original, "max,format=jxl,quality="+quality).Bytes)
		if size < before {
			t.Errorf("quality %s takes %d bytes, less than the one below with %d", quality, size, before)
		}
		before = size
	}
}

func FuzzJXLHeader(f *testing.F) {
	for _, name := range []string{"lossless", "one-box", "premultiplied", "animated", "two-extra-channels"} {
		f.Add(jxlFile(f, name))
	}
	f.Fuzz(func(t *testing.T, original []byte) {
		codestream, header, err := scanJXL(original, engine.limits, true)
		if err != nil {
			return
		}
		if len(codestream) == 0 || header.width < 1 || header.height < 1 || int64(header.width)*int64(header.height) > engine.limits.Pixels {
			t.Errorf("%d bytes with %+v are let through", len(codestream), header)
		}
	})
}
