package main

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	_ "image/jpeg" // decodes
	_ "image/png"  // decodes
)

// frames are what a file shows, one after the other, with premultiplied alpha,
// and how long each stays, in hundredths of a second.
type frames struct {
	pictures []*image.RGBA
	delays   []int
}

// decode reads a JPEG, PNG or GIF without libvips, which is what is tried.
func decode(data []byte) (frames, error) {
	picture, format, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return frames{}, err
	}
	if format == "gif" {
		return decodeGIF(data)
	}
	return frames{[]*image.RGBA{premultiplied(picture)}, []int{0}}, nil
}

func premultiplied(picture image.Image) *image.RGBA {
	bounds := picture.Bounds()
	canvas := image.NewRGBA(image.Rect(0, 0, bounds.Dx(), bounds.Dy()))
	draw.Draw(canvas, canvas.Bounds(), picture, bounds.Min, draw.Src)
	return canvas
}

// decodeGIF plays an animation: each frame is what changes of the one before.
func decodeGIF(data []byte) (frames, error) {
	animation, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		return frames{}, err
	}
	played := frames{delays: animation.Delay}
	canvas := image.NewRGBA(image.Rect(0, 0, animation.Config.Width, animation.Config.Height))
	for i, frame := range animation.Image {
		before := premultiplied(canvas)
		draw.Draw(canvas, frame.Bounds(), frame, frame.Bounds().Min, draw.Over)
		played.pictures = append(played.pictures, premultiplied(canvas))
		switch animation.Disposal[i] {
		case gif.DisposalBackground:
			draw.Draw(canvas, frame.Bounds(), image.Transparent, image.Point{}, draw.Src)
		case gif.DisposalPrevious:
			canvas = before
		}
	}
	return played, nil
}

// size is that of every frame.
func (f frames) size() image.Point { return f.pictures[0].Bounds().Size() }

func (f frames) String() string {
	return fmt.Sprintf("%d×%d in %d frames of %v", f.size().X, f.size().Y, len(f.pictures), f.delays)
}
