package spec

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Option is one row of the table that URL parsing, error texts, documentation
// and tests read. Adding an option is one row and one field of Spec.
type Option struct {
	Name    string
	Short   string // an accepted abbreviation, may be empty
	Values  string // what is accepted, for error texts and documentation
	Default string
	Doc     string
	Example string // a value that is accepted

	set func(*draft, string) error // reads the value
	get func(Spec) string          // canonical value, empty at the default
}

// draft is a Spec while its options are being read, with what exists in URLs
// only: the device pixel ratio is folded into the size, so that
// 300x200,dpr=2 and 600x400 are one picture.
type draft struct {
	Spec
	dpr float64
}

// Options is the table, in canonical order: geometry, effects, output.
var Options = slices.Concat(geometryOptions, effectOptions(), outputOptions)

var geometryOptions = []Option{
	{
		Name: "fit", Values: strings.Join(fitNames, ", "), Default: "cover", Example: "contain",
		Doc: "How the picture comes into a box of which both sides are given: cover fills it and crops, contain puts background around, inside is at most the box, outside at least, fill stretches.",
		set: func(d *draft, text string) error {
			index, err := word(text, fitNames)
			d.Fit = Fit(index)
			return err
		},
		get: func(s Spec) string { return named(s.Fit.String(), s.Fit != FitCover) },
	},
	{
		Name: "position", Short: "p", Values: strings.Join(positionNames, ", "), Default: "center", Example: "attention",
		Doc: "Which part a cover keeps, or where a contain puts the picture. entropy keeps the most detail, attention what draws the eye.",
		set: func(d *draft, text string) error {
			index, err := word(text, positionNames)
			d.Position = Position(index)
			return err
		},
		get: func(s Spec) string { return named(s.Position.String(), s.Position != PositionCenter) },
	},
	{
		Name: "enlarge", Values: "true, false", Default: "false", Example: "true",
		Doc: "Scale up when the original is smaller than the box. Without it nothing is scaled up, and a cover keeps the box's aspect ratio.",
		set: func(d *draft, text string) (err error) {
			d.Enlarge, err = boolean(text)
			return err
		},
		get: func(s Spec) string { return named("true", s.Enlarge) },
	},
	{
		Name: "dpr", Values: "a number 0.5…4", Default: "1", Example: "2",
		Doc: "Device pixel ratio: multiplies the size. 300x200,dpr=2 is the same picture as 600x400.",
		set: func(d *draft, text string) (err error) {
			d.dpr, err = number(text, 0.5, 4)
			return err
		},
		get: func(Spec) string { return "" },
	},
	{
		Name: "background", Short: "bg", Values: "rrggbb, rrggbbaa or a CSS colour name", Default: "transparent, white where the format has no alpha", Example: "ffcc00",
		Doc: "Colour behind transparency and around the picture.",
		set: func(d *draft, text string) (err error) {
			d.Background, err = ParseColor(text)
			return err
		},
		get: func(s Spec) string { return s.Background.String() },
	},
}

var outputOptions = []Option{
	{
		Name: "tint", Values: "rrggbb or a CSS colour name", Default: "none", Example: "704214",
		Doc: "Gives everything the hue and strength of one colour; lightness stays.",
		set: func(d *draft, text string) (err error) {
			d.Tint, err = ParseColor(text)
			d.Tint.Alpha = 255
			return err
		},
		get: func(s Spec) string { return s.Tint.String() },
	},
	{
		Name: "format", Short: "f", Values: "auto, original, " + outputNames(), Default: "auto", Example: "webp",
		Doc: "Output format. auto takes the best that the Accept header allows, else the original's own.",
		set: func(d *draft, text string) (err error) {
			d.Output.Format, err = outputFormat(text)
			return err
		},
		get: func(s Spec) string { return string(s.Output.Format) },
	},
	{
		Name: "quality", Short: "q", Values: "a whole number 1…100", Default: "per format, configurable", Example: "80",
		Doc: "Quality of a lossy format.",
		set: func(d *draft, text string) (err error) {
			d.Output.Quality, err = integer(text, 1, 100)
			return err
		},
		get: func(s Spec) string { return named(strconv.Itoa(s.Output.Quality), s.Output.Quality != 0) },
	},
}

func named(text string, given bool) string {
	if given {
		return text
	}
	return ""
}

// word looks text up in names and returns its index.
func word(text string, names []string) (int, error) {
	if index := slices.Index(names, strings.ToLower(text)); index >= 0 {
		return index, nil
	}
	return 0, fmt.Errorf("expected one of %s, got %q%s", strings.Join(names, ", "), text, suggestion(text, names))
}

func boolean(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, fmt.Errorf("expected true or false, got %q", text)
}

func integer(text string, low, high int) (int, error) {
	value, err := strconv.Atoi(text)
	if err != nil || value < low || value > high || text[0] == '+' {
		return 0, fmt.Errorf("expected a whole number %d…%d, got %q", low, high, text)
	}
	return value, nil
}

// number reads a decimal number; ParseFloat's NaN, infinities, exponents, hexadecimal
// digits and underscores have no place in a URL.
func number(text string, low, high float64) (float64, error) {
	value, err := strconv.ParseFloat(text, 64)
	plain := strings.Trim(text, "0123456789.") == ""
	if err != nil || !plain || math.IsNaN(value) || value < low || value > high {
		return 0, fmt.Errorf("expected a number %g…%g, got %q", low, high, text)
	}
	return value, nil
}

func outputNames() string {
	var names []string
	for _, format := range OutputFormats() {
		names = append(names, string(format))
	}
	return strings.Join(names, ", ")
}

func outputFormat(text string) (Format, error) {
	switch strings.ToLower(text) {
	case "auto":
		return FormatAuto, nil
	case string(FormatOriginal):
		return FormatOriginal, nil
	}
	format, ok := ParseFormat(text)
	if info, _ := format.Info(); ok && info.Output {
		return format, nil
	}
	names := strings.Split("auto, original, "+outputNames(), ", ")
	return FormatAuto, fmt.Errorf("expected one of %s, got %q%s", strings.Join(names, ", "), text, suggestion(text, names))
}
