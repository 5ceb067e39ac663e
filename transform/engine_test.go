package transform

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"api-resize/spec"
)

// Nothing of an original's metadata is in a result.
func TestMetadataIsGone(t *testing.T) {
	secret := "SECRET-PLACE"
	original := withOrientation(jpegOf(t, corners(200, 150)), 1)
	original = withSegment(original, 0xe1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>"+secret+"</x:xmpmeta>")
	original = withSegment(original, 0xed, "Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x12\x1c\x02\x78\x00\x0c"+secret)
	original = withSegment(original, 0xfe, secret)
	original = withSegment(original, 0xe2, "ICC_PROFILE\x00\x01\x01"+string(builtin(t, "p3")))
	pngOriginal := withChunks(pngOf(t, corners(200, 150)), profileChunk(builtin(t, "p3")),
		chunk("tEXt", []byte("Author\x00"+secret)), chunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"+secret)))
	for _, original := range [][]byte{original, pngOriginal, sample(t, "heic-24bit-exif.heic"), sample(t, "webp-orientation-6.webp"), gifOf(t, 200, 150, red, blue)} {
		for _, format := range engine.Writable() {
			for _, text := range []string{"60x40", "max", "50x50,fit=contain"} {
				if text != "60x40" && facts(t, original).Pixels() > 1e6 {
					continue
				}
				data := transform(t, original, text+",format="+string(format)).Bytes
				for _, trace := range []string{secret, "Exif", "EXIF", "xmpmeta", "xap/1.0", "XMP ", "ICC_PROFILE", "ICCP", "iCCP", "acsp", "8BIM", "eXIf", "tEXt", "iTXt", "zTXt"} {
					if bytes.Contains(data, []byte(trace)) {
						t.Errorf("%s,format=%s: %q is in the result", text, format, trace)
					}
				}
			}
		}
	}
}

// Only the formats read here are ever opened, whatever a file is called.
func TestOtherFormats(t *testing.T) {
	for name, content := range map[string]string{
		"nothing": "", "one byte": "\xff", "text": "hello, this is no image at all",
		"svg": `<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>`,
		"pdf": "%PDF-1.4\n1 0 obj\n<<>>\nendobj\n", "eps": "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
		"mvg": "push graphic-context\nviewbox 0 0 10 10\nimage over 0,0 0,0 'https://127.0.0.1/x'\npop graphic-context\n",
		"bmp": "BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00", "ico": "\x00\x00\x01\x00\x01\x00\x10\x10\x00\x00\x01\x00",
		"ppm": "P6 1 1 255 abc", "matrix": "3 3\n1 2 3\n4 5 6\n7 8 9\n", "csv": "1,2,3\n4,5,6\n", "video": "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
		"radiance": "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n", "vips": "\xb6\xa6\xf2\x08 and more of it",
	} {
		if _, err := engine.Inspect([]byte(content)); !errors.Is(err, ErrUnsupported) {
			t.Errorf("Inspect of %s: got %v, want ErrUnsupported", name, err)
		}
		_, err := engine.Transform(t.Context(), ordered([]byte(content), spec.Facts{Format: spec.JPEG, Width: 10, Height: 10, Frames: 1}, resolved(t, "10x,format=png")))
		if !errors.Is(err, ErrUnsupported) {
			t.Errorf("Transform of %s: got %v, want ErrUnsupported", name, err)
		}
	}
}

// Behind the recognition in Go there is libvips' own block.
func TestLoadersAreBlocked(t *testing.T) {
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"></svg>`)
	for _, name := range []string{"svgload_buffer", "magickload_buffer", "pdfload_buffer", "radload_buffer", "jp2kload_buffer", "jxlload_buffer"} {
		if image, err := (loader{nickname: name}).open(svg, "", nil); err == nil {
			image.Close()
			t.Errorf("%s opened something", name)
		}
	}
	for _, name := range []string{"svg.svg", "pdf.pdf", "jp2k-orientation-6.jp2", "psd.example.psd", "txt.txt"} {
		if _, err := engine.Inspect(sample(t, name)); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: got %v, want ErrUnsupported", name, err)
		}
	}
}

// At the deadline the work stops, long before it would be done.
func TestDeadline(t *testing.T) {
	original := photograph()
	facts := facts(t, original)
	want := resolved(t, "5000x5000,fit=inside,enlarge=true,format=png")
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := engine.Transform(ctx, ordered(original, facts, want))
	if !errors.Is(err, ErrTimeout) {
		t.Fatalf("got %v, want ErrTimeout", err)
	}
	if took := time.Since(begin); took > 700*time.Millisecond { // whole, it takes seconds
		t.Errorf("it went on for %v after a deadline of 60 ms", took)
	}
}

func TestCancel(t *testing.T) {
	original := photograph()
	facts := facts(t, original)
	for _, text := range []string{"5000x5000,fit=inside,enlarge=true,format=png", "1000x1000,position=attention,format=jpeg"} {
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(20*time.Millisecond, cancel)
		_, err := engine.Transform(ctx, ordered(original, facts, resolved(t, text)))
		if !errors.Is(err, context.Canceled) || errors.Is(err, ErrTimeout) {
			t.Errorf("%s: got %v, want context.Canceled", text, err)
		}
		timer.Stop()
		cancel()
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := engine.Transform(ctx, ordered(original, facts, resolved(t, "10x,format=png"))); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: got %v, want context.Canceled", err)
	}
}

// Many at once give what one gives alone.
func TestConcurrent(t *testing.T) {
	kinds := originals(t, opaque(160, 100))
	specs := []string{"60x60,format=jpeg", "50x80,fit=contain,format=webp", "40x40,position=entropy,format=png", "30x,format=gif"}
	alone := make(map[string][]byte)
	for name, original := range kinds {
		for _, text := range specs {
			alone[name+text] = transform(t, original, text).Bytes
		}
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for name, original := range kinds {
				for _, text := range specs {
					facts, err := engine.Inspect(original)
					if err != nil {
						t.Error(err)
						return
					}
					picture, err := engine.Transform(t.Context(), ordered(original, facts, resolved(t, text)))
					if err != nil || !bytes.Equal(picture.Bytes, alone[name+text]) {
						t.Errorf("%s of %s is another picture, %v", text, name, err)
					}
					// An error in between must not disturb the others.
					engine.Transform(t.Context(), ordered(original[:len(original)/2], facts, resolved(t, text)))
				}
			}
		})
	}
	all.Wait()
}

func TestStartOnce(t *testing.T) {
	if _, err := Start(DefaultConfig(), DefaultLimits(), slog.Default()); err == nil {
		t.Error("libvips was started twice")
	}
	bad := DefaultConfig()
	bad.AVIF.Effort = 10
	if _, err := Start(bad, Limits{}, slog.Default()); err == nil || !strings.Contains(err.Error(), "avif.effort") || !strings.Contains(err.Error(), "frames") {
		t.Errorf("got %v, want all faults", err)
	}
}

func TestFingerprint(t *testing.T) {
	other := *engine
	other.config.WebP.Effort--
	if engine.Fingerprint() == other.Fingerprint() || !strings.Contains(engine.Fingerprint(), "libvips-8.") {
		t.Errorf("%q and %q", engine.Fingerprint(), other.Fingerprint())
	}
}

func TestVersions(t *testing.T) {
	names := make(map[string]string)
	for _, version := range Versions() {
		names[version.Name] = version.Version
	}
	for _, name := range []string{"libvips", "libwebp", "libjpeg", "libheif"} {
		if names[name] == "" || names[name] == "ABI " {
			t.Errorf("the version of %s is not among %v", name, names)
		}
	}
}

// The estimate is above what libvips counts itself.
func TestCost(t *testing.T) {
	original := photograph()
	facts := facts(t, original)
	for _, text := range []string{"300x200,format=jpeg", "max,format=png", "1500x1500,position=attention,format=webp"} {
		want := resolved(t, text)
		if _, err := engine.Transform(t.Context(), ordered(original, facts, want)); err != nil {
			t.Fatal(err)
		}
	}
	_, peak := engine.Memory()
	if cost := engine.Cost(ordered(nil, facts, resolved(t, "max,format=png"))).Bytes; cost < peak {
		t.Errorf("the costliest was estimated at %d bytes, libvips had %d", cost, peak)
	}
	small, large := engine.Cost(ordered(nil, facts, resolved(t, "100x,format=jpeg"))).Bytes, engine.Cost(ordered(nil, facts, resolved(t, "max,format=avif"))).Bytes
	if small >= large || small < 1<<20 {
		t.Errorf("a small picture costs %d, a large one %d", small, large)
	}
}
