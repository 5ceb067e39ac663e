package spec

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"
)

// ErrBadSource is a source that is malformed.
var ErrBadSource = errors.New("bad source")

// SourceKind tells the kinds of source apart.
type SourceKind uint8

// The kinds of source.
const (
	SourceUpload SourceKind = iota // an uploaded image, by its id
	SourceAlias                    // a configured origin and a path in it
	SourceWeb                      // an http or https URL
)

// Source says where an original is. Make one with ParseSource.
type Source struct {
	Kind  SourceKind
	Alias string // of SourceAlias
	Path  string // upload id; path inside the alias, unescaped; or absolute URL
}

// Bounds of a source's text. 2,048 bytes is what browsers and CDNs can be
// counted on to pass whole.
const (
	maxSourceLength  = 2048
	maxSegmentLength = 255
)

// ParseSource reads a source as it stands in a URL, still percent-encoded:
//
//	mzxw6ytboi2dsnbrga4dqmjzge   an upload
//	photos/2024/cat.jpg          a path in the alias photos
//	https://host/cat.jpg         a URL
//	https%3A%2F%2Fhost%2Fa%3Fv%3D1   the same with a query of its own
//
// Its errors wrap ErrBadSource.
func ParseSource(escaped string) (Source, error) {
	if len(escaped) > 3*maxSourceLength {
		return Source{}, fmt.Errorf("%w: longer than %d characters", ErrBadSource, maxSourceLength)
	}
	if address, ok := webAddress(escaped); ok {
		return webSource(address)
	}
	text, err := url.PathUnescape(escaped)
	switch {
	case err != nil:
		return Source{}, fmt.Errorf("%w: not percent-encoded correctly", ErrBadSource)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, isControl):
		return Source{}, fmt.Errorf("%w: expected UTF-8 without control characters", ErrBadSource)
	}
	if address, ok := webAddress(text); ok {
		return webSource(address)
	}
	alias, rest, found := strings.Cut(text, "/")
	if !found {
		return uploadSource(alias)
	}
	return aliasSource(alias, rest)
}

// webAddress recognises a URL by its scheme. Proxies on the way merge slashes,
// so a single one after the scheme is taken for two.
func webAddress(text string) (address string, ok bool) {
	for _, scheme := range []string{"http", "https"} {
		if rest, found := cutPrefixFold(text, scheme+":/"); found {
			return scheme + "://" + strings.TrimLeft(rest, "/"), true
		}
	}
	return "", false
}

func uploadSource(id string) (Source, error) {
	if id == "" || !isName(id) {
		return Source{}, fmt.Errorf("%w: expected an image id, alias/path, or http(s)://…, got %q", ErrBadSource, id)
	}
	return Source{Kind: SourceUpload, Path: id}, nil
}

func aliasSource(alias, rest string) (Source, error) {
	alias = strings.ToLower(alias)
	if alias == "" || !isName(alias) {
		return Source{}, fmt.Errorf("%w: %q is no name of an origin", ErrBadSource, alias)
	}
	if len(rest) > maxSourceLength {
		return Source{}, fmt.Errorf("%w: longer than %d characters", ErrBadSource, maxSourceLength)
	}
	for _, segment := range strings.Split(rest, "/") {
		if segment == "" || segment == "." || segment == ".." || strings.Contains(segment, "\\") || len(segment) > maxSegmentLength {
			return Source{}, fmt.Errorf("%w: the path %q has an empty, relative, or too long part, or a backslash", ErrBadSource, rest)
		}
	}
	return Source{Kind: SourceAlias, Alias: alias, Path: rest}, nil
}

func webSource(text string) (Source, error) {
	if len(text) > maxSourceLength {
		return Source{}, fmt.Errorf("%w: longer than %d characters", ErrBadSource, maxSourceLength)
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" || parsed.Hostname() == "" || strings.ContainsFunc(text, isControl) {
		return Source{}, fmt.Errorf("%w: expected an absolute http or https URL", ErrBadSource)
	}
	if parsed.User != nil {
		return Source{}, fmt.Errorf("%w: a URL with a user name or password is not accepted", ErrBadSource)
	}
	parsed.Host = strings.ToLower(parsed.Host)
	if port := parsed.Port(); port == "" || port == defaultPorts[parsed.Scheme] {
		parsed.Host = strings.TrimSuffix(strings.TrimSuffix(parsed.Host, port), ":")
	}
	if parsed.Path == "" {
		parsed.Path = "/"
	}
	parsed.Fragment, parsed.RawFragment, parsed.ForceQuery = "", "", false
	canonical := parsed.String()
	// A URL that does not read back as itself has no canonical spelling.
	if again, err := url.Parse(canonical); err != nil || again.String() != canonical || len(canonical) > maxSourceLength {
		return Source{}, fmt.Errorf("%w: expected an absolute http or https URL", ErrBadSource)
	}
	return Source{Kind: SourceWeb, Path: canonical}, nil
}

var defaultPorts = map[string]string{"http": "80", "https": "443"}

// String is the canonical spelling, percent-encoded as in a URL, which
// ParseSource reads back.
func (s Source) String() string {
	switch s.Kind {
	case SourceWeb:
		if strings.ContainsAny(s.Path, "?#") {
			return url.QueryEscape(s.Path)
		}
		return s.Path
	case SourceAlias:
		return s.Alias + "/" + escapePath(s.Path)
	}
	return s.Path
}

// Name is the file name of the source, for Content-Disposition; it may be
// empty.
func (s Source) Name() string {
	name := s.Path
	if s.Kind == SourceWeb {
		parsed, err := url.Parse(s.Path)
		if err != nil {
			return ""
		}
		name = parsed.Path
	}
	if name = path.Base(name); name == "/" || name == "." {
		return ""
	}
	return name
}

func escapePath(text string) string {
	segments := strings.Split(text, "/")
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	return strings.Join(segments, "/")
}

// isName accepts what ids and aliases are made of: letters, digits, - and _.
func isName(text string) bool {
	return len(text) <= maxSegmentLength && !strings.ContainsFunc(text, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		return !letter && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

func cutPrefixFold(text, prefix string) (string, bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return "", false
	}
	return text[len(prefix):], true
}
