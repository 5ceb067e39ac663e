package server

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"api-resize/origin"
	"api-resize/proxy"
	"api-resize/spec"
)

// innerErrors are exported errors that no client ever meets, with the reason.
var innerErrors = map[string]string{
	"cache.ErrMiss":        "a reason to make the picture",
	"cache.ErrForgotten":   "a reason not to keep it",
	"cache.ErrTooBig":      "a reason not to keep it",
	"cache.ErrFull":        "a reason not to keep it",
	"cache.ErrUnavailable": "a reason not to keep it",
}

// TestEveryErrorHasARow reads our sources: an exported error that is neither in
// the table nor known to stay inside would be told to clients as internal.
func TestEveryErrorHasARow(t *testing.T) {
	table, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	ast.Inspect(table, func(node ast.Node) bool {
		if pair, ok := node.(*ast.KeyValueExpr); ok && fmt.Sprint(pair.Key) == "err" {
			switch value := pair.Value.(type) {
			case *ast.Ident:
				rows["server."+value.Name] = true
			case *ast.SelectorExpr:
				rows[fmt.Sprintf("%s.%s", value.X, value.Sel.Name)] = true
			}
		}
		return true
	})
	found := 0
	for _, folder := range []string{"spec", "dialect", "origin", "transform", "cache", "proxy", "batch", "server"} {
		for _, name := range exportedErrors(t, filepath.Join("..", folder)) {
			found++
			name = folder + "." + name
			if !rows[name] && innerErrors[name] == "" {
				t.Errorf("%s has no row in the table of errors", name)
			}
		}
	}
	if found < len(rows)-2 { // two rows are of package context
		t.Errorf("found only %d exported errors for %d rows", found, len(rows))
	}
}

func exportedErrors(t *testing.T, folder string) []string {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			general, ok := declaration.(*ast.GenDecl)
			if !ok || general.Tok != token.VAR {
				continue
			}
			for _, one := range general.Specs {
				for _, name := range one.(*ast.ValueSpec).Names {
					if strings.HasPrefix(name.Name, "Err") {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	return names
}

// TestErrorTexts: what a client is told names no path and no address.
func TestErrorTexts(t *testing.T) {
	secret := errors.New("dial tcp 10.0.0.7:80: open /srv/secret")
	for _, test := range []struct {
		err    error
		status int
		code   string
		detail string
	}{
		{fmt.Errorf("%w: quality: expected 1…100, got 0", spec.ErrBadOption), 400, "bad_option", "quality: expected 1…100, got 0"},
		{fmt.Errorf("%w: %w", origin.ErrFailed, secret), 502, "origin_error", ""},
		{fmt.Errorf("%w: %w", origin.ErrNotAllowed, secret), 403, "source_not_allowed", ""},
		{fmt.Errorf("%w: %w", origin.ErrStorage, secret), 503, "overloaded", ""},
		{fmt.Errorf("%w: %w", proxy.ErrTimeout, secret), 503, "processing_timeout", ""},
		{&proxy.PanicError{Value: secret, Stack: []byte("goroutine 1")}, 500, "internal", ""},
		{secret, 500, "internal", ""},
		{fromFiber(fiber.ErrRequestTimeout), 408, "request_timeout", ""},
		{fromFiber(fiber.ErrRequestHeaderFieldsTooLarge), 431, "bad_option", ""},
		{fromFiber(fiber.NewError(400, "buffer: Authorization: Bearer 10.0.0.7")), 400, "bad_option", ""},
		{fromFiber(fiber.ErrInternalServerError), 500, "internal", ""},
	} {
		problem := newProblem(test.err, "id")
		if problem.Status != test.status || problem.Code != test.code {
			t.Errorf("%v: got %d %s, want %d %s", test.err, problem.Status, problem.Code, test.status, test.code)
		}
		if test.detail != "" && problem.Detail != test.detail {
			t.Errorf("%v: got the detail %q, want %q", test.err, problem.Detail, test.detail)
		}
		if text := fmt.Sprint(problem); strings.Contains(text, "10.0.0.7") || strings.Contains(text, "/srv") || strings.Contains(text, "goroutine") {
			t.Errorf("%v is told to clients: %s", test.err, text)
		}
	}
}
