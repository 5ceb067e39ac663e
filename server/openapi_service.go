package server

import (
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
)

// documentedAlive is the answer of /healthz.
type documentedAlive struct {
	Alive bool `json:"alive"`
}

func describeAlive(d *document) huma.Operation {
	return huma.Operation{
		OperationID: "getHealth", Tags: []string{tagService}, Summary: "Whether the process answers",
		Responses: d.answers(map[string]*huma.Response{"200": d.json("It does.", documentedAlive{})}),
	}
}

func describeReady(d *document) huma.Operation {
	return huma.Operation{
		OperationID: "getReadiness", Tags: []string{tagService}, Summary: "Whether to send requests here",
		Responses: d.answers(map[string]*huma.Response{
			"200": d.json("Yes.", Readiness{}),
			"503": d.json("Not while it is starting or stopping, or could not store what it has to.", Readiness{}, "Retry-After"),
		}),
	}
}

func describePlayground(d *document) huma.Operation {
	return huma.Operation{
		OperationID: "getPlayground", Tags: []string{tagService}, Summary: "The playground",
		Description: "A page to upload pictures and to try all options.",
		Responses:   d.staticAnswers("The page.", map[string]*huma.MediaType{fiber.MIMETextHTML: {Schema: text()}}),
	}
}

func describePlaygroundFacts(d *document) huma.Operation {
	return huma.Operation{
		OperationID: "getPlaygroundFacts", Tags: []string{tagService}, Summary: "What the playground's controls are made of",
		Description: "Options, formats, presets and limits. For that page: it may change with it.",
		Responses:   d.staticAnswers("The facts.", map[string]*huma.MediaType{fiber.MIMEApplicationJSON: {Schema: &huma.Schema{Type: huma.TypeObject}}}),
	}
}

func describePlaygroundFile(d *document) huma.Operation {
	return d.pageFile("getPlaygroundFile", playgroundFiles(), playgroundIndex, "style.css")
}

// pageFile is the operation of what a page loads; index is the page itself.
func (d *document) pageFile(id string, all map[string]staticFile, index, example string) huma.Operation {
	files := maps.Clone(all)
	delete(files, index)
	content := map[string]*huma.MediaType{}
	for _, file := range files {
		mediaType, _, _ := strings.Cut(file.contentType, ";")
		content[mediaType] = &huma.MediaType{Schema: text()}
	}
	return huma.Operation{
		OperationID: id, Tags: []string{tagService}, Summary: "What that page loads",
		Parameters: []*huma.Param{inPath("file", "The file's name.", oneOf(slices.Sorted(maps.Keys(files))...), example)},
		Responses:  d.staticAnswers("The file.", content, "not_found"),
	}
}

// staticAnswers are those of what is the same for everybody.
func (d *document) staticAnswers(what string, content map[string]*huma.MediaType, codes ...string) map[string]*huma.Response {
	return d.answers(map[string]*huma.Response{
		"200": {Description: what, Headers: withHeaders("ETag", "Cache-Control", "Vary"), Content: content},
		"304": empty("Not modified.", "ETag", "Cache-Control"),
	}, codes...)
}

func describePurge(d *document) huma.Operation {
	content := &huma.MediaType{Schema: d.schema(Purge{}), Examples: map[string]*huma.Example{
		"source": {Summary: "One source", Value: map[string]any{"source": "photos/cat.jpg"}},
		"prefix": {Summary: "All sources that begin so", Value: map[string]any{"prefix": "photos/2024/"}},
		"all":    {Summary: "Everything", Value: map[string]any{"all": true}},
	}}
	return huma.Operation{
		OperationID: "purge", Tags: []string{tagCache}, Summary: "Forget what was made",
		Description: "Of one source, of all that begin in some way, or everything: exactly one of the three. Uploads themselves stay.",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{fiber.MIMEApplicationJSON: content}},
		Responses:   d.answers(map[string]*huma.Response{"200": d.json("What went, from memory and disk.", Purged{})}, "bad_option", "overloaded"),
	}
}
