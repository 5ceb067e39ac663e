package spec

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Watermark is another picture laid over this one. The zero Watermark is none.
type Watermark struct {
	Source   Source
	Position Position // one of the compass points
	Fade     int32    // thousandths of the way from opaque to invisible
	Scale    int32    // thousandths of the picture's width; 0 leaves its own size
	Repeat   bool     // all over the picture
}

// Text is words laid over a picture. The zero Text is none.
type Text struct {
	Words    string
	Size     int   // height of the font in pixels; 0 is DefaultTextSize
	Color    Color // not Set is white
	Position Position
	Font     string // a family's name; empty is the system's sans
}

// DefaultTextSize is the height of a text's font in pixels where none is asked for.
const DefaultTextSize = 32

// Bounds of a text. Its pixels are computed at once: these keep them below a
// few times those of the largest picture.
const (
	minTextSize   = 4
	maxTextSize   = 512
	maxTextRunes  = 200
	maxTextLines  = 10
	maxFontLength = 64
)

// PlaceWatermark says how large a watermark is on a picture, and where. It is
// never larger than the picture; unless a scale was asked for, it is never
// enlarged. With Repeat it is where the first of the tiles lies.
func (w Watermark) PlaceWatermark(picture Size, watermark Facts) Rect {
	width, height := float64(watermark.Width), float64(watermark.Height)
	factor := min(1, float64(picture.Width)/width, float64(picture.Height)/height)
	if w.Scale > 0 {
		factor = min(float64(picture.Width)*float64(w.Scale)/1000/width, float64(picture.Height)/height)
	}
	size := scaledBy(watermark.Width, watermark.Height, factor)
	size = Size{min(size.Width, picture.Width), min(size.Height, picture.Height)}
	left, top := w.Position.offset(picture.Width-size.Width, picture.Height-size.Height)
	return Rect{left, top, size.Width, size.Height}
}

// Place says where something of the given size lies on a picture, with a margin
// from its edges in pixels; what does not fit begins at the edge.
func (p Position) Place(picture, size Size, margin int) (left, top int) {
	left, top = p.offset(max(0, picture.Width-size.Width-2*margin), max(0, picture.Height-size.Height-2*margin))
	return min(left+margin, max(0, picture.Width-size.Width)), min(top+margin, max(0, picture.Height-size.Height))
}

// compassNames are the positions that don't look at the picture.
var compassNames = positionNames[:PositionEntropy]

func parseOther(text string) (Source, error) {
	source, err := ParseSource(text)
	if err != nil {
		return Source{}, fmt.Errorf("expected a source, percent-encoded: %w", err)
	}
	return source, nil
}

func parseWords(text string) (string, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	odd := strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && unicode.IsControl(r) })
	switch {
	case !utf8.ValidString(text) || odd || strings.TrimSpace(text) == "":
		return "", fmt.Errorf("expected UTF-8 that can be seen, got %q", text)
	case utf8.RuneCountInString(text) > maxTextRunes:
		return "", fmt.Errorf("expected at most %d characters, got %d", maxTextRunes, utf8.RuneCountInString(text))
	case strings.Count(text, "\n") >= maxTextLines:
		return "", fmt.Errorf("expected at most %d lines, got %d", maxTextLines, 1+strings.Count(text, "\n"))
	}
	return text, nil
}

// parseFont reads the name of a family and a style, such as DejaVu Serif Bold.
// Whatever else a font's description may hold for Pango is not let through.
func parseFont(text string) (string, error) {
	odd := strings.ContainsFunc(text, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		return !letter && r != ' ' && r != '-'
	})
	if odd || strings.TrimSpace(text) != text || text == "" || len(text) > maxFontLength {
		return "", fmt.Errorf("expected the name of a font, of letters, spaces and -, got %q", text)
	}
	return text, nil
}
