package spec

import (
	"cmp"
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
	request, err := Build(size, settings)
	return request.Spec, err
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

// Build makes a Request without a source of a size and options in any order.
// Its errors wrap ErrBadOption.
func Build(size string, settings []Setting) (Request, error) {
	d := draft{dpr: 1}
	var err error
	if d.Size, err = parseSize(size); err != nil {
		return Request{}, fmt.Errorf("%w: size: %w", ErrBadOption, err)
	}
	given := make(map[string]bool, len(settings))
	for _, setting := range settings {
		option, err := lookUp(setting.Name)
		if err != nil {
			return Request{}, fmt.Errorf("%w: %w", ErrBadOption, err)
		}
		if given[option.Name] {
			return Request{}, fmt.Errorf("%w: %s is given twice", ErrBadOption, option.Name)
		}
		given[option.Name] = true
		if err := option.set(&d, option.Domain, setting.Value); err != nil {
			return Request{}, fmt.Errorf("%w: %s: %w", ErrBadOption, option.Name, err)
		}
	}
	if err := agree(given); err != nil {
		return Request{}, fmt.Errorf("%w: %w", ErrBadOption, err)
	}
	if err := d.multiply(); err != nil {
		return Request{}, fmt.Errorf("%w: dpr: %w", ErrBadOption, err)
	}
	if err := d.Output.agree(); err != nil {
		return Request{}, fmt.Errorf("%w: %w", ErrBadOption, err)
	}
	return Request{Spec: d.Spec.normalized(), Delivery: d.Delivery}, nil
}

// agree refuses options that exclude each other, or that say something about
// another one that is not there.
func agree(given map[string]bool) error {
	for i := range Options {
		option := &Options[i]
		switch {
		case !given[option.Name]:
		case option.Excludes != "" && given[option.Excludes]:
			return fmt.Errorf("%s and %s exclude each other", option.Name, option.Excludes)
		case option.Needs != "" && !given[option.Needs]:
			return fmt.Errorf("%s says something about %s, which is not given", option.Name, option.Needs)
		}
	}
	return nil
}

// agree refuses what no file of a format that was asked for by name can be.
func (o Output) agree() error {
	_, definite := o.Format.Info()
	if o.Lossless && definite && !o.Format.canBeLossless() && o.Format != PNG {
		return fmt.Errorf("lossless: %s always loses something", o.Format)
	}
	if o.Lossless && o.MaxBytes > 0 {
		return errors.New("lossless and max_bytes exclude each other")
	}
	return nil
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
	return nil, fmt.Errorf("unknown option %q; known are %s%s", name, strings.Join(names, ", "), Suggestion(name, names))
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

// multiply folds the device pixel ratio into every length that is in pixels of
// the page.
func (d *draft) multiply() error {
	times := func(length int) int {
		if length <= 0 {
			return length
		}
		return max(1, int(math.Round(float64(length)*d.dpr)))
	}
	size := Size{times(d.Size.Width), times(d.Size.Height)}
	if max(size.Width, size.Height) > MaxSide {
		return fmt.Errorf("%s at %g would be %s, expected at most %d pixels a side", d.Size, d.dpr, size, MaxSide)
	}
	pad := Sides{times(d.Pad.Top), times(d.Pad.Right), times(d.Pad.Bottom), times(d.Pad.Left)}
	if longest := max(pad.Top, pad.Right, pad.Bottom, pad.Left, times(d.Round)); longest > MaxSide {
		return fmt.Errorf("pad and round at %g would be %d pixels, expected at most %d", d.dpr, longest, MaxSide)
	}
	d.Size, d.Pad, d.Round = size, pad, times(d.Round)
	if d.Text.Words == "" {
		return nil
	}
	textSize := times(cmp.Or(d.Text.Size, DefaultTextSize))
	if textSize > maxTextSize || textSize < minTextSize {
		return fmt.Errorf("the text would be %d pixels high, expected %d…%d", textSize, minTextSize, maxTextSize)
	}
	d.Text.Size = textSize
	if textSize == DefaultTextSize {
		d.Text.Size = 0
	}
	return nil
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

// String is the canonical spelling of the picture: size, then the options that
// are not at their default in the order of the table, by their long names. It
// is cache key, log line and signed text at once.
func (s Spec) String() string { return Request{Spec: s}.Options() }

// Options is the canonical spelling of all but the source.
func (r Request) Options() string {
	var text strings.Builder
	text.WriteString(r.Spec.Size.String())
	for i := range Options {
		if value := Options[i].get(r); value != "" {
			text.WriteByte(',')
			text.WriteString(Options[i].Name)
			text.WriteByte('=')
			text.WriteString(url.PathEscape(value))
		}
	}
	return text.String()
}
