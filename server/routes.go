package server

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"api-resize/dialect"
)

const uploadRoute = "/images"

// route is one row of the table of routes, which Fiber serves and the OpenAPI
// document describes.
type route struct {
	method  string
	path    string // as Fiber has it; a GET is a HEAD as well
	access  access
	handler fiber.Handler
	// describe tells the document what the route does; its method, path and
	// security come from the row.
	describe func(*document) huma.Operation
}

// access says who may use a route.
type access int

const (
	// probes get an answer in every phase, and are not counted by the rate limit.
	probes access = iota
	anybody
	// whoMayHaveURLs needs a key where pictures need signed URLs.
	whoMayHaveURLs
	withKey
)

// routeTable is the whole public surface. What the document calls a path's variables
// stands in the operation, where Fiber has a star.
func (s *Server) routeTable() []route {
	return []route{
		{fiber.MethodGet, "/healthz", probes, s.alive, describeAlive},
		{fiber.MethodGet, "/readyz", probes, s.ready, describeReady},

		{fiber.MethodGet, dialect.Prefix + "*", anybody, s.resize, describeResize},
		{fiber.MethodGet, infoPrefix + "*", whoMayHaveURLs, s.info, describeInfo},
		{fiber.MethodGet, srcsetPrefix + "*", whoMayHaveURLs, s.srcset, describeSrcset},
		{fiber.MethodGet, explainPrefix + "*", withKey, s.explain, describeExplain},
		{fiber.MethodPost, purgeRoute, withKey, s.purge, describePurge},

		{fiber.MethodPost, uploadRoute, withKey, s.upload, describeUpload},
		{fiber.MethodGet, uploadRoute, withKey, s.listImages, describeImageList},
		{fiber.MethodGet, "/images/:id", whoMayHaveURLs, s.describeImage, describeImage},
		{fiber.MethodGet, "/images/:id/original", anybody, s.original, describeOriginal},
		{fiber.MethodDelete, "/images/:id", withKey, s.deleteImage, describeDelete},

		{fiber.MethodPost, tasksRoute, withKey, s.addTask, describeTaskAdd},
		{fiber.MethodGet, tasksRoute, withKey, s.listTasks, describeTaskList},
		{fiber.MethodGet, taskRoute, withKey, s.describeTask, describeTaskGet},
		{fiber.MethodDelete, taskRoute, withKey, s.cancelTask, describeTaskCancel},

		{fiber.MethodGet, playgroundRoute, anybody, s.playgroundPage, describePlayground},
		{fiber.MethodGet, playgroundFactsRoute, anybody, s.playgroundFacts, describePlaygroundFacts},
		{fiber.MethodGet, playgroundFilesRoute, anybody, s.playgroundFile, describePlaygroundFile},
		{fiber.MethodGet, openAPIRoute, anybody, s.document, describeOpenAPI},
		{fiber.MethodGet, docsRoute, anybody, s.docsPage, describeDocs},
		{fiber.MethodGet, docsRoute + "/:file", anybody, s.docsFile, describeDocsFile},
	}
}

// routes registers the table. What every request goes through stands around it.
func (s *Server) routes() {
	s.app.Use(s.tell)
	rows := s.routeTable()
	for _, row := range rows {
		if row.access == probes {
			s.register(row)
		}
	}
	s.app.Use(s.refuseWhenStopping, s.options, s.limitClients)
	for _, row := range rows {
		switch row.access {
		case probes:
			continue
		case whoMayHaveURLs:
			s.register(row, s.mayHaveURLs)
		case withKey:
			s.register(row, s.authorized)
		case anybody:
			s.register(row)
		}
	}
	s.table = s.app.GetRoutes(true)
	s.writeDocument(rows)
}

// register adds a route, behind what lets requests pass. HEAD is answered
// wherever GET is, RFC 9110, section 9.3.2.
func (s *Server) register(row route, handlers ...fiber.Handler) {
	handlers = append(handlers, row.handler)
	if row.method == fiber.MethodGet {
		s.app.Get(row.path, handlers...)
		return
	}
	s.app.Add(row.method, row.path, handlers...)
}

// keyed reports whether a route asks for the API key, as it is configured.
func (s *Server) keyed(who access) bool {
	switch {
	case s.parts.Auth.Open:
		return false
	case who == whoMayHaveURLs:
		return s.parts.Signing.Signature == SignatureRequired
	}
	return who == withKey
}

// documentPath is how OpenAPI writes a path of which all variables have a name.
func documentPath(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if name, found := strings.CutPrefix(segment, ":"); found {
			segments[i] = "{" + name + "}"
		}
	}
	return strings.Join(segments, "/")
}
