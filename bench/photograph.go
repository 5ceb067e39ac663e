package main

import (
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
)

// writePhotograph makes a JPEG that costs what a camera's does: smooth areas,
// edges, texture, and some noise. The same seed gives the same bytes.
func writePhotograph(file string, width, height int, seed uint64) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := jpeg.Encode(out, photograph(width, height, seed), &jpeg.Options{Quality: 90}); err != nil {
		_ = out.Close() // the first error tells more
		return err
	}
	return out.Close()
}

func photograph(width, height int, seed uint64) image.Image {
	random := rand.New(rand.NewPCG(seed, 1)) // the same every time
	noise := make([]float64, 1<<16)
	for i := range noise {
		noise[i] = random.NormFloat64() * 4
	}
	// Waves across and down, computed once for each column and row.
	phase := float64(seed)
	across, down := make([]float64, width), make([]float64, height)
	for x := range across {
		across[x] = math.Sin(float64(x)/97 + phase)
	}
	for y := range down {
		down[y] = math.Cos(float64(y)/61 + phase)
	}
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		row := random.IntN(len(noise)) // so that no two rows have the same noise
		for x := range width {
			light := 128 + 60*across[x]*down[y] + noise[(row+x)%len(noise)]
			if (x/211+y/173)%3 == 0 { // edges, with a texture inside
				light += 30 * across[(7*x+y)%width]
			}
			channel := func(tint float64) uint8 { return uint8(min(max(light+tint, 0), 255)) }
			picture.SetRGBA(x, y, color.RGBA{
				channel(40 * float64(x) / float64(width)), channel(0), channel(40 * float64(y) / float64(height)), 255,
			})
		}
	}
	return picture
}
