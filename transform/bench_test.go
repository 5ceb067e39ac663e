package transform

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// photograph is a JPEG of 15 megapixels, as cameras make them: smooth areas,
// edges, and some noise. It is a tile sixteen times, made once.
var photograph = sync.OnceValue(func() []byte {
	const width, height, tiles = 1188, 792, 4
	random := rand.New(rand.NewPCG(1, 2))
	tile := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			wave := 60*math.Sin(float64(x)/97)*math.Cos(float64(y)/61) + 40*math.Sin(float64(x*y)/9000) + random.NormFloat64()*4
			channel := func(tint int) uint8 { return uint8(min(max(128+tint+int(wave), 0), 255)) }
			tile.SetNRGBA(x, y, color.NRGBA{channel(x / 30), channel(0), channel(y / 20), 255})
		}
	}
	picture, err := vips.NewImageFromGoImage(tile)
	if err != nil {
		panic(err)
	}
	defer picture.Close()
	if err := picture.Replicate(tiles, tiles); err != nil {
		panic(err)
	}
	data, _, err := picture.ExportJpeg(&vips.JpegExportParams{Quality: 90})
	if err != nil {
		panic(err)
	}
	return data
})

// benchmarks are pictures as they are asked for most.
var benchmarks = []struct {
	name, sample  string // the generated photograph when there is no sample
	width, height int
	format        spec.Format
}{
	{"15MP-300x200", "", 300, 200, spec.JPEG},
	{"15MP-1600x1066", "", 1600, 1066, spec.JPEG},
	{"4MP-300x188", "jpg-24bit-icc-iec.jpg", 300, 188, spec.JPEG},
	{"4MP-300x188-webp", "jpg-24bit-icc-iec.jpg", 300, 188, spec.WebP},
	{"4MP-800x500-webp", "jpg-24bit-icc-iec.jpg", 800, 500, spec.WebP},
	{"small-200x150", "copyright.jpeg", 200, 150, spec.JPEG},
	{"PNG-alpha-300x300", "png-24bit+alpha.png", 300, 300, spec.PNG},
	{"WebP-200x150", "webp+alpha.webp", 200, 150, spec.WebP},
	{"GIF-first-60x60", "gif-animated.gif", 60, 60, spec.JPEG},
	{"GIF-animated-60x60", "gif-animated.gif", 60, 60, spec.GIF},
	{"WebP-animated-100x100", "webp-animated+alpha.webp", 100, 100, spec.WebP},
	{"AVIF-300x200", "avif-8bit.avif", 300, 200, spec.JPEG},
	{"CMYK-300x300", "jpg-32bit-cmyk-icc-swop.jpg", 300, 300, spec.JPEG},
	{"HEIC-300x400", "heic-orientation-6.heic", 300, 400, spec.JPEG},
}

// BenchmarkAgainstThumbnail compares with the plainest loop over libvips that
// makes the same picture: vips_thumbnail on the buffer, then the same encoder.
// The metrics of interest are the ratios of CPU time, of the medians and of the
// least, both halves measured in turns: on a busy machine the time of the same
// work varies by a factor of three.
func BenchmarkAgainstThumbnail(b *testing.B) {
	for _, bench := range benchmarks {
		b.Run(bench.name, func(b *testing.B) {
			original := photograph()
			if bench.sample != "" {
				original = sample(b, bench.sample)
			}
			want := resolved(b, fmt.Sprintf("%dx%d,fit=fill,format=%s", bench.width, bench.height, bench.format))
			facts := facts(b, original)
			var ours, plain []time.Duration
			for b.Loop() {
				begin := cpuTime()
				if _, err := engine.Transform(b.Context(), ordered(original, facts, want)); err != nil {
					b.Fatal(err)
				}
				middle := cpuTime()
				thumbnail(b, original, facts, bench.width, bench.height, want)
				ours, plain = append(ours, middle-begin), append(plain, cpuTime()-middle)
			}
			slices.Sort(ours)
			slices.Sort(plain)
			half := len(ours) / 2
			b.ReportMetric(float64(ours[half].Microseconds())/1e3, "cpu-ms")
			b.ReportMetric(float64(plain[half].Microseconds())/1e3, "plain-cpu-ms")
			b.ReportMetric(float64(ours[half])/float64(plain[half]), "ratio")
			b.ReportMetric(float64(ours[0])/float64(plain[0]), "ratio-of-least")
		})
	}
}

func thumbnail(b *testing.B, original []byte, facts spec.Facts, width, height int, want spec.Spec) {
	var params *vips.ImportParams
	if want.KeepsFrames(facts) {
		params = &vips.ImportParams{}
		params.NumPages.Set(-1)
	}
	image, err := vips.LoadThumbnailFromBuffer(original, width, height, vips.InterestingNone, vips.SizeForce, params)
	if err != nil {
		b.Fatal(err)
	}
	defer image.Close()
	if image.HasAlpha() && want.Output.Format == spec.JPEG {
		if err := image.Flatten(&vips.Color{R: 255, G: 255, B: 255}); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := encoders[want.Output.Format](image, engine.config, codingOf(want.Output, engine.config, false)); err != nil {
		b.Fatal(err)
	}
}

// cpuTime is what this process has used of all processors.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkEncode shows what a megapixel costs in each format.
func BenchmarkEncode(b *testing.B) {
	for _, format := range engine.Writable() {
		b.Run(string(format), func(b *testing.B) {
			picture := transform(b, photograph(), "1224x816,fit=fill,format=png")
			facts := facts(b, picture.Bytes)
			want := resolved(b, "max,format="+string(format))
			size := 0
			begin := cpuTime()
			for b.Loop() {
				result, err := engine.Transform(b.Context(), ordered(picture.Bytes, facts, want))
				if err != nil {
					b.Fatal(err)
				}
				size = len(result.Bytes)
			}
			b.ReportMetric(float64((cpuTime()-begin).Microseconds())/1e3/float64(b.N), "cpu-ms")
			b.ReportMetric(float64(size)/1024, "KiB")
		})
	}
}

func BenchmarkInspect(b *testing.B) {
	original := sample(b, "jpg-24bit-icc-iec.jpg")
	for b.Loop() {
		if _, err := engine.Inspect(original); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWork shows how true the estimates of work are: the time that a
// picture takes, for each nanosecond of the estimate.
func BenchmarkWork(b *testing.B) {
	large, small := photograph(), sample(b, "jpg-24bit-icc-iec.jpg")
	for _, one := range []struct {
		name     string
		original []byte
		options  string
	}{
		{"15MP-300", large, "300x200,format=jpeg"},
		{"15MP-1600", large, "1600x,format=jpeg"},
		{"4MP-300-webp", small, "300x,format=webp"},
		{"4MP-1200-webp", small, "1200x,format=webp"},
		{"4MP-800-png", small, "800x,format=png"},
		{"4MP-800-avif", small, "800x,format=avif"},
		{"4MP-800-gif", small, "800x,format=gif"},
		{"4MP-800-jxl", small, "800x,format=jxl"},
		{"4MP-800-blur", small, "800x,blur=5,saturation=0.5,format=jpeg"},
		{"4MP-800-auto", small, "800x,quality=auto,format=webp"},
		{"4MP-800-trim", small, "800x,trim=10,format=jpeg"},
		{"PNG-300", sample(b, "png-24bit+alpha.png"), "300x,format=png"},
		{"WebP-300", sample(b, "webp+alpha.webp"), "300x,format=webp"},
		{"HEIC-300", sample(b, "heic-24bit-exif.heic"), "300x,format=jpeg"},
	} {
		b.Run(one.name, func(b *testing.B) {
			order := ordered(one.original, facts(b, one.original), resolved(b, one.options))
			for b.Loop() {
				if _, err := engine.Transform(b.Context(), order); err != nil {
					b.Fatal(err)
				}
			}
			estimate := float64(engine.Cost(order).Work)
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/estimate, "took/estimate")
		})
	}
}
