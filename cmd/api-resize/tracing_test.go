package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector takes OTLP by HTTP, as OpenTelemetry's own does.
type collector struct {
	*httptest.Server
	status atomic.Int32  // of its answers
	hold   chan struct{} // when not nil, answers wait until it is closed

	mu       sync.Mutex
	spans    []*tracepb.Span
	scopes   map[string]string // of a span's name
	resource map[string]any
	headers  http.Header
}

func newCollector(t *testing.T) *collector {
	c := &collector{scopes: map[string]string{}}
	c.status.Store(http.StatusOK)
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.hold != nil {
			<-c.hold
		}
		if c.status.Load() == http.StatusOK {
			c.take(t, r)
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
		w.WriteHeader(int(c.status.Load()))
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) take(t *testing.T, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var sent tracepb.TracesData
	if err == nil {
		err = proto.Unmarshal(body, &sent)
	}
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
		t.Errorf("%s %s %s: %v", r.Method, r.URL, r.Header.Get("Content-Type"), err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.headers = r.Header
	for _, of := range sent.ResourceSpans {
		c.resource = attributes(of.Resource.Attributes)
		for _, scope := range of.ScopeSpans {
			for _, span := range scope.Spans {
				c.spans = append(c.spans, span)
				c.scopes[span.Name] = scope.Scope.Name
			}
		}
	}
}

func attributes(list []*commonpb.KeyValue) map[string]any {
	all := map[string]any{}
	for _, one := range list {
		switch value := one.Value.Value.(type) {
		case *commonpb.AnyValue_StringValue:
			all[one.Key] = value.StringValue
		case *commonpb.AnyValue_IntValue:
			all[one.Key] = value.IntValue
		}
	}
	return all
}

// all are the spans so far.
func (c *collector) all() []*tracepb.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}

// tree draws one trace, each span with what matters of it, children by their
// start.
func tree(spans []*tracepb.Span, parent string, depth int) string {
	var text strings.Builder
	slices.SortStableFunc(spans, func(a, b *tracepb.Span) int { return int(int64(a.StartTimeUnixNano) - int64(b.StartTimeUnixNano)) })
	for _, span := range spans {
		if string(span.ParentSpanId) == parent {
			fmt.Fprintf(&text, "%s%s\n%s", strings.Repeat("  ", depth), span.Name, tree(spans, string(span.SpanId), depth+1))
		}
	}
	return text.String()
}

// of waits for the span that the server made of a request, and returns its
// whole trace as well.
func (c *collector) of(t *testing.T, requestID string) (server *tracepb.Span, trace []*tracepb.Span) {
	t.Helper()
	waitFor(t, "the span of "+requestID, func() bool {
		for _, span := range c.all() {
			if attributes(span.Attributes)["api_resize.request_id"] == requestID {
				server = span
			}
		}
		return server != nil
	})
	return server, c.trace(server.TraceId)
}

// trace is all of one trace.
func (c *collector) trace(id []byte) []*tracepb.Span {
	return slices.DeleteFunc(c.all(), func(span *tracepb.Span) bool { return !bytes.Equal(span.TraceId, id) })
}

func named(t *testing.T, spans []*tracepb.Span, name string) *tracepb.Span {
	t.Helper()
	for _, span := range spans {
		if span.Name == name {
			return span
		}
	}
	t.Fatalf("no span %s in\n%s", name, tree(spans, "", 0))
	return nil
}

// traced starts the program with a collector to which spans go at once.
func traced(t *testing.T, endpoint, config string) *service {
	t.Helper()
	s := launchWith(t, patient+config+"tracing: {endpoint: '"+endpoint+"', headers: {x-key: secret}, timeout: 500ms}\n", func(s *service) {
		s.command.Env = append(s.command.Env, "OTEL_BSP_SCHEDULE_DELAY=20", "OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=test")
	})
	s.awaitListening()
	return s
}

// has checks some of a span's attributes.
func has(t *testing.T, span *tracepb.Span, want map[string]any) {
	t.Helper()
	got := attributes(span.Attributes)
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got[key] != want[key] {
			t.Errorf("%s: %s is %v, want %v, of %v", span.Name, key, got[key], want[key], got)
		}
	}
}

// TestSpansOfAPicture: a cold picture, a hit and an error, each with its spans
// below the right ones.
func TestSpansOfAPicture(t *testing.T) {
	var seen sync.Map // path: traceparent
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r.URL.Path, r.Header.Get("Traceparent"))
		if r.URL.Path != "/cat.jpg" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(resource(t, "jpg-24bit-icc-iec.jpg"))
	}))
	t.Cleanup(site.Close)
	c := newCollector(t)
	s := traced(t, c.URL, loopbackAllowed)

	const trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	path := "/resize/320x,f=jpeg/" + site.URL + "/cat.jpg"
	s.picture(path, "X-Request-Id", "cold", "Traceparent", "00-"+trace+"-"+parent+"-01")
	server, spans := c.of(t, "cold")
	if fmt.Sprintf("%x %x", server.TraceId, server.ParentSpanId) != trace+" "+parent {
		t.Errorf("the client's trace is not continued: %x, parent %x", server.TraceId, server.ParentSpanId)
	}
	const want = "GET /resize/*\n  fetch\n    GET\n  picture\n    queue\n    decode\n    transform\n    encode\n"
	if got := tree(spans, string(server.ParentSpanId), 0); got != want {
		t.Errorf("spans\n%s\nwant\n%s", got, want)
	}
	has(t, server, map[string]any{
		"http.request.method": "GET", "http.route": "/resize/*", "http.response.status_code": int64(200), "url.scheme": "http",
		"client.address": "127.0.0.1", "api_resize.cache": "made",
		"url.path": "/resize/320x,format=jpeg/" + site.URL + "/cat.jpg",
	})
	host, port, _ := strings.Cut(strings.TrimPrefix(site.URL, "http://"), ":")
	has(t, named(t, spans, "GET"), map[string]any{
		"http.request.method": "GET", "server.address": host, "http.response.status_code": int64(200), "url.full": site.URL + "/cat.jpg",
	})
	if got := fmt.Sprint(attributes(named(t, spans, "GET").Attributes)["server.port"]); got != port {
		t.Errorf("port %s, want %s", got, port)
	}
	has(t, named(t, spans, "fetch"), map[string]any{"api_resize.source": site.URL + "/cat.jpg", "api_resize.use": "new"})
	if server.Kind != tracepb.Span_SPAN_KIND_SERVER || named(t, spans, "GET").Kind != tracepb.Span_SPAN_KIND_CLIENT {
		t.Error("wrong kinds of spans")
	}
	for _, span := range spans {
		if span.StartTimeUnixNano < server.StartTimeUnixNano || span.EndTimeUnixNano > server.EndTimeUnixNano || span.EndTimeUnixNano < span.StartTimeUnixNano {
			t.Errorf("%s is not within the request", span.Name)
		}
	}
	if got, _ := seen.Load("/cat.jpg"); got != "" {
		t.Errorf("the origin was told the trace: %v", got)
	}

	s.picture(path, "X-Request-Id", "hit")
	server, spans = c.of(t, "hit")
	has(t, server, map[string]any{"api_resize.cache": "hit", "api_resize.tier": "memory"})
	if len(spans) != 1 || len(server.ParentSpanId) != 0 {
		t.Errorf("spans of a hit:\n%s", tree(spans, "", 0))
	}
	for _, entry := range s.entries("request") {
		if entry["http.request.id"] == "hit" && entry["trace.id"] != fmt.Sprintf("%x", server.TraceId) {
			t.Errorf("the log has the trace %v, want %x", entry["trace.id"], server.TraceId)
		}
	}

	s.get("/resize/320x/"+site.URL+"/gone.jpg", "X-Request-Id", "error")
	server, spans = c.of(t, "error")
	has(t, server, map[string]any{"http.response.status_code": int64(404), "error.type": "origin_not_found"})
	if server.Status.GetCode() == tracepb.Status_STATUS_CODE_ERROR {
		t.Error("a 404 is no error of the server's")
	}
	if got := tree(spans, "", 0); got != "GET /resize/*\n  fetch\n    GET\n" {
		t.Errorf("spans of an error:\n%s", got)
	}
	if named(t, spans, "fetch").Status.GetCode() != tracepb.Status_STATUS_CODE_ERROR || named(t, spans, "GET").Status.GetCode() != tracepb.Status_STATUS_CODE_ERROR {
		t.Error("the spans of the fetch say nothing of the error")
	}

	s.get("/resize/320x/x?sig=hush", "X-Request-Id", "unparsed")
	server, _ = c.of(t, "unparsed")
	if text := fmt.Sprint(attributes(server.Attributes)); strings.Contains(text, "hush") {
		t.Errorf("the raw URL is told: %s", text)
	}

	s.get("/healthz", "X-Request-Id", "unsampled", "Traceparent", "00-"+trace+"-"+parent+"-00")
	s.get("/healthz", "X-Request-Id", "later")
	c.of(t, "later")
	for _, span := range c.all() {
		if attributes(span.Attributes)["api_resize.request_id"] == "unsampled" {
			t.Error("the client has decided against a trace")
		}
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.resource["service.name"] != "api-resize" || c.resource["service.version"] == "" || c.resource["deployment.environment.name"] != "test" {
		t.Errorf("resource %v", c.resource)
	}
	if c.headers.Get("X-Key") != "secret" {
		t.Errorf("headers %v", c.headers)
	}
}

// TestSpansOfAnUpload: it is read and decoded before it is kept.
func TestSpansOfAnUpload(t *testing.T) {
	c := newCollector(t)
	s := traced(t, c.URL, "")
	id := s.post(resource(t, "jpg-24bit-icc-iec.jpg"), "X-Request-Id", "upload").json(t)["id"].(string)
	_, spans := c.of(t, "upload")
	if got := tree(spans, "", 0); got != "POST /images\n  queue\n  describe\n" {
		t.Errorf("spans of an upload:\n%s", got)
	}
	s.picture("/resize/99x,f=png/"+id, "X-Request-Id", "picture")
	_, spans = c.of(t, "picture")
	if got := tree(spans, "", 0); got != "GET /resize/*\n  record\n  picture\n    read\n    queue\n    decode\n    transform\n    encode\n" {
		t.Errorf("spans of an upload's picture:\n%s", got)
	}
}

// TestSpansOfItems: each of a task's is a trace of its own, which the log leads to
// where one failed.
func TestSpansOfItems(t *testing.T) {
	site := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(site.Close)
	c := newCollector(t)
	s := traced(t, c.URL, loopbackAllowed)
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	task := s.finishedTask(s.addTask([]string{id, site.URL + "/gone.jpg"}, []string{"98x"}, `{"format": "jpeg"}`).ID)
	items := make([]*tracepb.Span, 2)
	waitFor(t, "the spans of both items", func() bool {
		for _, span := range c.all() {
			if span.Name == "item" {
				items[attributes(span.Attributes)["api_resize.item"].(int64)] = span
			}
		}
		return items[0] != nil && items[1] != nil
	})
	for i, want := range []string{
		"item\n  record\n  picture\n    read\n    queue\n    decode\n    transform\n    encode\n",
		"item\n  fetch\n    GET\n",
	} {
		has(t, items[i], map[string]any{"api_resize.task": task.ID, "api_resize.source": task.Items[i].Source, "api_resize.size": "98x"})
		if got := tree(c.trace(items[i].TraceId), "", 0); got != want {
			t.Errorf("spans of item %d\n%s\nwant\n%s", i, got, want)
		}
	}
	has(t, items[1], map[string]any{"error.type": "origin_not_found"})
	if items[0].Status.GetCode() == tracepb.Status_STATUS_CODE_ERROR || items[1].Status.GetCode() != tracepb.Status_STATUS_CODE_ERROR {
		t.Errorf("status %v of what was made, %v of what was not", items[0].Status, items[1].Status)
	}
	var entries []map[string]any
	waitFor(t, "the log's line", func() bool { entries = s.entries("item of a task not made"); return len(entries) > 0 })
	if len(entries) != 1 || entries[0]["trace.id"] != fmt.Sprintf("%x", items[1].TraceId) || entries[0]["api_resize.task"] != task.ID || entries[0]["error.code"] != "origin_not_found" {
		t.Errorf("log %v", entries)
	}
}

// TestSpansOfJoinedRequests: who waits for another one's work points to it.
func TestSpansOfJoinedRequests(t *testing.T) {
	site := newCountingSite(t, resource(t, "jpg-24bit-icc-iec.jpg"), "max-age=600")
	site.hold = make(chan struct{})
	c := newCollector(t)
	s := traced(t, c.URL, loopbackAllowed)
	path := "/resize/320x,f=jpeg/" + site.URL + "/cat.jpg"
	var both sync.WaitGroup
	both.Go(func() { s.get(path, "X-Request-Id", "first") })
	waitFor(t, "the fetch", func() bool { return site.total.Load() == 1 })
	both.Go(func() { s.get(path, "X-Request-Id", "second") })
	time.Sleep(500 * time.Millisecond) // nothing outside tells that it waits; this is hundredfold what it takes
	close(site.hold)
	both.Wait()
	_, trace := c.of(t, "first")
	second, _ := c.of(t, "second")
	fetch := named(t, trace, "fetch")
	linked := slices.ContainsFunc(second.Links, func(link *tracepb.Span_Link) bool {
		return bytes.Equal(link.SpanId, fetch.SpanId) && bytes.Equal(link.TraceId, fetch.TraceId) && attributes(link.Attributes)["api_resize.joined"] == "fetch"
	})
	if !linked {
		t.Errorf("links %v, want one to %x", second.Links, fetch.SpanId)
	}
}

// TestOriginsAreToldTheTrace only where that is switched on.
func TestOriginsAreToldTheTrace(t *testing.T) {
	told := make(chan string, 1)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told <- r.Header.Get("Traceparent")
		_, _ = w.Write(resource(t, "jpg-24bit-icc-iec.jpg"))
	}))
	t.Cleanup(site.Close)
	c := newCollector(t)
	s := launchWith(t, patient+loopbackAllowed+"tracing: {endpoint: '"+c.URL+"', to_origins: true}\n", func(s *service) {
		s.command.Env = append(s.command.Env, "OTEL_BSP_SCHEDULE_DELAY=20")
	})
	s.awaitListening()
	s.picture("/resize/20x,f=jpeg/"+site.URL+"/cat.jpg", "X-Request-Id", "told")
	_, spans := c.of(t, "told")
	attempt := named(t, spans, "GET")
	if got, want := <-told, fmt.Sprintf("00-%x-%x-01", attempt.TraceId, attempt.SpanId); got != want {
		t.Errorf("traceparent %q, want %q", got, want)
	}
}

// TestNoCollector: without one, or with one that fails, all is answered as
// ever, and the log is told once.
func TestNoCollector(t *testing.T) {
	failing := newCollector(t)
	failing.status.Store(http.StatusServiceUnavailable)
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, endpoint := range map[string]string{"failing": failing.URL, "gone": gone.URL} {
		t.Run(name, func(t *testing.T) {
			s := traced(t, endpoint, "")
			for i := range 20 {
				s.get("/healthz")
				if i%5 == 0 {
					time.Sleep(50 * time.Millisecond) // several batches
				}
			}
			waitFor(t, "lost spans are counted", func() bool {
				return metricIs(s, `api_resize_trace_spans_total{result="failed"}`, func(count float64) bool { return count >= 20 })
			})
			if lines := s.entries("spans lost"); len(lines) != 1 {
				t.Errorf("%d lines about it, want 1\n%s", len(lines), s.log())
			}
			if err := s.stop(); err != nil {
				t.Errorf("it ends with %v\n%s", err, s.log())
			}
		})
	}
}

// TestSlowCollector: nobody waits for it, what is too much is dropped and
// counted, and neither does the end wait for it longer than it may.
func TestSlowCollector(t *testing.T) {
	c := newCollector(t)
	c.hold = make(chan struct{})
	defer close(c.hold)
	s := launchWith(t, patient+"tracing: {endpoint: '"+c.URL+"', timeout: 1s}\n", func(s *service) {
		s.command.Env = append(s.command.Env, "OTEL_BSP_SCHEDULE_DELAY=20")
	})
	s.awaitListening()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range maxSpans / 4 {
				s.get("/healthz")
			}
		})
	}
	all.Wait()
	if !metricIs(s, `api_resize_trace_spans_total{result="dropped"}`, func(count float64) bool { return count > 100 }) {
		t.Errorf("too much was sent and nothing dropped:\n%s", metricsOf(s))
	}
	began := time.Now()
	if err := s.stop(); err != nil {
		t.Errorf("it ends with %v\n%s", err, s.log())
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("stopping took %v", took)
	}
	if len(s.entries("spans not sent")) != 1 {
		t.Errorf("the log does not say that spans were not sent\n%s", s.log())
	}
}

// TestSpansAreSentWhenStopping, though their time has not come.
func TestSpansAreSentWhenStopping(t *testing.T) {
	c := newCollector(t)
	s := start(t, patient+"tracing: {endpoint: '"+c.URL+"'}\n")
	s.get("/healthz", "X-Request-Id", "last")
	must(t, s.stop())
	c.of(t, "last")
}
