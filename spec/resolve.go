package spec

import (
	"fmt"
	"slices"
	"strings"
)

// Resolver turns what a request leaves open into definite choices, so that
// the cache key says all that the bytes depend on.
type Resolver struct {
	Auto     []Format       // what format=auto may choose, best first
	Writable []Format       // what can be written here
	Quality  map[Format]int // quality where none is asked for, 1…100
}

// Resolve makes s definite for an original and an Accept header: its Format
// is a real one that can be written, and its Quality is set where the format
// has one. Its errors wrap ErrImpossible.
func (r Resolver) Resolve(s Spec, original Facts, accept string) (Spec, error) {
	switch s.Output.Format {
	case FormatAuto:
		s.Output.Format = r.negotiated(original, accept)
	case FormatOriginal:
		s.Output.Format = original.Format
	}
	if !slices.Contains(r.Writable, s.Output.Format) {
		return Spec{}, fmt.Errorf("%w: format %q cannot be written here, expected one of %s",
			ErrImpossible, s.Output.Format, joined(r.Writable))
	}
	if s.Output.Quality == 0 {
		s.Output.Quality = r.Quality[s.Output.Format]
	}
	return s.normalized(), nil
}

// negotiated chooses among the configured formats, the original's own where
// browsers show it, and the format that every client reads: for an animation
// that is GIF.
func (r Resolver) negotiated(original Facts, accept string) Format {
	plain := JPEG
	switch {
	case original.Frames > 1 && slices.Contains(r.Writable, GIF):
		plain = GIF
	case original.HasAlpha:
		plain = PNG
	}
	own := original.Format
	info, _ := own.Info()
	if !info.Browsers || !slices.Contains(r.Writable, own) {
		own = plain
	}
	var offers []Format
	for _, format := range append(slices.Clone(r.Auto), own, plain) {
		info, _ := format.Info()
		losesFrames := original.Frames > 1 && !info.Animated && format != own && format != plain
		if slices.Contains(r.Writable, format) && !losesFrames {
			offers = append(offers, format)
		}
	}
	if format, ok := Negotiate(accept, offers); ok {
		return format
	}
	return own
}

func joined(formats []Format) string {
	names := make([]string, len(formats))
	for i, format := range formats {
		names[i] = string(format)
	}
	return strings.Join(names, ", ")
}
