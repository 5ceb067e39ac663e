package main

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"strings"
	"testing"
)

// scene is a picture with edges, areas and transparency, moved and lightened.
func scene(shift int, light uint8) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, 64, 48))
	fill(picture, image.Rect(0, 0, 64, 40), color.NRGBA{90 + light, 120 + light, 150 + light, 255})
	paint(picture, disc(30+float64(shift), 20, 12), coral)
	paint(picture, bar(5, 5, 10, 35), ink)
	return picture
}

func TestAlike(t *testing.T) {
	file := func(picture image.Image) []byte {
		data, err := encodePNG(picture)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	recoloured := scene(0, 0)
	for i := 0; i < len(recoloured.Pix); i += 4 { // of next to the same luma
		recoloured.Pix[i], recoloured.Pix[i+2] = recoloured.Pix[i]-min(recoloured.Pix[i], 12), min(recoloured.Pix[i+2], 224)+31
	}
	nothing := scene(0, 0)
	fill(nothing, image.Rect(0, 0, 64, 8), color.Transparent)
	for name, test := range map[string]struct {
		picture image.Image
		says    string // empty: they are alike
	}{
		"itself":         {scene(0, 0), ""},
		"rounded":        {scene(0, 1), ""},
		"lighter":        {scene(0, 9), "colours differ"},
		"moved":          {scene(1, 0), "similar by"},
		"other colours":  {recoloured, "colours differ"},
		"transparent":    {nothing, "colours differ"},
		"one row less":   {scene(0, 0).SubImage(image.Rect(0, 0, 64, 47)), "64×47"},
		"nothing of all": {image.NewNRGBA(image.Rect(0, 0, 64, 48)), "similar by"},
	} {
		t.Run(name, func(t *testing.T) {
			err := alike(file(scene(0, 0)), file(test.picture), fine)
			if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want it to say %q", err, test.says)
			}
		})
	}
	if alike(file(scene(0, 0)), []byte("no picture"), fine) == nil || alike([]byte("no picture"), file(scene(0, 0)), fine) == nil {
		t.Error("what is no picture is like one")
	}
}

// TestAlikeFrames: an animation is like another one when all frames are, and
// stay as long.
func TestAlikeFrames(t *testing.T) {
	film := func(change func(*gif.GIF)) []byte {
		data, err := drawBall("")
		if err != nil {
			t.Fatal(err)
		}
		animation, err := gif.DecodeAll(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		change(animation)
		var file bytes.Buffer
		if err := gif.EncodeAll(&file, animation); err != nil {
			t.Fatal(err)
		}
		return file.Bytes()
	}
	same := film(func(*gif.GIF) {})
	if err := alike(same, same, coarse); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*gif.GIF){
		"slower":         func(g *gif.GIF) { g.Delay[5] = 99 },
		"another frame":  func(g *gif.GIF) { g.Image[7] = g.Image[3] },
		"one frame less": func(g *gif.GIF) { g.Image, g.Delay, g.Disposal = g.Image[1:], g.Delay[1:], g.Disposal[1:] },
	} {
		if alike(same, film(change), coarse) == nil {
			t.Errorf("%s: counts as the same", name)
		}
	}
}

// TestDecodeGIF: frames that hold only what changes are played.
func TestDecodeGIF(t *testing.T) {
	palette := color.Palette{color.Transparent, color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 0, 255, 255}}
	frame := func(area image.Rectangle, index uint8) *image.Paletted {
		picture := image.NewPaletted(area, palette)
		for i := range picture.Pix {
			picture.Pix[i] = index
		}
		return picture
	}
	var file bytes.Buffer
	if err := gif.EncodeAll(&file, &gif.GIF{
		Image:    []*image.Paletted{frame(image.Rect(0, 0, 4, 4), 1), frame(image.Rect(0, 0, 2, 4), 2), frame(image.Rect(2, 0, 4, 4), 2), frame(image.Rect(0, 0, 1, 1), 0)},
		Delay:    []int{1, 2, 3, 4},
		Disposal: []byte{gif.DisposalNone, gif.DisposalPrevious, gif.DisposalBackground, gif.DisposalNone},
		Config:   image.Config{ColorModel: palette, Width: 4, Height: 4},
	}); err != nil {
		t.Fatal(err)
	}
	played, err := decode(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	red, blue, nothing := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 255, 255}, color.RGBA{}
	for i, want := range []struct{ left, right color.RGBA }{{red, red}, {blue, red}, {red, blue}, {red, nothing}} {
		if got := played.pictures[i]; got.RGBAAt(0, 0) != want.left || got.RGBAAt(3, 3) != want.right {
			t.Errorf("frame %d is %v and %v, want %v", i, got.RGBAAt(0, 0), got.RGBAAt(3, 3), want)
		}
	}
}
