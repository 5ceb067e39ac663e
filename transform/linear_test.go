package transform

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"testing"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// withConfig is the engine with another configuration.
func withConfig(change func(*Config)) *Engine {
	other := *engine
	change(&other.config)
	return &other
}

func transformBy(t testing.TB, engine *Engine, original []byte, text string) spec.Picture {
	t.Helper()
	picture, err := engine.Transform(t.Context(), ordered(original, facts(t, original), resolved(t, text)))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return picture
}

// checkerboard alternates two colours from pixel to pixel.
func checkerboard(width, height int, colours ...color.NRGBA) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			picture.SetNRGBA(x, y, colours[(x+y)%2])
		}
	}
	return picture
}

// Half of all light is sRGB 188; the mean of black and white as they are coded
// is 128.
func TestLinear(t *testing.T) {
	black := color.NRGBA{0, 0, 0, 255}
	board := checkerboard(128, 96, black, white)
	gray := image.NewGray(board.Rect)
	deep := image.NewNRGBA64(board.Rect)
	opaqueBoard := image.NewRGBA(board.Rect)
	for y := range 96 {
		for x := range 128 {
			gray.Set(x, y, board.At(x, y))
			deep.Set(x, y, board.At(x, y))
			opaqueBoard.Set(x, y, board.At(x, y))
		}
	}
	originals := map[string][]byte{
		"png": pngOf(t, opaqueBoard), "png with alpha": pngOf(t, board), "gray png": pngOf(t, gray), "16 bits": pngOf(t, deep),
		"16 bits with a profile": withChunks(pngOf(t, deep), profileChunk(builtin(t, "p3"))),
		"webp":                   transform(t, pngOf(t, board), "max,lossless=true,format=webp").Bytes,
		"jpeg": exported(t, opaqueBoard, func(ref *vips.ImageRef) ([]byte, *vips.ImageMetadata, error) {
			return ref.ExportJpeg(&vips.JpegExportParams{Quality: 100, SubsampleMode: vips.VipsForeignSubsampleOff})
		}),
		"gif": gifOfPictures(t, board, board),
	}
	linear := withConfig(func(config *Config) { config.Linear = true })
	for name, original := range originals {
		for _, text := range []string{
			"32x,format=png", "8x6,fit=fill,format=png", "31x,format=png", "16x16,format=png", "16x,crop=3:5:64:64,format=png", "16x,rotate=90,format=png", "24x,trim=1,format=png",
		} {
			for by, want := range map[*Engine]uint8{engine: 128, linear: 188} {
				pixels := decoded(t, transformBy(t, by, original, text).Bytes)
				at := pixels.Rect.Size().Div(2)
				if got := pixels.NRGBAAt(at.X, at.Y); !near(got, color.NRGBA{want, want, want, 255}, 3) {
					t.Errorf("%s, %s, linear %v: got %v, want %d", name, text, by.config.Linear, got, want)
				}
			}
		}
	}
}

// gifOfPictures is an animation of black, white and gray pictures.
func gifOfPictures(t testing.TB, pictures ...image.Image) []byte {
	t.Helper()
	animation := &gif.GIF{}
	palette := color.Palette{}
	for i := range 256 {
		palette = append(palette, color.Gray{uint8(i)})
	}
	for _, picture := range pictures {
		frame := image.NewPaletted(picture.Bounds(), palette)
		for y := range frame.Rect.Dy() {
			for x := range frame.Rect.Dx() {
				frame.Set(x, y, picture.At(x, y))
			}
		}
		animation.Image, animation.Delay = append(animation.Image, frame), append(animation.Delay, 10)
	}
	var buffer bytes.Buffer
	if err := gif.EncodeAll(&buffer, animation); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// Colours weigh as much as they are seen, gray stays gray, frames stay apart, and
// what is not scaled is not touched.
func TestLinearKeeps(t *testing.T) {
	linear := withConfig(func(config *Config) { config.Linear = true })
	half := pngOf(t, checkerboard(64, 64, color.NRGBA{200, 100, 50, 255}, color.NRGBA{0, 255, 0, 0}))
	deep := image.NewNRGBA64(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			deep.Set(x, y, checkerboard(2, 1, color.NRGBA{200, 100, 50, 255}, color.NRGBA{0, 255, 0, 0}).At((x+y)%2, 0))
		}
	}
	for name, original := range map[string][]byte{"8 bits": half, "16 bits": pngOf(t, deep)} {
		if got := decoded(t, transformBy(t, linear, original, "16x,format=png").Bytes).NRGBAAt(8, 8); !near(got, color.NRGBA{200, 100, 50, 128}, 2) {
			t.Errorf("%s: half transparent is %v", name, got)
		}
	}

	gray := pngOf(t, grayPicture(64, 64, 77))
	ref := opened(t, transformBy(t, linear, gray, "16x,format=png").Bytes)
	defer ref.Close()
	if ref.Bands() != 1 {
		t.Errorf("gray has %d channels", ref.Bands())
	}
	if got := decodedRef(t, ref).NRGBAAt(8, 8); !near(got, color.NRGBA{77, 77, 77, 255}, 1) {
		t.Errorf("gray 77 is %v", got)
	}

	colours := []color.NRGBA{red, blue, white}
	a := readAnimation(t, transformBy(t, linear, gifOf(t, 64, 48, colours...), "32x,format=webp,quality=100").Bytes)
	for frame, want := range colours {
		for _, y := range []int{0, a.height - 1} {
			if got := a.pixels(16, y, frame); !near(got, want, 8) {
				t.Errorf("line %d of frame %d is %v, want %v", y, frame, got, want)
			}
		}
	}

	for _, name := range []string{"copyright.jpeg", "png-24bit+alpha.png"} {
		original := sample(t, name)
		if !bytes.Equal(transformBy(t, linear, original, "max,format=png").Bytes, transform(t, original, "max,format=png").Bytes) {
			t.Errorf("%s is another without being scaled", name)
		}
	}
}

// Flat areas and all patches keep their colours, whatever their kind.
func TestLinearColours(t *testing.T) {
	linear := withConfig(func(config *Config) { config.Linear = true })
	for _, name := range []string{"jpg-32bit-cmyk-icc-swop.jpg", "jpg-24bit-icc-adobe-rgb.jpg", "jpg-8bit-grey-icc-dot-gain.jpg", "tif.tif"} {
		original := sample(t, name)
		want := grid(decoded(t, transform(t, original, "240x,format=png").Bytes), 6)
		got := grid(decoded(t, transformBy(t, linear, original, "240x,format=png").Bytes), 6)
		for i := range want {
			if e := deltaE(got[i], want[i]); e > 4 { // detail is a little brighter
				t.Errorf("%s, area %d: got %v, want about %v, ΔE %.1f", name, i, got[i], want[i], e)
			}
		}
	}
	for name, original := range map[string][]byte{"rgb": pngOf(t, patchwork()), "lab": labTIFF(t)} {
		picture := decoded(t, transformBy(t, linear, original, fmt.Sprintf("%dx8,fit=fill,format=png", 8*len(patches))).Bytes)
		for i, want := range patches {
			if got := picture.NRGBAAt(8*i+4, 4); deltaE(got, want) > 2 {
				t.Errorf("%s: got %v, want %v", name, got, want)
			}
		}
	}
}
