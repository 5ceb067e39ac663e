package server

import (
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

// playgroundRow is the row of the playground in the table of routes.
func playgroundRow(page fiber.Handler) route {
	return route{fiber.MethodGet, "/", anybody, page, describePlayground}
}

func describePlayground(d *document) huma.Operation {
	return huma.Operation{
		OperationID: "getPlayground", Tags: []string{tagService}, Summary: "The playground",
		Description: "A page to upload pictures and to try all options.",
		Responses: d.answers(map[string]*huma.Response{
			"200": {
				Description: "The page.", Headers: withHeaders("ETag", "Cache-Control"),
				Content: map[string]*huma.MediaType{fiber.MIMETextHTML: {Schema: text()}},
			},
			"304": empty("Not modified.", "ETag", "Cache-Control"),
		}),
	}
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
