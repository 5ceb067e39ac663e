package transform

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"slices"

	"github.com/davidbyttow/govips/v2/vips"
	"github.com/jsummers/gobmp"
)

// bitmap is a picture that is decoded in Go: a BMP file, or an image of an icon
// that is no PNG. libvips would have ImageMagick decode it.
type bitmap struct {
	width, height int
	alpha         bool   // its pixels have an alpha channel
	header        []byte // what the decoder is to see before body
	body          []byte
	icon, topDown bool
	mask          []byte // of an icon, what is see-through: a bit a pixel; nil for nothing
}

// scanBMP reads the header of a BMP file, and makes sure that its pixels are
// all there.
func scanBMP(data []byte, limits Limits) (*bitmap, error) {
	d, err := readDIB(data[bmpFileHeader:])
	if err != nil {
		return nil, err
	}
	if err := d.allow(limits); err != nil {
		return nil, err
	}
	start := int64(binary.LittleEndian.Uint32(data[10:]))
	whole := start <= int64(len(data))
	switch {
	case !whole:
	case d.compression == dibRLE8 || d.compression == dibRLE4:
		whole = d.rleIsWhole(data[start:])
	default:
		whole = pixelsSize(d.width, d.rows(), d.bits) <= int64(len(data))-start
	}
	if !whole {
		return nil, fmt.Errorf("%w: the BMP ends before its pixels do", ErrCorrupt)
	}
	return &bitmap{width: d.width, height: d.rows(), alpha: d.alphaMask != 0, body: data}, nil
}

// sniffBMP recognises a BMP by the lengths of its headers: its magic number is
// but two letters.
func sniffBMP(data []byte) bool {
	if len(data) < bmpFileHeader+dibCore || string(data[:2]) != "BM" {
		return false
	}
	size, start := binary.LittleEndian.Uint32(data[bmpFileHeader:]), binary.LittleEndian.Uint32(data[10:])
	return slices.Contains(dibSizes, int(size)) && start >= bmpFileHeader+size
}

// open decodes all of the bitmap, into the memory of an image: gray or sRGB of
// 8 bits, with or without alpha.
func (b *bitmap) open(g *guard) (*vips.ImageRef, error) {
	decoded, err := b.decode(g)
	if err != nil {
		return nil, err
	}
	if decoded.Bounds() != image.Rect(0, 0, b.width, b.height) {
		return nil, fmt.Errorf("the bitmap is %v and not %dx%d pixels", decoded.Bounds().Size(), b.width, b.height)
	}
	switch pixels := decoded.(type) {
	case *image.Paletted:
		return b.fromPalette(pixels, g)
	case *image.NRGBA:
		return b.fromColours(pixels, g)
	}
	return nil, fmt.Errorf("the bitmap was decoded to %T", decoded)
}

// decode has the library do its work. It is fuzzed here, but what it panics at
// all the same is the file's fault.
func (b *bitmap) decode(g *guard) (decoded image.Image, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			decoded, err = nil, fmt.Errorf("the decoder of bitmaps: %v", fault)
		}
	}()
	file := io.MultiReader(bytes.NewReader(b.header), bytes.NewReader(b.body))
	return gobmp.Decode(guardedReader{file, g})
}

// guardedReader ends when the guard stops.
type guardedReader struct {
	io.Reader
	guard *guard
}

var errStopped = errors.New("stopped")

func (r guardedReader) Read(buffer []byte) (int, error) {
	if r.guard.stopped() {
		return 0, errStopped
	}
	return r.Reader.Read(buffer)
}

func (b *bitmap) fromPalette(decoded *image.Paletted, g *guard) (*vips.ImageRef, error) {
	var colours [256][4]byte
	gray := !b.icon
	for i, entry := range decoded.Palette {
		c := color.NRGBAModel.Convert(entry).(color.NRGBA)
		colours[i] = [4]byte{c.R, c.G, c.B, c.A}
		gray = gray && c.R == c.G && c.G == c.B
	}
	bands := 3
	switch {
	case gray:
		bands = 1
	case b.icon:
		bands = 4
	}
	return newImage(b.width, b.height, bands, g, func(pixels []byte) {
		for i, index := range decoded.Pix {
			copy(pixels[i*bands:(i+1)*bands], colours[index][:])
		}
		b.applyMask(pixels)
	})
}

func (b *bitmap) fromColours(decoded *image.NRGBA, g *guard) (*vips.ImageRef, error) {
	// Many programs leave the alpha channel at zero where they mean none.
	seeThrough := b.alpha && !allZero(decoded.Pix)
	bands := 3
	if seeThrough || b.icon {
		bands = 4
	}
	return newImage(b.width, b.height, bands, g, func(pixels []byte) {
		for i := range b.width * b.height {
			copy(pixels[i*bands:(i+1)*bands], decoded.Pix[i*4:])
			if bands == 4 && !seeThrough {
				pixels[i*4+3] = 255
			}
		}
		if !seeThrough {
			b.applyMask(pixels)
		}
	})
}

// allZero reports whether no pixel of RGBA has any alpha.
func allZero(pixels []byte) bool {
	for i := 3; i < len(pixels); i += 4 {
		if pixels[i] != 0 {
			return false
		}
	}
	return true
}

// applyMask makes an icon's pixels see-through where its mask says so.
func (b *bitmap) applyMask(pixels []byte) {
	if b.mask == nil {
		return
	}
	stride := int(pixelsSize(b.width, 1, 1))
	for y := range b.height {
		row := b.height - 1 - y
		if b.topDown {
			row = y
		}
		for x := range b.width {
			if b.mask[row*stride+x/8]>>(7-x%8)&1 != 0 {
				pixels[(y*b.width+x)*4+3] = 0
			}
		}
	}
}
