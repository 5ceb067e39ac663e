package server

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"api-resize/spec"
)

// described is the document of a table as a reader of it sees it.
type described struct {
	Info  struct{ Description string }
	Paths map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Summary     string
		Parameters  []describedParameter
		Responses   map[string]struct{ Description string }
		Security    []map[string][]string
	}
	Components struct {
		Schemas map[string]struct {
			Properties map[string]struct {
				Description string
				Enum        []any
			}
		}
	}
}

type describedParameter struct {
	Name, In, Description string
	Required              bool
	Example               any
	Schema                huma.Schema
}

func describedBy(t *testing.T, s *Server, rows []route) described {
	t.Helper()
	text, err := s.describe31(rows)
	must(t, err)
	var document described
	must(t, json.Unmarshal(text, &document))
	return document
}

// TestRoutesAreTheDocuments: what Fiber serves is in the document, and nothing
// else is.
func TestRoutesAreTheDocuments(t *testing.T) {
	s := newTestServer(t)
	var document described
	must(t, json.Unmarshal(fetched(t, s.url+openAPIRoute).body, &document))
	missing := map[string]bool{}
	for path, operations := range document.Paths {
		for method := range operations {
			missing[strings.ToUpper(method)+" "+path] = true
		}
	}
	templates := map[string]string{}
	for _, row := range s.routeTable() {
		operation := row.describe(s.newDocument())
		templates[row.path] = operation.Path
		if operation.Path == "" {
			templates[row.path] = documentPath(row.path)
		}
	}
	for _, served := range s.app.GetRoutes(true) {
		method := served.Method
		if method == http.MethodHead { // is the GET's
			method = http.MethodGet
		}
		path, known := templates[served.Path]
		if _, documented := document.Paths[path][strings.ToLower(method)]; !known || !documented {
			t.Errorf("%s %s is served and not in the document", served.Method, served.Path)
		}
		delete(missing, method+" "+path)
	}
	for operation := range missing {
		t.Errorf("%s is in the document and not served", operation)
	}
}

func TestOperationsAreDescribed(t *testing.T) {
	document := describedBy(t, &Server{}, (&Server{}).routeTable())
	for path, operations := range document.Paths {
		for method, operation := range operations {
			name := method + " " + path
			if operation.OperationID == "" || operation.Summary == "" {
				t.Errorf("%s has no id or no summary", name)
			}
			if _, known := operation.Responses["default"]; !known {
				t.Errorf("%s does not say what errors look like", name)
			}
			for _, parameter := range operation.Parameters {
				if parameter.Description == "" {
					t.Errorf("%s: %s is not described", name, parameter.Name)
				}
				if parameter.Example == nil && !slices.Contains([]string{"sig", "cursor", "expires"}, parameter.Name) {
					t.Errorf("%s: %s has no example", name, parameter.Name)
				}
			}
		}
	}
}

// TestSchemasAreDescribed: the table of properties has all there are, and no
// others.
func TestSchemasAreDescribed(t *testing.T) {
	document := describedBy(t, &Server{}, (&Server{}).routeTable())
	for name := range properties {
		schema, property, _ := strings.Cut(name, ".")
		if document.Components.Schemas[schema].Properties[property].Description == "" {
			t.Errorf("the document has no %s", name)
		}
	}
	for name, words := range propertyWords {
		schema, property, _ := strings.Cut(name, ".")
		if got := document.Components.Schemas[schema].Properties[property].Enum; len(got) != len(words) {
			t.Errorf("%s has the words %v, want %v", name, got, words)
		}
	}
}

func TestProblemsAreDescribed(t *testing.T) {
	document := describedBy(t, &Server{}, (&Server{}).routeTable())
	words := document.Components.Schemas["Problem"].Properties["code"].Enum
	for _, kind := range allProblems() {
		if row := fmt.Sprintf("| %d | %#q | ", kind.status, kind.code); !strings.Contains(document.Info.Description, row) {
			t.Errorf("the table of errors has no %s", row)
		}
		if !strings.Contains(document.Info.Description, kind.title) {
			t.Errorf("the table of errors does not have %q", kind.title)
		}
		if !slices.Contains(words, any(kind.code)) {
			t.Errorf("a problem's code is not known to be %s", kind.code)
		}
	}
}

// TestOptionsAreDescribed: every option is a parameter, and its schema accepts
// what the program does and nothing else. Texts have a grammar that schemas
// don't know; that an option is one is said here, so that none is by mistake.
func TestOptionsAreDescribed(t *testing.T) {
	texts := []string{"crop", "focus", "tint", "watermark", "text", "text_color", "text_font", "pad", "background", "download", "default"}
	document := describedBy(t, &Server{}, (&Server{}).routeTable())
	for _, path := range []string{"/resize/{size}/{source}", "/explain/resize/{size}/{source}"} {
		parameters := document.Paths[path]["get"].Parameters
		for _, option := range spec.Options {
			at := slices.IndexFunc(parameters, func(p describedParameter) bool { return p.Name == option.Name && p.In == "query" })
			if at < 0 {
				t.Errorf("%s does not have %s", path, option.Name)
				continue
			}
			for _, part := range []string{option.Doc, option.Values, option.Default, "`" + option.Example + "`", option.Short, option.Needs, option.Excludes} {
				if !strings.Contains(parameters[at].Description, part) {
					t.Errorf("%s: %s does not say %q", path, option.Name, part)
				}
			}
			example := fmt.Sprint(parameters[at].Example)
			if value, ok := parameters[at].Example.(float64); ok {
				example = number(value)
			}
			if example != option.Example {
				t.Errorf("%s: %s has the example %v, want %s", path, option.Name, example, option.Example)
			}
		}
	}
	for _, option := range spec.Options {
		schema := valuesSchema(option.Domain)
		if slices.Contains(texts, option.Name) != isText(schema) {
			t.Errorf("%s: the schema of %q is of the type %q", option.Name, option.Values, schema.Type)
		}
		checkValues(t, option, schema)
	}
}

// checkValues holds a schema against the parser.
func checkValues(t *testing.T, option spec.Option, schema *huma.Schema) {
	t.Helper()
	accepts := func(value string) bool {
		settings := []spec.Setting{{Name: option.Name, Value: value}}
		for _, other := range spec.Options {
			if other.Name == option.Needs {
				settings = append(settings, spec.Setting{Name: other.Name, Value: other.Example})
			}
		}
		_, err := spec.Build("100x100", settings)
		return err == nil
	}
	for _, one := range append(schema.AnyOf, schema) {
		for _, word := range one.Enum {
			if !accepts(word.(string)) {
				t.Errorf("%s: %s is in the document and refused", option.Name, word)
			}
		}
		if one.Enum != nil && accepts("no-such-word") {
			t.Errorf("%s: any word is accepted", option.Name)
		}
		if one.Minimum == nil || one.Maximum == nil {
			continue
		}
		for _, inside := range []float64{*one.Minimum, *one.Maximum} {
			if !accepts(number(inside)) {
				t.Errorf("%s: %v is in the document and refused", option.Name, inside)
			}
		}
		step := 0.001
		if one.Type == huma.TypeInteger {
			step = 1
		}
		for _, outside := range []float64{*one.Minimum - step, *one.Maximum + step} {
			if accepts(number(outside)) {
				t.Errorf("%s: %v is accepted and not in the document", option.Name, outside)
			}
		}
	}
}

func number(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }

// TestSecurityIsAsConfigured: a route's row decides who may use it, and what the
// document says of that.
func TestSecurityIsAsConfigured(t *testing.T) {
	for _, test := range []struct {
		name  string
		parts Parts
		keyed map[string]bool
	}{
		{"default", Parts{}, map[string]bool{"POST /images": true, "GET /images/{id}": false, "GET /images": true, "GET /healthz": false}},
		{"signed", Parts{Signing: SigningConfig{Signature: SignatureRequired}}, map[string]bool{"POST /images": true, "GET /images/{id}": true, "GET /healthz": false}},
		{"open", Parts{Auth: Auth{Open: true}, Signing: SigningConfig{Signature: SignatureRequired}}, map[string]bool{"POST /images": false, "GET /images/{id}": false}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &Server{parts: test.parts}
			document := describedBy(t, s, s.routeTable())
			for name, want := range test.keyed {
				method, path, _ := strings.Cut(name, " ")
				operation := document.Paths[path][strings.ToLower(method)]
				_, refuses := operation.Responses["401"]
				if got := len(operation.Security) > 0; got != want || refuses != want {
					t.Errorf("%s: needs a key: %t, 401: %t, want %t", name, got, refuses, want)
				}
			}
		})
	}
}

// got is an answer with its body read.
type got struct {
	*http.Response
	body []byte
}

// fetched asks without a word on codings, unless a header says one.
func fetched(t *testing.T, url string, header ...string) got {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	must(t, err)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	silent := http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	response, err := silent.Do(request)
	must(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(t, err)
	return got{response, body}
}

// TestDocumentationIsServed: packed or not, with its own policy, and once for
// who has it.
func TestDocumentationIsServed(t *testing.T) {
	s := newTestServer(t)
	for path, contentType := range map[string]string{
		"/openapi.json": "application/json", "/docs": "text/html", "/docs/start.js": "text/javascript",
		"/docs/page.css": "text/css", "/docs/swagger-ui-bundle.js": "text/javascript", "/docs/LICENSE-swagger-ui.txt": "text/plain",
	} {
		plain := fetched(t, s.url+path)
		if plain.StatusCode != http.StatusOK || !strings.HasPrefix(plain.Header.Get("Content-Type"), contentType) || plain.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %d %v", path, plain.StatusCode, plain.Header)
		}
		if refused := fetched(t, s.url+path, "Accept-Encoding", "gzip;q=0"); refused.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s is packed for who does not want that", path)
		}
		packed := fetched(t, s.url+path, "Accept-Encoding", "gzip")
		if packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("ETag") == plain.Header.Get("ETag") || packed.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s packed: %v", path, packed.Header)
		}
		reader, err := gzip.NewReader(bytes.NewReader(packed.body))
		must(t, err)
		if unpacked, err := io.ReadAll(reader); err != nil || !bytes.Equal(unpacked, plain.body) {
			t.Errorf("%s comes out differently when packed: %v", path, err)
		}
		again := fetched(t, s.url+path, "If-None-Match", plain.Header.Get("ETag"))
		if again.StatusCode != http.StatusNotModified || len(again.body) != 0 {
			t.Errorf("%s again: %d", path, again.StatusCode)
		}
		if life := plain.Header.Get("Cache-Control"); life != "public, max-age=300" {
			t.Errorf("%s: Cache-Control %q", path, life)
		}
		if plain.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s may not be read by other pages", path)
		}
	}
	if policy := fetched(t, s.url+"/docs").Header.Get("Content-Security-Policy"); policy != docsPolicy("") || strings.Contains(policy, "sandbox") {
		t.Errorf("policy %q", policy)
	}
	for _, path := range []string{"/docs/index.html", "/docs/none.js", "/docs/..%2findex.html", "/docs/"} {
		if none := fetched(t, s.url+path); none.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, none.StatusCode)
		}
	}
}

func TestDocsPolicyAllowsThePublicURL(t *testing.T) {
	if policy := docsPolicy("https://img.example/pictures"); !strings.Contains(policy, "connect-src 'self' https://img.example;") {
		t.Errorf("policy %q", policy)
	}
}
