package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// ecsFields are the fields of ECS 9.4.0 that we use, with the types that its
// reference gives them: https://www.elastic.co/docs/reference/ecs.
var ecsFields = map[string]string{
	"@timestamp":                "date",
	"message":                   "match_only_text",
	"log.level":                 "keyword",
	"ecs.version":               "keyword",
	"service.name":              "keyword",
	"service.version":           "keyword",
	"http.request.id":           "keyword",
	"http.request.method":       "keyword",
	"http.response.status_code": "long",
	"http.response.body.bytes":  "long",
	"url.path":                  "wildcard",
	"event.duration":            "long",
	"client.address":            "keyword",
	"trace.id":                  "keyword",
	"span.id":                   "keyword",
	"error.message":             "match_only_text",
	"error.code":                "keyword",
}

// checkECS is what Elasticsearch's mappings ask of one line: known names, or
// those below our own, and values of the type that the name has.
func checkECS(t *testing.T, line string) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.UseNumber()
	var entry map[string]any
	if err := decoder.Decode(&entry); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	for _, always := range []string{"@timestamp", "message", "log.level", "ecs.version", "service.name", "service.version"} {
		if entry[always] == nil {
			t.Errorf("no %s: %s", always, line)
		}
	}
	for name, value := range entry {
		kind, known := ecsFields[name]
		text, isText := value.(string)
		number, isNumber := value.(json.Number)
		if strings.HasPrefix(name, ownField) && !known {
			if strings.HasSuffix(name, "_ns") && !isNumber { // a field has one type in all lines
				t.Errorf("%s is %v, not a duration: %s", name, value, line)
			}
			for other := range entry { // one name can't be both a value and an object
				if strings.HasPrefix(other, name+".") {
					t.Errorf("%s and %s: %s", name, other, line)
				}
			}
			continue
		}
		var whole bool
		if isNumber {
			_, err := number.Int64()
			whole = err == nil
		}
		switch {
		case !known:
			t.Errorf("%s is no field of ECS: %s", name, line)
		case kind == "long" && !whole, kind != "long" && !isText:
			t.Errorf("%s is %v, but of the type %s: %s", name, value, kind, line)
		case kind == "date" && !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$`).MatchString(text):
			t.Errorf("%s is %q, not RFC 3339 in UTC with microseconds: %s", name, text, line)
		case name == "log.level" && !slices.Contains([]string{"debug", "info", "warn", "error"}, text):
			t.Errorf("%s is %q: %s", name, text, line)
		}
	}
	if strings.Count(line, `"service.version"`) != 1 {
		t.Errorf("a name stands twice: %s", line)
	}
}

// TestLogIsECS of a whole program's lines, of requests that end in every way.
func TestLogIsECS(t *testing.T) {
	c := newCollector(t)
	s := traced(t, c.URL, "")
	id := s.upload(resource(t, "jpg-24bit.jpg"))
	s.picture("/resize/50x,f=png/" + id)
	s.picture("/resize/50x,f=png/" + id)
	s.get("/resize/50x,f=pgn/" + id)
	s.get("/resize/50x/nothing")
	s.get("/readyz")
	s.post([]byte("no picture"))
	must(t, s.stop())
	seen := map[string]bool{}
	for _, line := range strings.Split(s.log(), "\n") {
		checkECS(t, line)
		var entry map[string]any
		must(t, json.Unmarshal([]byte(line), &entry))
		for name := range entry {
			seen[name] = true
		}
	}
	for name := range ecsFields {
		if !seen[name] {
			t.Errorf("%s is in the table and in no line", name)
		}
	}
	for _, own := range []string{"route", "cache", "tier", "queue_ns", "fetch_ns", "decode_ns", "transform_ns", "encode_ns"} {
		if !seen[ownField+own] {
			t.Errorf("%s is in no line", ownField+own)
		}
	}
}

// TestTextLogIsForPeople: short names, durations with units.
func TestTextLogIsForPeople(t *testing.T) {
	var text bytes.Buffer
	newLogger(LogConfig{Level: "info", Format: "text"}, &text).Warn("request", "request_id", "x", "took", 1500*time.Microsecond)
	if !strings.Contains(text.String(), "level=WARN msg=request request_id=x took=1.5ms\n") {
		t.Errorf("got %s", text.String())
	}
}

func BenchmarkAccessLine(b *testing.B) {
	logger := newLogger(LogConfig{Level: "info", Format: "json"}, io.Discard)
	b.ReportAllocs()
	for b.Loop() {
		logger.LogAttrs(b.Context(), slog.LevelInfo, "request",
			slog.String("request_id", "0123456789abcdef01234567"), slog.String("method", "GET"), slog.String("route", "/resize/*"),
			slog.Int("status", 200), slog.Int("bytes", 15_000), slog.Duration("took", 50*time.Microsecond), slog.String("client", "127.0.0.1"),
			slog.String("canonical", "/resize/300x,format=webp/aaaaaaaaaaaaaaaaaaaaaaaaaa"), slog.String("cache", "hit"), slog.String("tier", "memory"))
	}
}
