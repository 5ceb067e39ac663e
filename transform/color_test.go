package transform

import (
	"image"
	"image/color"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/davidbyttow/govips/v2/vips"
)

var patches = []color.NRGBA{
	{200, 100, 50, 255}, {60, 140, 90, 255}, {40, 60, 130, 255}, {128, 128, 128, 255},
	{250, 240, 230, 255}, {20, 15, 10, 255}, {150, 120, 160, 255},
}

// encodeSRGB is the transfer function of IEC 61966-2-1 to 8 bits.
func encodeSRGB(linear float64) uint8 {
	linear = min(max(linear, 0), 1)
	if linear <= 0.0031308 {
		return uint8(math.Round(255 * 12.92 * linear))
	}
	return uint8(math.Round(255 * (1.055*math.Pow(linear, 1/2.4) - 0.055)))
}

func decodeSRGB(value uint8) float64 {
	x := float64(value) / 255
	if x <= 0.04045 {
		return x / 12.92
	}
	return math.Pow((x+0.055)/1.055, 2.4)
}

func apply(matrix [9]float64, r, g, b float64) (float64, float64, float64) {
	return matrix[0]*r + matrix[1]*g + matrix[2]*b, matrix[3]*r + matrix[4]*g + matrix[5]*b, matrix[6]*r + matrix[7]*g + matrix[8]*b
}

// Adobe RGB (1998) and Display P3 against sRGB by the textbook: both have
// sRGB's white, so linear values convert by one matrix.
func TestWideGamut(t *testing.T) {
	adobeToSRGB := [9]float64{1.39836, -0.39836, 0, 0, 1, 0, 0, -0.04293, 1.04293}
	p3ToSRGB := [9]float64{1.22494, -0.22494, 0, -0.04206, 1.04206, 0, -0.01964, -0.07864, 1.09828}
	adobe, err := os.ReadFile(filepath.Join(resources(), "adobe-rgb.icc"))
	if err != nil {
		t.Skip(err)
	}
	for _, patch := range patches {
		picture := plain(64, 64, patch)
		gamma := func(v uint8) float64 { return math.Pow(float64(v)/255, 563.0/256) }
		r, g, b := apply(adobeToSRGB, gamma(patch.R), gamma(patch.G), gamma(patch.B))
		checkPatch(t, "Adobe RGB", withChunks(pngOf(t, picture), profileChunk(adobe)), patch,
			color.NRGBA{encodeSRGB(r), encodeSRGB(g), encodeSRGB(b), 255})

		r, g, b = apply(p3ToSRGB, decodeSRGB(patch.R), decodeSRGB(patch.G), decodeSRGB(patch.B))
		checkPatch(t, "Display P3", withChunks(pngOf(t, picture), profileChunk(builtin(t, "p3"))), patch,
			color.NRGBA{encodeSRGB(r), encodeSRGB(g), encodeSRGB(b), 255})
	}
}

// builtin is one of the profiles that libvips has in it.
func builtin(t *testing.T, name string) []byte {
	t.Helper()
	ref, err := vips.NewImageFromGoImage(plain(2, 2, white))
	if err != nil {
		t.Fatal(err)
	}
	defer ref.Close()
	if err := ref.TransformICCProfileWithFallback(name, profileSRGB); err != nil {
		t.Fatal(err)
	}
	return ref.GetICCProfile()
}

func checkPatch(t *testing.T, what string, original []byte, patch, want color.NRGBA) {
	t.Helper()
	for _, text := range []string{"max,format=png", "16x,format=png"} {
		pixels := decoded(t, transform(t, original, text).Bytes)
		if got := pixels.NRGBAAt(8, 8); !near(got, want, 2) {
			t.Errorf("%s, %v, %s: got %v, want %v", what, patch, text, got, want)
		}
	}
}

// A profile that says sRGB changes nothing; one that is broken or for another
// kind of pixels is as good as none.
func TestHarmlessProfiles(t *testing.T) {
	srgb := builtin(t, "srgb")
	if !isSRGB(srgb) {
		t.Error("libvips' sRGB profile is not recognised as sRGB")
	}
	if isSRGB(builtin(t, "p3")) || isSRGB(builtin(t, "cmyk")) || isSRGB(nil) || isSRGB(make([]byte, 500)) {
		t.Error("a profile that is not sRGB is taken for it")
	}
	damaged := append([]byte(nil), builtin(t, "p3")...)
	for i := 132; i < len(damaged); i++ {
		damaged[i] = 0xff
	}
	for name, profile := range map[string][]byte{
		"sRGB": srgb, "CMYK": builtin(t, "cmyk"), "cut": srgb[:100], "text": []byte("no profile at all"), "damaged": damaged,
	} {
		inPNG := profileChunk(profile)
		for _, patch := range patches[:3] {
			checkPatch(t, name, withChunks(pngOf(t, plain(64, 64, patch)), inPNG), patch, patch)
		}
		gray := image.NewGray(image.Rect(0, 0, 64, 64))
		for i := range gray.Pix {
			gray.Pix[i] = 77
		}
		checkPatch(t, name+" on gray", withChunks(pngOf(t, gray), inPNG), color.NRGBA{}, color.NRGBA{77, 77, 77, 255})
	}
}

// 16 bits become 8 by their upper half: neither dark nor banded.
func TestSixteenBits(t *testing.T) {
	gray, colour := image.NewGray16(image.Rect(0, 0, 256, 8)), image.NewNRGBA64(image.Rect(0, 0, 256, 8))
	for y := range 8 {
		for x := range 256 {
			v := uint16(x*257) ^ 0x40
			gray.SetGray16(x, y, color.Gray16{Y: v})
			colour.SetNRGBA64(x, y, color.NRGBA64{R: v, G: 0xffff - v, B: 0x8000, A: 0xffff - v/2})
		}
	}
	ours := decoded(t, transform(t, pngOf(t, gray), "max,format=png").Bytes)
	colours := decoded(t, transform(t, pngOf(t, colour), "max,format=png").Bytes)
	for x := range 256 {
		v := uint8(x)
		if got, want := ours.NRGBAAt(x, 4), (color.NRGBA{v, v, v, 255}); !near(got, want, 1) {
			t.Errorf("gray %d of 65535 is %v, want %v", x*257, got, want)
		}
		if got, want := colours.NRGBAAt(x, 4), (color.NRGBA{v, 255 - v, 128, 255 - v/2}); !near(got, want, 1) {
			t.Errorf("colour %d is %v, want %v", x, got, want)
		}
	}
	// The same, scaled down: the ramp stays straight and even.
	small := decoded(t, transform(t, pngOf(t, gray), "64x,format=png").Bytes)
	for x := 2; x < 62; x++ {
		if got, want := int(small.NRGBAAt(x, 1).R), 4*x+2; got < want-2 || got > want+2 {
			t.Errorf("the ramp at %d of 64 is %d, want %d", x, got, want)
		}
	}
}

// Photographs of other kinds against the vips command, which converts them at
// their full size; both are then averaged over large areas.
func TestPhotographsAgainstVips(t *testing.T) {
	tool, err := exec.LookPath("vips")
	if err != nil {
		t.Skip("there is no vips command here")
	}
	for _, name := range []string{
		"jpg-32bit-cmyk-icc-swop.jpg", "jpg-32bit-cmyk-no-icc.jpg", "jpg-24bit-icc-adobe-rgb.jpg", "jpg-8bit-grey-icc-dot-gain.jpg",
	} {
		original := sample(t, name)
		reference := filepath.Join(t.TempDir(), "reference.png")
		out, err := exec.Command(tool, "icc_transform", filepath.Join(resources(), name), reference, "srgb",
			"--embedded", "--intent", "perceptual").CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		data, err := os.ReadFile(reference)
		if err != nil {
			t.Fatal(err)
		}
		want := grid(decoded(t, data), 6)
		got := grid(decoded(t, transform(t, original, "240x,format=png").Bytes), 6)
		for i := range want {
			if !near(got[i], want[i], 3) {
				t.Errorf("%s, area %d: got %v, want %v", name, i, got[i], want[i])
			}
		}
	}
}

// grid is the mean colour of n by n areas.
func grid(picture *image.NRGBA, n int) []color.NRGBA {
	size := picture.Bounds().Size()
	means := make([]color.NRGBA, 0, n*n)
	for area := range n * n {
		var sum [4]int
		count := 0
		for y := area / n * size.Y / n; y < (area/n+1)*size.Y/n; y++ {
			for x := area % n * size.X / n; x < (area%n+1)*size.X/n; x++ {
				c := picture.NRGBAAt(x, y)
				sum[0], sum[1], sum[2], sum[3] = sum[0]+int(c.R), sum[1]+int(c.G), sum[2]+int(c.B), sum[3]+int(c.A)
				count++
			}
		}
		means = append(means, color.NRGBA{uint8(sum[0] / count), uint8(sum[1] / count), uint8(sum[2] / count), uint8(sum[3] / count)})
	}
	return means
}

// Every format that can be written and read brings colours and alpha through.
func TestColoursThroughFormats(t *testing.T) {
	half := color.NRGBA{40, 50, 210, 128}
	for _, format := range engine.Writable() {
		info, _ := format.Info()
		opaquePicture := decoded(t, transform(t, pngOf(t, corners(64, 64)), "32x,format="+string(format)).Bytes)
		for corner, want := range map[[2]int]color.NRGBA{{4, 4}: red, {28, 4}: green, {4, 28}: blue, {28, 28}: white} {
			if got := opaquePicture.NRGBAAt(corner[0], corner[1]); !near(got, want, 8) {
				t.Errorf("%s: %v at %v, want %v", format, got, corner, want)
			}
		}
		got := decoded(t, transform(t, pngOf(t, plain(64, 64, half)), "32x,format="+string(format)).Bytes).NRGBAAt(16, 16)
		want := half
		switch {
		case !info.Alpha:
			want = color.NRGBA{147, 152, 232, 255} // over white
		case format == "gif":
			want.A = 255 // is there or not
		}
		if !near(got, want, 6) {
			t.Errorf("%s: half transparent is %v, want %v", format, got, want)
		}
	}
}

// Colours under transparent pixels must not leak into their neighbours.
func TestAlphaEdges(t *testing.T) {
	picture := plain(64, 64, color.NRGBA{0, 255, 0, 0})
	for y := range 64 {
		for x := range 32 {
			picture.SetNRGBA(x, y, red)
		}
	}
	pixels := decoded(t, transform(t, pngOf(t, picture), "16x,format=png").Bytes)
	for x := range 16 {
		if c := pixels.NRGBAAt(x, 8); c.A > 20 && !near(c, color.NRGBA{red.R, red.G, red.B, c.A}, 12) {
			t.Errorf("the edge is %v at %d", c, x)
		}
	}
}

func TestBackgrounds(t *testing.T) {
	seeThrough := pngOf(t, plain(40, 40, color.NRGBA{0, 0, 0, 0}))
	half := pngOf(t, plain(40, 40, color.NRGBA{200, 0, 0, 128}))
	solid := pngOf(t, plain(40, 40, red))
	gray := pngOf(t, image.NewGray(image.Rect(0, 0, 40, 40)))
	for _, test := range []struct {
		name           string
		original       []byte
		spec           string
		middle, border color.NRGBA
	}{
		{"seeThrough as jpeg", seeThrough, "40x80,fit=contain,format=jpeg", white, white},
		{"seeThrough as jpeg on yellow", seeThrough, "40x80,fit=contain,format=jpeg,bg=ffff00", color.NRGBA{255, 255, 0, 255}, color.NRGBA{255, 255, 0, 255}},
		{"seeThrough as jpeg on half black", seeThrough, "40x80,fit=contain,format=jpeg,bg=00000080", color.NRGBA{127, 127, 127, 255}, color.NRGBA{127, 127, 127, 255}},
		{"seeThrough as png", seeThrough, "40x80,fit=contain,format=png", color.NRGBA{}, color.NRGBA{}},
		{"solid as png", solid, "40x80,fit=contain,format=png", red, color.NRGBA{}},
		{"solid as webp", solid, "40x80,fit=contain,format=webp,bg=0000ff", red, color.NRGBA{0, 0, 255, 255}},
		{"solid as png on half blue", solid, "40x80,fit=contain,format=png,bg=0000ff80", red, color.NRGBA{0, 0, 255, 128}},
		{"half as png on half blue", half, "40x80,fit=contain,format=png,bg=0000ff80", color.NRGBA{134, 0, 84, 192}, color.NRGBA{0, 0, 255, 128}},
		{"half as png on white", half, "40x80,fit=contain,format=png,bg=white", color.NRGBA{227, 127, 127, 255}, white},
		{"gray as png on red", gray, "40x80,fit=contain,format=png,bg=ff0000", color.NRGBA{0, 0, 0, 255}, color.NRGBA{255, 0, 0, 255}},
		{"gray as jpeg", gray, "40x80,fit=contain,format=jpeg", color.NRGBA{0, 0, 0, 255}, white},
	} {
		pixels := decoded(t, transform(t, test.original, test.spec).Bytes)
		if got := pixels.NRGBAAt(20, 40); !near(got, test.middle, 4) {
			t.Errorf("%s: the middle is %v, want %v", test.name, got, test.middle)
		}
		got := pixels.NRGBAAt(20, 5)
		if test.border.A == 0 {
			got = color.NRGBA{A: got.A} // invisible colours don't matter
		}
		if !near(got, test.border, 4) {
			t.Errorf("%s: the border is %v, want %v", test.name, got, test.border)
		}
	}
}

// Gray stays gray where the format has it.
func TestGrayStaysGray(t *testing.T) {
	original := pngOf(t, image.NewGray(image.Rect(0, 0, 40, 40)))
	for _, format := range []string{"jpeg", "png", "jxl"} {
		ref := opened(t, transform(t, original, "20x,format="+format).Bytes)
		if ref.Bands() != 1 {
			t.Errorf("%s has %d channels, want 1", format, ref.Bands())
		}
		ref.Close()
	}
}
