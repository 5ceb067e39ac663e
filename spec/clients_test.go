package spec

import "testing"

// clients are what real clients say they take when they ask for an image, as
// their makers document it or their requests show.
var clients = map[string]string{
	"Chrome 142":            "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
	"Edge 142":              "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
	"Chrome as a page":      "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
	"Firefox 145":           "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
	"Firefox 115 ESR":       "image/avif,image/webp,*/*",
	"Firefox 65":            "image/webp,*/*",
	"Safari 18":             "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
	"Safari 16.4":           "image/webp,image/avif,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
	"Safari 14":             "image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5",
	"Internet Explorer 11":  "image/png, image/svg+xml, image/jxr, image/*;q=0.8, */*;q=0.5",
	"curl":                  "*/*",
	"Wget":                  "*/*",
	"Facebook's card":       "*/*",
	"Slack's card":          "*/*",
	"Googlebot for images":  "image/webp,image/*,*/*;q=0.8",
	"an app without header": "",
	"an old camera":         "image/jpeg",
	"a screen reader":       "text/html",
}

// TestRealClients: which format each gets of a photograph, a drawing with
// transparency, and an animation, with AVIF and WebP switched on, and with WebP
// alone as it is by default.
func TestRealClients(t *testing.T) {
	all := []Format{JPEG, PNG, WebP, AVIF, GIF}
	both := Resolver{Auto: []Format{AVIF, WebP}, Writable: all}
	usual := Resolver{Auto: []Format{WebP}, Writable: all}
	photograph := Facts{Format: JPEG, Width: 9, Height: 9, Frames: 1}
	drawing := Facts{Format: PNG, Width: 9, Height: 9, Frames: 1, HasAlpha: true}
	animation := Facts{Format: GIF, Width: 9, Height: 9, Frames: 12, HasAlpha: true}
	for client, want := range map[string][4]Format{ // photograph, drawing, animation with both; photograph by default
		"Chrome 142":            {AVIF, AVIF, WebP, WebP},
		"Edge 142":              {AVIF, AVIF, WebP, WebP},
		"Chrome as a page":      {AVIF, AVIF, WebP, WebP},
		"Firefox 145":           {AVIF, AVIF, WebP, WebP},
		"Firefox 115 ESR":       {AVIF, AVIF, WebP, WebP},
		"Firefox 65":            {WebP, WebP, WebP, WebP},
		"Safari 18":             {AVIF, AVIF, WebP, WebP},
		"Safari 16.4":           {AVIF, AVIF, WebP, WebP},
		"Safari 14":             {WebP, WebP, WebP, WebP},
		"Internet Explorer 11":  {WebP, PNG, WebP, WebP}, // image/* says that it takes everything
		"curl":                  {WebP, WebP, WebP, WebP},
		"Wget":                  {WebP, WebP, WebP, WebP},
		"Facebook's card":       {WebP, WebP, WebP, WebP},
		"Slack's card":          {WebP, WebP, WebP, WebP},
		"Googlebot for images":  {WebP, WebP, WebP, WebP},
		"an app without header": {WebP, WebP, WebP, WebP},
		"an old camera":         {JPEG, PNG, GIF, JPEG},
		"a screen reader":       {JPEG, PNG, GIF, JPEG},
	} {
		accept, known := clients[client]
		if !known {
			t.Errorf("%s is no client", client)
		}
		for i, test := range []struct {
			resolver Resolver
			original Facts
		}{{both, photograph}, {both, drawing}, {both, animation}, {usual, photograph}} {
			resolved, err := test.resolver.Resolve(Spec{}, test.original, Client{Accept: accept})
			if err != nil || resolved.Output.Format != want[i] {
				t.Errorf("%s gets %s of %+v, %v; want %s", client, resolved.Output.Format, test.original, err, want[i])
			}
		}
	}
}
