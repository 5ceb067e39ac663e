package spec

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

func TestPrefix(t *testing.T) {
	for _, test := range []struct {
		prefix, source string
		want           bool
	}{
		{"photos/", "photos/cat.jpg", true},
		{"Photos/", "photos/cat.jpg", true},
		{"photos/2024", "photos/2024/cat.jpg", true},
		{"photos/2024", "photos/2024.jpg", true},
		{"photos/2024/", "photos/2024.jpg", false},
		{"photos/my dir/", "photos/my dir/cat.jpg", true},
		{"photos/my%20dir/", "photos/my dir/cat.jpg", true},
		{"photos/100%25/", "photos/100%25/cat.jpg", true},
		{"photo", "other/photo.jpg", false},
		{"https://Host.example/a/", "https://host.example/a/cat.jpg", true},
		{"https://host.example/a/", "https%3A%2F%2Fhost.example%2Fa%2Fcat%3Fv%3D1%252F", true},
		{"https%3A%2F%2Fhost.example%2Fa", "https://host.example/a/cat.jpg", true},
		{"https:/host.example/", "https://host.example/cat.jpg", true},
		{"https://host.example/a?v=", "https%3A%2F%2Fhost.example%2Fa%3Fv%3D1", true},
		{"https://host.example/A/", "https://host.example/a/cat.jpg", false},
		{"https://host.example", "http://host.example/cat.jpg", false},
		{"https://host", "https://host.example/cat.jpg", true},
		{"mzxw6", "mzxw6ytboi2dsnbrga4dqmjzge", true},
	} {
		prefix, err := ParsePrefix(test.prefix)
		if err != nil {
			t.Fatal(err)
		}
		source, err := ParseSource(test.source)
		if err != nil {
			t.Fatal(err)
		}
		if got := prefix.Begins(source.String()); got != test.want {
			t.Errorf("%q begins %q: %v, want %v", test.prefix, source, got, test.want)
		}
	}
}

func TestPrefixRefuses(t *testing.T) {
	for _, text := range []string{"", "%", "%zz", "photos/%", strings.Repeat("a", 3*maxSourceLength+1)} {
		if _, err := ParsePrefix(text); !errors.Is(err, ErrBadSource) {
			t.Errorf("%.20q: %v, want %v", text, err, ErrBadSource)
		}
	}
}

// FuzzPrefix: every source begins with its own spelling, escaped or not, and
// with every part of it up to a slash.
func FuzzPrefix(f *testing.F) {
	for _, text := range []string{"photos/2024/cat.jpg", "https://host/a%2Fb/c", "https%3A%2F%2Fhost%2Fa%3Fv%3D1", "photos/100%25%20/a", "abc", "http://h/%2541"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		source, err := ParseSource(text)
		if err != nil {
			_, _ = ParsePrefix(text) // it must not panic
			return
		}
		name := source.String()
		beginnings := []string{name, name[:strings.LastIndex(name, "/")+1]}
		if source.Kind == SourceWeb {
			beginnings = append(beginnings, url.QueryEscape(source.Path[:strings.LastIndex(source.Path, "/")+1]))
		}
		for _, spelled := range beginnings {
			if spelled == "" {
				continue
			}
			prefix, err := ParsePrefix(spelled)
			if err != nil {
				t.Fatalf("%q of %q: %v", spelled, name, err)
			}
			if !prefix.Begins(name) {
				t.Fatalf("%q does not begin %q", spelled, name)
			}
		}
	})
}
