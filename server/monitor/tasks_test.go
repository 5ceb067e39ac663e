package monitor

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

func post(t *testing.T, url string, header ...string) int {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// TestCancel ends a task, and whoever watches sees it soon.
func TestCancel(t *testing.T) {
	tasks := &fakeTasks{tasks: []Task{{ID: "t1", State: "running", Created: time.Now(), Counts: TaskCounts{Total: 9, Done: 3}}}}
	parts := fakeParts()
	parts.Tasks = tasks
	m := newFake(t, parts)
	server := serve(t, m)
	l := listen(t, server.URL)
	next := func(what string, wanted func(*TasksView) bool) {
		t.Helper()
		for range 20 {
			if _, _, changes := l.next(); changes.Tasks != nil && wanted(changes.Tasks) {
				return
			}
		}
		t.Fatalf("not told: %s", what)
	}
	next("the task", func(view *TasksView) bool {
		return view.On && len(view.Outstanding) == 1 && view.Outstanding[0].Counts.Done == 3
	})
	if got := post(t, server.URL+"/cancel/t1", "Sec-Fetch-Site", "cross-site"); got != http.StatusForbidden || tasks.tasks[0].State != "running" {
		t.Errorf("another site's page: %d, %s", got, tasks.tasks[0].State)
	}
	for id, want := range map[string]int{"t1": http.StatusNoContent, "unknown": http.StatusNotFound, "stuck": http.StatusServiceUnavailable} {
		if got := post(t, server.URL+"/cancel/"+id, "Sec-Fetch-Site", "same-origin"); got != want {
			t.Errorf("%s: %d, want %d", id, got, want)
		}
	}
	next("that it is gone", func(view *TasksView) bool { return len(view.Outstanding) == 0 })
	tasks.mu.Lock()
	tasks.broken = errors.New("away")
	tasks.mu.Unlock()
	next("that the lists can't be read", func(view *TasksView) bool { return view.On && view.Problem != "" })
}

// TestTasksAreReadForWatchersOnly: it is a query of a database.
func TestTasksAreReadForWatchersOnly(t *testing.T) {
	tasks := &fakeTasks{}
	parts := fakeParts()
	parts.Tasks = tasks
	bubble(t, parts, func(t *testing.T, m *Monitor) {
		time.Sleep(time.Hour)
		if tasks.asked != 0 {
			t.Errorf("nobody watches, and tasks were asked for %d times", tasks.asked)
		}
	})
}

// TestTasksPage is guarded as everything else is, with a policy of its own.
func TestTasksPage(t *testing.T) {
	parts := fakeParts()
	changed := 0
	parts.TasksPage = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			changed++
		}
		w.WriteHeader(http.StatusOK)
	})
	m := newFake(t, parts)
	server := serve(t, m)
	response, err := http.Get(server.URL + "/tasks/jobs")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if got := response.Header.Get("Content-Security-Policy"); response.StatusCode != http.StatusOK || got != tasksPolicy {
		t.Errorf("%d, policy %q", response.StatusCode, got)
	}
	if got := post(t, server.URL+"/tasks/api/jobs/cancel", "Sec-Fetch-Site", "cross-site"); got != http.StatusForbidden || changed != 0 {
		t.Errorf("another site's page: %d, %d changes", got, changed)
	}
	if got := post(t, server.URL+"/tasks/api/jobs/cancel", "Sec-Fetch-Site", "same-origin"); got != http.StatusOK || changed != 1 {
		t.Errorf("its own page: %d, %d changes", got, changed)
	}
}

func TestHosts(t *testing.T) {
	known := newHosts([]string{"Monitor.Internal"})
	for host, want := range map[string]bool{
		"127.0.0.1:5556": true, "127.0.0.1": true, "[::1]:5556": true, "[::1]": true, "10.0.0.7:80": true,
		"localhost": true, "LOCALHOST:1": true, "localhost.:1": true, "monitor.internal:5556": true, "monitor.internal.": true,
		"": false, ":5556": false, "rebound.example": false, "127.0.0.1.rebound.example:5556": false, "localhost.rebound.example": false, "2130706433": false,
	} {
		if got := known.allow(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
	for name, good := range map[string]bool{"monitor.internal": true, "http://x": false, "x:5556": false, "": false, "a b": false} {
		if err := ValidateHosts([]string{name}); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}
