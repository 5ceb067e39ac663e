package main

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/png"
	"math"
	"math/rand/v2"
)

// The colours of all drawings.
var (
	ink    = color.NRGBA{29, 53, 87, 255}
	coral  = color.NRGBA{230, 57, 70, 255}
	sky    = color.NRGBA{168, 218, 220, 255}
	sand   = color.NRGBA{244, 211, 94, 255}
	mist   = color.NRGBA{214, 224, 214, 255}
	shadow = color.NRGBA{29, 53, 87, 96}
)

// shape says how far a point, in pixels, lies outside of it; less than 0 is
// inside.
type shape func(x, y float64) float64

func disc(centreX, centreY, radius float64) shape {
	return func(x, y float64) float64 { return math.Hypot(x-centreX, y-centreY) - radius }
}

func ring(centreX, centreY, radius, width float64) shape {
	return func(x, y float64) float64 { return math.Abs(math.Hypot(x-centreX, y-centreY)-radius) - width/2 }
}

func bar(left, top, right, bottom float64) shape {
	return func(x, y float64) float64 { return max(left-x, x-right, top-y, y-bottom) }
}

// paint fills a shape on a picture, with edges that are smoothed over a pixel.
func paint(picture *image.NRGBA, s shape, colour color.NRGBA) {
	bounds := picture.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			inside := min(max(0.5-s(float64(x)+0.5, float64(y)+0.5), 0), 1)
			if inside == 0 {
				continue
			}
			over := colour
			over.A = uint8(math.Round(float64(colour.A) * inside))
			draw.Draw(picture, image.Rect(x, y, x+1, y+1), image.NewUniform(over), image.Point{}, draw.Over)
		}
	}
}

func fill(picture *image.NRGBA, area image.Rectangle, colour color.Color) {
	draw.Draw(picture, area, image.NewUniform(colour), image.Point{}, draw.Src)
}

// drawLogo is a mark with opaque, half transparent and transparent parts.
func drawLogo() image.Image {
	picture := image.NewNRGBA(image.Rect(0, 0, 96, 96))
	paint(picture, disc(48, 48, 44), shadow)
	paint(picture, ring(48, 48, 41, 8), ink)
	paint(picture, bar(26, 50, 36, 68), coral)
	paint(picture, bar(43, 38, 53, 68), coral)
	paint(picture, bar(60, 26, 70, 68), coral)
	return picture
}

// drawFramed is a picture in a wide border that a little noise keeps from being
// of one colour, as scans are.
func drawFramed() image.Image {
	picture := image.NewNRGBA(image.Rect(0, 0, 240, 160))
	random := rand.New(rand.NewPCG(1, 2)) // the same every time
	for i := 0; i < len(picture.Pix); i += 4 {
		noise := uint8(random.IntN(9))
		copy(picture.Pix[i:], []byte{mist.R + noise, mist.G + noise, mist.B + noise, 255})
	}
	inner := image.Rect(30, 20, 200, 120)
	scene := picture.SubImage(inner).(*image.NRGBA)
	fill(scene, inner, sky)
	paint(scene, disc(150, 55, 22), sand)
	paint(scene, disc(70, 150, 62), ink)
	paint(scene, disc(150, 170, 75), coral)
	return picture
}

// drawBall is an animation of a ball that bounces.
func drawBall(string) ([]byte, error) {
	const count, width, height = 12, 120, 80
	palette := color.Palette{}
	for _, colour := range []color.NRGBA{sky, ink, coral} {
		for i := range 9 { // the colours between, for smooth edges
			mixed := func(to, from uint8) uint8 { return uint8((int(to)*i + int(from)*(8-i)) / 8) }
			palette = append(palette, color.NRGBA{mixed(colour.R, sky.R), mixed(colour.G, sky.G), mixed(colour.B, sky.B), 255})
		}
	}
	film := &gif.GIF{}
	for i := range count {
		frame := image.NewNRGBA(image.Rect(0, 0, width, height))
		fill(frame, frame.Bounds(), sky)
		fill(frame, image.Rect(0, 70, width, height), ink)
		along := float64(i) / count
		high := math.Abs(math.Cos(2 * math.Pi * along))
		paint(frame, disc(60-44*math.Cos(2*math.Pi*along), 58-44*high, 11), coral)
		shown := image.NewPaletted(frame.Bounds(), palette)
		draw.Draw(shown, shown.Bounds(), frame, image.Point{}, draw.Src)
		film.Image = append(film.Image, shown)
		film.Delay = append(film.Delay, 8)
	}
	var file bytes.Buffer
	err := gif.EncodeAll(&file, film)
	return file.Bytes(), err
}

func encodePNG(picture image.Image) ([]byte, error) {
	var file bytes.Buffer
	err := png.Encode(&file, picture)
	return file.Bytes(), err
}
