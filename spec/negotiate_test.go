package spec

import (
	"errors"
	"testing"
)

func TestResolveFormat(t *testing.T) {
	chrome := "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
	all := []Format{JPEG, PNG, WebP, AVIF, GIF}
	webpFirst := Resolver{Auto: []Format{WebP}, Writable: all}
	avifFirst := Resolver{Auto: []Format{AVIF, WebP}, Writable: all}
	withoutAVIF := Resolver{Auto: []Format{AVIF, WebP}, Writable: []Format{JPEG, PNG, WebP, GIF}}
	nothing := Resolver{Writable: all}
	photograph := Facts{Format: JPEG, Frames: 1}
	drawing := Facts{Format: PNG, Frames: 1, HasAlpha: true}
	animation := Facts{Format: GIF, Frames: 12, HasAlpha: true}
	phone := Facts{Format: HEIC, Frames: 1}
	sticker := Facts{Format: TIFF, Frames: 1, HasAlpha: true}

	for name, test := range map[string]struct {
		resolver Resolver
		original Facts
		accept   string
		want     Format
	}{
		"Chrome":                      {webpFirst, photograph, chrome, WebP},
		"Chrome, AVIF first":          {avifFirst, photograph, chrome, AVIF},
		"AVIF not to be had":          {withoutAVIF, photograph, chrome, WebP},
		"nothing automatic":           {nothing, photograph, chrome, JPEG},
		"old Safari":                  {webpFirst, photograph, "image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5", WebP},
		"anything":                    {webpFirst, photograph, "*/*", WebP},
		"no header":                   {webpFirst, photograph, "", WebP},
		"only JPEG":                   {webpFirst, photograph, "image/jpeg", JPEG},
		"webp excluded":               {webpFirst, photograph, "image/webp;q=0, */*", JPEG},
		"webp excluded, q=0.000":      {webpFirst, photograph, "*/*;q=0.1, image/webp ; Q=0.000", JPEG},
		"all images excluded":         {webpFirst, photograph, "image/*;q=0", JPEG},
		"JPEG preferred":              {webpFirst, photograph, "image/webp;q=0.5, image/jpeg", JPEG},
		"webp preferred":              {webpFirst, photograph, "image/webp, image/jpeg;q=0.9", WebP},
		"specific beats wildcard":     {avifFirst, photograph, "image/avif;q=0.1, image/*", WebP},
		"nonsense weight":             {webpFirst, photograph, "image/webp;q=much, image/jpeg;q=0.1", JPEG},
		"weight over one":             {webpFirst, photograph, "image/webp;q=7, image/jpeg;q=0.1", JPEG},
		"malformed element":           {webpFirst, photograph, "webp, */webp, image/jpeg", JPEG},
		"alpha without webp":          {webpFirst, drawing, "image/png", PNG},
		"alpha though only JPEG":      {webpFirst, drawing, "image/jpeg", PNG},
		"animation":                   {avifFirst, animation, chrome, WebP},
		"animation without webp":      {avifFirst, animation, "image/gif", GIF},
		"animated WebP, not accepted": {webpFirst, Facts{Format: WebP, Frames: 8, HasAlpha: true}, "image/webp;q=0,*/*", GIF},
		"animated WebP, not liked":    {webpFirst, Facts{Format: WebP, Frames: 8}, "image/webp;q=0.4,*/*;q=0.5", GIF},
		"animation, only PNG":         {webpFirst, animation, "image/png", GIF},
		"HEIC is not for browsers":    {webpFirst, phone, "image/heic,image/jpeg", JPEG},
		"HEIC where all is possible":  {nothing, phone, "*/*", JPEG},
		"transparent TIFF":            {nothing, sticker, "*/*", PNG},
		"HTML only":                   {webpFirst, photograph, "text/html", JPEG},
		"AVIF original, not accepted": {webpFirst, Facts{Format: AVIF, Frames: 1}, "image/jpeg", JPEG},
		"AVIF original, accepted":     {nothing, Facts{Format: AVIF, Frames: 1}, "image/avif,*/*", AVIF},
		"AVIF original, not named":    {nothing, Facts{Format: AVIF, Frames: 1}, "*/*", JPEG},
	} {
		resolved, err := test.resolver.Resolve(Spec{}, test.original, Client{Accept: test.accept})
		if err != nil || resolved.Output.Format != test.want {
			t.Errorf("%s: got %q, %v; want %q", name, resolved.Output.Format, err, test.want)
		}
	}
}

func TestResolveExplicit(t *testing.T) {
	resolver := Resolver{Writable: []Format{JPEG, PNG}, Quality: map[Format]int{JPEG: 80}}
	for name, test := range map[string]struct {
		output Output
		want   Output
	}{
		"configured quality":        {Output{Format: JPEG}, Output{Format: JPEG, Quality: 80}},
		"own quality":               {Output{Format: JPEG, Quality: 33}, Output{Format: JPEG, Quality: 33}},
		"PNG has none":              {Output{Format: PNG, Quality: 33}, Output{Format: PNG}},
		"original":                  {Output{Format: FormatOriginal}, Output{Format: JPEG, Quality: 80}},
		"original format as itself": {Output{Format: FormatOriginal, Quality: 5}, Output{Format: JPEG, Quality: 5}},
	} {
		resolved, err := resolver.Resolve(Spec{Output: test.output}, Facts{Format: JPEG}, Client{})
		if err != nil || resolved.Output != test.want {
			t.Errorf("%s: got %+v, %v; want %+v", name, resolved.Output, err, test.want)
		}
	}
	for _, original := range []Format{HEIC, WebP} {
		_, err := resolver.Resolve(Spec{Output: Output{Format: FormatOriginal}}, Facts{Format: original}, Client{})
		if !errors.Is(err, ErrImpossible) || !errors.Is(err, ErrBadOption) {
			t.Errorf("%s cannot be written, got %v", original, err)
		}
	}
}

func FuzzNegotiate(f *testing.F) {
	f.Add("image/webp;q=0.5, */*;q=0.1")
	f.Add("image/*;q=1.000;level=1,;,/,*/*;q=")
	f.Fuzz(func(t *testing.T, accept string) {
		format, ok := Negotiate(accept, []Format{AVIF, WebP, JPEG})
		if ok != (format != FormatAuto) {
			t.Fatalf("%q gives %q, %v", accept, format, ok)
		}
	})
}
