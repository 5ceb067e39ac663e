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
	Lossless []Format       // what can be written here with every pixel as it is
	Quality  map[Format]int // quality where none is asked for, 1…100
	SaveData int            // per cent of that quality for clients that want to save data
}

// Client is what a client says of itself that has a say in the answer.
type Client struct {
	Accept   string // the header Accept, RFC 9110, section 12.5.1
	SaveData bool   // the header Save-Data is on, WICG Save Data API
}

// Resolution is a definite Spec, and what of the Client made a difference.
type Resolution struct {
	Spec
	ByAccept   bool
	BySaveData bool
	// MayBeOwn says that the original's own file would be an answer too: nothing
	// but size, format and quality is asked for, and the size is its own.
	MayBeOwn bool
}

// Resolve makes s definite for an original and a client: its Format is a real
// one that can be written, and its Quality is set where the format has one. Its
// errors wrap ErrImpossible.
func (r Resolver) Resolve(s Spec, original Facts, client Client) (Resolution, error) {
	if pages := original.Pages; pages > 0 && s.Output.Page > pages {
		return Resolution{}, fmt.Errorf("%w: page %d, expected 1…%d", ErrImpossible, s.Output.Page, pages)
	}
	resolution := Resolution{ByAccept: s.Output.Format == FormatAuto}
	if original.Frames <= 1 {
		s.Output.Still = false
	}
	switch s.Output.Format {
	case FormatAuto:
		s.Output.Format = r.negotiated(s, original, client.Accept)
	case FormatOriginal:
		s.Output.Format = original.Format
	}
	if !slices.Contains(r.Writable, s.Output.Format) {
		return Resolution{}, fmt.Errorf("%w: format %q cannot be written here, expected one of %s",
			ErrImpossible, s.Output.Format, joined(r.Writable))
	}
	s = s.normalized()
	if s.Output.Lossless && !slices.Contains(r.Lossless, s.Output.Format) {
		return Resolution{}, fmt.Errorf("%w: format %q cannot be written without loss here, expected one of %s",
			ErrImpossible, s.Output.Format, joined(r.Lossless))
	}
	if quality := r.Quality[s.Output.Format]; s.Output.Quality == 0 && quality != 0 && !s.Output.Lossless {
		resolution.BySaveData = client.SaveData
		if client.SaveData {
			quality = max(1, quality*r.SaveData/100)
		}
		s.Output.Quality = quality
	}
	resolution.Spec = s
	resolution.MayBeOwn = s.plain() && s.keepsSize(original) && r.takes(resolution, original.Format, client.Accept)
	return resolution, nil
}

// takes reports whether a client takes a file in the original's format for one
// in the format that was chosen.
func (r Resolver) takes(chosen Resolution, own Format, accept string) bool {
	if own == chosen.Output.Format {
		return true
	}
	info, _ := own.Info()
	_, accepted := Negotiate(accept, []Format{own})
	return chosen.ByAccept && info.Browsers && accepted && (!own.isNew() || names(accept, own))
}

// keepsSize reports whether the picture has as many pixels as its original, each
// in its place.
func (s Spec) keepsSize(original Facts) bool {
	size := Size{original.Width, original.Height}
	plan := s.geometry(original.Width, original.Height)
	return plan.Scaled == size && plan.Box == size && original.Orientation <= 1
}

// plain reports whether nothing but size, format and quality is asked for.
func (s Spec) plain() bool {
	bare := Spec{
		Size: s.Size, Fit: s.Fit, Position: s.Position, Focus: s.Focus, Enlarge: s.Enlarge,
		Output: Output{Format: s.Output.Format, Quality: s.Output.Quality},
	}
	return s == bare && s.Fit != FitContain
}

// Without returns a Resolver that chooses and writes everything but a format.
func (r Resolver) Without(format Format) Resolver {
	other := func(f Format) bool { return f == format }
	r.Auto = slices.DeleteFunc(slices.Clone(r.Auto), other)
	r.Writable = slices.DeleteFunc(slices.Clone(r.Writable), other)
	return r
}

// negotiated chooses among the configured formats, the original's own where
// browsers show it, and the format that every client reads. New formats go only
// to who names them.
func (r Resolver) negotiated(s Spec, original Facts, accept string) Format {
	offers, own := r.offers(s, original)
	taken := slices.DeleteFunc(offers, func(f Format) bool { return f.isNew() && !names(accept, f) })
	if format, ok := Negotiate(accept, taken); ok {
		return format
	}
	if len(taken) > 0 && !slices.Contains(taken, own) {
		return taken[len(taken)-1]
	}
	return own
}

// Alternatives are the formats in which a page can offer a picture, best first,
// and the one for browsers that know none of them.
func (r Resolver) Alternatives(s Spec, original Facts) (better []Format, fallback Format) {
	offers, _ := r.offers(s, original)
	fallback = offers[len(offers)-1]
	for _, format := range offers {
		if format != fallback && slices.Contains(r.Auto, format) && !slices.Contains(better, format) {
			better = append(better, format)
		}
	}
	return better, fallback
}

// offers are the formats that a picture can be had in, best first: the
// configured ones, own, and the one that every client reads, which is GIF for
// an animation. own is the original's format where browsers show it and nothing
// is lost by it.
func (r Resolver) offers(s Spec, original Facts) (offers []Format, own Format) {
	frames := s.wantsFrames(original)
	plain := JPEG
	switch {
	case frames && slices.Contains(r.Writable, GIF):
		plain = GIF
	case original.HasAlpha || s.needsAlpha() || s.Output.Lossless:
		plain = PNG
	}
	own = original.Format
	info, _ := own.Info()
	loses := s.Output.Lossless && !slices.Contains(r.Lossless, own)
	if !info.Browsers || !slices.Contains(r.Writable, own) || loses || s.needsAlpha() && !info.Alpha {
		own = plain
	}
	for _, format := range append(slices.Clone(r.Auto), own, plain) {
		info, _ := format.Info()
		inferior := frames && !info.Animated || s.Output.Lossless && !slices.Contains(r.Lossless, format)
		if slices.Contains(r.Writable, format) && (!inferior || format == own || format == plain) {
			offers = append(offers, format)
		}
	}
	return offers, own
}

// needsAlpha reports whether a picture has transparent corners of its own
// making. What is put around a picture is no reason to write a photograph
// without loss: there white will do.
func (s Spec) needsAlpha() bool { return s.Round != 0 && s.Background.Alpha < 255 }

func joined(formats []Format) string {
	names := make([]string, len(formats))
	for i, format := range formats {
		names[i] = string(format)
	}
	return strings.Join(names, ", ")
}
