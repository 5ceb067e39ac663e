package transform

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// deltaE is the difference of two colours by CIE 1976: 1 is about what is just
// seen, 2.3 what is noticed.
func deltaE(a, b color.NRGBA) float64 {
	l1, a1, b1 := labOf(spec.RGB(a.R, a.G, a.B))
	l2, a2, b2 := labOf(spec.RGB(b.R, b.G, b.B))
	return math.Sqrt((l1-l2)*(l1-l2) + (a1-a2)*(a1-a2) + (b1-b2)*(b1-b2))
}

func adobeRGB(t testing.TB) []byte {
	t.Helper()
	profile, err := os.ReadFile(filepath.Join(resources(), "adobe-rgb.icc"))
	if err != nil {
		t.Skip(err)
	}
	return profile
}

// grayProfile is a profile for gray pixels with a gamma (ICC.1:2022, section
// 8.3: monochrome input profiles).
func grayProfile(gamma float64) []byte {
	tag := func(kind string, body ...byte) []byte { return append([]byte(kind+"\x00\x00\x00\x00"), body...) }
	number := func(values ...float64) (data []byte) {
		for _, value := range values {
			data = binary.BigEndian.AppendUint32(data, uint32(int32(math.Round(value*65536))))
		}
		return data
	}
	text := tag("mluc", append([]byte("\x00\x00\x00\x01\x00\x00\x00\x0cenUS\x00\x00\x00\x08\x00\x00\x00\x1c"), "\x00g\x00r\x00a\x00y"...)...)
	tags := []struct {
		signature string
		data      []byte
	}{
		{"desc", text}, {"cprt", text},
		{"wtpt", tag("XYZ ", number(0.9642, 1, 0.8249)...)},
		{"kTRC", tag("para", append([]byte{0, 0, 0, 0}, number(gamma)...)...)},
	}
	header := make([]byte, 128)
	binary.BigEndian.PutUint32(header[8:], 0x04200000)
	copy(header[12:], "mntrGRAYXYZ ")
	copy(header[36:], "acsp")
	copy(header[68:], number(0.9642, 1, 0.8249)) // illuminant: D50
	table := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	at := 128 + 4 + 12*len(tags)
	var data []byte
	for _, tag := range tags {
		table = append(table, tag.signature...)
		table = binary.BigEndian.AppendUint32(table, uint32(at+len(data)))
		table = binary.BigEndian.AppendUint32(table, uint32(len(tag.data)))
		data = append(data, tag.data...)
	}
	profile := append(append(header, table...), data...)
	binary.BigEndian.PutUint32(profile, uint32(len(profile)))
	return profile
}

func grayPicture(width, height int, value uint8) *image.Gray {
	picture := image.NewGray(image.Rect(0, 0, width, height))
	for i := range picture.Pix {
		picture.Pix[i] = value
	}
	return picture
}

// patchwork is all patches beside each other, 16 pixels wide each.
func patchwork() *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, 16*len(patches), 16))
	for y := range 16 {
		for x := range picture.Rect.Dx() {
			picture.SetNRGBA(x, y, patches[x/16])
		}
	}
	return picture
}

// converted are a file's pixels in sRGB, by the profile that it has.
func converted(t testing.TB, data []byte) *image.NRGBA {
	t.Helper()
	ref, closed := openedLazily(t, data, "")
	defer closed()
	if len(ref.GetICCProfile()) > 0 {
		if err := ref.TransformICCProfileWithFallback(profileSRGB, profileSRGB); err != nil {
			t.Fatal(err)
		}
	}
	return decodedRef(t, ref)
}

// plainPixels are a file's pixels as numbers, whatever its profile says.
func plainPixels(t testing.TB, data []byte) *image.NRGBA {
	t.Helper()
	ref, closed := openedLazily(t, data, "")
	defer closed()
	if err := ref.RemoveICCProfile(); err != nil {
		t.Fatal(err)
	}
	return decodedRef(t, ref)
}

// A kept profile is in the file byte by byte, the pixels are what they were, and
// by the profile they look like those that were converted to sRGB here.
func TestProfileKept(t *testing.T) {
	for name, profile := range map[string][]byte{"Display P3": builtin(t, "p3"), "Adobe RGB": adobeRGB(t), "sRGB": builtin(t, "srgb")} {
		original := withChunks(pngOf(t, patchwork()), profileChunk(profile))
		for _, format := range engine.Writable() {
			text := "max,quality=95,format=" + string(format)
			if format == spec.JXL { // with loss it has its own colours, and the profile is made anew by who decodes it
				text = "max,lossless=true,format=jxl"
			}
			kept, other := transform(t, original, text+",profile=keep").Bytes, transform(t, original, text).Bytes
			if _, can := profiled[format]; !can {
				if !bytes.Equal(kept, other) {
					t.Errorf("%s as %s is not converted", name, format)
				}
				continue
			}
			found := metadataOf(t, kept)
			if !bytes.Equal(found.profile, profile) && (format != spec.JXL || !isSRGB(profile)) {
				t.Errorf("%s as %s has another profile, of %d bytes", name, format, len(found.profile))
			}
			if len(found.exif)+len(found.xmp)+len(found.iptc) > 0 {
				t.Errorf("%s as %s carries more than its profile", name, format)
			}
			if len(metadataOf(t, other).profile) > 0 {
				t.Errorf("%s as %s is sRGB and has a profile", name, format)
			}
			pixels, seen, want := plainPixels(t, kept), converted(t, kept), decoded(t, other)
			for i, patch := range patches {
				x := 16*i + 8
				if got := pixels.NRGBAAt(x, 8); !near(got, patch, 3) || format == spec.PNG && got != patch {
					t.Errorf("%s as %s: the pixel is %v, want %v", name, format, got, patch)
				}
				if e := deltaE(seen.NRGBAAt(x, 8), want.NRGBAAt(x, 8)); e > 2 {
					t.Errorf("%s as %s: %v looks like %v, want %v, ΔE %.1f", name, format, patch, seen.NRGBAAt(x, 8), want.NRGBAAt(x, 8), e)
				}
			}
		}
	}
}

// A JPEG XL with loss looks like what was converted, but for the darkest: libvips
// gets it in 8 bits of linear light.
func TestProfileKeptJXL(t *testing.T) {
	if !slices.Contains(engine.Writable(), spec.JXL) {
		t.Skip("no JPEG XL is written here")
	}
	for name, profile := range map[string][]byte{"Display P3": builtin(t, "p3"), "Adobe RGB": adobeRGB(t)} {
		original := withChunks(pngOf(t, patchwork()), profileChunk(profile))
		seen := converted(t, transform(t, original, "max,quality=95,format=jxl,profile=keep").Bytes)
		want := decoded(t, transform(t, original, "max,format=png").Bytes)
		for i, patch := range patches {
			if e := deltaE(seen.NRGBAAt(16*i+8, 8), want.NRGBAAt(16*i+8, 8)); e > 2 && patch.R > 50 {
				t.Errorf("%s: %v looks like %v, want %v, ΔE %.1f", name, patch, seen.NRGBAAt(16*i+8, 8), want.NRGBAAt(16*i+8, 8), e)
			}
		}
	}
}

// 16 bits become 8, with their profile.
func TestProfileKeptSixteenBits(t *testing.T) {
	profile := builtin(t, "p3")
	picture := image.NewNRGBA64(image.Rect(0, 0, 16*len(patches), 16))
	for y := range 16 {
		for x := range picture.Rect.Dx() {
			c := patches[x/16]
			picture.SetNRGBA64(x, y, color.NRGBA64{uint16(c.R)<<8 | 0x80, uint16(c.G)<<8 | 0x80, uint16(c.B)<<8 | 0x80, 0xffff})
		}
	}
	result := transform(t, withChunks(pngOf(t, picture), profileChunk(profile)), "max,format=png,profile=keep").Bytes
	pixels := plainPixels(t, result)
	for i, patch := range patches {
		if got := pixels.NRGBAAt(16*i+8, 8); !near(got, patch, 1) {
			t.Errorf("the pixel is %v, want %v", got, patch)
		}
	}
	if !bytes.Equal(metadataOf(t, result).profile, profile) {
		t.Error("the profile is another")
	}
}

// Gray stays gray with its profile where the format has gray and nothing is
// drawn; else it is converted.
func TestProfileKeptGray(t *testing.T) {
	generated := grayProfile(1.8)
	dotGain := sample(t, "jpg-8bit-grey-icc-dot-gain.jpg")
	for _, test := range []struct {
		name     string
		original []byte
		profile  []byte
	}{
		{"gamma 1.8", withChunks(pngOf(t, grayPicture(64, 64, 100)), profileChunk(generated)), generated},
		{"dot gain", dotGain, metadataOf(t, dotGain).profile},
	} {
		for text, keeps := range map[string]bool{
			"60x,format=png": true, "60x,format=jpeg,quality=95": true, "60x,format=png,rotate=90,flip=h": true,
			"60x,format=webp": false, "60x,format=avif": false, "60x,format=gif": false,
			"60x90,fit=contain,format=png": false, "60x,tint=ff0000,format=png": false, "60x,round=max,format=png": false,
			"60x,pad=5,bg=00ff00,format=jpeg": false, "60x,rotate=30,format=png": false,
		} {
			kept, other := transform(t, test.original, text+",profile=keep").Bytes, transform(t, test.original, text).Bytes
			if !keeps {
				if !bytes.Equal(kept, other) {
					t.Errorf("%s, %s: is not converted", test.name, text)
				}
				continue
			}
			if !bytes.Equal(metadataOf(t, kept).profile, test.profile) {
				t.Errorf("%s, %s: the profile is another", test.name, text)
			}
			seen, want := grid(converted(t, kept), 4), grid(decoded(t, other), 4)
			for i := range seen {
				if e := deltaE(seen[i], want[i]); e > 2 {
					t.Errorf("%s, %s: looks like %v, want %v, ΔE %.1f", test.name, text, seen[i], want[i], e)
				}
			}
		}
	}
	pixels := plainPixels(t, transform(t, withChunks(pngOf(t, grayPicture(64, 64, 100)), profileChunk(generated)), "60x,format=png,profile=keep").Bytes)
	if got := pixels.NRGBAAt(30, 30); got != (color.NRGBA{100, 100, 100, 255}) {
		t.Errorf("the gray is %v", got)
	}
}

// What is no RGB or gray, or has no profile of any use, is as without the wish.
func TestProfileNotKept(t *testing.T) {
	damaged := append([]byte(nil), builtin(t, "p3")...)
	for i := 132; i < len(damaged); i++ {
		damaged[i] = 0xff
	}
	picture := pngOf(t, patchwork())
	originals := map[string][]byte{
		"CMYK":        sample(t, "jpg-32bit-cmyk-icc-swop.jpg"),
		"CMYK, plain": sample(t, "jpg-32bit-cmyk-no-icc.jpg"),
		"none":        picture,
		"damaged":     withChunks(picture, profileChunk(damaged)),
		"foreign":     withChunks(picture, profileChunk(builtin(t, "cmyk"))),
		"gray on RGB": withChunks(picture, profileChunk(grayProfile(1.8))),
		"RGB on gray": withChunks(pngOf(t, grayPicture(64, 64, 100)), profileChunk(builtin(t, "p3"))),
		"text":        withChunks(picture, profileChunk([]byte("no profile at all"))),
		"Lab":         labTIFF(t),
	}
	for name, original := range originals {
		for _, format := range []string{"jpeg", "png", "webp"} {
			kept, other := transform(t, original, "100x,profile=keep,format="+format).Bytes, transform(t, original, "100x,format="+format).Bytes
			if !bytes.Equal(kept, other) || len(metadataOf(t, kept).profile) > 0 {
				t.Errorf("%s as %s is not what it is without the wish", name, format)
			}
		}
	}
}

// Longer profiles than fit one segment of a JPEG are cut to pieces.
func TestProfileInPieces(t *testing.T) {
	profile := append([]byte(nil), builtin(t, "p3")...)
	profile = append(profile, make([]byte, 150_000)...)
	binary.BigEndian.PutUint32(profile, uint32(len(profile)))
	original := withChunks(pngOf(t, patchwork()), profileChunk(profile))
	for format := range profiled {
		result := transform(t, original, "max,profile=keep,format="+string(format)).Bytes
		if format == spec.JXL { // can't hold it, and is converted
			if found := metadataOf(t, result).profile; len(found) > 0 {
				t.Errorf("%s has a profile of %d bytes", format, len(found))
			}
			continue
		}
		if !bytes.Equal(metadataOf(t, result).profile, profile) {
			t.Errorf("%s: the profile is another", format)
		}
	}
}

// labTIFF is the patchwork in CIE L*a*b*.
func labTIFF(t testing.TB) []byte {
	return exported(t, patchwork(), func(ref *vips.ImageRef) ([]byte, *vips.ImageMetadata, error) {
		if err := ref.Flatten(&vips.Color{}); err != nil {
			return nil, nil, err
		}
		if err := ref.ToColorSpace(vips.InterpretationLAB); err != nil {
			return nil, nil, err
		}
		return ref.ExportTiff(&vips.TiffExportParams{Compression: vips.TiffCompressionDeflate})
	})
}

// Colours of all kinds come out as what they are, to within what the eye just
// sees.
func TestColourDifferences(t *testing.T) {
	deep := image.NewNRGBA64(image.Rect(0, 0, 16*len(patches), 16))
	for y := range 16 {
		for x := range deep.Rect.Dx() {
			c := patches[x/16]
			deep.SetNRGBA64(x, y, color.NRGBA64{uint16(c.R) * 257, uint16(c.G) * 257, uint16(c.B) * 257, 0xffff})
		}
	}
	for name, original := range map[string][]byte{
		"8 bits": pngOf(t, patchwork()), "16 bits": pngOf(t, deep), "Lab": labTIFF(t),
	} {
		for _, text := range []string{"max,format=png", "max,format=png,enlarge=true,fit=fill", "56x8,fit=fill,format=png"} {
			picture := decoded(t, transform(t, original, text).Bytes)
			width := picture.Rect.Dx() / len(patches)
			for i, want := range patches {
				if got := picture.NRGBAAt(width*i+width/2, picture.Rect.Dy()/2); deltaE(got, want) > 2 {
					t.Errorf("%s, %s: got %v, want %v, ΔE %.1f", name, text, got, want, deltaE(got, want))
				}
			}
		}
	}
	for _, value := range []uint8{10, 60, 128, 200, 250} {
		for _, gamma := range []float64{1, 1.8, 2.2} {
			original := withChunks(pngOf(t, grayPicture(32, 32, value)), profileChunk(grayProfile(gamma)))
			v := encodeSRGB(math.Pow(float64(value)/255, gamma))
			want := color.NRGBA{v, v, v, 255}
			if got := decoded(t, transform(t, original, "16x,format=png").Bytes).NRGBAAt(8, 8); deltaE(got, want) > 2 {
				t.Errorf("gray %d with gamma %g: got %v, want %v", value, gamma, got, want)
			}
		}
	}
}

// Inks look as their profile says: its colours under D50, as measured, which lcms tells
// without converting to anything else, brought to sRGB by the textbook.
func TestInks(t *testing.T) {
	tool, err := exec.LookPath("vips")
	if err != nil {
		t.Skip("there is no vips command here")
	}
	inks := exported(t, patchwork(), func(ref *vips.ImageRef) ([]byte, *vips.ImageMetadata, error) {
		if err := ref.Flatten(&vips.Color{}); err != nil {
			return nil, nil, err
		}
		if err := ref.TransformICCProfileWithFallback(profileCMYK, profileSRGB); err != nil {
			return nil, nil, err
		}
		return ref.ExportTiff(&vips.TiffExportParams{Compression: vips.TiffCompressionDeflate})
	})
	original, reference := filepath.Join(t.TempDir(), "inks.tif"), filepath.Join(t.TempDir(), "lab.v")
	if err := os.WriteFile(original, inks, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(tool, "icc_import", original, reference, "--embedded", "--intent", "relative", "--pcs", "lab").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	labAt := func(x int) (lab [3]float64) {
		out, err := exec.Command(tool, "getpoint", reference, strconv.Itoa(x), "8").CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if _, err := fmt.Sscan(string(out), &lab[0], &lab[1], &lab[2]); err != nil {
			t.Fatalf("%v: %q", err, out)
		}
		return lab
	}
	picture := decoded(t, transform(t, inks, "max,format=png").Bytes)
	for i := range patches {
		lab := labAt(16*i + 8)
		y := (lab[0] + 16) / 116
		var xyz [3]float64
		for j, t := range [3]float64{y + lab[1]/500, y, y - lab[2]/200} { // CIE 15
			if xyz[j] = t * t * t; t <= 6.0/29 {
				xyz[j] = 3 * 36.0 / 841 * (t - 4.0/29)
			}
			xyz[j] *= [3]float64{0.9642, 1, 0.8249}[j]
		}
		// XYZ under D50 to linear sRGB (IEC 61966-2-1, adapted by Bradford).
		r, g, b := apply([9]float64{3.1338561, -1.6168667, -0.4906146, -0.9787684, 1.9161415, 0.0334540, 0.0719453, -0.2289914, 1.4052427}, xyz[0], xyz[1], xyz[2])
		want := color.NRGBA{encodeSRGB(r), encodeSRGB(g), encodeSRGB(b), 255}
		if got := picture.NRGBAAt(16*i+8, 8); deltaE(got, want) > 2 {
			t.Errorf("patch %d: got %v, want %v, ΔE %.1f", i, got, want, deltaE(got, want))
		}
	}
}
