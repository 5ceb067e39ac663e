package server

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"api-resize/cache"
	"api-resize/origin"
	"api-resize/server/monitor"
	"api-resize/spec"
)

// seen is what the monitor tells of a server's requests.
func (s *testServer) seen(t *testing.T) monitor.Snapshot {
	t.Helper()
	m := monitor.New(monitor.Parts{
		Events: s.events, State: s.State, Slots: s.proxy.Slots.Stats, Proxy: s.proxy.Stats,
		Tiers: func() []cache.TierStats { return nil }, Queue: func() cache.QueueStats { return cache.QueueStats{} },
		Fetches: func() origin.WebStats { return origin.WebStats{} }, Memory: func() (int64, int64) { return 0, 0 },
	}, nil, slog.New(slog.DiscardHandler))
	defer m.Close()
	page := httptest.NewServer(m.Handler())
	defer page.Close()
	response, err := http.Get(page.URL + "/monitor.json")
	must(t, err)
	defer response.Body.Close()
	var snapshot monitor.Snapshot
	must(t, json.NewDecoder(response.Body).Decode(&snapshot))
	return snapshot
}

// statusOf asks for a path and returns the answer's status.
func (s *testServer) statusOf(t *testing.T, path string, header ...string) int {
	t.Helper()
	response, _ := s.ask(t, http.MethodGet, path, header...)
	return response.StatusCode
}

// TestRequestsAreWatched: each as what it was, health checks not at all.
func TestRequestsAreWatched(t *testing.T) {
	s := newTestServer(t)
	picture := "/resize/320x,f=jpeg/" + s.site.URL + "/cat.jpg"
	for range 4 {
		s.statusOf(t, picture)
	}
	s.statusOf(t, "/resize/320x,f=nonsense/"+s.site.URL+"/cat.jpg")
	s.statusOf(t, "/info/"+s.site.URL+"/cat.jpg")
	s.statusOf(t, "/readyz")
	seen := s.seen(t)
	for outcome, want := range map[string]uint64{"made": 1, "memory": 3, "client_error": 1, "other": 1, "server_error": 0} {
		if got := seen.Now.Requests[outcome]; got != want {
			t.Errorf("%s: %d, want %d", outcome, got, want)
		}
	}
	if slow := seen.Sources.Slowest; len(slow) != 1 || slow[0].Name != s.site.URL+"/cat.jpg" {
		t.Errorf("slowest %+v", slow)
	}
	if failures := *seen.Failures; len(failures) != 1 || failures[0].Code != "bad_option" || failures[0].Route != "/resize/*" {
		t.Errorf("failures %+v", failures)
	}
	if len(seen.Sources.Failing) != 0 {
		t.Errorf("a wrong URL counts against its source: %+v", seen.Sources.Failing)
	}
}

// TestReplacedPicturesAreWatched: that another one was sent hides no failure, and
// what stands in the query of a source is not told.
func TestReplacedPicturesAreWatched(t *testing.T) {
	s := newTestServer(t)
	missing := httptest.NewServer(http.NotFoundHandler())
	defer missing.Close()
	source, instead := url.QueryEscape(missing.URL+"/cat.jpg?key=very-secret"), url.QueryEscape(s.site.URL+"/instead.jpg")
	if got := s.statusOf(t, "/resize/320x,f=jpeg,default="+instead+"/"+source, "X-Request-Id", "replaced"); got != http.StatusOK {
		t.Fatalf("status %d", got)
	}
	seen := s.seen(t)
	failures := *seen.Failures
	if len(failures) != 1 || failures[0].Status != http.StatusOK || failures[0].Code != "origin_not_found" || failures[0].RequestID != "replaced" {
		t.Errorf("failures %+v", failures)
	}
	if failing := seen.Sources.Failing; len(failing) != 1 || failing[0].Name != missing.URL+"/cat.jpg" {
		t.Errorf("failing sources %+v", failing)
	}
	if failing := seen.Origins.Failing; len(failing) != 1 || failing[0].Name != strings.TrimPrefix(missing.URL, "http://") {
		t.Errorf("failing origins %+v", failing)
	}
	if told, err := json.Marshal(seen); err != nil || strings.Contains(string(told), "secret") {
		t.Errorf("%v: it tells the source's query: %s", err, told)
	}
}

// TestSubjects: what each kind of source is called, and where it is.
func TestSubjects(t *testing.T) {
	for text, want := range map[string][2]string{
		"https%3A%2F%2Fimages.example%3A8443%2Fa%2520b.jpg%3Fkey%3D1": {"https://images.example:8443/a%20b.jpg", "images.example:8443"},
		"photos/2024/cat.jpg":        {"photos/2024/cat.jpg", "photos"},
		"mzxw6ytboi2dsnbrga4dqmjzge": {"mzxw6ytboi2dsnbrga4dqmjzge", "uploads"},
	} {
		source, err := spec.ParseSource(text)
		must(t, err)
		subject := (&story{source: source}).subject()
		if subject.Source != want[0] || subject.Origin != want[1] {
			t.Errorf("%s: %q at %q, want %q", text, subject.Source, subject.Origin, want)
		}
	}
	if none := (&story{}).subject(); none.Source != "" || none.Origin != "" {
		t.Errorf("no source: %+v", none)
	}
}
