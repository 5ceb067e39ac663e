// Package playground is the page at /: pictures are uploaded, changed by every
// option there is, and seen at once. It is plain HTML, CSS and ECMAScript modules,
// sent as they lie here; what it offers comes from /playground.json.
package playground

import (
	"embed"
	"io/fs"
)

//go:embed index.html *.css *.js *.svg
var files embed.FS

// Files are the page, index.html, and what it loads.
func Files() fs.FS { return files }
