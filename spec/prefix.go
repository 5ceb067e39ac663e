package spec

import (
	"fmt"
	"net/url"
	"strings"
)

// Prefix names all sources that begin alike. Make one with ParsePrefix.
type Prefix struct{ text string }

// ParsePrefix reads the beginning of sources as ParseSource reads them:
//
//	photos/2024/           all of a folder of the alias photos
//	https://host/dir/      URLs, their queries included
//	https%3A%2F%2Fhost%2F  the same
//
// It is a beginning of text: photos/2024 is one of photos/2024.jpg, too. Its
// errors wrap ErrBadSource.
func ParsePrefix(text string) (Prefix, error) {
	if len(text) > 3*maxSourceLength {
		return Prefix{}, fmt.Errorf("%w: a prefix of more than %d characters", ErrBadSource, maxSourceLength)
	}
	if address, ok := webAddress(text); ok {
		return webPrefix(address), nil
	}
	plain, err := url.PathUnescape(text)
	if err != nil || plain == "" {
		return Prefix{}, fmt.Errorf("%w: expected the beginning of a source, got %q", ErrBadSource, text)
	}
	if address, ok := webAddress(plain); ok {
		return webPrefix(address), nil
	}
	alias, rest, found := strings.Cut(plain, "/")
	if found {
		plain = strings.ToLower(alias) + "/" + rest
	}
	return Prefix{plain}, nil
}

// webPrefix spells the beginning of an absolute URL as sources are spelled,
// where it is one itself; half a host or half an escape is left as it is.
func webPrefix(address string) Prefix {
	_, rest, _ := strings.Cut(address, "://")
	source, err := webSource(address)
	switch {
	case !strings.Contains(rest, "/"):
		return Prefix{strings.ToLower(address)}
	case err != nil:
		return Prefix{address}
	}
	return Prefix{source.Path}
}

// Begins reports whether a source, in its canonical spelling, begins so.
func (p Prefix) Begins(source string) bool {
	if _, isWeb := webAddress(source); !isWeb {
		plain, err := url.PathUnescape(source)
		if err != nil {
			return false
		}
		if _, isWeb := webAddress(plain); isWeb { // it has a query, and is escaped whole
			plain, err = url.QueryUnescape(source)
		}
		source = plain
		if err != nil {
			return false
		}
	}
	return strings.HasPrefix(source, p.text)
}

func (p Prefix) String() string { return p.text }
