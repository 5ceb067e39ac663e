package server

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

const problemType = "application/problem+json"

// anyRoute are the codes of errors that no route is safe from; the document tells
// of them once.
var anyRoute = []string{"bad_option", "not_found", "method_not_allowed", "request_timeout", "rate_limited", "overloaded", "internal"}

// allProblems are the table's rows and the one that stands for all the rest.
func allProblems() []problemKind { return append(slices.Clone(problems), internal) }

// problemCodes are all that a problem can have, each once.
func problemCodes() []string {
	var all []string
	for _, kind := range allProblems() {
		all = append(all, kind.code)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// inMarkdown keeps what would be a tag, or end a cell.
var inMarkdown = strings.NewReplacer("<", "&lt;", ">", "&gt;", "|", "&#124;")

// problemTable lists every code and status with all that they can mean.
func problemTable() string {
	type row struct {
		status int
		code   string
	}
	meanings := map[row][]string{}
	var rows []row
	for _, kind := range allProblems() {
		key := row{kind.status, kind.code}
		if meanings[key] == nil {
			rows = append(rows, key)
		}
		meaning := kind.title
		if kind.detail != "" {
			meaning += ": " + inMarkdown.Replace(strings.TrimSuffix(kind.detail, "."))
		}
		if !slices.Contains(meanings[key], meaning) {
			meanings[key] = append(meanings[key], meaning)
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return a.status - b.status })
	var table strings.Builder
	table.WriteString("| status | code | meaning |\n|---|---|---|\n")
	for _, row := range rows {
		fmt.Fprintf(&table, "| %d | `%s` | %s |\n", row.status, row.code, strings.Join(meanings[row], ". "))
	}
	return table.String()
}

// problems are the responses for codes, by status. A code that no error has is a
// fault of the program.
func (d *document) problems(codes []string) map[string]*huma.Response {
	meanings := map[string][]string{}
	for _, code := range codes {
		known := false
		for _, kind := range allProblems() {
			// What cannot be read as a request is told for all routes.
			if kind.code != code || kind.status == http.StatusRequestHeaderFieldsTooLarge {
				continue
			}
			known = true
			status := strconv.Itoa(kind.status)
			meaning := fmt.Sprintf("%#q: %s", code, kind.title)
			if !slices.Contains(meanings[status], meaning) {
				meanings[status] = append(meanings[status], meaning)
			}
		}
		if !known {
			panic("OpenAPI document: no error has the code " + code)
		}
	}
	responses := map[string]*huma.Response{}
	for status, all := range meanings {
		responses[status] = &huma.Response{
			Description: strings.Join(all, "; ") + ".", Content: d.problemContent(), Headers: withHeaders("Cache-Control", "Retry-After"),
		}
	}
	return responses
}

func (d *document) problemContent() map[string]*huma.MediaType {
	return map[string]*huma.MediaType{problemType: {Schema: d.schema(Problem{})}}
}

// refused adds the answer to those who have no key.
func (d *document) refused(operation *huma.Operation) {
	for status, response := range d.problems([]string{"unauthorized"}) {
		response.Headers["WWW-Authenticate"] = &huma.Param{Description: "`Bearer`", Schema: text()}
		operation.Responses[status] = response
	}
}
