package spec

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
)

// ErrBadOption is a size or option that is malformed, unknown, out of range,
// given twice or impossible together with others. The text of an error that
// wraps it says what was expected and what came.
var ErrBadOption = errors.New("bad option")

// Setting is one option as it stands in a URL, already unescaped.
type Setting struct {
	Name, Value string
}

// Parse reads what String writes and what stands between /resize/ and the
// source of a URL:
//
//	size[,option=value]…
//
//	300x200                       a box of 300 by 200 pixels
//	300x                          300 pixels wide, as high as it comes
//	x200                          200 pixels high
//	max,format=webp               the original's own size
//	300x200,fit=contain,bg=white
//
// Names and values are percent-encoded where they hold a comma, an equals
// sign or a slash. The order of options is irrelevant.
func Parse(text string) (Spec, error) {
	size, settings, err := Split(text)
	if err != nil {
		return Spec{}, err
	}
	return Build(size, settings)
}

// Split takes the text that Parse reads apart without judging its words.
func Split(text string) (size string, settings []Setting, err error) {
	parts := strings.Split(text, ",")
	if size, err = url.PathUnescape(parts[0]); err != nil {
		return "", nil, fmt.Errorf("%w: %q is not percent-encoded correctly", ErrBadOption, parts[0])
	}
	for _, part := range parts[1:] {
		name, value, found := strings.Cut(part, "=")
		name, nameErr := url.PathUnescape(name)
		value, valueErr := url.PathUnescape(value)
		if nameErr != nil || valueErr != nil {
			return "", nil, fmt.Errorf("%w: %q is not percent-encoded correctly", ErrBadOption, part)
		}
		if !found {
			return "", nil, fmt.Errorf("%w: expected option=value, got %q", ErrBadOption, part)
		}
		settings = append(settings, Setting{name, value})
	}
	return size, settings, nil
}

// Build makes a Spec of a size and options in any order. Its errors wrap
// ErrBadOption.
func Build(size string, settings []Setting) (Spec, error) {
	d := draft{dpr: 1}
	var err error
	if d.Size, err = parseSize(size); err != nil {
		return Spec{}, fmt.Errorf("%w: size: %w", ErrBadOption, err)
	}
	given := make(map[string]bool, len(settings))
	for _, setting := range settings {
		option, err := lookUp(setting.Name)
		if err != nil {
			return Spec{}, fmt.Errorf("%w: %w", ErrBadOption, err)
		}
		if given[option.Name] {
			return Spec{}, fmt.Errorf("%w: %s is given twice", ErrBadOption, option.Name)
		}
		given[option.Name] = true
		if err := option.set(&d, setting.Value); err != nil {
			return Spec{}, fmt.Errorf("%w: %s: %w", ErrBadOption, option.Name, err)
		}
	}
	if d.Size, err = multiplied(d.Size, d.dpr); err != nil {
		return Spec{}, fmt.Errorf("%w: dpr: %w", ErrBadOption, err)
	}
	return d.Spec.normalized(), nil
}

func lookUp(name string) (*Option, error) {
	for i := range Options {
		if name == Options[i].Name || name == Options[i].Short && name != "" {
			return &Options[i], nil
		}
	}
	names := make([]string, len(Options))
	for i, option := range Options {
		names[i] = option.Name
	}
	return nil, fmt.Errorf("unknown option %q; known are %s%s", name, strings.Join(names, ", "), suggestion(name, names))
}

// parseSize reads WxH, Wx, xH or max.
func parseSize(text string) (Size, error) {
	lower := strings.ToLower(text)
	if lower == "max" {
		return Size{}, nil
	}
	width, height, found := strings.Cut(lower, "x")
	w, widthErr := parseSide(width)
	h, heightErr := parseSide(height)
	if !found || widthErr != nil || heightErr != nil || width == "" && height == "" {
		return Size{}, fmt.Errorf("expected WxH, Wx, xH with 1…%d pixels, or max, got %q", MaxSide, text)
	}
	return Size{w, h}, nil
}

// parseSide reads digits only; an empty text is 0.
func parseSide(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	return integer(text, 1, MaxSide)
}

func multiplied(size Size, dpr float64) (Size, error) {
	scaled := func(side int) int {
		if side == 0 {
			return 0
		}
		return max(1, int(math.Round(float64(side)*dpr)))
	}
	result := Size{scaled(size.Width), scaled(size.Height)}
	if max(result.Width, result.Height) > MaxSide {
		return Size{}, fmt.Errorf("%s at dpr %g would be %s, expected at most %d pixels a side", size, dpr, result, MaxSide)
	}
	return result, nil
}

// String is the canonical spelling of a size.
func (s Size) String() string {
	if s == (Size{}) {
		return "max"
	}
	text := "x"
	if s.Width > 0 {
		text = strconv.Itoa(s.Width) + text
	}
	if s.Height > 0 {
		text += strconv.Itoa(s.Height)
	}
	return text
}

// String is the canonical spelling: size, then the options that are not at
// their default in the order of the table, by their long names. It is cache
// key, log line, signed text and native URL at once.
func (s Spec) String() string {
	var text strings.Builder
	text.WriteString(s.Size.String())
	for i := range Options {
		if value := Options[i].get(s); value != "" {
			text.WriteByte(',')
			text.WriteString(Options[i].Name)
			text.WriteByte('=')
			text.WriteString(url.PathEscape(value))
		}
	}
	return text.String()
}
