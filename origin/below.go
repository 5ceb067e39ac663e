package origin

import (
	"io/fs"
	"net/url"
	"strings"
)

// pathBytes bounds a path below a folder or a base URL; PATH_MAX of Linux.
const pathBytes = 4096

// staysBelow reports whether path names something below the place it is
// joined to: slash-separated, relative, without empty, "." or ".." elements
// and without NUL.
func staysBelow(path string) bool {
	return len(path) <= pathBytes && path != "." && fs.ValidPath(path) && !strings.Contains(path, "\x00")
}

// staysBelowTwice is staysBelow for a path that another server will read. Some
// servers take a backslash for a slash, some decode percent-encoding once more
// than they should; for them too it must not climb.
func staysBelowTwice(path string) bool {
	for range 4 {
		if !staysBelow(strings.ReplaceAll(path, `\`, "/")) {
			return false
		}
		decoded, err := url.PathUnescape(path)
		if err != nil || decoded == path {
			return true
		}
		path = decoded
	}
	return false // nobody honest encodes four times
}
