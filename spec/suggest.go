package spec

import (
	"fmt"
	"strings"
)

// Suggestion is the half sentence that names the known word nearest to text,
// or nothing when none is near enough to be a misspelling of it.
func Suggestion(text string, known []string) string {
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

// editDistance counts the letters to insert, delete, replace, or swap with
// their neighbour: the restricted Damerau-Levenshtein distance, in bytes.
func editDistance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(replace, row[j-1]+1, last[j]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
