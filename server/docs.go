package server

import (
	"fmt"
	"io/fs"
	"mime"
	"net/url"
	"path"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"api-resize/server/ui/docs"
)

const docsRoute = "/docs"

// docsIndex is the page itself; it loads the others.
const docsIndex = "index.html"

// docsPolicy is the Content-Security-Policy of the documentation, which unlike
// everything else is run by browsers. Swagger UI writes styles into elements, draws its
// icons from data: URLs and shows pictures that were tried from blob: URLs. It asks
// this service only, wherever clients reach that.
func docsPolicy(publicURL string) string {
	service := "'self'"
	if public, err := url.Parse(publicURL); err == nil && public.Host != "" {
		service += " " + public.Scheme + "://" + public.Host
	}
	return "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src " +
		service + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// docsFiles are the documentation's files, by name.
var docsFiles = sync.OnceValue(func() map[string]staticFile {
	files, err := readDocs()
	if err != nil {
		panic(err) // they are in the program
	}
	return files
})

func readDocs() (map[string]staticFile, error) {
	files := map[string]staticFile{}
	err := fs.WalkDir(docs.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(docs.Files(), name)
		if err != nil {
			return err
		}
		read := newStaticFile
		plain, packed := strings.CutSuffix(name, ".gz")
		if packed {
			read = packedStaticFile
		}
		files[plain], err = read(mediaTypeOf(plain), content)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("documentation: %w", err)
	}
	return files, nil
}

// mediaTypeOf is by extension; the system's own table is not asked for those that
// matter here.
func mediaTypeOf(name string) string {
	switch extension := path.Ext(name); extension {
	case ".html", ".css", ".js":
		return mime.TypeByExtension(extension)
	}
	return fiber.MIMETextPlainCharsetUTF8
}

// docsPage answers GET /docs.
func (s *Server) docsPage(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentSecurityPolicy, docsPolicy(s.config.PublicURL))
	return docsFiles()[docsIndex].send(c)
}

// docsFile answers GET /docs/{file}.
func (s *Server) docsFile(c *fiber.Ctx) error {
	name := strings.Clone(c.Params("file"))
	file, known := docsFiles()[name]
	if !known || name == docsIndex {
		return ErrRouteNotFound
	}
	return file.send(c)
}

func describeDocs(d *document) huma.Operation {
	return huma.Operation{
		OperationID: "getDocumentation", Tags: []string{tagService}, Summary: "Interactive documentation",
		Description: "A page that shows this document and sends requests.",
		Responses:   d.staticAnswers("The page.", map[string]*huma.MediaType{fiber.MIMETextHTML: {Schema: text()}}),
	}
}

func describeDocsFile(d *document) huma.Operation {
	return d.pageFile("getDocumentationFile", docsFiles(), docsIndex, "start.js")
}
