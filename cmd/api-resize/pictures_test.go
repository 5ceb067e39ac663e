package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"math"
	"testing"
)

// TestSizes: sizes exact to the pixel, out of every format, into every format
// that Go can decode.
func TestSizes(t *testing.T) {
	s := start(t, patient)
	originals := map[string]image.Point{
		"jpg-24bit-icc-iec.jpg":          {2560, 1600},
		"jpg-orientation-6.jpg":          {3024, 4032}, // as displayed
		"jpg-orientation-5.jpg":          {231, 308},
		"png-24bit.png":                  {1920, 1080},
		"png-alpha-64bit.png":            {1350, 600},
		"webp+alpha.webp":                {800, 600},
		"heic-24bit.heic":                {1440, 960},
		"avif-8bit.avif":                 {1440, 960},
		"gif-animated.gif":               {121, 128},
		"jpg-32bit-cmyk-icc-swop.jpg":    {1080, 1080},
		"jpg-24bit-icc-adobe-rgb.jpg":    {1900, 1263},
		"webp-orientation-6.webp":        {391, 521},
		"tif-16bit.tif":                  {},
		"without_exif.jpg":               {100, 100},
		"jpg-32bit-cmyk-no-icc.jpg":      {1080, 1080},
		"heic-orientation-6.heic":        {3024, 4032},
		"jpg-8bit-grey-icc-dot-gain.jpg": {},
	}
	for name, size := range originals {
		t.Run(name, func(t *testing.T) {
			created := s.post(resource(t, name)).json(t)
			id, _ := created["id"].(string)
			if id == "" {
				t.Fatalf("not accepted: %v", created)
			}
			width, height := int(created["width"].(float64)), int(created["height"].(float64))
			if size != (image.Point{}) && size != image.Pt(width, height) {
				t.Errorf("described as %dx%d, want %v", width, height, size)
			}
			factor := 90 / float64(width)
			for options, want := range map[string]image.Point{
				"90x":                  {90, max(1, int(math.Round(float64(height)*factor)))},
				"60x40":                {60, 40},
				"61x37,fit=contain":    {61, 37},
				"50x50,fit=fill":       {50, 50},
				"40x60,position=smart": {},
				"40x60,p=attention":    {40, 60},
				"60x40,p=entropy":      {60, 40},
			} {
				if want == (image.Point{}) {
					s.get("/resize/"+options+"/"+id).isProblem(t, 400, "bad_option")
					continue
				}
				for _, format := range []string{"jpeg", "png"} {
					if got := s.picture(fmt.Sprintf("/resize/%s,format=%s/%s", options, format, id)).size(t); got != want {
						t.Errorf("%s as %s: %v, want %v", options, format, got, want)
					}
				}
			}
		})
	}
}

// TestOrientations: all eight come out upright.
func TestOrientations(t *testing.T) {
	s := start(t, patient)
	upright := cornered(120, 80)
	for orientation := 1; orientation <= 8; orientation++ {
		stored := disoriented(upright, orientation)
		id := s.upload(withOrientation(t, encodedJPEG(t, stored), orientation))
		got, err := png.Decode(bytes.NewReader(s.picture("/resize/60x,f=png/" + id).body))
		must(t, err)
		if got.Bounds().Size() != image.Pt(60, 40) {
			t.Errorf("orientation %d: %v", orientation, got.Bounds().Size())
			continue
		}
		for _, corner := range []image.Point{{10, 10}, {50, 10}, {10, 30}, {50, 30}} {
			near(t, fmt.Sprintf("orientation %d at %v", orientation, corner),
				got.At(corner.X, corner.Y), upright.At(2*corner.X, 2*corner.Y), 12)
		}
	}
}

// disoriented stores an upright picture such that the EXIF orientation undoes
// it: Exif 2.32, tag 0x0112.
func disoriented(upright image.Image, orientation int) image.Image {
	width, height := upright.Bounds().Dx(), upright.Bounds().Dy()
	storedWidth, storedHeight := width, height
	if orientation >= 5 {
		storedWidth, storedHeight = height, width
	}
	stored := image.NewNRGBA(image.Rect(0, 0, storedWidth, storedHeight))
	for y := range storedHeight {
		for x := range storedWidth {
			// Where the stored pixel at x, y is seen.
			seen := [...]image.Point{
				{x, y}, {width - 1 - x, y}, {width - 1 - x, height - 1 - y}, {x, height - 1 - y},
				{y, x}, {width - 1 - y, x}, {width - 1 - y, height - 1 - x}, {y, height - 1 - x},
			}[orientation-1]
			stored.Set(x, y, upright.At(seen.X, seen.Y))
		}
	}
	return stored
}

// withOrientation puts an EXIF segment with nothing but the orientation behind
// a JPEG's SOI marker.
func withOrientation(t *testing.T, picture []byte, orientation int) []byte {
	t.Helper()
	exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(rune(orientation)) + "\x00\x00\x00\x00\x00\x00")
	segment := append([]byte{0xff, 0xe1, 0, byte(len(exif) + 2)}, exif...)
	return append(append([]byte{0xff, 0xd8}, segment...), picture[2:]...)
}

func near(t *testing.T, what string, got, want color.Color, tolerance float64) {
	t.Helper()
	r1, g1, b1, a1 := got.RGBA()
	r2, g2, b2, a2 := want.RGBA()
	for i, pair := range [][2]uint32{{r1, r2}, {g1, g2}, {b1, b2}, {a1, a2}} {
		if math.Abs(float64(pair[0])-float64(pair[1]))/257 > tolerance {
			t.Errorf("%s: channel %d of %v, want %v", what, i, got, want)
			return
		}
	}
}

// TestAlphaAndBackground: transparency stays where the format can hold it, and
// lies on white, or what was asked for, where it cannot.
func TestAlphaAndBackground(t *testing.T) {
	s := start(t, patient)
	half := image.NewNRGBA(image.Rect(0, 0, 100, 100))
	for y := range 100 {
		for x := range 50 {
			half.SetNRGBA(x, y, color.NRGBA{200, 0, 0, 255})
		}
	}
	id := s.upload(encodedPNG(t, half))
	for options, want := range map[string]color.Color{
		"50x,f=png":              color.NRGBA{},
		"50x,f=jpeg":             color.White,
		"50x,f=jpeg,bg=0000ff":   color.NRGBA{0, 0, 255, 255},
		"50x,f=png,bg=lime":      color.NRGBA{0, 255, 0, 255},
		"50x,f=png,bg=00ff0080":  color.NRGBA{0, 255, 0, 128},
		"50x,f=jpeg,bg=00ff0080": color.NRGBA{127, 255, 127, 255},
	} {
		decoded, _, err := image.Decode(bytes.NewReader(s.picture("/resize/" + options + "/" + id).body))
		must(t, err)
		near(t, options+" left", decoded.At(10, 25), color.NRGBA{200, 0, 0, 255}, 6)
		near(t, options+" right", decoded.At(40, 25), want, 6)
	}
	wide := s.upload(encodedPNG(t, cornered(200, 100)))
	for options, want := range map[string]color.Color{
		"100x100,fit=contain,f=png":                color.NRGBA{},
		"100x100,fit=contain,f=jpeg":               color.White,
		"100x100,fit=contain,f=jpeg,bg=ff8800":     color.NRGBA{255, 136, 0, 255},
		"100x100,fit=contain,f=png,bg=transparent": color.NRGBA{},
	} {
		decoded, _, err := image.Decode(bytes.NewReader(s.picture("/resize/" + options + "/" + wide).body))
		must(t, err)
		near(t, options+" above", decoded.At(50, 5), want, 6)
		near(t, options+" inside", decoded.At(20, 40), color.NRGBA{255, 0, 0, 255}, 6)
	}
}

// TestAnimation: frames, delays and the loop survive.
func TestAnimation(t *testing.T) {
	s := start(t, patient)
	content := resource(t, "gif-animated.gif")
	before, err := gif.DecodeAll(bytes.NewReader(content))
	must(t, err)
	id := s.upload(content)
	after, err := gif.DecodeAll(bytes.NewReader(s.picture("/resize/60x60,f=gif/" + id).body))
	must(t, err)
	if len(after.Image) != len(before.Image) || after.Config.Width != 60 || after.Config.Height != 60 || after.LoopCount != before.LoopCount {
		t.Errorf("%d frames of %dx%d, loop %d; want %d of 60x60, loop %d",
			len(after.Image), after.Config.Width, after.Config.Height, after.LoopCount, len(before.Image), before.LoopCount)
	}
	for i := range min(len(after.Delay), len(before.Delay)) {
		if after.Delay[i] != before.Delay[i] {
			t.Errorf("delay of frame %d: %d, want %d", i, after.Delay[i], before.Delay[i])
		}
	}
	webp := s.picture("/resize/60x60,f=webp/" + id)
	if !bytes.Contains(webp.body[:64], []byte("ANIM")) {
		t.Errorf("the WebP is no animation: %q", webp.body[:32])
	}
	if still := s.picture("/resize/60x60,f=png/" + id); still.size(t) != image.Pt(60, 60) {
		t.Errorf("still: %v", still.size(t))
	}
}

// TestOutputFormats: each is what it says, by its first bytes, and holds
// nothing of the original's metadata.
func TestOutputFormats(t *testing.T) {
	s := start(t, patient)
	id := s.upload(resource(t, "copyright.jpeg"))
	for format, magic := range map[string]string{
		"jpeg": "\xff\xd8\xff", "png": "\x89PNG", "webp": "RIFF", "avif": "\x00\x00\x00", "gif": "GIF89a",
	} {
		got := s.picture("/resize/100x/" + id + "." + format)
		if !bytes.HasPrefix(got.body, []byte(magic)) || got.header.Get("Content-Type") != "image/"+format {
			t.Errorf("%s: %q begins with %q", format, got.header.Get("Content-Type"), got.body[:12])
		}
		for _, trace := range []string{"Exif", "ICC_PROFILE", "iCCP", "ICCP", "http://ns.adobe.com", "Photoshop"} {
			if bytes.Contains(got.body, []byte(trace)) {
				t.Errorf("%s holds %q", format, trace)
			}
		}
	}
}
