package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"api-resize/batch"
	"api-resize/records"
)

// withTasks gives a server a queue, on which nobody works before work is called.
func withTasks(t *testing.T, change ...func(*Config, *Parts)) (s *testServer, work func()) {
	t.Helper()
	logger, dir := slog.New(slog.DiscardHandler), t.TempDir()
	database, err := records.Open(t.Context(), records.Config{}, dir, logger)
	must(t, err)
	t.Cleanup(func() { database.Close() })
	config := batch.DefaultConfig()
	config.Items = 100
	queue, err := batch.Open(t.Context(), database, dir, config, logger)
	must(t, err)
	s = newTestServer(t, append(change, func(_ *Config, parts *Parts) { parts.Tasks = queue })...)
	return s, func() {
		queue.Start(s.Maker())
		t.Cleanup(func() { must(t, queue.Stop(context.Background())) })
	}
}

// told is an answer to a request with the key.
type told struct {
	status int
	header http.Header
	body   []byte
}

func (s *testServer) askJSON(t *testing.T, method, path, body string, header ...string) told {
	t.Helper()
	request, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	must(t, err)
	request.Header.Set("Authorization", "Bearer correct-horse")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	must(t, err)
	return told{response.StatusCode, response.Header, content}
}

func read[T any](t *testing.T, answer told) (value T) {
	t.Helper()
	if err := json.Unmarshal(answer.body, &value); err != nil {
		t.Fatalf("%v: %s", err, answer.body)
	}
	return value
}

func TestTaskIsMade(t *testing.T) {
	s, work := withTasks(t, withList)
	id, other := s.uploaded(t, "image one"), s.site.URL+"/two.jpg"
	answer := s.askJSON(t, "POST", "/tasks", fmt.Sprintf(`{"sources": [%q, %q], "sizes": ["320x", "@thumb"], "options": {"q": 50, "grayscale": true}}`, id, other),
		"Content-Type", "application/json; charset=utf-8")
	task := read[Task](t, answer)
	if answer.status != 202 || answer.header.Get("Location") != "/tasks/"+task.ID || !strings.HasSuffix(task.URL, "/tasks/"+task.ID) || answer.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v %s", answer.status, answer.header, answer.body)
	}
	if task.State != batch.Queued || task.Counts != (TaskCounts{Total: 4, Queued: 4}) || string(task.Options) != `{"grayscale":true,"q":50}` ||
		!strings.Contains(string(answer.body), `"expires":null`) {
		t.Errorf("%s", answer.body)
	}
	before := read[TaskPage](t, s.askJSON(t, "GET", "/tasks/"+task.ID, ""))
	if len(before.Items) != 4 || before.Items[3] != (TaskItem{Index: 3, Source: other, Size: "@thumb", State: batch.Queued}) || before.NextCursor != nil {
		t.Errorf("%+v", before)
	}
	work()
	var page TaskPage
	eventually(t, "it is done", func() bool {
		page = read[TaskPage](t, s.askJSON(t, "GET", "/tasks/"+task.ID, ""))
		return page.State == batch.Done
	})
	if page.Progress != 1 || page.Counts != (TaskCounts{Total: 4, Done: 4}) || page.Expires == nil {
		t.Errorf("%+v", page)
	}
	for _, item := range page.Items {
		path := strings.TrimPrefix(item.URL, s.config.PublicURL)
		answer := s.askJSON(t, "GET", path, "")
		if answer.status != 200 || !strings.HasPrefix(answer.header.Get("Cache-Status"), "test; hit") || int64(len(answer.body)) != item.Bytes || item.Format != "jpeg" || item.Attempts != 1 {
			t.Errorf("%+v: %d %s", item, answer.status, answer.header.Get("Cache-Status"))
		}
		if !strings.Contains(path, "quality=50") || !strings.Contains(path, "grayscale") {
			t.Errorf("%s", path)
		}
	}
}

// TestTaskIsRefused: whole, before any of it is taken on, and what is wrong is
// named.
func TestTaskIsRefused(t *testing.T) {
	s, _ := withTasks(t, withList)
	const sources, sizes = `"sources": ["photos/a.jpg"]`, `"sizes": ["320x"]`
	good := s.uploaded(t, "image one")
	list := func(count int, text string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(`"`+text+`",`, count), ",") + "]"
	}
	for body, want := range map[string]struct {
		status     int
		code, says string
	}{
		``:                               {400, "bad_option", "expected JSON"},
		`[]`:                             {400, "bad_option", "expected"},
		`{` + sizes + `}`:                {400, "bad_option", "sources"},
		`{` + sources + `, "sizes": []}`: {400, "bad_option", "sizes"},
		`{` + sources + `,` + sizes + `, "option": {}}`:                                                       {400, "bad_option", `"option"`},
		`{` + sources + `,` + sizes + `} {}`:                                                                  {400, "bad_option", "nothing behind"},
		`{"sources": ["` + good + `"], "sizes": ["320x", 7]}`:                                                 {400, "bad_option", "sizes"},
		`{"sources": ["` + good + `", "` + good + `", "nothing here"], ` + sizes + `}`:                        {400, "bad_option", "sources[2]: "},
		`{"sources": ["` + good + `", "http://elsewhere.example/a.jpg"], ` + sizes + `}`:                      {400, "bad_option", "sources[1]: "},
		`{"sources": ["` + good + `"], "sizes": ["320x", "321x"]}`:                                            {400, "bad_option", "sizes[1]: "},
		`{"sources": ["` + good + `"], "sizes": ["320x,q=5"]}`:                                                {400, "bad_option", "sizes[0]: "},
		`{"sources": ["` + good + `"], ` + sizes + `, "options": {"grayscale": true, "q": 101}}`:              {400, "bad_option", "options.q: "},
		`{"sources": ["` + good + `"], ` + sizes + `, "options": {"quality": 50, "qualty": 50}}`:              {400, "bad_option", "options.qualty: "},
		`{"sources": ["` + good + `"], ` + sizes + `, "options": {"q": [1]}}`:                                 {400, "bad_option", "options.q: "},
		`{"sources": ["` + good + `"], ` + sizes + `, "options": {"watermark": "http://elsewhere.example/"}}`: {400, "bad_option", "options.watermark: "},
		`{"sources": ` + list(51, good) + `, "sizes": ["320x", "640x"]}`:                                      {422, "too_many_items", "at most 100"},
		`{"sources": ["` + strings.Repeat("a", maxTaskBody) + `"]}`:                                           {413, "too_large_bytes", "at most"},
	} {
		answer := s.askJSON(t, "POST", "/tasks", body)
		problem := read[Problem](t, answer)
		if answer.status != want.status || problem.Code != want.code || !strings.Contains(problem.Detail, want.says) {
			t.Errorf("%.200s: %d %s", body, answer.status, answer.body)
		}
	}
	whole := `{"sources": ["` + good + `"], ` + sizes + `}`
	for _, header := range [][]string{{"Content-Type", "text/plain"}, {"Idempotency-Key", strings.Repeat("k", 256)}, {"Idempotency-Key", ""}, {"Idempotency-Key", "gr\xfcn"}} {
		if answer := s.askJSON(t, "POST", "/tasks", whole, header...); answer.status != 400 {
			t.Errorf("%q: %d %s", header, answer.status, answer.body)
		}
	}
	if list := read[TaskList](t, s.askJSON(t, "GET", "/tasks", "")); len(list.Tasks) != 0 || list.NextCursor != nil {
		t.Errorf("taken on: %+v", list)
	}
}

func TestTasksNeedTheKey(t *testing.T) {
	s, _ := withTasks(t)
	for _, route := range []string{"POST /tasks", "GET /tasks", "GET /tasks/" + strings.Repeat("a", 26), "DELETE /tasks/" + strings.Repeat("a", 26)} {
		method, path, _ := strings.Cut(route, " ")
		if answer := s.askJSON(t, method, path, "{}", "Authorization", "Bearer wrong-horse"); answer.status != 401 {
			t.Errorf("%s: %d", route, answer.status)
		}
	}
}

func TestTaskKeysListsAndCancels(t *testing.T) {
	s, _ := withTasks(t)
	id := s.uploaded(t, "image one")
	body := `{"sources": ["` + id + `"], "sizes": ["1x", "2x", "3x"], "options": {"q": 50, "f": "jpeg"}}`
	first := s.askJSON(t, "POST", "/tasks", body, "Idempotency-Key", "key")
	again := s.askJSON(t, "POST", "/tasks", `{"options": {"f": "jpeg", "q": 50}, "sizes": ["1x", "2x", "3x"], "sources": ["`+id+`"]}`, "Idempotency-Key", "key")
	if again.status != 202 || again.header.Get("Location") != first.header.Get("Location") || !bytes.Equal(again.body, first.body) {
		t.Errorf("%s, again %d %s", first.body, again.status, again.body)
	}
	other := s.askJSON(t, "POST", "/tasks", strings.Replace(body, "50", "51", 1), "Idempotency-Key", "key")
	if other.status != 422 || read[Problem](t, other).Code != "idempotency_mismatch" {
		t.Errorf("another: %d %s", other.status, other.body)
	}
	var ids []string
	for range 4 {
		ids = append([]string{read[Task](t, s.askJSON(t, "POST", "/tasks", body)).ID}, ids...)
	}
	page := read[TaskPage](t, s.askJSON(t, "GET", "/tasks/"+ids[0]+"?limit=2", ""))
	rest := read[TaskPage](t, s.askJSON(t, "GET", "/tasks/"+ids[0]+"?limit=2&cursor="+*page.NextCursor, ""))
	if len(page.Items) != 2 || len(rest.Items) != 1 || rest.Items[0].Index != 2 || rest.NextCursor != nil {
		t.Errorf("%+v, %+v", page, rest)
	}
	cancelled := s.askJSON(t, "DELETE", "/tasks/"+ids[1], "")
	if task := read[Task](t, cancelled); cancelled.status != 200 || task.State != batch.Cancelled || task.Counts.Cancelled != 3 {
		t.Errorf("%d %s", cancelled.status, cancelled.body)
	}
	if twice := s.askJSON(t, "DELETE", "/tasks/"+ids[1], ""); twice.status != 200 || !bytes.Equal(twice.body, cancelled.body) {
		t.Errorf("%d %s", twice.status, twice.body)
	}
	if items := read[TaskPage](t, s.askJSON(t, "GET", "/tasks/"+ids[1]+"?items=failed", "")).Items; items == nil || len(items) != 0 {
		t.Errorf("%+v", items)
	}
	var got []string
	for path := "/tasks?state=outstanding&limit=3"; path != ""; {
		answer := s.askJSON(t, "GET", path, "")
		for _, task := range read[TaskList](t, answer).Tasks {
			got = append(got, task.ID)
		}
		path, _, _ = strings.Cut(strings.TrimPrefix(answer.header.Get("Link"), "<"), ">")
	}
	if want := []string{ids[0], ids[2], ids[3], read[Task](t, first).ID}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
	for path, status := range map[string]int{
		"/tasks?state=never": 400, "/tasks?limit=0": 400, "/tasks?limit=1001": 400, "/tasks?cursor=x": 400, "/tasks?limit=1&limit=1": 400, "/tasks?what=1": 400,
		"/tasks/" + ids[0] + "?items=outstanding": 400, "/tasks/" + ids[0] + "?cursor=-1": 400, "/tasks/" + ids[0] + "?limit=10001": 400,
		"/tasks/" + strings.Repeat("a", 26): 404, "/tasks/a%00b": 404, "/tasks/": 404,
	} {
		if answer := s.askJSON(t, "GET", path, ""); answer.status != status {
			t.Errorf("%s: %d %s", path, answer.status, answer.body)
		}
	}
	if answer := s.askJSON(t, "DELETE", "/tasks/"+strings.Repeat("a", 26), ""); answer.status != 404 {
		t.Errorf("unknown: %d", answer.status)
	}
	if answer := s.askJSON(t, "PUT", "/tasks", ""); answer.status != 405 || answer.header.Get("Allow") != "GET, HEAD, POST, OPTIONS" {
		t.Errorf("PUT: %d %s", answer.status, answer.header.Get("Allow"))
	}
}

func TestTaskMetrics(t *testing.T) {
	s, work := withTasks(t)
	s.metrics.WatchTasks(s.parts.Tasks.(*batch.Queue))
	work()
	task := read[Task](t, s.askJSON(t, "POST", "/tasks", `{"sources": ["`+s.uploaded(t, "image one")+`", "`+strings.Repeat("a", 26)+`"], "sizes": ["1x"]}`))
	eventually(t, "it is done", func() bool { return read[Task](t, s.askJSON(t, "GET", "/tasks/"+task.ID, "")).State == batch.Done })
	families, err := s.metrics.Registry.Gather()
	must(t, err)
	got := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.Metric {
			name := family.GetName()
			for _, label := range metric.Label {
				name += " " + label.GetValue()
			}
			got[name] = metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
		}
	}
	for name, want := range map[string]float64{
		"api_resize_tasks done": 1, "api_resize_tasks queued": 0, "api_resize_task_items_total done": 1, "api_resize_task_items_total failed": 1,
		"api_resize_task_items_waiting": 0, "api_resize_task_oldest_seconds": 0,
	} {
		if value, there := got[name]; !there || value != want {
			t.Errorf("%s: %v, want %v", name, value, want)
		}
	}
}
