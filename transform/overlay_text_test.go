package transform

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"api-resize/spec"
)

// needFonts ends a test where no text can be drawn.
func needFonts(t *testing.T) {
	t.Helper()
	if !engine.DrawsText() {
		t.Fatal("there are no fonts here; deploy/install libvips installs some")
	}
}

// lettered draws words over a picture; without a format it is PNG.
func lettered(t *testing.T, original []byte, words, options string) spec.Picture {
	t.Helper()
	want := resolved(t, options+",text=placeholder")
	want.Text.Words = words
	if want.Output.Format == spec.FormatAuto {
		want.Output.Format = spec.PNG
	}
	picture, err := engine.Transform(t.Context(), ordered(original, facts(t, original), want))
	if err != nil {
		t.Fatalf("%q, %s: %v", words, options, err)
	}
	return picture
}

var night = color.NRGBA{10, 20, 40, 255}

// Text lies half its size from the edge, whatever glyphs it has.
func TestTextPlaces(t *testing.T) {
	needFonts(t)
	const width, height, margin = 400, 300, 20
	original := pngOf(t, plain(width, height, night))
	for _, words := range []string{"Hj", "gypsum", "one\nand two", "...", "ΩД", "\n\nH\n"} {
		for position := spec.PositionCenter; position <= spec.PositionTopLeft; position++ {
			picture := lettered(t, original, words, fmt.Sprintf("max,text_size=40,text_position=%s", position))
			box := boxOf(decoded(t, picture.Bytes), night)
			name := position.String()
			want := image.Pt((width-box.Dx())/2, (height-box.Dy())/2)
			if strings.Contains(name, "left") {
				want.X = margin
			}
			if strings.Contains(name, "right") {
				want.X = width - margin - box.Dx()
			}
			if strings.Contains(name, "top") {
				want.Y = margin
			}
			if strings.Contains(name, "bottom") {
				want.Y = height - margin - box.Dy()
			}
			// An edge that covers less than a hundredth of a pixel is not seen.
			if off := box.Min.Sub(want); box.Empty() || max(off.X, -off.X, off.Y, -off.Y) > 1 {
				t.Errorf("%q at %s: covers %v, want it to begin at %v", words, name, box, want)
			}
		}
	}
}

// The size is the font's in pixels: a DejaVu Sans H is 0.729 of it high.
func TestTextSizes(t *testing.T) {
	needFonts(t)
	original := pngOf(t, plain(600, 600, night))
	for _, size := range []int{4, 13, 32, 100, 512} {
		box := boxOf(decoded(t, lettered(t, original, "H", fmt.Sprintf("max,text_font=DejaVu Sans,text_size=%d", size)).Bytes), night)
		if want := 0.729 * float64(size); float64(box.Dy()) < want-1 || float64(box.Dy()) > want+2 {
			t.Errorf("an H of size %d is %d high, want %g", size, box.Dy(), want)
		}
	}
	byDefault := lettered(t, original, "H", "max")
	if explicit := lettered(t, original, "H", "max,text_size=32"); !bytes.Equal(byDefault.Bytes, explicit.Bytes) {
		t.Error("without a size text is not as large as with 32")
	}
}

// block is a glyph that covers all of its box.
const block = "\u2588"

func TestTextColours(t *testing.T) {
	needFonts(t)
	const options = "max,text_font=DejaVu Sans,text_size=60,text_color="
	for _, back := range []color.NRGBA{night, {200, 100, 50, 128}, {90, 90, 90, 1}} {
		for name, front := range map[string]color.NRGBA{
			"white": white, "ffcc00": {255, 204, 0, 255}, "ff000080": {255, 0, 0, 128},
			"00ff0001": {0, 255, 0, 1}, "80808040": {128, 128, 128, 64}, "transparent": {},
		} {
			pixels := decoded(t, lettered(t, pngOf(t, plain(90, 90, back)), block, options+name).Bytes)
			if got, want := pixels.NRGBAAt(45, 45), over(front, back, 0); got != want {
				t.Errorf("%s over %v: got %v, want %v", name, back, got, want)
			}
			if got := pixels.NRGBAAt(2, 2); got != back {
				t.Errorf("%s over %v: beside the text the picture is %v", name, back, got)
			}
		}
	}
	byDefault := decoded(t, lettered(t, pngOf(t, plain(90, 90, night)), block, "max,text_size=60").Bytes)
	if got := byDefault.NRGBAAt(45, 45); got != white {
		t.Errorf("without a colour text is %v, want white", got)
	}
}

// Gray pictures stay gray under gray text, pictures without alpha without it.
func TestTextKinds(t *testing.T) {
	needFonts(t)
	gray := pngOf(t, image.NewGray(image.Rect(0, 0, 90, 90)))
	colours := transform(t, jpegOf(t, plain(90, 90, red)), "max,format=png").Bytes
	for _, test := range []struct {
		original []byte
		colour   string
		bands    int
	}{
		{gray, "white", 1}, {gray, "80808080", 1}, {gray, "red", 3}, {colours, "white", 3}, {colours, "ff000080", 3},
		{pngOf(t, plain(90, 90, color.NRGBA{1, 2, 3, 4})), "white", 4},
	} {
		picture := lettered(t, test.original, block, "max,text_size=60,text_color="+test.colour)
		if got := bandsOf(t, picture.Bytes); got != test.bands {
			t.Errorf("%s: %d channels, want %d", test.colour, got, test.bands)
		}
	}
}

// inkOf is the size of words in one line, of a font with glyphs of one width.
func inkOf(words string) spec.Rect {
	text := layOut(words, "DejaVu Sans Mono", 40, 100_000, alignLeft)
	defer text.close()
	return text.ink()
}

// Words are never markup: every character of them is a glyph.
func TestTextIsLiteral(t *testing.T) {
	needFonts(t)
	advance := float64(inkOf("M"+strings.Repeat("M", 100)).Width-inkOf("M").Width) / 100
	for _, words := range []string{
		"M<b>bold</b>M", "M&amp;M", "M&#65;M", "M<span size=\"100000\">hugeM", "M<unclosedM", "M</b>M", "M&M", "M<!-- -->M",
		"M<span font_features='x' foreground=\"red\">M", "M%s%n%dM", "M\\n\\u0041M", "M--font=Serif 900M",
	} {
		got, want := float64(inkOf(words).Width), float64(inkOf("M").Width)+advance*float64(len(words)-1)
		if got < want-2 || got > want+2 {
			t.Errorf("%q is %g pixels wide, want %g: a glyph for each character", words, got, want)
		}
	}
	original := pngOf(t, plain(300, 60, night))
	markup := lettered(t, original, "<b>H</b>", "max,text_size=20")
	if bold := lettered(t, original, "H", "max,text_size=20,text_font=Sans Bold"); bytes.Equal(markup.Bytes, bold.Bytes) {
		t.Error("<b> makes text bold")
	}
}

// Of a font's name only family and style count.
func TestTextFonts(t *testing.T) {
	needFonts(t)
	original := pngOf(t, plain(300, 60, night))
	draw := func(font string) []byte {
		return lettered(t, original, "Hamburg", "max,text_size=20,text_font="+font).Bytes
	}
	plainly := lettered(t, original, "Hamburg", "max,text_size=20").Bytes
	for _, same := range []string{"Sans", "Sans Rotated-Left", "Sans Upside-Down", "East", "Sans Not-Rotated"} {
		if !bytes.Equal(draw(same), plainly) {
			t.Errorf("%s is not drawn as sans", same)
		}
	}
	for _, other := range []string{"Serif", "Sans Bold", "Sans Italic", "Bold", "DejaVu Sans Mono"} {
		if bytes.Equal(draw(other), plainly) {
			t.Errorf("%s is drawn as sans", other)
		}
	}
	for _, strange := range []string{"No Such Font Anywhere", "-", "- -", "a-b-c", "Bold Italic Condensed Small-Caps", strings.Repeat("x", 64)} {
		if got := boxOf(decoded(t, draw(strange)), night); got.Empty() {
			t.Errorf("with %q nothing is drawn", strange)
		}
	}
	turned := layOut("Hamburg", "Sans 400 Rotated-Left @wght=900 #smcp", 20, 1000, alignLeft) // the grammar lets none of this through
	defer turned.close()
	usual := layOut("Hamburg", "Sans", 20, 1000, alignLeft)
	defer usual.close()
	if turned.ink() != usual.ink() {
		t.Errorf("a size or more is read from the name of a font: %v, want %v", turned.ink(), usual.ink())
	}
}

// Lines are broken between words, and within words that are too long, to which
// nothing is added.
func TestTextWraps(t *testing.T) {
	needFonts(t)
	original := pngOf(t, plain(200, 400, night))
	for _, position := range []string{"left", "center", "right"} {
		for _, words := range []string{"several words that don't fit into a line", "Donaudampfschifffahrtsgesellschaft", "a Donaudampfschifffahrtsgesellschaft b"} {
			box := boxOf(decoded(t, lettered(t, original, words, "max,text_size=30,text_position="+position).Bytes), night)
			if box.Min.X < 14 || box.Max.X > 186 || box.Dy() < 60 {
				t.Errorf("%q covers %v, want lines within 15…185", words, box)
			}
		}
	}
	wrapped := lettered(t, original, "AAAAAAAAAA", "max,text_size=50,text_font=DejaVu Sans Mono")
	broken := lettered(t, original, "AAAAA\nAAAAA", "max,text_size=50,text_font=DejaVu Sans Mono")
	if !bytes.Equal(wrapped.Bytes, broken.Bytes) {
		t.Error("a word that is broken is not drawn as its two parts")
	}
}

// firstInk is the first row and the first column with ink.
func firstInk(t *testing.T, picture spec.Picture) image.Point {
	t.Helper()
	return boxOf(decoded(t, picture.Bytes), night).Min
}

// What is larger than the picture begins at its edge, is cut off at the other
// and never fails.
func TestTextTooLarge(t *testing.T) {
	needFonts(t)
	for position := spec.PositionCenter; position <= spec.PositionTopLeft; position++ {
		options := fmt.Sprintf("max,text_size=100,text_position=%s", position)
		high := lettered(t, pngOf(t, plain(400, 60, night)), "H\nH\nH", options)
		if at := firstInk(t, high); at.Y > 1 {
			t.Errorf("%s: text that is too high begins in row %d", position, at.Y)
		}
		wide := lettered(t, pngOf(t, plain(30, 400, night)), "H", options)
		if at := firstInk(t, wide); at.X > 1 {
			t.Errorf("%s: text that is too wide begins in column %d", position, at.X)
		}
		if got := decoded(t, lettered(t, pngOf(t, plain(1, 1, night)), "HHH\nH", options).Bytes).Bounds().Size(); got != image.Pt(1, 1) {
			t.Errorf("%s: one pixel became %v", position, got)
		}
	}
}

// hostile is text that is much work for somebody: long, stacked, right to left,
// without a font, invisible.
var hostile = map[string]string{
	"wide":            strings.Repeat("W", 200),
	"words":           strings.Repeat("W ", 100),
	"lines":           strings.Repeat("WWWWWWWWWWWWWWWWWWW\n", 9) + strings.Repeat("W", 20),
	"marks":           "a" + strings.Repeat("\u0301\u0323\u0330", 66),
	"stacks":          strings.Repeat("a\u0301\u0323\u0330\u0334", 40),
	"Arabic":          strings.Repeat("\u0634\u0643\u0631\u0627", 50),
	"Hebrew":          strings.Repeat("\u05e9\u05dc\u05d5\u05dd ", 40),
	"wide ligature":   strings.Repeat("\ufdfd", 200),
	"Chinese":         strings.Repeat("\u4f60\u597d", 100),
	"emoji":           strings.Repeat("\U0001f389", 200),
	"joined emoji":    strings.Repeat("\U0001f468\u200d\U0001f469\u200d", 50),
	"line separators": strings.Repeat("W\u2028", 100),
	"nothing to see":  strings.Repeat("\u200b", 200),
	"fillers":         strings.Repeat("\u3164", 200),
	"directions":      strings.Repeat("\u202ea\u202db", 50),
	"ligatures":       strings.Repeat("ffi", 66),
	"dense":           strings.Repeat("\u25a4", 200),
	"no characters":   strings.Repeat("\ufffe\uffff", 100),
	"private":         strings.Repeat("\U0010fffd", 200),
	"Devanagari":      strings.Repeat("\u0915\u094d", 100),
	"Thai":            strings.Repeat("\u0e2a\u0e27\u0e31\u0e2a", 50),
}

// Whatever is written, drawing it takes a bounded time: below a second each on a
// machine that has time.
func TestHostileText(t *testing.T) {
	needFonts(t)
	for name, words := range hostile {
		for _, picture := range []spec.Size{{Width: 4000, Height: 3000}, {Width: 1, Height: 8192}, {Width: 60, Height: 40}} {
			for _, size := range []int{4, 512} {
				begin := time.Now()
				text := layOut(words, defaultFont, size, max(1, picture.Width-size), alignCenter)
				seen := text.ink()
				seen.Width, seen.Height = min(seen.Width, picture.Width), min(seen.Height, picture.Height)
				if seen.Width > 0 && seen.Height > 0 {
					mask, err := text.mask(seen, nil)
					if err != nil {
						t.Fatalf("%s at %d on %v: %v", name, size, picture, err)
					}
					mask.Close()
				}
				text.close()
				if took := time.Since(begin); took > 10*time.Second {
					t.Errorf("%s at %d on %v took %v", name, size, picture, took)
				}
			}
		}
		lettered(t, pngOf(t, plain(60, 40, night)), words, "max,text_size=512,text_position=right")
		lettered(t, pngOf(t, plain(1, 40, night)), words, "max,text_size=4,text_position=top")
	}
}

// Different glyphs, many and large, leave nothing in memory: bitmaps of those
// drawn here would be 200 MB.
func TestTextLeavesNothing(t *testing.T) {
	needFonts(t)
	before := residentBytes(t)
	for first := rune(0x21); first < 0x530; first += 100 {
		var words strings.Builder
		for r := first; r < first+100; r++ {
			words.WriteRune(r)
		}
		text := layOut(words.String(), "DejaVu Sans", 512, 3000, alignLeft)
		mask, err := text.mask(spec.Rect{Width: 3000, Height: 6000}, nil)
		text.close()
		if err != nil {
			t.Fatal(err)
		}
		mask.Close()
	}
	if grown := residentBytes(t) - before; grown > 80<<20 {
		t.Errorf("the process has grown by %d MB", grown>>20)
	}
}

// residentBytes is what the process has in memory.
func residentBytes(t *testing.T) int64 {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells how much memory a process has")
	}
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(statm), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}

func TestTextOnFrames(t *testing.T) {
	needFonts(t)
	colours := []color.NRGBA{red, green, blue}
	picture := lettered(t, gifOf(t, 90, 90, colours...), block, "max,format=gif,text_size=40,text_color=black,text_position=bottom")
	a := readAnimation(t, picture.Bytes)
	if a.frames != 3 || a.height != 90 {
		t.Fatalf("%d frames of height %d, want 3 of 90", a.frames, a.height)
	}
	for frame, back := range colours {
		for at, want := range map[image.Point]color.NRGBA{{45, 50}: {0, 0, 0, 255}, {45, 5}: back, {5, 50}: back, {45, 85}: back} {
			if got := a.pixels(at.X, at.Y, frame); !near(got, want, 12) {
				t.Errorf("frame %d is %v at %v, want %v", frame, got, at, want)
			}
		}
	}
}

// Text lies over the watermark, and does not turn with the picture.
func TestTextOverWatermark(t *testing.T) {
	needFonts(t)
	original, watermark := pngOf(t, plain(90, 120, night)), pngOf(t, plain(90, 90, red))
	options := "max,rotate=90,text=" + url.PathEscape(block) + ",text_size=40,text_color=blue"
	pixels := decoded(t, marked(t, original, watermark, options).Bytes)
	if got, want := pixels.NRGBAAt(60, 45), (color.NRGBA{0, 0, 255, 255}); got != want {
		t.Errorf("the text is %v, want %v", got, want)
	}
	if got := pixels.NRGBAAt(20, 45); !near(got, red, 1) {
		t.Errorf("the watermark is %v, want %v", got, red)
	}
	letters := decoded(t, lettered(t, original, "HHH", "max,rotate=90,text_size=20").Bytes)
	if box := boxOf(letters, night); box.Dx() < 2*box.Dy() {
		t.Errorf("text on a turned picture covers %v, want it to lie", box)
	}
}

// Many at once give what one gives alone.
func TestTextConcurrent(t *testing.T) {
	needFonts(t)
	original := pngOf(t, plain(200, 100, night))
	order := func(i int) spec.Order {
		want := resolved(t, fmt.Sprintf("max,format=png,text=n%d,text_size=%d,text_font=%s", i, 10+i, []string{"Sans", "Serif", "Sans Bold"}[i%3]))
		want.Text.Words += " " + hostile["Arabic"][:20] + hostile["Chinese"][:6]
		return ordered(original, facts(t, original), want)
	}
	orders := make([]spec.Order, 40)
	alone := make([][]byte, len(orders))
	for i := range orders {
		orders[i] = order(i)
		picture, err := engine.Transform(t.Context(), orders[i])
		if err != nil {
			t.Fatal(err)
		}
		alone[i] = picture.Bytes
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range orders {
				if picture, err := engine.Transform(t.Context(), orders[i]); err != nil || !bytes.Equal(picture.Bytes, alone[i]) {
					t.Errorf("text %d is another picture, %v", i, err)
				}
			}
		})
	}
	all.Wait()
}

// Where there are no fonts, a text is refused before anything is decoded, and
// everything else works. fontconfig reads its configuration once: so it is
// another process that has none.
func TestWithoutFonts(t *testing.T) {
	if os.Getenv("FONTLESS") != "" {
		fontless(t)
		return
	}
	configuration := filepath.Join(t.TempDir(), "fonts.conf")
	if err := os.WriteFile(configuration, []byte(`<?xml version="1.0"?><fontconfig></fontconfig>`), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(os.Args[0], "-test.run=^TestWithoutFonts$", "-test.v")
	command.Env = append(os.Environ(), "FONTLESS=1", "FONTCONFIG_FILE="+configuration)
	if output, err := command.CombinedOutput(); err != nil || !bytes.Contains(output, []byte("--- PASS: TestWithoutFonts")) {
		t.Errorf("%v\n%s", err, output)
	}
}

func fontless(t *testing.T) {
	original := pngOf(t, plain(60, 40, night))
	if engine.DrawsText() {
		t.Error("text can be drawn without a font")
	}
	_, err := engine.Transform(t.Context(), ordered(original, facts(t, original), resolved(t, "max,format=png,text=H")))
	if !errors.Is(err, spec.ErrImpossible) || !strings.Contains(err.Error(), "fonts") {
		t.Errorf("got %v, want spec.ErrImpossible because of the fonts", err)
	}
	transform(t, original, "30x,format=png")
}
