package transform

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"api-resize/spec"
)

// withSVG is the engine with SVG switched on.
func withSVG(t testing.TB) *Engine {
	t.Helper()
	e := *engine
	e.config.SVG.Enabled = true
	e.readable = maps.Clone(engine.readable)
	e.readable[spec.SVG] = operationExists(loaders[spec.SVG].nickname)
	if !e.readable[spec.SVG] {
		t.Fatal("this libvips reads no SVG")
	}
	setBlocked(loaders[spec.SVG].class, false)
	t.Cleanup(func() { setBlocked(loaders[spec.SVG].class, true) })
	return &e
}

func drawSVG(t testing.TB, e *Engine, svg, text string) (spec.Picture, error) {
	t.Helper()
	facts, err := e.Inspect([]byte(svg))
	if err != nil {
		return spec.Picture{}, err
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	return e.Transform(ctx, ordered([]byte(svg), facts, resolved(t, text)))
}

const twoHalves = `<svg xmlns="http://www.w3.org/2000/svg" width="10.4" height="5.2"><rect width="5.2" height="5.2" fill="#dc1e1e"/><rect x="5.2" width="5.2" height="5.2" fill="#0000ff"/></svg>`

// Drawings are made in the size that is asked for: the edge between two halves
// is sharp however large they are.
func TestSVG(t *testing.T) {
	e := withSVG(t)
	for text, want := range map[string]spec.Size{
		"max":                          {Width: 10, Height: 5},
		"800x":                         {Width: 800, Height: 400},
		"4x":                           {Width: 4, Height: 2},
		"300x200":                      {Width: 300, Height: 200},
		"640x,crop=0.25:0.0:0.5:1.0":   {Width: 640, Height: 640},
		"200x200,fit=contain,bg=white": {Width: 200, Height: 200},
	} {
		picture, err := drawSVG(t, e, twoHalves, text+",format=png")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		pixels := decoded(t, picture.Bytes)
		size := pixels.Bounds().Size()
		if size.X != want.Width || size.Y != want.Height {
			t.Errorf("%s is %v, want %v", text, size, want)
		}
		if size.X < 100 {
			continue
		}
		middle, soft := size.Y/2, 0
		for x := range size.X {
			if c := pixels.NRGBAAt(x, middle); !near(c, red, 12) && !near(c, color.NRGBA{0, 0, 255, 255}, 12) {
				soft++
			}
		}
		if soft > 4 {
			t.Errorf("%s: %d pixels of the edge are soft", text, soft)
		}
	}
}

func TestSniffSVG(t *testing.T) {
	for text, want := range map[string]bool{
		twoHalves: true,
		"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a > b -->\n<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">\n<svg>": true,
		"<?xml version='1.0'?><?xml-stylesheet href='a.css'?><svg:svg xmlns:svg='http://www.w3.org/2000/svg'/>":                                                                                 true,
		"  <svg/>":                              true,
		"<html><body><svg></svg></body></html>": false,
		"<svgx/>":                               false,
		"svg":                                   false,
		"<!-- <svg> --> text":                   false,
		"\x1f\x8b\x08":                          false,
	} {
		if got := sniffSVG([]byte(text)); got != want {
			t.Errorf("%.60q: got %v, want %v", text, got, want)
		}
	}
}

// Switched off it is no format at all, and what declares entities never is.
func TestSVGRefused(t *testing.T) {
	if _, err := engine.Inspect([]byte(twoHalves)); !errors.Is(err, ErrUnsupported) {
		t.Errorf("switched off: %v", err)
	}
	e := withSVG(t)
	entities := `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><text>&b;</text></svg>`
	if _, err := e.Inspect([]byte(entities)); !errors.Is(err, ErrUnsupported) {
		t.Errorf("with entities: %v", err)
	}
	for _, filter := range []string{`feTile`, `feConvolveMatrix order="100"`, `feTurbulence numOctaves="2000000000"`, `feMorphology radius="1000"`} {
		svg := `<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><filter id="a"><` + filter + `/></filter><rect width="10" height="10" filter="url(#a)"/></svg>`
		if _, err := e.Inspect([]byte(svg)); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", filter, err)
		}
	}
	if _, err := e.Inspect([]byte(`<?xml version="1.0" encoding="UTF-7"?>` + twoHalves)); !errors.Is(err, ErrUnsupported) {
		t.Errorf("in another encoding: %v", err)
	}
	if _, err := e.Inspect([]byte(twoHalves + strings.Repeat(" ", maxSVGBytes))); !errors.Is(err, ErrTooManyPixels) {
		t.Errorf("too long: %v", err)
	}
	for name, svg := range map[string]string{
		"cut short":   twoHalves[:len(twoHalves)-30],
		"broken":      `<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><g></svg>`,
		"only a tag":  `<svg`,
		"not allowed": `<svg xmlns="http://www.w3.org/2000/svg" width="100000" height="100000"/>`,
	} {
		_, err := drawSVG(t, e, svg, "10x,format=png")
		if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrTooManyPixels) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A drawing gets to see nothing but itself: no file, no address.
func TestSVGReachesNothing(t *testing.T) {
	e := withSVG(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	asked := make(chan struct{}, 16)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			asked <- struct{}{}
			_ = connection.Close()
		}
	}()
	file := filepath.Join(t.TempDir(), "secret.png")
	if err := os.WriteFile(file, pngOf(t, plain(10, 10, red)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"file://" + file, file, "http://" + listener.Addr().String() + "/a.png", "http://" + listener.Addr().String() + "/a.svg#b"} {
		for _, element := range []string{`<image width="10" height="10" xlink:href="%s"/>`, `<use xlink:href="%s"/>`, `<style>@import url("%s");</style>`, `<rect width="10" height="10" fill="url(%s)"/>`} {
			svg := `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="10" height="10">` + fmt.Sprintf(element, url) + `</svg>`
			picture, err := drawSVG(t, e, svg, "max,format=png")
			if err != nil {
				continue // refused, which is as good
			}
			if got := decoded(t, picture.Bytes).NRGBAAt(5, 5); got == red {
				t.Errorf("%s shows the file", svg)
			}
		}
	}
	select {
	case <-asked:
		t.Error("somebody was asked")
	case <-time.After(50 * time.Millisecond):
	}
}

// Documents that would take for ever end in time, one way or the other.
func TestSVGEnds(t *testing.T) {
	e := withSVG(t)
	var nested strings.Builder
	nested.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="100" height="100"><g id="a0"><rect width="1" height="1"/></g>`)
	for i := range 30 {
		fmt.Fprintf(&nested, `<g id="a%d">%s</g>`, i+1, strings.Repeat(fmt.Sprintf(`<use xlink:href="#a%d"/>`, i), 8))
	}
	nested.WriteString(`<use xlink:href="#a30"/></svg>`)
	for name, svg := range map[string]string{
		"use of use": nested.String(),
		"itself":     `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9"><g id="a"><use xlink:href="#a"/></g></svg>`,
		"deep":       `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">` + strings.Repeat("<g>", 100_000) + strings.Repeat("</g>", 100_000) + `</svg>`,
	} {
		begin := time.Now()
		_, err := drawSVG(t, e, svg, "50x,format=png")
		t.Logf("%s: %v after %v", name, err, time.Since(begin))
		if took := time.Since(begin); took > 30*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// FuzzSVG: whatever is taken for a drawing is drawn, or refused in words that
// are documented.
func FuzzSVG(f *testing.F) {
	f.Add(twoHalves)
	f.Add("<?xml version='1.0'?><svg/>")
	e := withSVG(f)
	f.Fuzz(func(t *testing.T, svg string) {
		if !sniffSVG([]byte(svg)) {
			return
		}
		_, err := drawSVG(t, e, svg, "20x20,format=png")
		documented := []error{ErrCorrupt, ErrUnsupported, ErrTooManyPixels, ErrTimeout, spec.ErrTooLarge}
		if err != nil && !slices.ContainsFunc(documented, func(one error) bool { return errors.Is(err, one) }) {
			t.Errorf("%q: %v", svg, err)
		}
	})
}
