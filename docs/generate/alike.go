package main

import (
	"fmt"
	"image"
	"slices"

	"api-resize/spec"
	"api-resize/transform"
)

// tolerance is what counts as the same picture: room for other versions of
// libvips and its codecs, which round differently, and for nothing that can be
// seen.
type tolerance struct {
	similarity float64 // of luma, at least; 1 is the same
	difference float64 // of all colours and alpha on average, at most; of 255
	block      float64 // the same in the block of pixels that differs most
}

// Between libvips 8.14 with the codecs of Debian 12 and 8.16 with those of
// Debian 13, PNGs of drawings are the same; those of photographs are similar by
// 0.9997, and differ by 0.2 and in one block by 0.8. Of JPEGs it is 0.9906, 2.0
// and 7, and of coarse pictures 0.979, 3.5 and 16.
var (
	fine  = tolerance{0.999, 0.5, 2}
	usual = tolerance{0.98, 2.5, 10}
	// Few colours or little quality: what is rounded is large.
	coarse = tolerance{0.95, 5, 40}
	// Another machine may have other fonts: one word in another one is similar by
	// 0.934 and differs by 3.2, in another place by 0.905 and 4.2.
	lettered = tolerance{0.92, 4, 255}
)

// coarseQuality is the quality of a JPEG below which it is coarse.
const coarseQuality = 50

// tolerance is that of an example's picture, in the format that it was written
// in.
func (e example) tolerance(format spec.Format) tolerance {
	request, err := e.parsed()
	if err != nil {
		return fine
	}
	output := request.Spec.Output
	switch {
	case request.Spec.Text != spec.Text{}:
		return lettered
	case format == spec.GIF, output.MaxBytes > 0, output.Quality != 0 && output.Quality < coarseQuality: // or automatic
		return coarse
	case format == spec.PNG:
		return fine
	}
	return usual
}

// alike is an error that says how two files look different, or nil.
func alike(stored, made []byte, within tolerance) error {
	before, err := decode(stored)
	if err != nil {
		return fmt.Errorf("the stored picture: %w", err)
	}
	now, err := decode(made)
	if err != nil {
		return fmt.Errorf("the new picture: %w", err)
	}
	if before.size() != now.size() || !slices.Equal(before.delays, now.delays) {
		return fmt.Errorf("it is %s, stored was %s", now, before)
	}
	for i, picture := range now.pictures {
		got := compare(before.pictures[i], picture)
		if got.similarity < within.similarity || got.difference > within.difference || got.block > within.block {
			return fmt.Errorf("frame %d: luma is similar by %.4f, expected at least %g; colours differ by %.2f, expected at most %g; where they differ most by %.1f, expected at most %g",
				i+1, got.similarity, within.similarity, got.difference, within.difference, got.block, within.block)
		}
	}
	return nil
}

// compare says what tolerance it takes for two pictures of one size to be the
// same.
func compare(a, b *image.RGBA) tolerance {
	all := a.Bounds()
	measured := tolerance{similarity: transform.Similarity(lumaOf(a), lumaOf(b)), difference: difference(a, b, all)}
	for y := 0; y < all.Dy(); y += blockSide {
		for x := 0; x < all.Dx(); x += blockSide {
			block := image.Rect(x, y, x+blockSide, y+blockSide).Intersect(all)
			measured.block = max(measured.block, difference(a, b, block))
		}
	}
	return measured
}

// blockSide is the side of a tolerance's blocks, in pixels.
const blockSide = 8

// lumaOf is the luma of a picture over white.
func lumaOf(picture *image.RGBA) *image.Gray {
	gray := image.NewGray(picture.Bounds())
	for i := range gray.Pix {
		pixel := picture.Pix[4*i : 4*i+4]
		luma := 299*int(pixel[0]) + 587*int(pixel[1]) + 114*int(pixel[2]) // ITU-R BT.601, in thousandths
		gray.Pix[i] = uint8((luma+500)/1000 + 255 - int(pixel[3]))
	}
	return gray
}

// difference is how much the values of all channels differ on average, in one
// area.
func difference(a, b *image.RGBA, area image.Rectangle) float64 {
	sum := 0
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for i := a.PixOffset(area.Min.X, y); i < a.PixOffset(area.Max.X, y); i++ {
			sum += max(int(a.Pix[i])-int(b.Pix[i]), int(b.Pix[i])-int(a.Pix[i]))
		}
	}
	return float64(sum) / float64(4*area.Dx()*area.Dy())
}
