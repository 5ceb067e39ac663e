package server

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"

	"api-resize/server/ui/playground"
)

const (
	playgroundRoute      = "/"
	playgroundFactsRoute = "/playground.json"
	playgroundFilesRoute = "/playground/:file"
)

// playgroundIndex is the page itself; it loads the others.
const playgroundIndex = "index.html"

// playgroundPolicy is the page's Content-Security-Policy: nothing inline, and
// nothing but this service is asked. Pictures that were fetched to be measured are
// shown from blob: URLs.
const playgroundPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// playgroundTypes are the media types of the page's files, by extension.
var playgroundTypes = map[string]string{
	".html": fiber.MIMETextHTMLCharsetUTF8,
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// playgroundFiles are the page's files, by name.
var playgroundFiles = sync.OnceValue(func() map[string]staticFile {
	files, err := readPlayground()
	if err != nil {
		panic(err) // they are in the program
	}
	return files
})

func readPlayground() (map[string]staticFile, error) {
	files := map[string]staticFile{}
	entries, err := fs.ReadDir(playground.Files(), ".")
	if err != nil {
		return nil, fmt.Errorf("playground: %w", err)
	}
	for _, entry := range entries {
		content, err := fs.ReadFile(playground.Files(), entry.Name())
		if err != nil {
			return nil, fmt.Errorf("playground: %w", err)
		}
		if files[entry.Name()], err = newStaticFile(playgroundTypes[path.Ext(entry.Name())], content); err != nil {
			return nil, fmt.Errorf("playground: %s: %w", entry.Name(), err)
		}
	}
	return files, nil
}

// playgroundPage answers GET /.
func (s *Server) playgroundPage(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentSecurityPolicy, playgroundPolicy)
	return playgroundFiles()[playgroundIndex].send(c)
}

// playgroundFile answers GET /playground/{file}.
func (s *Server) playgroundFile(c *fiber.Ctx) error {
	name := strings.Clone(c.Params("file"))
	file, known := playgroundFiles()[name]
	if !known || name == playgroundIndex {
		return ErrRouteNotFound
	}
	return file.send(c)
}

// playgroundFacts answers GET /playground.json.
func (s *Server) playgroundFacts(c *fiber.Ctx) error {
	file, err := s.facts()
	if err != nil {
		return err
	}
	return file.send(c)
}
