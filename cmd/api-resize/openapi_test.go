package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"api-resize/spec"
)

// openAPI is the service's document, as a client reads it.
type openAPI struct {
	Paths map[string]map[string]openAPIOperation

	all      map[string]any // the same, whole
	compiler *jsonschema.Compiler
}

type openAPIOperation struct {
	Parameters []struct {
		Name, In string
		Required bool
		Example  any
	}
	RequestBody *struct{ Content map[string]openAPIContent }
	Responses   map[string]struct{ Content map[string]openAPIContent }
	Security    []map[string][]string
}

type openAPIContent struct {
	Example  any
	Examples map[string]struct{ Value any }
}

// documentURL is where schemas find the document; nothing is fetched from there.
const documentURL = "https://document.test/openapi.json"

// readDocument asks the service for its document. In the schemas that it is read
// with, objects have no properties but those described: what is sent and not
// described is found.
func readDocument(t *testing.T, text []byte) *openAPI {
	t.Helper()
	document := &openAPI{compiler: jsonschema.NewCompiler()}
	must(t, json.Unmarshal(text, document))
	must(t, json.Unmarshal(text, &document.all))
	strict, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	must(t, err)
	closeObjects(strict)
	must(t, document.compiler.AddResource(documentURL, strict))
	document.compiler.AssertFormat()
	return document
}

// closeObjects lets no object of a schema have more than it describes.
func closeObjects(value any) {
	switch value := value.(type) {
	case map[string]any:
		_, described := value["properties"].(map[string]any)
		if _, open := value["additionalProperties"]; described && value["type"] == "object" && !open {
			value["additionalProperties"] = false
		}
		for _, inner := range value {
			closeObjects(inner)
		}
	case []any:
		for _, inner := range value {
			closeObjects(inner)
		}
	}
}

// schemaAt compiles what stands at a path of names in the document.
func (d *openAPI) schemaAt(t *testing.T, names ...string) *jsonschema.Schema {
	t.Helper()
	pointer := documentURL + "#"
	for _, name := range names {
		pointer += "/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
	}
	schema, err := d.compiler.Compile(pointer)
	must(t, err)
	return schema
}

// TestOpenAPIIsValid: the document is OpenAPI 3.1 by the schema that its authors
// publish, all schemas in it are schemas, and examples are of their schemas.
func TestOpenAPIIsValid(t *testing.T) {
	s := start(t, "")
	got := s.get("/openapi.json")
	if got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v", got.status, got.header)
	}
	printed, err := runCommand(t, append([]string{"openapi"}, s.command.Args[2:]...)...)
	if err != nil || strings.TrimSpace(printed) != string(got.body) {
		t.Errorf("the command prints another document than is served: %v", err)
	}
	of31, err := os.ReadFile(filepath.Join("testdata", "openapi-3.1.schema.json"))
	must(t, err)
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(of31))
	must(t, err)
	compiler := jsonschema.NewCompiler()
	must(t, compiler.AddResource("https://document.test/schema.json", parsed))
	schema, err := compiler.Compile("https://document.test/schema.json")
	must(t, err)
	document := readDocument(t, got.body)
	if err := schema.Validate(document.all); err != nil {
		t.Errorf("%v", err)
	}
	broken := maps.Clone(document.all)
	broken["paths"] = map[string]any{"/x": map[string]any{"get": map[string]any{"parameters": []any{map[string]any{"name": "y"}}}}}
	if schema.Validate(broken) == nil {
		t.Error("a document with a parameter that is nowhere is taken for valid")
	}
	for name := range document.all["components"].(map[string]any)["schemas"].(map[string]any) {
		document.schemaAt(t, "components", "schemas", name)
	}
	for route, operations := range document.Paths {
		for method, operation := range operations {
			for i, parameter := range operation.Parameters {
				if parameter.Example == nil {
					continue
				}
				if err := document.schemaAt(t, "paths", route, method, "parameters", strconv.Itoa(i), "schema").Validate(parameter.Example); err != nil {
					t.Errorf("%s %s: the example of %s: %v", method, route, parameter.Name, err)
				}
			}
		}
	}
}

// call is one request that the document has as an example.
type call struct {
	name, method, route string // as the document has them
	path                string
	header              []string
	body                []byte
	operation           openAPIOperation
}

// TestOpenAPIExamplesRun sends every example of the document, and of every
// optional parameter, to a service that has the sources that they name: all are
// answered with a status of success that the document has, and with a body that is
// of its schema.
func TestOpenAPIExamplesRun(t *testing.T) {
	photos := t.TempDir()
	for name, from := range map[string]string{"cat.jpg": "jpg-24bit.jpg", "logo.png": "png-8bit+alpha.png", "missing.png": "png-24bit.png"} {
		must(t, os.WriteFile(filepath.Join(photos, name), resource(t, from), 0o600))
	}
	s := start(t, fmt.Sprintf("origins: {aliases: {photos: %q}}\n", photos))
	picture := resource(t, "gif-animated.gif")
	id := s.upload(picture)

	document := readDocument(t, s.get("/openapi.json").body)
	substitutes := map[string]string{document.exampleOf("/images/{id}"): id}
	calls := document.calls(picture)
	if least := len(spec.Options) * 2; len(calls) < least {
		t.Fatalf("the document has %d examples, expected at least %d", len(calls), least)
	}
	for _, one := range calls {
		t.Run(one.name, func(t *testing.T) {
			for example, real := range substitutes {
				one.path = strings.ReplaceAll(one.path, example, real)
				one.body = bytes.ReplaceAll(one.body, []byte(example), []byte(real))
			}
			header := one.header
			if len(one.operation.Security) > 0 {
				document.check(t, one, s.do(one.method, one.path, nil), http.StatusUnauthorized)
				header = append(slices.Clone(header), "Authorization", "Bearer "+s.key)
			}
			got := s.do(one.method, one.path, bytes.NewReader(one.body), header...)
			document.check(t, one, got, 0)
			if one.method == http.MethodPost && one.route == "/tasks" && got.status == http.StatusAccepted {
				substitutes[document.exampleOf("/tasks/{id}")] = got.json(t)["id"].(string)
			}
		})
	}
	t.Run("errors", func(t *testing.T) {
		missing := call{method: http.MethodGet, route: "/images/{id}", path: "/images/" + id, operation: document.Paths["/images/{id}"]["get"]}
		document.check(t, missing, s.get(missing.path), http.StatusNotFound) // the last example deleted it
		bad := call{method: http.MethodGet, route: "/resize/{size}/{source}", path: "/resize/0x/" + id, operation: document.Paths["/resize/{size}/{source}"]["get"]}
		document.check(t, bad, s.get(bad.path), http.StatusBadRequest)
	})
}

// exampleOf is the example of a path's variable, empty where there is no such
// path.
func (d *openAPI) exampleOf(route string) string {
	for _, operation := range d.Paths[route] {
		for _, parameter := range operation.Parameters {
			if parameter.In == "path" {
				return parameter.Example.(string)
			}
		}
	}
	return ""
}

// calls are all examples. What is made comes before what is asked for, and that
// before it is deleted.
func (d *openAPI) calls(picture []byte) []call {
	var all []call
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
		for _, route := range slices.Sorted(maps.Keys(d.Paths)) {
			operation, known := d.Paths[route][strings.ToLower(method)]
			if !known {
				continue
			}
			for _, body := range operation.bodies(picture) {
				plain := call{name: method + " " + route + body.name, method: method, route: route, operation: operation, body: body.content}
				if body.contentType != "" {
					plain.header = []string{"Content-Type", body.contentType}
				}
				all = append(all, plain.with(""))
				for _, parameter := range operation.Parameters {
					if !parameter.Required && parameter.Example != nil {
						all = append(all, plain.with(parameter.Name))
					}
				}
			}
		}
	}
	return all
}

// with is a call with all required parameters, and an optional one with what that
// needs.
func (c call) with(optional string) call {
	wanted := []string{optional}
	for _, option := range spec.Options {
		if option.Name == optional {
			wanted = append(wanted, option.Needs)
		}
	}
	if c.route == "/images" && optional == "background" {
		wanted = append(wanted, "sizes")
	}
	query := url.Values{}
	c.path, c.header = c.route, slices.Clone(c.header)
	for _, parameter := range c.operation.Parameters {
		if !parameter.Required && !slices.Contains(wanted, parameter.Name) {
			continue
		}
		text := fmt.Sprint(parameter.Example)
		if number, ok := parameter.Example.(float64); ok {
			text = strconv.FormatFloat(number, 'f', -1, 64)
		}
		switch parameter.In {
		case "path":
			c.path = strings.ReplaceAll(c.path, "{"+parameter.Name+"}", url.PathEscape(text))
		case "query":
			query.Set(parameter.Name, text)
		case "header":
			c.header = append(c.header, parameter.Name, text)
		}
	}
	if optional != "" {
		c.name += " " + optional
	}
	if len(query) > 0 {
		c.path += "?" + query.Encode()
	}
	return c
}

type exampleBody struct {
	name, contentType string
	content           []byte
}

// bodies are the examples of an operation's body, of each media type; those of
// files are a picture.
func (o openAPIOperation) bodies(picture []byte) []exampleBody {
	if o.RequestBody == nil {
		return []exampleBody{{}}
	}
	var all []exampleBody
	for _, mediaType := range slices.Sorted(maps.Keys(o.RequestBody.Content)) {
		content := o.RequestBody.Content[mediaType]
		switch mediaType {
		case "application/json":
			values := map[string]any{}
			if content.Example != nil {
				values[""] = content.Example
			}
			for name, example := range content.Examples {
				values[" "+name] = example.Value
			}
			for _, name := range slices.Sorted(maps.Keys(values)) {
				text, err := json.Marshal(values[name])
				if err != nil {
					panic(err) // it was JSON
				}
				all = append(all, exampleBody{name, mediaType, text})
			}
		case "multipart/form-data":
			for _, count := range []int{1, 2} {
				form, contentType := formWith(picture, count)
				all = append(all, exampleBody{fmt.Sprintf(" form of %d", count), contentType, form})
			}
		default:
			all = append(all, exampleBody{" " + mediaType, strings.Replace(mediaType, "*", "gif", 1), picture})
		}
	}
	return all
}

// formOf has a picture, and files that are none.
func formWith(picture []byte, count int) (form []byte, contentType string) {
	var text bytes.Buffer
	writer := multipart.NewWriter(&text)
	for i := range count {
		part, err := writer.CreateFormFile("file", fmt.Sprintf("file%d.gif", i))
		if err != nil {
			panic(err) // of a buffer
		}
		part.Write(picture[:len(picture)/(i+1)])
	}
	writer.Close()
	return text.Bytes(), writer.FormDataContentType()
}

// check holds an answer against the document: status, or any of success where
// that is 0, media type, and the body where it is JSON.
func (d *openAPI) check(t *testing.T, c call, got answer, status int) {
	t.Helper()
	response, documented := c.operation.Responses[strconv.Itoa(got.status)]
	if !documented || status == 0 && got.status/100 != 2 || status != 0 && got.status != status {
		t.Fatalf("%s %s %v: %d %s", c.method, c.path, c.header, got.status, got.body)
	}
	if len(response.Content) == 0 {
		if len(got.body) > 0 {
			t.Errorf("%d has no body in the document, got %s", got.status, got.body)
		}
		return
	}
	mediaType, _, err := mime.ParseMediaType(got.header.Get("Content-Type"))
	must(t, err)
	if _, known := response.Content[mediaType]; !known {
		t.Fatalf("%d is not %s in the document", got.status, mediaType)
	}
	if !strings.HasSuffix(mediaType, "json") {
		return
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(got.body))
	must(t, err)
	schema := d.schemaAt(t, "paths", c.route, strings.ToLower(c.method), "responses", strconv.Itoa(got.status), "content", mediaType, "schema")
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s %s: %v\n%s", c.method, path.Clean(c.path), err, got.body)
	}
}
