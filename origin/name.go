package origin

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// nameBytes is the longest file name the usual file systems take.
const nameBytes = 255

// nameOf is the last element of a path, fit to be offered as a file name:
// without control characters and separators, or empty when nothing is left.
func nameOf(path string) string {
	name := path[strings.LastIndexAny(path, `/\`)+1:]
	if !utf8.ValidString(name) {
		return ""
	}
	name = strings.Map(func(r rune) rune {
		// Format characters (Cf) include those that reverse the writing
		// direction and so disguise an extension.
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, name)
	for len(name) > nameBytes {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	if strings.Trim(name, ". ") == "" {
		return ""
	}
	return name
}
