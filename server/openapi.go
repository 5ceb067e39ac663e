package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
)

const openAPIRoute = "/openapi.json"

// The groups in which operations are shown.
const (
	tagPictures = "Pictures"
	tagFacts    = "Facts"
	tagImages   = "Images"
	tagTasks    = "Tasks"
	tagCache    = "Cache"
	tagService  = "Service"
)

var tags = []*huma.Tag{
	{Name: tagPictures, Description: "Pictures in the size and format that a URL asks for."},
	{Name: tagFacts, Description: "What pages want to know of an original."},
	{Name: tagImages, Description: "Uploads: kept until they are deleted or expire, and never changed."},
	{Name: tagTasks, Description: "Many pictures made in the background."},
	{Name: tagCache, Description: "What is kept of pictures, and why a URL is answered as it is."},
	{Name: tagService, Description: "Health and documentation."},
}

// bearer is the name of the one security scheme.
const bearer = "bearer"

// OpenAPI is the document of the service's routes, OpenAPI 3.1 as JSON: as it is
// configured, for what a route needs depends on that.
func OpenAPI(config Config, parts Parts) ([]byte, error) {
	s := &Server{config: config, parts: parts}
	return s.describe31(s.routeTable())
}

// describe31 is the document of a table of routes.
func (s *Server) describe31(rows []route) ([]byte, error) {
	d := s.newDocument()
	for _, row := range rows {
		operation := row.describe(d)
		operation.Method = row.method
		if operation.Path == "" {
			operation.Path = documentPath(row.path)
		}
		operation.Security = []map[string][]string{}
		if s.keyed(row.access) {
			operation.Security = []map[string][]string{{bearer: {}}}
			d.refused(&operation)
		}
		d.api.AddOperation(&operation)
	}
	d.finish()
	plain, err := d.api.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, plain, "", " "); err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	return indented.Bytes(), nil
}

// document is an OpenAPI document while its operations are being described.
type document struct {
	api    *huma.OpenAPI
	limits Limits
	files  int // that one upload may bring
}

func (s *Server) newDocument() *document {
	address := s.config.PublicURL
	if address == "" {
		address = "./" // where the document itself is
	}
	return &document{
		limits: s.parts.Limits, files: s.config.UploadFiles,
		api: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "api-resize", Version: Version(), Description: introduction(),
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Servers: []*huma.Server{{URL: address, Description: "This service"}},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
				Headers: maps.Clone(headers),
				SecuritySchemes: map[string]*huma.SecurityScheme{bearer: {
					Type: "http", Scheme: "bearer",
					Description: "An API key of the configuration, or the one made at the first start, in `data/api-key`.",
				}},
			},
		},
	}
}

// finish brings the schemas into their last form, and lists the groups of
// operations.
func (d *document) finish() {
	finishSchemas(d.api.Components.Schemas.Map())
	d.api.Tags = tags
}

// introduction is what holds for all routes.
func introduction() string {
	return `An on-the-fly image proxy: ` + "`/resize/300x200/{source}`" + ` answers with the picture in that size.

**Sources** are the id of an upload, ` + "`alias/path`" + ` in a folder or base URL of the configuration, or an ` + "`http(s)://`" + ` URL of
an allowed host. In the parameter *source* they are percent-encoded as any other value; written by hand, slashes may stay.

**Methods**: every GET is a HEAD as well, and OPTIONS tells of any route what it can do.

**Browsers**: every answer may be read by pages of any origin.

**Request ids**: ` + "`X-Request-Id`" + ` comes back as it was sent, when it is 1…64 letters, digits, dots, hyphens and
underscores; else one is made. The log knows requests by it.

# Errors

Errors are ` + "`application/problem+json`" + ` (RFC 9457) with a ` + "`code`" + ` that programs may rely on:

` + problemTable() + `
Where ` + "`Retry-After`" + ` comes with an error, it says in how many seconds to ask again.
`
}

// headers are those that several answers have.
var headers = map[string]*huma.Header{
	"ETag":                {Description: "Names these very bytes; strong.", Schema: text()},
	"Last-Modified":       {Description: "When the original changed, where that is known.", Schema: text()},
	"Cache-Control":       {Description: "For how long the answer may be kept.", Schema: text()},
	"Vary":                {Description: "The request's headers that had a say.", Schema: text()},
	"Content-Disposition": {Description: "The file's name; attachment where the URL asks for a download.", Schema: text()},
	"Accept-Ranges":       {Description: "Parts may be asked for, by `Range`.", Schema: text()},
	"Content-Range":       {Description: "Which part this is.", Schema: text()},
	"Cache-Status":        {Description: "What the cache did, RFC 9211: `api-resize; hit; detail=memory`, `api-resize; fwd=miss; stored`, ….", Schema: text()},
	"Server-Timing":       {Description: "Where the time went: queue, fetch, decode, transform, encode, in milliseconds.", Schema: text()},
	"Cache-Tag":           {Description: "Sources and folders that it is made of, by which caches in front follow a purge.", Schema: text()},
	"X-Fallback":          {Description: "The code of the error that has the picture of `default` sent instead.", Schema: text()},
	"X-Image-Decision":    {Description: "`original-smaller`: the original is sent, since a new file would be longer. `over-max-bytes`: even the lowest quality is longer.", Schema: text()},
	"Location":            {Description: "Where it is from now on.", Schema: text()},
	"Retry-After":         {Description: "In how many seconds to ask again.", Schema: &huma.Schema{Type: huma.TypeInteger}},
	"X-Request-Id":        {Description: "Names the request in the log.", Schema: text()},
	"Link":                {Description: "The canonical spelling of a picture's URL, `rel=\"canonical\"`; the next page of a list, `rel=\"next\"`.", Schema: text()},
}

// withHeaders names those of the table that an answer has.
func withHeaders(names ...string) map[string]*huma.Param {
	references := map[string]*huma.Param{}
	for _, name := range append(names, "X-Request-Id") {
		references[name] = &huma.Param{Ref: "#/components/headers/" + name}
	}
	return references
}

// answers are an operation's responses by status: those of success, and a
// problem for each code of an error that is the operation's own.
func (d *document) answers(successes map[string]*huma.Response, codes ...string) map[string]*huma.Response {
	all := maps.Clone(successes)
	for status, response := range d.problems(codes) {
		all[status] = response
	}
	all["default"] = &huma.Response{
		Description: "What any route may answer: " + strings.Join(quoted(anyRoute), ", ") + ".",
		Headers:     withHeaders("Cache-Control", "Retry-After"), Content: d.problemContent(),
	}
	return all
}

// json is an answer with a value as JSON.
func (d *document) json(description string, value any, headers ...string) *huma.Response {
	return &huma.Response{
		Description: description, Headers: withHeaders(append(headers, "Cache-Control")...),
		Content: map[string]*huma.MediaType{fiber.MIMEApplicationJSON: {Schema: d.schema(value)}},
	}
}

// empty is an answer without a body.
func empty(description string, headers ...string) *huma.Response {
	return &huma.Response{Description: description, Headers: withHeaders(headers...)}
}

func quoted(words []string) []string {
	all := make([]string, len(words))
	for i, word := range words {
		all[i] = "`" + word + "`"
	}
	return all
}

// text is a schema of any string.
func text() *huma.Schema { return &huma.Schema{Type: huma.TypeString} }

// oneOf is a schema of a string of a list.
func oneOf(words ...string) *huma.Schema {
	schema := &huma.Schema{Type: huma.TypeString}
	for _, word := range words {
		schema.Enum = append(schema.Enum, word)
	}
	return schema
}

// wholeNumber is a schema of an integer within bounds.
func wholeNumber(low, high float64) *huma.Schema {
	return &huma.Schema{Type: huma.TypeInteger, Minimum: &low, Maximum: &high}
}

// inPath and inQuery are parameters of an operation.
func inPath(name, description string, schema *huma.Schema, example any) *huma.Param {
	return &huma.Param{Name: name, In: "path", Required: true, Description: description, Schema: schema, Example: example}
}

func inQuery(name, description string, schema *huma.Schema, example any) *huma.Param {
	return &huma.Param{Name: name, In: "query", Description: description, Schema: schema, Example: example}
}

func inHeader(name, description string, example any) *huma.Param {
	return &huma.Param{Name: name, In: "header", Description: description, Schema: text(), Example: example}
}

func describeOpenAPI(d *document) huma.Operation {
	return huma.Operation{
		OperationID: "getOpenAPI", Tags: []string{tagService}, Summary: "This document",
		Description: "OpenAPI 3.1. `api-resize openapi` prints the same.",
		Responses:   d.staticAnswers("The document.", map[string]*huma.MediaType{fiber.MIMEApplicationJSON: {Schema: &huma.Schema{Type: huma.TypeObject}}}),
	}
}

// writeDocument makes the document once. That it can't be made is a fault of the
// program, which no configuration brings about.
func (s *Server) writeDocument(rows []route) {
	text, err := s.describe31(rows)
	if err == nil {
		s.openapi, err = newStaticFile(fiber.MIMEApplicationJSON, text)
	}
	if err != nil {
		panic(err)
	}
}

// document answers GET /openapi.json.
func (s *Server) document(c *fiber.Ctx) error { return s.openapi.send(c) }
