// Package docs is the page of interactive documentation: Swagger UI
// (Apache-2.0, LICENSE-swagger-ui.txt), version 5.35.0, of npm's
// swagger-ui-dist, with its two files packed as gzip -9n does, and what starts it.
//
// Another version is: npm pack swagger-ui-dist@VERSION, the two files packed
// anew, their sums in docs_test.go, and the browser test.
package docs

import (
	"embed"
	"io/fs"
)

//go:embed index.html start.js page.css swagger-ui-bundle.js.gz swagger-ui.css.gz LICENSE-swagger-ui.txt
var files embed.FS

// Files are the page, index.html, and what it loads; those that end in .gz are
// sent unpacked.
func Files() fs.FS { return files }
