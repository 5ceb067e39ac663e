package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "api-resize/"

// mayImport is the architecture: which package of ours may know which others.
// cmd may know them all.
var mayImport = map[string][]string{
	"spec":                 {},
	"cache":                {},
	"cache/cachetest":      {"cache"},
	"origin":               {},
	"origin/origintest":    {"origin"},
	"records":              {"origin"},
	"records/recordstest":  {"records"},
	"dialect":              {"spec"},
	"transform":            {"spec"},
	"proxy":                {"spec", "cache", "origin"},
	"server":               {"spec", "cache", "origin", "dialect", "proxy", "transform", "server/ui/docs", "server/monitor", "server/ui/playground", "batch"},
	"docs/generate":        {"spec", "transform"},
	"bench":                {},
	"bench/vipsloop":       {},
	"server/ui/docs":       {},
	"server/monitor":       {"cache", "origin", "proxy"},
	"server/ui/playground": {},
	"batch":                {"records"},
	"internal/crashtest":   {},
}

// aloneKnows names the packages that only one of ours may import.
var aloneKnows = map[string][]string{
	"github.com/davidbyttow/govips":      {"transform"},
	"github.com/jsummers/gobmp":          {"transform"},
	"github.com/allegro/bigcache":        {"cache"},
	"github.com/gofiber/fiber":           {"server"},
	"github.com/valyala/fasthttp":        {"server"},
	"github.com/danielgtaylor/huma":      {"server"},
	"github.com/spf13/viper":             {"cmd/api-resize"},
	"code.dny.dev/ssrf":                  {"origin"},
	"github.com/jackc/pgx":               {"records"},
	"modernc.org/sqlite":                 {"records"},
	"go.opentelemetry.io/otel":           {"cmd/api-resize", "server", "proxy", "origin"},
	"go.opentelemetry.io/otel/sdk":       {"cmd/api-resize"},
	"go.opentelemetry.io/otel/exporters": {"cmd/api-resize"},
	"go.opentelemetry.io/proto":          {"cmd/api-resize"},
	"github.com/riverqueue":              {"batch"},
	"riverqueue.com":                     {"batch"},
}

// TestArchitecture reads the sources, so that nothing outdated is cached.
func TestArchitecture(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && entry.Name() != ".." {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		relative, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		importer := filepath.ToSlash(relative)
		seen[importer] = true
		checkImports(t, importer, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for importer := range mayImport {
		if !seen[importer] {
			t.Errorf("the table names %s, which is not there", importer)
		}
	}
}

func checkImports(t *testing.T, importer, file string) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range parsed.Imports {
		imported, err := strconv.Unquote(one.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if ours, ok := strings.CutPrefix(imported, module); ok && !strings.HasPrefix(importer, "cmd/") {
			if allowed, known := mayImport[importer]; !known || !slices.Contains(allowed, ours) {
				t.Errorf("%s: %s may not know %s", file, importer, ours)
			}
		}
		for guarded, allowed := range aloneKnows {
			if strings.HasPrefix(imported, guarded) && !slices.Contains(allowed, importer) {
				t.Errorf("%s: only %v may know %s", file, allowed, guarded)
			}
		}
	}
}
