package monitor

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// listener reads server-sent events.
type listener struct {
	t        *testing.T
	response *http.Response
	lines    *bufio.Scanner
}

func listen(t *testing.T, url string) *listener {
	t.Helper()
	response, err := http.Get(url + "/events")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	return &listener{t, response, lines}
}

// next returns the next event's name, id and data.
func (l *listener) next() (name, id string, data Snapshot) {
	l.t.Helper()
	for l.lines.Scan() {
		field, value, _ := strings.Cut(l.lines.Text(), ": ")
		switch field {
		case "event":
			name = value
		case "id":
			id = value
		case "data":
			if err := json.Unmarshal([]byte(value), &data); err != nil {
				l.t.Fatal(err)
			}
			return name, id, data
		}
	}
	l.t.Fatalf("no more events: %v", l.lines.Err())
	return "", "", Snapshot{}
}

// TestStream is a snapshot, then what changes, once a second.
func TestStream(t *testing.T) {
	parts := fakeParts()
	m := newFake(t, parts)
	server := serve(t, m)
	l := listen(t, server.URL)
	if got := l.response.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("Content-Type %q", got)
	}
	name, id, first := l.next()
	if name != "snapshot" || first.Boot != m.boot || !strings.HasPrefix(id, m.boot+"-") || first.Build.Version != "v1" ||
		first.Now == nil || first.Tasks == nil || first.Sources == nil || first.Failures == nil || first.History.Points == nil {
		t.Fatalf("%s %s %+v", name, id, first)
	}
	l.next() // holds every section once
	parts.Events.Failed(Subject{RequestID: "r1", Source: "s", At: time.Now()}, Failure{Code: "corrupt_image", Status: 422, BySource: true})
	sections, before := 0, time.Now()
	for range 3 {
		name, _, changes := l.next()
		if name != "changes" || changes.Now == nil {
			t.Fatalf("%s %+v", name, changes)
		}
		if changes.Failures != nil {
			sections++
			if rows := *changes.Failures; len(rows) != 1 || rows[0].RequestID != "r1" {
				t.Errorf("failures %+v", rows)
			}
		}
		if changes.Origins != nil || changes.Tasks != nil {
			t.Errorf("told again without a change: %+v", changes)
		}
	}
	if took := time.Since(before); sections != 1 || took > 10*time.Second {
		t.Errorf("failures were told %d times, three messages took %v", sections, took)
	}
}

// TestWatchersAreBounded, and make room when they go.
func TestWatchersAreBounded(t *testing.T) {
	m := newFake(t, fakeParts())
	server := serve(t, m)
	var all []*listener
	for range maxWatchers {
		l := listen(t, server.URL)
		l.next()
		all = append(all, l)
	}
	refused := listen(t, server.URL)
	if refused.response.StatusCode != http.StatusServiceUnavailable || refused.response.Header.Get("Retry-After") == "" {
		t.Errorf("status %d", refused.response.StatusCode)
	}
	all[0].response.Body.Close()
	eventually(t, "there is room again", func() bool {
		response, err := http.Get(server.URL + "/events")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	m.End()
	for _, l := range all[1:] {
		for l.lines.Scan() {
		}
		if err := l.lines.Err(); err != nil {
			t.Errorf("not ended but broken: %v", err)
		}
	}
}

// TestSlowWatchersAreDropped and hold up nobody.
func TestSlowWatchersAreDropped(t *testing.T) {
	m := newFake(t, fakeParts())
	_, slow, err := m.join()
	if err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	for range watcherBacklog + 1 {
		m.tell(Changes{Now: m.now})
	}
	left := len(m.watchers)
	m.mu.Unlock()
	if left != 0 {
		t.Errorf("%d watchers are left", left)
	}
	for range slow.messages { // it is closed behind what was sent
	}
	m.leave(slow)
}

// stuck is an answer that is never taken.
type stuck struct {
	http.ResponseWriter
	deadline time.Time
}

func (s *stuck) SetWriteDeadline(deadline time.Time) error { s.deadline = deadline; return nil }
func (s *stuck) Write([]byte) (int, error) {
	if s.deadline.IsZero() {
		return 0, errors.New("written without a deadline")
	}
	return 0, http.ErrHandlerTimeout
}

// TestStreamEndsWhenNotTaken in time.
func TestStreamEndsWhenNotTaken(t *testing.T) {
	m := newFake(t, fakeParts())
	w := &stuck{ResponseWriter: httptest.NewRecorder()}
	m.stream(w, httptest.NewRequest(http.MethodGet, "/events", nil))
	if in := time.Until(w.deadline); in <= 0 || in > writeTimeout {
		t.Errorf("the deadline is in %v", in)
	}
	if m.watched() {
		t.Error("it still counts as a watcher")
	}
}

// TestOnce is the snapshot for scripts, and every answer has its headers.
func TestOnce(t *testing.T) {
	m := newFake(t, fakeParts())
	server := serve(t, m)
	for path, kind := range map[string]string{
		"/": "text/html; charset=utf-8", "/monitor/monitor.js": "text/javascript; charset=utf-8",
		"/monitor/monitor.css": "text/css; charset=utf-8", "/monitor/icon.svg": "image/svg+xml", "/monitor.json": "application/json",
	} {
		response, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || len(content) == 0 {
			t.Errorf("%s: %d, %d bytes, %v", path, response.StatusCode, len(content), err)
		}
		header := response.Header
		if header.Get("Content-Type") != kind || header.Get("Content-Security-Policy") != ownPolicy || header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cache-Control") == "" {
			t.Errorf("%s: %v", path, header)
		}
		if path != "/monitor.json" {
			continue
		}
		var read Snapshot
		if err := json.Unmarshal(content, &read); err != nil || read.Now.Slots.Count != 2 || read.Now.Memory.Libvips != 1<<20 || read.Tasks.On {
			t.Errorf("%v: %s", err, content)
		}
	}
}

func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if happened() {
			return
		}
	}
	t.Fatalf("did not happen: %s", what)
}
