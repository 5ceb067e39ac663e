package spec

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Option is one row of the table that URL parsing, error texts, documentation
// and tests read. Adding an option is one row and one field of Spec.
type Option struct {
	Name     string
	Short    string // an accepted abbreviation, may be empty
	Group    string // what options it stands beside where they are shown
	Domain   Domain // which values are accepted
	Values   string // the same in words, for documentation; the Domain's own where a row says nothing else
	Default  string
	Doc      string
	Example  string // a value that is accepted
	Excludes string // an option that can't be given at the same time
	Needs    string // an option without which this one says nothing

	set func(*draft, Domain, string) error // reads the value
	get func(Request) string               // canonical value, empty at the default
}

// draft is a Request while its options are being read, with what exists in
// URLs only: the device pixel ratio is folded into the lengths, so that
// 300x200,dpr=2 and 600x400 are one picture.
type draft struct {
	Spec
	Delivery
	dpr float64
}

// Options is the table, in canonical order, which is about that of the work.
var Options = slices.Concat(
	complete("Geometry", geometryOptions), complete("Effects", effectOptions()), complete("", overlayOptions),
	complete("Output", outputOptions), complete("Delivery", deliveryOptions))

// complete fills in what rows say nothing of.
func complete(group string, options []Option) []Option {
	for i := range options {
		options[i].Group = cmp.Or(options[i].Group, group)
		options[i].Values = cmp.Or(options[i].Values, options[i].Domain.String())
	}
	return options
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
	return 0, fmt.Errorf("expected one of %s, got %q%s", strings.Join(names, ", "), text, Suggestion(text, names))
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
	if err != nil || value < low || value > high || text[0] == '+' || text[0] == '-' {
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

// thousandths writes a number of thousandths as a decimal number.
func thousandths(value int32) string {
	return strconv.FormatFloat(float64(value)/1000, 'f', -1, 64)
}

// sides reads one length for all sides, or four clockwise from the top.
func sides(text string) (Sides, error) {
	parts := strings.Split(text, ":")
	if len(parts) == 1 {
		parts = []string{text, text, text, text}
	}
	var lengths [4]int
	for i, part := range parts {
		length, err := integer(part, 0, MaxSide)
		if err != nil || len(parts) != 4 {
			return Sides{}, fmt.Errorf("expected n or top:right:bottom:left, each 0…%d pixels, got %q", MaxSide, text)
		}
		lengths[i] = length
	}
	return Sides{lengths[0], lengths[1], lengths[2], lengths[3]}, nil
}

// String is what sides reads back, empty for none.
func (s Sides) String() string {
	switch s {
	case Sides{}:
		return ""
	case Sides{s.Top, s.Top, s.Top, s.Top}:
		return strconv.Itoa(s.Top)
	}
	return fmt.Sprintf("%d:%d:%d:%d", s.Top, s.Right, s.Bottom, s.Left)
}

// focusAt reads x:y.
func focusAt(text string) (Focus, error) {
	across, down, found := strings.Cut(text, ":")
	x, xErr := numbers(0, 1).share(across)
	y, yErr := numbers(0, 1).share(down)
	if !found || xErr != nil || yErr != nil {
		return Focus{}, fmt.Errorf("expected x:y, each 0…1 from the top left corner, got %q", text)
	}
	return Focus{x, y, true}, nil
}
