package transform

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"api-resize/spec"
)

// searched are the formats whose quality is looked for.
func searched() []spec.Format {
	return slices.DeleteFunc(engine.Writable(), func(format spec.Format) bool { return autoSteps[format] == 0 })
}

// likeness is what the search compares: of all of a picture, not of a sample.
func likeness(t testing.TB, a, b []byte) float64 {
	t.Helper()
	refA, refB := opened(t, a), opened(t, b)
	defer refA.Close()
	defer refB.Close()
	lumaA, err := lumaOf(refA, nil)
	if err != nil {
		t.Fatal(err)
	}
	lumaB, err := lumaOf(refB, nil)
	if err != nil {
		t.Fatal(err)
	}
	return seenSimilarity(lumaA, lumaB)
}

// The quality that is found is the lowest that looks like the picture: a little
// less looks worse. Of large pictures that is true of a sample, and about so of
// the whole.
func TestAutoQuality(t *testing.T) {
	for _, name := range []string{"jpg-24bit-icc-iec.jpg", "png-24bit+alpha.png"} {
		original := transform(t, sample(t, name), "800x,format=png").Bytes
		for _, size := range []string{"300x", "max"} {
			want := transform(t, original, size+",format=png").Bytes
			for _, format := range searched() {
				text := fmt.Sprintf("%s,format=%s", size, format)
				picture := transform(t, original, text+",quality=auto")
				if picture.Quality < lowestAutoQuality || picture.Quality > highestAutoQuality {
					t.Errorf("%s of %s has quality %d", text, name, picture.Quality)
					continue
				}
				if same := transform(t, original, fmt.Sprintf("%s,quality=%d", text, picture.Quality)); !bytes.Equal(same.Bytes, picture.Bytes) {
					t.Errorf("%s of %s is not what quality %d gives", text, name, picture.Quality)
				}
				tolerance := 0.0005
				if size == "max" {
					tolerance = 0.006
				}
				target := engine.config.Target
				if got := likeness(t, want, picture.Bytes); got < target-tolerance && picture.Quality < highestAutoQuality {
					t.Errorf("%s of %s at quality %d is like the picture by %.4f, want %.4f", text, name, picture.Quality, got, target)
				}
				if picture.Quality == lowestAutoQuality {
					continue
				}
				less := transform(t, original, fmt.Sprintf("%s,quality=%d", text, picture.Quality-autoSteps[format]))
				if got := likeness(t, want, less.Bytes); got > target+tolerance {
					t.Errorf("%s of %s at quality %d would do as well as at %d: %.4f", text, name, less.Quality, picture.Quality, got)
				}
			}
		}
	}
}

// A higher target finds a higher quality; what has no quality is as it is.
func TestAutoQualityTarget(t *testing.T) {
	original := transform(t, sample(t, "jpg-24bit-icc-adobe-rgb.jpg"), "300x,format=png").Bytes
	for _, format := range searched() {
		last := 0
		for _, target := range []float64{0.9, 0.97, 0.99, 0.999} {
			by := withConfig(func(config *Config) { config.Target = target })
			got := transformBy(t, by, original, "300x,quality=auto,format="+string(format)).Quality
			if got < last || target == 0.9 && got > 40 || target == 0.999 && got < 85 {
				t.Errorf("%s: target %g gives quality %d, a lower one %d", format, target, got, last)
			}
			last = got
		}
	}
	for _, text := range []string{"300x,format=png", "300x,format=webp,lossless=true"} {
		auto, plain := transform(t, original, text+",quality=auto"), transform(t, original, text)
		if !bytes.Equal(auto.Bytes, plain.Bytes) || auto.Quality != 0 {
			t.Errorf("%s is another with quality=auto, of quality %d", text, auto.Quality)
		}
	}
}

// Kinds of pictures: gray, animated, tiny, thin, flat, laid over, with a profile
// and with a limit on bytes.
func TestAutoQualityKinds(t *testing.T) {
	photograph := transform(t, sample(t, "jpg-24bit-icc-adobe-rgb.jpg"), "400x,format=png").Bytes
	for _, test := range []struct {
		name     string
		original []byte
		text     string
	}{
		{"gray", sample(t, "jpg-8bit-grey-icc-dot-gain.jpg"), "300x"},
		{"animated", sample(t, "webp-animated+alpha.webp"), "300x,enlarge=true"},
		{"tiny", photograph, "3x2"},
		{"one pixel", photograph, "1x1"},
		{"thin", photograph, "2000x30,fit=fill,enlarge=true"},
		{"very thin", photograph, "8000x2,fit=fill,enlarge=true"},
		{"large", photograph, "800x700,fit=fill,enlarge=true"},
		{"flat", pngOf(t, plain(600, 600, red)), "max"},
		{"overlaid", photograph, "300x300,text=Hello,text_size=80"},
		{"with a profile", photograph, "300x,profile=keep,metadata=keep"},
	} {
		for _, format := range searched() {
			picture := transform(t, test.original, test.text+",quality=auto,format="+string(format))
			if picture.Quality < lowestAutoQuality || picture.Quality > highestAutoQuality {
				t.Errorf("%s as %s has quality %d", test.name, format, picture.Quality)
			}
			if b := decoded(t, picture.Bytes).Bounds(); b.Dx() != picture.Width {
				t.Errorf("%s as %s is %v, want %dx%d", test.name, format, b, picture.Width, picture.Height)
			}
			if test.name == "flat" && picture.Quality != lowestAutoQuality {
				t.Errorf("nothing to be seen has quality %d as %s", picture.Quality, format)
			}
		}
	}
	for _, format := range searched() {
		text := "300x,quality=auto,format=" + string(format)
		free := transform(t, photograph, text)
		most := len(free.Bytes) * 2 / 3
		bound := transform(t, photograph, fmt.Sprintf("%s,max_bytes=%d", text, most))
		if len(bound.Bytes) > most || bound.Quality >= free.Quality {
			t.Errorf("%s: %d bytes at quality %d, want at most %d, below %d", format, len(bound.Bytes), bound.Quality, most, free.Quality)
		}
		if roomy := transform(t, photograph, text+",max_bytes=900000"); !bytes.Equal(roomy.Bytes, free.Bytes) {
			t.Errorf("%s: a limit far away changes the picture", format)
		}
	}
	blind := withConfig(func(*Config) {})
	blind.readable = map[spec.Format]bool{spec.PNG: true}
	if got := transformBy(t, blind, photograph, "300x,quality=auto,format=webp").Quality; got != DefaultConfig().WebP.Quality {
		t.Errorf("what can't be read back has quality %d, want the configured one", got)
	}
}

// Tiles lie inside the picture, on the grid, apart from each other, and reach
// from edge to edge.
func TestSampleRects(t *testing.T) {
	for _, whole := range []spec.Size{{Width: 1000, Height: 800}, {Width: 513, Height: 512}, {Width: 8000, Height: 40}, {Width: 40, Height: 8000}, {Width: 300, Height: 3000}, {Width: 262145, Height: 1}} {
		rows := sampleRects(whole)
		pixels := 0
		var all []spec.Rect
		for _, row := range rows {
			if len(row) != len(rows[0]) {
				t.Fatalf("%v: rows of %d and %d", whole, len(row), len(rows[0]))
			}
			all = append(all, row...)
		}
		for i, rect := range all {
			pixels += rect.Width * rect.Height
			if rect.Left < 0 || rect.Top < 0 || rect.Left+rect.Width > whole.Width || rect.Top+rect.Height > whole.Height || rect.Left%sampleGrid != 0 || rect.Top%sampleGrid != 0 {
				t.Errorf("%v: a tile is %v", whole, rect)
			}
			for _, other := range all[:i] {
				if rect.Left < other.Left+other.Width && other.Left < rect.Left+rect.Width && rect.Top < other.Top+other.Height && other.Top < rect.Top+rect.Height {
					t.Errorf("%v: %v and %v overlap", whole, rect, other)
				}
			}
		}
		if most := sampleTiles * sampleTile * sampleTile; pixels > most || len(all) > sampleTiles || len(all) < 2 {
			t.Errorf("%v: %d tiles of %d pixels", whole, len(all), pixels)
		}
		last := all[len(all)-1]
		if len(rows) > 1 && whole.Height-last.Top-last.Height >= sampleGrid || len(rows[0]) > 1 && whole.Width-last.Left-last.Width >= sampleGrid {
			t.Errorf("%v: the last tile is %v", whole, last)
		}
	}
}

// BenchmarkAutoQuality compares the quality that is found with the configured
// one: bytes, and processor time.
func BenchmarkAutoQuality(b *testing.B) {
	for _, name := range []string{"jpg-24bit-icc-adobe-rgb.jpg", "jpg-24bit-icc-iec.jpg", "jpg-orientation-6.jpg", "heic-24bit-exif.heic", "png-24bit.png"} {
		for _, format := range searched() {
			b.Run(fmt.Sprintf("%s-%s", name, format), func(b *testing.B) {
				original := transform(b, sample(b, name), "800x800,fit=inside,format=png").Bytes
				var sizes [2]int
				var times [2]float64
				quality := 0
				rounds := 0
				for b.Loop() {
					for i, text := range []string{"max", "max,quality=auto"} {
						begin := cpuTime()
						picture := transform(b, original, text+",format="+string(format))
						times[i] += (cpuTime() - begin).Seconds() * 1000
						sizes[i], quality = len(picture.Bytes), picture.Quality
					}
					rounds++
				}
				b.ReportMetric(float64(quality), "quality")
				b.ReportMetric(float64(sizes[0]), "bytes-configured")
				b.ReportMetric(float64(sizes[1]), "bytes-auto")
				b.ReportMetric(times[0]/float64(rounds), "cpu-ms-configured")
				b.ReportMetric(times[1]/float64(rounds), "cpu-ms-auto")
			})
		}
	}
}
