package origin

import (
	"encoding/base32"
	"strings"
)

// idLength: 16 bytes in base32 without padding.
const idLength = 26

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// idOf is the id of a content with the given SHA-256: its first 16 bytes in
// lower-case base32 (RFC 4648 §6).
func idOf(sum []byte) string { return idEncoding.EncodeToString(sum[:16]) }

// ValidID reports whether s is spelled like the id of an upload: 26 characters
// of a…z and 2…7.
func ValidID(s string) bool {
	return len(s) == idLength && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") == ""
}
