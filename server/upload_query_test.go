package server

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"api-resize/spec"
)

// tasksAre gives a server tasks.
func tasksAre(tasks Tasks) func(*Config, *Parts) {
	return func(_ *Config, parts *Parts) { parts.Tasks = tasks }
}

// came is when the requests of these tests come.
var came = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestUploadQuery(t *testing.T) {
	s := newTestServer(t, withList, tasksAre(&keptTasks{}))
	for text, want := range map[string]uploadQuery{
		"":                                      {},
		"ttl=1s":                                {ttl: time.Second},
		"ttl=90m":                               {ttl: 90 * time.Minute},
		"ttl=24h":                               {ttl: 24 * time.Hour},
		"ttl=30d":                               {ttl: 30 * day},
		"ttl=1d12h30m":                          {ttl: 36*time.Hour + 30*time.Minute},
		"ttl=0d1s":                              {ttl: time.Second},
		"ttl=3650d":                             {ttl: maxUploadLife},
		"ttl=87600h":                            {ttl: maxUploadLife},
		"sizes=320x":                            {sizes: []string{"320x"}},
		"sizes=640x,@thumb,max":                 {sizes: []string{"640x", "@thumb", "max"}},
		"sizes=640x%2C320x&":                    {sizes: []string{"640x", "320x"}},
		"ttl=1h&sizes=x9":                       {ttl: time.Hour, sizes: []string{"x9"}},
		"background=true&sizes=x9":              {sizes: []string{"x9"}, background: true},
		"sizes=x9&background=false":             {sizes: []string{"x9"}},
		"expires=2026-01-02T03:04:06Z":          {until: came.Add(time.Second)},
		"expires=2035-01-02T03:04:05Z":          {until: time.Date(2035, 1, 2, 3, 4, 5, 0, time.UTC)},
		"expires=2035-01-02T03:04:05.5%2B02:00": {until: time.Date(2035, 1, 2, 1, 4, 5, 5e8, time.UTC)},
	} {
		got, err := s.parseUpload(text, came)
		if err != nil || got.ttl != want.ttl || !got.until.Equal(want.until) || !slices.Equal(got.sizes, want.sizes) || got.background != want.background {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestUploadQueryRefuses(t *testing.T) {
	s := newTestServer(t, withList, tasksAre(&keptTasks{}))
	for text, says := range map[string]string{
		"tll=24h":                             `unknown parameter "tll"; known are ttl, expires, sizes, background; did you mean "ttl"?`,
		"TTL=24h":                             `did you mean "ttl"?`,
		"quality=80":                          `unknown parameter "quality"`,
		"ttl":                                 `expected option=value, got "ttl"`,
		"ttl=%zz":                             "percent-encoded",
		"ttl=":                                `ttl: expected 1s…3650d, in d, h, m, s, got ""`,
		"ttl=24":                              `got "24"`,
		"ttl=-1h":                             `got "-1h"`,
		"ttl=%2B1h":                           `got "+1h"`,
		"ttl=1d-1h":                           `got "1d-1h"`,
		"ttl=-1d":                             `got "-1d"`,
		"ttl=d":                               `got "d"`,
		"ttl=1d2d":                            `got "1d2d"`,
		"ttl=1.5d":                            `got "1.5d"`,
		"ttl=999ms":                           `got "999ms"`,
		"ttl=0s":                              `got "0s"`,
		"ttl=3651d":                           `got "3651d"`,
		"ttl=3650d1s":                         `got "3650d1s"`,
		"ttl=9999999999999d":                  `got "9999999999999d"`,
		"ttl=9999999999999h":                  `got "9999999999999h"`,
		"ttl=forever":                         `got "forever"`,
		"ttl=1h&ttl=1h":                       "ttl is given twice",
		"ttl=1h&expires=2035-01-01T00:00:00Z": "ttl and expires exclude each other",
		"expires=2035-01-01T00:00:00Z&ttl=1h": "ttl and expires exclude each other",
		"expires=2001-01-01T00:00:00Z":        `expires: expected a time of RFC 3339, 1s…3650d from now, + as %2B, got "2001-01-01T00:00:00Z"`,
		"expires=3001-01-01T00:00:00Z":        `got "3001-01-01T00:00:00Z"`,
		"expires=2026-01-02T03:04:05Z":        `got "2026-01-02T03:04:05Z"`,
		"expires=2035-01-01T00:00:00,5Z":      `got "2035-01-01T00:00:00,5Z"`,
		"expires=2036-01-01T00:00:00Z":        `got "2036-01-01T00:00:00Z"`,
		"expires=2035-01-01":                  `got "2035-01-01"`,
		"expires=2035-01-01T00:00:00":         `got "2035-01-01T00:00:00"`,
		"expires=2035-01-01T00:00:00+02:00":   `got "2035-01-01T00:00:00 02:00"`,
		"expires=2035-02-30T00:00:00Z":        `got "2035-02-30T00:00:00Z"`,
		"expires=2035-01-01T5:00:00Z":         `got "2035-01-01T5:00:00Z"`,
		"expires=4102444800":                  `got "4102444800"`,
		"sizes=":                              `got ""`,
		"sizes=320x,":                         `got ""`,
		"sizes=320":                           `sizes: size: expected WxH, Wx, xH with 1…8192 pixels, or max, got "320"`,
		"sizes=9999x":                         `got "9999x"`,
		"sizes=320x,f=webp":                   `got "f=webp"`,
		"sizes=320x/evil":                     `expected a size or a preset alone, got "320x/evil"`,
		"sizes=320x,320x":                     `"320x" is given twice`,
		"sizes=321x":                          "size 321x is not among those allowed here",
		"sizes=@thmb":                         `did you mean "thumb"?`,
		"sizes=" + strings.Repeat("9x,", 20) + "9x": "sizes: expected up to 20 of 320x",
		"background=true":           "background says something about sizes, which is not given",
		"sizes=320x&background=yes": `background: expected true, false, got "yes"`,
	} {
		_, err := s.parseUpload(text, came)
		if !errors.Is(err, spec.ErrBadOption) || !strings.Contains(newProblem(err, "").Detail, says) {
			t.Errorf("%q: %v, want it to say %q", text, err, says)
		}
	}
}

// What the table says is so: its examples are accepted, and the reference has
// every parameter with its values.
func TestUploadParameters(t *testing.T) {
	s := newTestServer(t, withList, tasksAre(&keptTasks{}))
	reference, err := os.ReadFile("../docs/http.md")
	must(t, err)
	for _, parameter := range uploadParameters {
		query := parameter.name + "=" + parameter.example
		if parameter.needs != "" {
			query += "&" + parameter.needs + "=320x"
		}
		if got, err := s.parseUpload(query, came); err != nil || got.ttl == 0 && got.until.IsZero() && got.sizes == nil {
			t.Errorf("%s: %+v, %v", query, got, err)
		}
		if row := "| `" + parameter.name + "` | " + parameter.values + " | "; !strings.Contains(string(reference), row) || parameter.doc == "" {
			t.Errorf("docs/http.md has no %s", row)
		}
	}
}
