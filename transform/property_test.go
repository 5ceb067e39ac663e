package transform

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"api-resize/spec"
)

// oddOriginals are small pictures of every kind, size and format that may make
// trouble: some two hundred.
func oddOriginals(t testing.TB) map[string][]byte {
	t.Helper()
	sizes := []image.Point{{1, 1}, {2, 1}, {1, 3}, {3, 2}, {7, 7}, {16, 9}, {1, 120}, {130, 1}, {33, 65}}
	all := map[string][]byte{}
	for _, size := range sizes {
		bounds := image.Rectangle{Max: size}
		nrgba := image.NewNRGBA(bounds)
		gray, deepGray, deep := image.NewGray(bounds), image.NewGray16(bounds), image.NewNRGBA64(bounds)
		palette := image.NewPaletted(bounds, color.Palette{color.NRGBA{}, red, color.NRGBA{9, 200, 40, 90}, color.White})
		random := rand.New(rand.NewPCG(uint64(size.X), uint64(size.Y)))
		for y := range size.Y {
			for x := range size.X {
				pixel := color.NRGBA{uint8(random.Uint32()), uint8(x * 40), uint8(y * 30), uint8(255 - random.IntN(3)*100)}
				nrgba.SetNRGBA(x, y, pixel)
				gray.Set(x, y, pixel)
				deepGray.Set(x, y, pixel)
				deep.Set(x, y, pixel)
				palette.SetColorIndex(x, y, uint8(random.IntN(4)))
			}
		}
		name := fmt.Sprintf("%dx%d ", size.X, size.Y)
		for kind, picture := range map[string]image.Image{"rgba": nrgba, "gray": gray, "gray16": deepGray, "rgba16": deep, "palette": palette} {
			all[name+kind+" png"] = pngOf(t, picture)
		}
		for kind, data := range originals(t, nrgba) {
			all[name+kind] = data
		}
		all[name+"turned jpeg"] = withOrientation(jpegOf(t, nrgba), 1+random.IntN(8))
		all[name+"animation"] = gifOf(t, size.X, size.Y, red, green, blue)
		all[name+"gray jpeg"] = jpegOf(t, gray)
	}
	return all
}

// randomValues makes a value of an option, by its name, that it accepts; of most
// the table's own examples will do.
var randomValues = map[string]func(*rand.Rand) string{
	"crop": func(r *rand.Rand) string {
		return fmt.Sprintf("%.2f:%d:%.3f:%d", r.Float64(), r.IntN(40), 0.001+r.Float64()*0.999, 1+r.IntN(90))
	},
	"trim":       func(r *rand.Rand) string { return fmt.Sprint(1 + r.IntN(255)) },
	"fit":        oneOf("cover", "contain", "inside", "outside", "fill"),
	"position":   oneOf("top", "left", "bottom-right", "entropy", "attention", "center"),
	"focus":      func(r *rand.Rand) string { return fmt.Sprintf("%.2f:%.2f", r.Float64(), r.Float64()) },
	"enlarge":    oneOf("true", "false"),
	"dpr":        oneOf("0.5", "1", "1.3", "2"),
	"rotate":     func(r *rand.Rand) string { return fmt.Sprintf("%.1f", r.Float64()*720-360) },
	"flip":       oneOf("h", "v", "hv"),
	"pad":        oneOf("0", "1", "3:0:7:1", "20"),
	"background": oneOf("white", "00000000", "ff000080", "123456"),
	"round":      oneOf("max", "1", "5", "4000"),
	"blur":       oneOf("0.3", "2", "30"),
	"pixelate":   oneOf("2", "7", "256"),
	"gamma":      oneOf("0", "0.4", "4"),
	"quality":    oneOf("1", "50", "100", "auto"),
	"max_bytes":  oneOf("100", "700", "100000"),
	"metadata":   oneOf("none", "copyright", "keep"),
	"profile":    oneOf("srgb", "keep"),
	"page":       oneOf("1", "2", "3"),
	"animated":   oneOf("true", "false"),
	"text":       oneOf("x", "Grüße, Jürgen <b>&amp;", "a\nb\nc", "العربية", "𝄞 漢字", "ffi"),
	"text_size":  oneOf("4", "12", "100"),
	"watermark":  oneOf("mark"),
}

func oneOf(values ...string) func(*rand.Rand) string {
	return func(r *rand.Rand) string { return values[r.IntN(len(values))] }
}

// randomSpec is a Spec in the spelling of a URL; not every one is possible.
func randomSpec(random *rand.Rand) string {
	side := func() int { return 1 + random.IntN(90) }
	text := oneOf("max", fmt.Sprintf("%dx%d", side(), side()), fmt.Sprintf("%dx", side()), fmt.Sprintf("x%d", side()))(random)
	given := map[string]bool{}
	for _, option := range spec.Options {
		needed := option.Needs == "" || given[option.Needs]
		if random.IntN(6) > 0 || !needed || given[option.Excludes] && option.Excludes != "" || option.Name == "default" || option.Name == "download" {
			continue
		}
		value := option.Example
		if another, known := randomValues[option.Name]; known {
			value = another(random)
		}
		given[option.Name] = true
		text += "," + option.Name + "=" + strings.NewReplacer(",", "%2C", "\n", "%0A", "%", "%25").Replace(value)
	}
	return text
}

// TestAnySpecOfAnyOriginal: whatever is asked of whatever is a picture of
// exactly the planned size that can be read, or an error that is documented.
func TestAnySpecOfAnyOriginal(t *testing.T) {
	odd := oddOriginals(t)
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range odd {
			if !yield(name) {
				return
			}
		}
	})
	random := rand.New(rand.NewPCG(1, 2))
	made, slowest, slowestOf := 0, time.Duration(0), ""
	for i := range 800 {
		name := names[i%len(names)]
		text := randomSpec(random)
		begin := time.Now()
		if anyPicture(t, name, odd[name], text, engine.Writable()[i%len(engine.Writable())]) {
			made++
		}
		if took := time.Since(begin); took > slowest {
			slowest, slowestOf = took, fmt.Sprintf("%s of %s as %s", text, name, engine.Writable()[i%len(engine.Writable())])
		}
	}
	t.Logf("%d pictures of %d originals; the slowest took %v: %s", made, len(odd), slowest, slowestOf)
	if made < 450 {
		t.Errorf("only %d of 800 were possible: the test tries too little", made)
	}
}

// anyPicture reports whether a picture came out.
func anyPicture(t *testing.T, name string, original []byte, text string, format spec.Format) bool {
	t.Helper()
	want, err := spec.Parse(text)
	if err != nil {
		if !errors.Is(err, spec.ErrBadOption) {
			t.Errorf("%s: %v", text, err)
		}
		return false
	}
	facts := facts(t, original)
	want.Output.Format = format
	resolver := spec.Resolver{Writable: engine.Writable(), Quality: engine.config.Quality(), SaveData: 70}
	resolved, err := resolver.Resolve(want, facts, spec.Client{})
	if err != nil {
		if !errors.Is(err, spec.ErrImpossible) {
			t.Errorf("%s of %s: %v", text, name, err)
		}
		return false
	}
	order := ordered(original, facts, resolved.Spec)
	if page := resolved.Output.Page; page > 1 {
		if order.Original.Facts, err = engine.InspectPage(original, page); err != nil {
			if !errors.Is(err, spec.ErrImpossible) {
				t.Errorf("%s of %s: %v", text, name, err)
			}
			return false
		}
	}
	if resolved.Watermark != (spec.Watermark{}) {
		mark := pngOf(t, framed(plain(9, 5, color.NRGBA{0, 0, 255, 120}), 2, 2, 2, 2, color.NRGBA{}))
		order.Watermark = spec.Original{Bytes: mark, Facts: spec.Facts{Format: spec.PNG, Width: 13, Height: 9, Frames: 1, HasAlpha: true}}
	}
	picture, err := engine.Transform(t.Context(), order)
	if err != nil {
		if !errors.Is(err, spec.ErrTooLarge) && !errors.Is(err, spec.ErrImpossible) {
			t.Errorf("%s of %s as %s: %v", text, name, format, err)
		}
		return false
	}
	plan, err := resolved.Plan(order.Original.Facts, engine.limits.Result)
	if err != nil {
		t.Errorf("%s of %s: made, but by its plan %v", text, name, err)
	}
	result := opened(t, picture.Bytes)
	defer result.Close()
	got := spec.Size{Width: result.Width(), Height: result.Height()}
	says := spec.Size{Width: picture.Width, Height: picture.Height}
	if got != says || resolved.Trim == 0 && got != plan.Out {
		t.Errorf("%s of %s as %s is %v and says %v, want %v", text, name, format, got, says, plan.Out)
	}
	return true
}

// FuzzSpecs takes the choices from the fuzzer.
func FuzzSpecs(f *testing.F) {
	odd := oddOriginals(f)
	var names []string
	for name := range odd {
		names = append(names, name)
	}
	slices.Sort(names)
	f.Add(uint64(1), uint16(0))
	f.Fuzz(func(t *testing.T, seed uint64, which uint16) {
		name := names[int(which)%len(names)]
		text := randomSpec(rand.New(rand.NewPCG(seed, 7)))
		anyPicture(t, name, odd[name], text, engine.Writable()[seed%uint64(len(engine.Writable()))])
	})
}
