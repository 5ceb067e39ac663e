package spec

import (
	"errors"
	"testing"
)

// Without loss only formats are chosen, and accepted, that can be written so
// here.
func TestLossless(t *testing.T) {
	all := []Format{JPEG, PNG, WebP, AVIF, GIF}
	resolver := Resolver{
		Auto: []Format{AVIF, WebP}, Writable: all, Lossless: []Format{PNG, WebP},
		Quality: map[Format]int{JPEG: 80, WebP: 79, AVIF: 55},
	}
	withAVIF := resolver
	withAVIF.Lossless = []Format{PNG, WebP, AVIF}
	photograph, drawing := Facts{Format: JPEG, Width: 9, Height: 9}, Facts{Format: PNG, Width: 9, Height: 9}
	for _, test := range []struct {
		text     string
		resolver Resolver
		original Facts
		accept   string
		want     Format // empty: impossible
	}{
		{"max,lossless=true", resolver, photograph, "image/avif,image/webp,*/*", WebP},
		{"max,lossless=true", withAVIF, photograph, "image/avif,image/webp,*/*", AVIF},
		{"max,lossless=true", resolver, photograph, "image/jpeg,image/png", PNG},
		{"max,lossless=true", resolver, drawing, "image/png", PNG},
		{"max,lossless=true,format=webp", resolver, photograph, "", WebP},
		{"max,lossless=true,format=png", resolver, photograph, "", PNG},
		{"max,lossless=true,format=avif", withAVIF, photograph, "", AVIF},
		{"max,lossless=true,format=avif", resolver, photograph, "", ""},
		{"max,format=avif", resolver, photograph, "", AVIF},
	} {
		want, err := Parse(test.text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := test.resolver.Resolve(want, test.original, Client{Accept: test.accept})
		if test.want == "" {
			if !errors.Is(err, ErrImpossible) {
				t.Errorf("%s: got %v, want ErrImpossible", test.text, err)
			}
			continue
		}
		if err != nil || got.Output.Format != test.want {
			t.Errorf("%s, %q: got %s, %v; want %s", test.text, test.accept, got.Output.Format, err, test.want)
		}
		if got.Output.Lossless != want.Output.Lossless || got.Output.Lossless && got.Output.Quality != 0 {
			t.Errorf("%s: resolved to %+v", test.text, got.Output)
		}
	}
}
