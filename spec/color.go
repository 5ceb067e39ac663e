package spec

import (
	"fmt"
	"strconv"
	"strings"
)

// Color is an sRGB colour with alpha, 0…255 each. The zero Color means that
// none was asked for; a transparent one that was asked for has Set.
type Color struct {
	Red, Green, Blue, Alpha uint8
	Set                     bool
}

// RGB returns an opaque colour.
func RGB(red, green, blue uint8) Color {
	return Color{red, green, blue, 255, true}
}

// ParseColor reads rrggbb, rrggbbaa or a CSS colour name, in any case.
func ParseColor(text string) (Color, error) {
	lower := strings.ToLower(text)
	if lower == "transparent" {
		return Color{Set: true}, nil
	}
	if value, ok := cssColors[lower]; ok {
		return RGB(uint8(value>>16), uint8(value>>8), uint8(value)), nil
	}
	switch len(lower) {
	case 6:
		lower += "ff"
	case 8:
	default:
		return Color{}, fmt.Errorf("expected rrggbb, rrggbbaa or a CSS colour name, got %q", text)
	}
	// ParseUint takes no sign and, with an explicit base, no prefix or underscore.
	value, err := strconv.ParseUint(lower, 16, 32)
	if err != nil {
		return Color{}, fmt.Errorf("expected rrggbb, rrggbbaa or a CSS colour name, got %q", text)
	}
	return Color{uint8(value >> 24), uint8(value >> 16), uint8(value >> 8), uint8(value), true}, nil
}

// String is the canonical spelling, rrggbb or rrggbbaa; empty when not Set.
func (c Color) String() string {
	switch {
	case !c.Set:
		return ""
	case c.Alpha == 255:
		return fmt.Sprintf("%02x%02x%02x", c.Red, c.Green, c.Blue)
	}
	return fmt.Sprintf("%02x%02x%02x%02x", c.Red, c.Green, c.Blue, c.Alpha)
}
