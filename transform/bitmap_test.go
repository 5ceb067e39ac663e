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

	"github.com/jsummers/gobmp"

	"api-resize/spec"
)

// bmpKind is a kind of BMP file: its header, and how its pixels are stored.
type bmpKind struct {
	header, bits int
	compression  uint32
	masks        [4]uint32 // red, green, blue, alpha
	topDown      bool
	gap          int // between palette and pixels, in bytes
}

var (
	fields565  = [4]uint32{0xf800, 0x7e0, 0x1f, 0}
	fields8888 = [4]uint32{0xff0000, 0xff00, 0xff, 0xff000000}
)

// bmpKinds are the kinds that programs write.
var bmpKinds = map[string]bmpKind{
	"1 bit":                      {header: dibInfo, bits: 1},
	"2 bits":                     {header: dibInfo, bits: 2},
	"4 bits":                     {header: dibInfo, bits: 4},
	"8 bits":                     {header: dibInfo, bits: 8},
	"8 bits, top down":           {header: dibInfo, bits: 8, topDown: true},
	"8 bits, a gap":              {header: dibInfo, bits: 8, gap: 10},
	"8 bits, RLE":                {header: dibInfo, bits: 8, compression: dibRLE8},
	"4 bits, RLE":                {header: dibInfo, bits: 4, compression: dibRLE4},
	"16 bits":                    {header: dibInfo, bits: 16},
	"16 bits, 565":               {header: dibInfo, bits: 16, compression: dibBitFields, masks: fields565},
	"24 bits":                    {header: dibInfo, bits: 24},
	"24 bits, top down":          {header: dibInfo, bits: 24, topDown: true},
	"32 bits":                    {header: dibInfo, bits: 32},
	"32 bits, fields":            {header: dibInfo, bits: 32, compression: dibBitFields, masks: fields8888},
	"32 bits, other order":       {header: dibInfo, bits: 32, compression: dibBitFields, masks: [4]uint32{0xff, 0xff00, 0xff0000, 0}},
	"32 bits, V2":                {header: dibFields, bits: 32, compression: dibBitFields, masks: fields8888},
	"32 bits, V3 with alpha":     {header: dibAlpha, bits: 32, compression: dibBitFields, masks: fields8888},
	"32 bits, V4 with alpha":     {header: dibV4, bits: 32, compression: dibBitFields, masks: fields8888},
	"32 bits, V5 with alpha":     {header: dibV5, bits: 32, compression: dibBitFields, masks: fields8888},
	"32 bits, V5 without fields": {header: dibV5, bits: 32},
	"OS/2, 1 bit":                {header: dibCore, bits: 1},
	"OS/2, 8 bits":               {header: dibCore, bits: 8},
	"OS/2, 24 bits":              {header: dibCore, bits: 24},
	"OS/2 2, 16 bytes":           {header: 16, bits: 24},
	"OS/2 2, 64 bytes":           {header: 64, bits: 8},
}

func (k bmpKind) hasAlpha() bool { return k.header >= dibAlpha && k.masks[3] != 0 }

// bmpPalette is that of all kinds up to 8 bits.
var bmpPalette = []color.NRGBA{red, green, blue, white}

// quarter is which colour of the palette a pixel of corners has.
func quarter(x, y, width, height int) int { return 2*(2*y/height) + 2*x/width }

// file is a picture of four quarters, red and green above, blue and white below;
// with one bit a pixel there are only red and green. With alpha all of it is
// half transparent.
func (k bmpKind) file(width, height int) []byte {
	info, palette, pixels := k.dib(width, height)
	start := bmpFileHeader + len(info) + len(palette) + k.gap
	file := append([]byte("BM"), make([]byte, 12)...)
	binary.LittleEndian.PutUint32(file[2:], uint32(start+len(pixels)))
	binary.LittleEndian.PutUint32(file[10:], uint32(start))
	return bytes.Join([][]byte{file, info, palette, make([]byte, k.gap), pixels}, nil)
}

func (k bmpKind) dib(width, height int) (info, palette, pixels []byte) {
	info = make([]byte, k.header)
	le := binary.LittleEndian
	le.PutUint32(info, uint32(k.header))
	if k.header == dibCore {
		le.PutUint16(info[4:], uint16(width))
		le.PutUint16(info[6:], uint16(height))
		le.PutUint16(info[8:], 1)
		le.PutUint16(info[10:], uint16(k.bits))
	} else {
		le.PutUint32(info[4:], uint32(width))
		le.PutUint32(info[8:], uint32(height))
		if k.topDown {
			le.PutUint32(info[8:], uint32(-int32(height)))
		}
		le.PutUint16(info[12:], 1)
		le.PutUint16(info[14:], uint16(k.bits))
	}
	if k.header >= 36 {
		le.PutUint32(info[16:], k.compression)
		if k.bits <= 8 {
			le.PutUint32(info[32:], uint32(min(1<<k.bits, len(bmpPalette))))
		}
	}
	if k.compression == dibBitFields {
		for i, mask := range k.masks {
			switch {
			case k.header > dibInfo && i < (k.header-dibInfo)/4:
				le.PutUint32(info[dibInfo+4*i:], mask)
			case k.header == dibInfo && i < 3:
				palette = le.AppendUint32(palette, mask)
			}
		}
	}
	return info, append(palette, k.palette()...), k.pixels(width, height)
}

func (k bmpKind) palette() (entries []byte) {
	if k.bits > 8 {
		return nil
	}
	if k.header == dibCore { // has all entries, of three bytes
		for i := range 1 << k.bits {
			c := bmpPalette[i%len(bmpPalette)]
			entries = append(entries, c.B, c.G, c.R)
		}
		return entries
	}
	for _, c := range bmpPalette[:min(1<<k.bits, len(bmpPalette))] {
		entries = append(entries, c.B, c.G, c.R, 0)
	}
	return entries
}

func (k bmpKind) pixels(width, height int) (pixels []byte) {
	for row := range height {
		y := height - 1 - row
		if k.topDown {
			y = row
		}
		if k.compression == dibRLE4 || k.compression == dibRLE8 {
			pixels = append(pixels, k.packed(width, height, y)...)
			continue
		}
		line := make([]byte, pixelsSize(width, 1, k.bits))
		for x := range width {
			k.put(line, x, quarter(x, y, width, height))
		}
		pixels = append(pixels, line...)
	}
	if k.compression == dibRLE4 || k.compression == dibRLE8 {
		pixels = append(pixels, 0, 1)
	}
	return pixels
}

// packed is a row as a run, a step aside, and pixels as they are.
func (k bmpKind) packed(width, height, y int) []byte {
	left, right := byte(quarter(0, y, width, height)), byte(quarter(width-1, y, width, height))
	half := (width + 1) / 2
	if k.bits == 4 {
		left, right = left<<4|left, right<<4|right
	}
	row := []byte{byte(half), left, 0, 2, 0, 0, 0, byte(width - half)} // aside by nothing
	for range ((width-half)*k.bits + 15) / 16 * 2 {
		row = append(row, right)
	}
	return append(row, 0, 0)
}

func (k bmpKind) put(line []byte, x, index int) {
	c := bmpPalette[index]
	switch k.bits {
	case 1:
		line[x/8] |= byte(index&1) << (7 - x%8)
	case 2:
		line[x/4] |= byte(index) << (6 - x%4*2)
	case 4:
		line[x/2] |= byte(index) << (4 - x%2*4)
	case 8:
		line[x] = byte(index)
	case 24:
		copy(line[3*x:], []byte{c.B, c.G, c.R})
	default:
		k.putFields(line, x, [4]uint8{c.R, c.G, c.B, 128})
	}
}

func (k bmpKind) putFields(line []byte, x int, channels [4]uint8) {
	masks := k.masks
	if k.compression != dibBitFields {
		masks = [4]uint32{0xff0000, 0xff00, 0xff, 0}
		if k.bits == 16 {
			masks = [4]uint32{0x7c00, 0x3e0, 0x1f, 0}
		}
	}
	var value uint32
	for i, mask := range masks {
		if mask == 0 {
			continue
		}
		low := mask & -mask
		value |= (uint32(channels[i]) * (mask / low) / 255) * low
	}
	if k.bits == 16 {
		binary.LittleEndian.PutUint16(line[2*x:], uint16(value))
	} else {
		binary.LittleEndian.PutUint32(line[4*x:], value)
	}
}

// Every kind of BMP gives the picture that was stored, whole and scaled.
func TestBMPKinds(t *testing.T) {
	const width, height = 27, 14
	for name, kind := range bmpKinds {
		original := kind.file(width, height)
		want := spec.Facts{Format: spec.BMP, Width: width, Height: height, Frames: 1, Pages: 1, HasAlpha: kind.hasAlpha(), Orientation: 1}
		if got := facts(t, original); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
		for text, size := range map[string][2]int{"max,format=png": {width, height}, "13x7,fit=fill,format=png": {13, 7}} {
			pixels := decoded(t, transform(t, original, text).Bytes)
			for _, corner := range [][2]int{{1, 1}, {size[0] - 2, 1}, {1, size[1] - 2}, {size[0] - 2, size[1] - 2}} {
				index := quarter(corner[0], corner[1], size[0], size[1])
				if kind.bits == 1 {
					index &= 1
				}
				want := bmpPalette[index]
				if kind.hasAlpha() {
					want.A = 128
				}
				if got := pixels.NRGBAAt(corner[0], corner[1]); !near(got, want, 9) { // 5 bits are every eighth of 256
					t.Errorf("%s, %s: %v at %v, want %v", name, text, got, corner, want)
				}
			}
		}
	}
}

// A bitmap that is cut short is no picture; that the end mark alone is missing
// from a compressed one hurts nobody.
func TestBMPTruncated(t *testing.T) {
	for name, kind := range bmpKinds {
		original := kind.file(40, 30)
		spare := 0
		if kind.compression == dibRLE4 || kind.compression == dibRLE8 {
			spare = 4 // end of row, end of bitmap
		}
		for _, length := range []int{bmpFileHeader + dibCore, len(original) / 2, len(original) - 1 - spare} {
			if err := attempt(t, original[:length:length], "10x,format=png"); !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s with %d of %d bytes: got %v, want ErrCorrupt", name, length, len(original), err)
			}
		}
		if err := attempt(t, append(bytes.Clone(original), "trailing"...), "10x,format=png"); err != nil {
			t.Errorf("%s with trailing bytes: %v", name, err)
		}
	}
}

// Headers that ask for what is not read here, or for too much.
func TestBMPHeaders(t *testing.T) {
	change := func(at int, bytes ...byte) []byte {
		file := bmpKind{header: dibInfo, bits: 8}.file(10, 10)
		copy(file[at:], bytes)
		return file
	}
	for name, test := range map[string]struct {
		original []byte
		want     error
	}{
		"as it is":                      {change(0), nil},
		"a JPEG in it":                  {change(30, 4), ErrUnsupported},
		"alpha fields of Windows CE":    {change(30, 6), ErrUnsupported},
		"3 bits":                        {change(28, 3), ErrUnsupported},
		"RLE4 with 8 bits":              {change(30, 2), ErrUnsupported},
		"bit fields that OS/2 has none": {bmpKind{header: 64, bits: 32, compression: dibBitFields}.file(4, 4), ErrUnsupported},
		"OS/2 with 32 bits":             {bmpKind{header: dibCore, bits: 32}.file(4, 4), ErrUnsupported},
		"another header":                {change(14, 41), ErrUnsupported},
		"no width":                      {change(18, 0, 0, 0, 0), ErrCorrupt},
		"a negative width":              {change(18, 0xff, 0xff, 0xff, 0xff), ErrCorrupt},
		"no height":                     {change(22, 0, 0, 0, 0), ErrCorrupt},
		"the least height":              {change(22, 0, 0, 0, 0x80), ErrTooManyPixels},
		"too many pixels":               {change(18, 0, 0x80, 0, 0, 0, 0x80, 0, 0), ErrTooManyPixels},
		"too wide":                      {change(18, 0, 0, 1, 0), ErrTooManyPixels},
		"pixels far behind":             {change(10, 0xff, 0xff, 0xff, 0xff), ErrCorrupt},
		"pixels in the palette":         {change(10, 60), ErrCorrupt},
		"an endless palette":            {change(46, 0xff, 0xff, 0xff, 0xff), ErrCorrupt},
	} {
		if err := attempt(t, test.original, "5x,format=png"); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

// An alpha channel that is zero everywhere was meant for none.
func TestBMPWithoutAnyAlpha(t *testing.T) {
	file := bmpKinds["32 bits, V5 with alpha"].file(8, 8)
	for i := bmpFileHeader + dibV5 + 3; i < len(file); i += 4 {
		file[i] = 0
	}
	if got := decoded(t, transform(t, file, "max,format=png").Bytes).NRGBAAt(1, 1); !near(got, red, 1) {
		t.Errorf("got %v, want %v", got, red)
	}
}

// Runs that go on for ever beside the picture are work for seconds; the
// deadline holds.
func TestBMPDeadline(t *testing.T) {
	file := bmpKind{header: dibInfo, bits: 8}.file(1, 2)
	file[30] = dibRLE8
	start := binary.LittleEndian.Uint32(file[10:])
	bomb := bytes.Join([][]byte{file[:start], bytes.Repeat([]byte{255, 1}, 8<<20), {0, 1}}, nil)
	facts := facts(t, bomb)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, err := engine.Transform(ctx, ordered(bomb, facts, resolved(t, "max,format=png"))); !errors.Is(err, ErrTimeout) {
		t.Errorf("got %v, want ErrTimeout", err)
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("it went on for %v after a deadline of 50 ms", took)
	}
}

// Gray palettes give gray pictures.
func TestBMPGray(t *testing.T) {
	file := bmpKind{header: dibInfo, bits: 8}.file(8, 8)
	copy(file[bmpFileHeader+dibInfo:], "\x20\x20\x20\x00\x40\x40\x40\x00\x60\x60\x60\x00\x80\x80\x80\x00")
	ref := opened(t, transform(t, file, "max,format=png").Bytes)
	defer ref.Close()
	if ref.Bands() != 1 {
		t.Errorf("%d channels, want 1", ref.Bands())
	}
}

// govips' samples and those of the decoder, against what the decoder makes of
// them by itself.
func TestBMPSamples(t *testing.T) {
	files := map[string][]byte{}
	for _, name := range []string{"bmp.bmp", "bmp+alpha.bmp", "koala.bmp", "koala.bmp2", "koala.bmp3", "koala-rle.bmp", "koala-rle.bmp2", "koala-rle.bmp3", "large.bmp"} {
		files[name] = sample(t, name)
	}
	more, err := filepath.Glob(filepath.Join(moduleDir("github.com/jsummers/gobmp"), "testdata", "srcimg", "*.bmp"))
	if err != nil || len(more) == 0 {
		t.Fatalf("gobmp's samples are not here, %v", err)
	}
	for _, file := range more {
		if files[filepath.Base(file)], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	for name, original := range files {
		want, err := gobmp.Decode(bytes.NewReader(original))
		if err != nil {
			t.Fatal(err)
		}
		got := decoded(t, transform(t, original, "max,format=png").Bytes)
		if got.Bounds() != want.Bounds() {
			t.Errorf("%s is %v, want %v", name, got.Bounds(), want.Bounds())
			continue
		}
		for y := range got.Bounds().Dy() {
			for x := range got.Bounds().Dx() {
				if c := color.NRGBAModel.Convert(want.At(x, y)).(color.NRGBA); got.NRGBAAt(x, y) != c && c.A != 0 {
					t.Fatalf("%s: %v at %d, %d, want %v", name, got.NRGBAAt(x, y), x, y, c)
				}
			}
		}
	}
}

// Whatever the bytes, nothing panics, and what was let through has the size
// that was told.
func FuzzBMP(f *testing.F) {
	for _, kind := range bmpKinds {
		f.Add(kind.file(9, 7))
	}
	f.Fuzz(func(t *testing.T, original []byte) {
		if !sniffBMP(original) {
			return
		}
		found, err := scanBMP(original, Limits{Pixels: 10_000, Frames: 1})
		if err != nil {
			return
		}
		checkBitmap(t, found)
	})
}

// checkBitmap decodes a bitmap. That may fail, but not in any way.
func checkBitmap(t *testing.T, found *bitmap) {
	t.Helper()
	if found.width < 1 || found.height < 1 || found.width*found.height > 10_000 {
		t.Fatalf("%dx%d pixels are let through", found.width, found.height)
	}
	picture, err := found.open(nil)
	if err != nil {
		return
	}
	defer picture.Close()
	if picture.Width() != found.width || picture.Height() != found.height {
		t.Errorf("%dx%d pixels came of %dx%d", picture.Width(), picture.Height(), found.width, found.height)
	}
}
