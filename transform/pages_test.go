package transform

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// tiffPage is a page of a TIFF, all in one colour.
type tiffPage struct {
	width, height, orientation int
	colour                     color.NRGBA
}

// tiffOf is a TIFF of several pages, RGB without compression (TIFF 6.0).
func tiffOf(pages ...tiffPage) []byte {
	le := binary.LittleEndian
	file := []byte("II*\x00\x00\x00\x00\x00")
	link := 4 // where the offset of the next directory belongs
	for _, page := range pages {
		strip := len(file)
		for range page.width * page.height {
			file = append(file, page.colour.R, page.colour.G, page.colour.B)
		}
		file = append(file, make([]byte, len(file)%2)...)
		depths := len(file)
		file = append(file, 8, 0, 8, 0, 8, 0)
		le.PutUint32(file[link:], uint32(len(file)))
		entries := [][4]int{ // tag, type, count, value
			{256, 3, 1, page.width}, {257, 3, 1, page.height}, {258, 3, 3, depths}, {259, 3, 1, 1}, {262, 3, 1, 2},
			{273, 4, 1, strip}, {274, 3, 1, max(page.orientation, 1)}, {277, 3, 1, 3}, {278, 3, 1, page.height},
			{279, 4, 1, 3 * page.width * page.height}, {284, 3, 1, 1},
		}
		file = le.AppendUint16(file, uint16(len(entries)))
		for _, entry := range entries {
			file = le.AppendUint16(file, uint16(entry[0]))
			file = le.AppendUint16(file, uint16(entry[1]))
			file = le.AppendUint32(file, uint32(entry[2]))
			file = le.AppendUint32(file, uint32(entry[3]))
		}
		link = len(file)
		file = le.AppendUint32(file, 0)
	}
	return file
}

// inOne is one picture of several colours below each other, as libvips takes
// pages of one size.
func inOne(width, height int, colours ...color.NRGBA) image.Image {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height*len(colours)))
	for i := range picture.Pix {
		c := colours[i/(4*width*height)]
		picture.Pix[i] = [4]uint8{c.R, c.G, c.B, c.A}[i%4]
	}
	return picture
}

// heifOf is an AVIF or HEIC of several images.
func heifOf(t testing.TB, format spec.Format, width, height int, colours ...color.NRGBA) []byte {
	return exported(t, inOne(width, height, colours...), func(ref *vips.ImageRef) ([]byte, *vips.ImageMetadata, error) {
		if err := ref.SetPageHeight(height); err != nil {
			return nil, nil, err
		}
		if format == spec.AVIF {
			return ref.ExportAvif(&vips.AvifExportParams{Quality: 95, Effort: 1, Bitdepth: 8})
		}
		return ref.ExportHeif(&vips.HeifExportParams{Quality: 95, Effort: 1, Bitdepth: 8})
	})
}

// withPrimary makes another image of a HEIF file the primary one. Which of its
// items are images, libvips tells.
func withPrimary(t testing.TB, file []byte, index int) []byte {
	t.Helper()
	at := bytes.Index(file, []byte("pitm"))
	if at < 0 || file[at+4] != 0 {
		t.Fatal("the file has no short primary item box")
	}
	for item := range uint16(50) {
		changed := bytes.Clone(file)
		binary.BigEndian.PutUint16(changed[at+8:], item)
		if header, err := loaders[spec.HEIC].open(changed, openOptions, nil); err == nil {
			primary := header.GetInt("heif-primary")
			header.Close()
			if primary == index {
				return changed
			}
		}
	}
	t.Fatalf("no item is image %d", index)
	return nil
}

// pageOf makes a picture of one page.
func pageOf(t testing.TB, original []byte, page int) (*image.NRGBA, error) {
	t.Helper()
	facts, err := engine.InspectPage(original, page)
	if err != nil {
		return nil, err
	}
	picture, err := engine.Transform(t.Context(), ordered(original, facts, resolved(t, fmt.Sprintf("max,format=png,page=%d", page))))
	if err != nil {
		return nil, err
	}
	return decoded(t, picture.Bytes), nil
}

// Every page is a picture by itself, with a size, an orientation and pixels of
// its own; one more is asked for in vain.
func TestPages(t *testing.T) {
	type page struct {
		width, height, frames int
		colour                color.NRGBA
	}
	film := gifOf(t, 20, 10, red, green, blue)
	heic, avif := heifOf(t, spec.HEIC, 64, 48, red, green, blue), heifOf(t, spec.AVIF, 64, 48, red, green, blue)
	ordered := []page{{64, 48, 1, red}, {64, 48, 1, green}, {64, 48, 1, blue}}
	frames := []page{{20, 10, 3, red}, {20, 10, 1, green}, {20, 10, 1, blue}}
	for name, test := range map[string]struct {
		original []byte
		pages    []page
	}{
		"TIFF": {
			tiffOf(tiffPage{40, 30, 1, red}, tiffPage{10, 20, 6, green}, tiffPage{25, 5, 3, blue}),
			[]page{{40, 30, 1, red}, {20, 10, 1, green}, {25, 5, 1, blue}},
		},
		"GIF":                        {film, frames},
		"WebP":                       {transform(t, film, "max,format=webp,quality=100").Bytes, frames},
		"HEIC":                       {heic, ordered},
		"AVIF":                       {avif, ordered},
		"HEIC, the last primary":     {withPrimary(t, heic, 2), []page{ordered[2], ordered[0], ordered[1]}},
		"AVIF, the second primary":   {withPrimary(t, avif, 1), []page{ordered[1], ordered[0], ordered[2]}},
		"ICO of PNGs and of bitmaps": {icoOf(pngOf(t, plain(8, 8, green)), bmpKinds["24 bits"].icon(16, 16), pngOf(t, plain(32, 24, blue))), []page{{32, 24, 1, blue}, {16, 16, 1, red}, {8, 8, 1, green}}},
		"PNG":                        {pngOf(t, plain(9, 7, red)), []page{{9, 7, 1, red}}},
		"JPEG":                       {jpegOf(t, plain(9, 7, red)), []page{{9, 7, 1, red}}},
		"BMP":                        {bmpOf(t, plain(9, 7, red)), []page{{9, 7, 1, red}}},
	} {
		for i, want := range test.pages {
			got, err := engine.InspectPage(test.original, i+1)
			if err != nil {
				t.Errorf("%s, page %d: %v", name, i+1, err)
				continue
			}
			if got.Width != want.width || got.Height != want.height || got.Frames != want.frames || got.Pages != len(test.pages) {
				t.Errorf("%s, page %d: %+v, want %+v of %d", name, i+1, got, want, len(test.pages))
			}
			pixels, err := pageOf(t, test.original, i+1)
			if err != nil {
				t.Errorf("%s, page %d: %v", name, i+1, err)
				continue
			}
			if got := pixels.NRGBAAt(2, 2); pixels.Bounds().Dx() != want.width || pixels.Bounds().Dy() != want.height || !near(got, want.colour, 8) {
				t.Errorf("%s, page %d: %v of %v, want %+v", name, i+1, pixels.Bounds().Size(), got, want)
			}
		}
		beyond := len(test.pages) + 1
		for _, err := range []error{second(engine.InspectPage(test.original, beyond)), second(pageOf(t, test.original, beyond))} {
			if !errors.Is(err, spec.ErrImpossible) || !strings.Contains(err.Error(), "1…") {
				t.Errorf("%s, page %d: got %v, want spec.ErrImpossible with the range", name, beyond, err)
			}
		}
		if first, err := engine.Inspect(test.original); err != nil || first != facts(t, test.original) {
			t.Errorf("%s: %+v, %v", name, first, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// A page that is too large is refused by itself; the others are not.
func TestPageLimits(t *testing.T) {
	original := tiffOf(tiffPage{20, 20, 1, red}, tiffPage{50, 50, 1, green}, tiffPage{20, 20, 1, blue})
	e := limited(func(l *Limits) { l.Pixels = 500 })
	for page, want := range []error{nil, ErrTooManyPixels, nil} {
		if _, err := e.InspectPage(original, page+1); !errors.Is(err, want) {
			t.Errorf("page %d: got %v, want %v", page+1, err, want)
		}
	}
}

// A TIFF of which any directory is cut off is no picture, whichever page is
// asked for; nor is one whose directories go round in a circle.
func TestTIFFDirectories(t *testing.T) {
	original := tiffOf(tiffPage{20, 20, 1, red}, tiffPage{20, 20, 1, green})
	for _, page := range []int{1, 2} {
		for _, length := range []int{len(original) - 1, len(original) - 40, len(original) / 2} {
			if _, err := pageOf(t, original[:length:length], page); !errors.Is(err, ErrCorrupt) {
				t.Errorf("page %d with %d of %d bytes: got %v, want ErrCorrupt", page, length, len(original), err)
			}
		}
	}
	circle := bytes.Clone(original)
	copy(circle[len(circle)-4:], circle[4:8])
	if _, err := engine.Inspect(circle); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a circle: got %v, want ErrCorrupt", err)
	}
	many := make([]tiffPage, maxDirectories+1)
	for i := range many {
		many[i] = tiffPage{1, 1, 1, red}
	}
	if facts, err := engine.Inspect(tiffOf(many[1:]...)); err != nil || facts.Pages != maxDirectories {
		t.Errorf("as many as allowed: %+v, %v", facts, err)
	}
	if _, err := engine.Inspect(tiffOf(many...)); !errors.Is(err, ErrTooManyPixels) {
		t.Errorf("one too many: got %v, want ErrTooManyPixels", err)
	}
}

// BigTIFF counts in 64 bits. libvips here reads those of its own.
func TestBigTIFF(t *testing.T) {
	original := exported(t, opaque(30, 20), func(ref *vips.ImageRef) ([]byte, *vips.ImageMetadata, error) {
		data, err := saveImage("tiffsave_buffer", ref, "bigtiff=true")
		return data, nil, err
	})
	if got := facts(t, original); got.Format != spec.TIFF || got.Width != 30 || got.Pages != 1 {
		t.Errorf("%+v, want 30 by 20 pixels on one page", got)
	}
	for _, length := range []int{15, len(original) / 2, len(original) - 1} {
		if err := attempt(t, original[:length:length], "10x,format=png"); !errors.Is(err, ErrCorrupt) {
			t.Errorf("with %d of %d bytes: got %v, want ErrCorrupt", length, len(original), err)
		}
	}
}

func FuzzTIFF(f *testing.F) {
	f.Add(tiffOf(tiffPage{2, 3, 1, red}, tiffPage{1, 1, 6, blue}))
	f.Add([]byte("MM\x00+\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10" + "\x00\x00\x00\x00\x00\x00\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, original []byte) {
		if format, _ := Sniff(original); format != spec.TIFF {
			return
		}
		if err := scanTIFF(original); err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrTooManyPixels) {
			t.Errorf("an error of no kind: %v", err)
		}
	})
}
