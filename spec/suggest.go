package spec

import (
	"fmt"
	"strings"
)

// suggestion is the half sentence that names the known word nearest to text,
// or nothing when none is near enough to be a misspelling of it.
func suggestion(text string, known []string) string {
	if len(text) > 64 {
		return ""
	}
	text = strings.ToLower(text)
	nearest, least := "", 1+max(1, len(text)/2)
	for _, name := range known {
		if distance := editDistance(text, name); distance < least {
			nearest, least = name, distance
		}
	}
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", nearest)
}

// editDistance is the Levenshtein distance in bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			substitute := diagonal
			if a[i-1] != b[j-1] {
				substitute++
			}
			diagonal = row[j]
			row[j] = min(substitute, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
