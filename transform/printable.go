package transform

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable is a text of unknown origin as one line that is safe to show:
// valid UTF-8, nothing but visible characters and single spaces between them,
// and at most so many characters. What is no UTF-8 is taken for Latin-1.
// Characters that only steer others, such as those that turn the direction of
// writing, are left out.
func printable(text []byte, most int) string {
	var clean strings.Builder
	count, gap := 0, false
	for len(text) > 0 && count < most {
		char, length := utf8.DecodeRune(text)
		if char == utf8.RuneError && length == 1 {
			char = rune(text[0])
		}
		text = text[length:]
		switch {
		case unicode.IsSpace(char) || unicode.IsControl(char):
			gap = count > 0
		case unicode.IsPrint(char):
			if gap && count+1 == most {
				return clean.String()
			}
			if gap {
				clean.WriteByte(' ')
				count++
				gap = false
			}
			clean.WriteRune(char)
			count++
		}
	}
	return clean.String()
}
