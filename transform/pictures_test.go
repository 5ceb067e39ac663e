package transform

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/davidbyttow/govips/v2/vips"
	"github.com/jsummers/gobmp"
)

var (
	red   = color.NRGBA{220, 30, 30, 255}
	green = color.NRGBA{30, 200, 40, 255}
	blue  = color.NRGBA{40, 50, 210, 255}
	white = color.NRGBA{255, 255, 255, 255}
)

// corners is a picture of four quarters: red and green above, blue and white
// below.
func corners(width, height int) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			quarter := [2][2]color.NRGBA{{red, green}, {blue, white}}
			picture.SetNRGBA(x, y, quarter[2*y/height][2*x/width])
		}
	}
	return picture
}

// plain is a picture of one colour.
func plain(width, height int, c color.NRGBA) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := 0; i < len(picture.Pix); i += 4 {
		copy(picture.Pix[i:], []byte{c.R, c.G, c.B, c.A})
	}
	return picture
}

func jpegOf(t testing.TB, picture image.Image) []byte {
	t.Helper()
	var buffer bytes.Buffer
	if err := jpeg.Encode(&buffer, picture, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func pngOf(t testing.TB, picture image.Image) []byte {
	t.Helper()
	var buffer bytes.Buffer
	if err := png.Encode(&buffer, picture); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func bmpOf(t testing.TB, picture image.Image) []byte {
	t.Helper()
	var buffer bytes.Buffer
	if err := gobmp.Encode(&buffer, picture); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// gifOf is an animation of one frame in each colour, 7, 14, 21 … hundredths of
// a second long, played three times.
func gifOf(t testing.TB, width, height int, colours ...color.NRGBA) []byte {
	t.Helper()
	animation := &gif.GIF{LoopCount: 2} // repeats after the first time
	for i, c := range colours {
		frame := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{c, color.NRGBA{1, 2, 3, 255}})
		animation.Image = append(animation.Image, frame)
		animation.Delay = append(animation.Delay, 7*(i+1))
	}
	var buffer bytes.Buffer
	if err := gif.EncodeAll(&buffer, animation); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// gifOfFrames is an animation of pictures of a few colours.
func gifOfFrames(t testing.TB, frames ...*image.NRGBA) []byte {
	t.Helper()
	animation := &gif.GIF{}
	for _, frame := range frames {
		picture := image.NewPaletted(frame.Bounds(), color.Palette{white, red, green, blue, color.Black})
		draw.Draw(picture, picture.Bounds(), frame, image.Point{}, draw.Src)
		animation.Image = append(animation.Image, picture)
		animation.Delay = append(animation.Delay, 10)
	}
	var buffer bytes.Buffer
	if err := gif.EncodeAll(&buffer, animation); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// exported is a picture written by libvips, for what Go can't write.
func exported(t testing.TB, picture image.Image, export func(*vips.ImageRef) ([]byte, *vips.ImageMetadata, error)) []byte {
	t.Helper()
	ref, err := vips.NewImageFromGoImage(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer ref.Close()
	data, _, err := export(ref)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// originals is one picture in every format and kind of format that is read.
func originals(t testing.TB, picture image.Image) map[string][]byte {
	t.Helper()
	kinds := map[string][]byte{
		"jpeg": jpegOf(t, picture),
		"png":  pngOf(t, picture),
		"bmp":  bmpOf(t, picture),
		"ico":  icoOf(pngOf(t, picture)),
	}
	for name, export := range map[string]func(*vips.ImageRef) ([]byte, *vips.ImageMetadata, error){
		"progressive jpeg": func(ref *vips.ImageRef) ([]byte, *vips.ImageMetadata, error) {
			return ref.ExportJpeg(&vips.JpegExportParams{Quality: 95, Interlace: true})
		},
		"interlaced png": func(ref *vips.ImageRef) ([]byte, *vips.ImageMetadata, error) {
			return ref.ExportPng(&vips.PngExportParams{Compression: 6, Interlace: true})
		},
		"palette png": func(ref *vips.ImageRef) ([]byte, *vips.ImageMetadata, error) {
			return ref.ExportPng(&vips.PngExportParams{Compression: 6, Palette: true, Quality: 90, Bitdepth: 8})
		},
		"webp": func(ref *vips.ImageRef) ([]byte, *vips.ImageMetadata, error) {
			return ref.ExportWebp(&vips.WebpExportParams{Quality: 95, ReductionEffort: 1})
		},
		"lossless webp": func(ref *vips.ImageRef) ([]byte, *vips.ImageMetadata, error) {
			return ref.ExportWebp(&vips.WebpExportParams{Lossless: true, ReductionEffort: 1})
		},
		"gif": func(ref *vips.ImageRef) ([]byte, *vips.ImageMetadata, error) {
			return ref.ExportGIF(&vips.GifExportParams{Effort: 1, Bitdepth: 8})
		},
		"avif": func(ref *vips.ImageRef) ([]byte, *vips.ImageMetadata, error) {
			return ref.ExportAvif(&vips.AvifExportParams{Quality: 95, Effort: 1, Bitdepth: 8})
		},
		"heic": func(ref *vips.ImageRef) ([]byte, *vips.ImageMetadata, error) {
			return ref.ExportHeif(&vips.HeifExportParams{Quality: 95, Effort: 1, Bitdepth: 8})
		},
		"jxl": func(ref *vips.ImageRef) ([]byte, *vips.ImageMetadata, error) {
			data, err := saveImage("jxlsave_buffer", ref, "Q=95,effort=3")
			return data, nil, err
		},
		"lossless jxl": func(ref *vips.ImageRef) ([]byte, *vips.ImageMetadata, error) {
			data, err := saveImage("jxlsave_buffer", ref, "lossless=true,effort=3")
			return data, nil, err
		},
		"tiff": func(ref *vips.ImageRef) ([]byte, *vips.ImageMetadata, error) {
			return ref.ExportTiff(&vips.TiffExportParams{Compression: vips.TiffCompressionDeflate, Predictor: vips.TiffPredictorHorizontal})
		},
		"tiled tiff": func(ref *vips.ImageRef) ([]byte, *vips.ImageMetadata, error) {
			return ref.ExportTiff(&vips.TiffExportParams{Compression: vips.TiffCompressionNone, Tile: true, TileWidth: 64, TileHeight: 64})
		},
	} {
		kinds[name] = exported(t, picture, export)
	}
	return kinds
}

// opaque is a picture of three channels to libvips' encoders.
func opaque(width, height int) image.Image {
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			picture.SetRGBA(x, y, color.RGBA{uint8(x * 255 / width), uint8(y * 255 / height), uint8((x ^ y) * 3), 255})
		}
	}
	return picture
}

// withSegment puts a segment into a JPEG, right behind its beginning.
func withSegment(file []byte, marker byte, body string) []byte {
	segment := []byte{0xff, marker, 0, 0}
	binary.BigEndian.PutUint16(segment[2:], uint16(2+len(body)))
	segment = append(segment, body...)
	return append(append(append([]byte(nil), file[:2]...), segment...), file[2:]...)
}

// withOrientation gives a JPEG an EXIF orientation.
func withOrientation(file []byte, orientation int) []byte {
	return withSegment(file, 0xe1, "Exif\x00\x00"+
		"MM\x00*\x00\x00\x00\x08"+ // big-endian, directory at 8
		"\x00\x01"+ // one entry
		"\x01\x12\x00\x03\x00\x00\x00\x01\x00"+string(rune(orientation))+"\x00\x00"+
		"\x00\x00\x00\x00")
}

// withChunks puts chunks into a PNG, right behind its header.
func withChunks(file []byte, chunks ...[]byte) []byte {
	const header = pngSignatureLength + 25
	return append(append(append([]byte(nil), file[:header]...), bytes.Join(chunks, nil)...), file[header:]...)
}

func chunk(kind string, body []byte) []byte {
	data := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	data = append(append(data, kind...), body...)
	return binary.BigEndian.AppendUint32(data, crc32.ChecksumIEEE(data[4:]))
}

func packed(data []byte) []byte {
	var buffer bytes.Buffer
	writer := zlib.NewWriter(&buffer)
	writer.Write(data)
	writer.Close()
	return buffer.Bytes()
}

// profileChunk is an iCCP chunk.
func profileChunk(profile []byte) []byte {
	return chunk("iCCP", append([]byte("profile\x00\x00"), packed(profile)...))
}

// near reports whether two colours differ by no more than the tolerance in any
// channel.
func near(a, b color.NRGBA, tolerance int) bool {
	for _, pair := range [][2]uint8{{a.R, b.R}, {a.G, b.G}, {a.B, b.B}, {a.A, b.A}} {
		if difference := int(pair[0]) - int(pair[1]); difference > tolerance || -difference > tolerance {
			return false
		}
	}
	return true
}
