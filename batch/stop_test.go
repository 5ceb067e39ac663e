package batch

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestStopGivesBack: what can't end in time goes back into the queue, and loses
// no attempt by it.
func TestStopGivesBack(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		config := quick()
		config.Attempts = 1
		q := place.open(t, config)
		var begun atomic.Int32
		q.Start(makerFunc(func(ctx context.Context, _ Item) (Made, error) {
			begun.Add(1)
			<-ctx.Done()
			return Made{}, &Failure{Status: 503, Code: "overloaded"} // as a Maker has it that knows no better
		}))
		id := q.add(t, order(10)).ID
		eventually(t, "all workers work", func() bool { return begun.Load() == 4 })
		drain, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		asked := time.Now()
		must(t, q.Stop(drain))
		if took := time.Since(asked); took < 100*time.Millisecond || took > 3*time.Second {
			t.Errorf("stopped after %v", took)
		}
		if task := q.get(t, id); task.State != Running || task.Counts != (Counts{Total: 10, Queued: 10}) {
			t.Errorf("stopped: %+v", task)
		}
		next := place.open(t, config)
		next.Start(atOnce)
		if task := next.await(t, id); task.Counts.Done != 10 {
			t.Errorf("%+v", task)
		}
		for _, item := range next.items(t, id, ItemQuery{}) {
			if item.Attempts != 1 {
				t.Errorf("%+v", item)
			}
		}
	})
}

// TestStopWaits: what ends in time is done.
func TestStopWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		q := place.open(t, quick())
		var begun atomic.Int32
		q.Start(makerFunc(func(ctx context.Context, item Item) (Made, error) {
			begun.Add(1)
			time.Sleep(300 * time.Millisecond)
			return atOnce(ctx, item)
		}))
		id := q.add(t, order(100)).ID
		eventually(t, "all workers work", func() bool { return begun.Load() == 4 })
		must(t, q.Stop(t.Context()))
		if counts := q.get(t, id).Counts; counts.Done != int(begun.Load()) || counts.Running != 0 || counts.Done > 8 {
			t.Errorf("%+v, %d begun", counts, begun.Load())
		}
		must(t, q.Stop(t.Context()))
	})
}

// TestTurns: of those who share a SQLite file one works, and the next when that
// ends; all of those who share PostgreSQL do.
func TestTurns(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		var mu sync.Mutex
		worked := map[string]bool{}
		by := func(name string) Maker {
			return makerFunc(func(ctx context.Context, item Item) (Made, error) {
				mu.Lock()
				worked[name] = true
				mu.Unlock()
				time.Sleep(10 * time.Millisecond)
				return atOnce(ctx, item)
			})
		}
		first, second := place.open(t, quick()), place.open(t, quick())
		first.Start(by("first"))
		first.await(t, first.add(t, order(1)).ID)
		second.Start(by("second"))
		time.Sleep(2 * turnEvery)
		second.await(t, second.add(t, order(100)).ID)
		if both := place.url != ""; worked["second"] != both || !worked["first"] {
			t.Errorf("worked: %v", worked)
		}
		must(t, first.Stop(t.Context()))
		second.await(t, second.add(t, order(100)).ID)
		if !worked["second"] {
			t.Error("the second never worked")
		}
	})
}

// TestLeftInTheMiddle: where one process works at a time, the next one does not
// wait for what the last one was making to become overdue.
func TestLeftInTheMiddle(t *testing.T) {
	q := place{dir: t.TempDir()}.open(t, quick())
	id := q.add(t, order(3)).ID
	_, err := q.database.SQL().Exec("UPDATE river_job SET state = 'running', attempt = 1, attempted_at = datetime('now', 'subsec')")
	must(t, err)
	if counts := q.get(t, id).Counts; counts.Running != 3 {
		t.Errorf("%+v", counts)
	}
	began := time.Now()
	q.Start(atOnce)
	if task := q.await(t, id); task.Counts.Done != 3 {
		t.Errorf("%+v", task)
	}
	if took := time.Since(began); took > rescueAfter/3 {
		t.Errorf("after %v", took)
	}
}

// TestInterruptedTooOften: an item that ends the process each time is given up.
func TestInterruptedTooOften(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		q := place.open(t, quick())
		id := q.add(t, order(2)).ID
		_, err := q.database.SQL().Exec("UPDATE river_job SET attempt = $1 WHERE id = (SELECT job FROM task_items WHERE task = $2 AND item = 1)", maxInterruptions+1, id)
		must(t, err)
		var made counting
		q.Start(makerFunc(func(ctx context.Context, item Item) (Made, error) {
			made.count(item)
			return atOnce(ctx, item)
		}))
		if task := q.await(t, id); task.Counts.Done != 1 || task.Counts.Failed != 1 {
			t.Errorf("%+v", task)
		}
		item := q.items(t, id, ItemQuery{From: 1})[0]
		if made.of(item.Item) != 0 || item.Failure == nil || item.Failure.Code != "internal" || !strings.Contains(item.Failure.Detail, "6 times") {
			t.Errorf("%+v", item)
		}
	})
}

// TestUI: River's page works under a prefix, from its own files.
func TestUI(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		q := place.open(t, quick())
		q.add(t, order(7))
		handler, err := q.UI("/tasks/")
		must(t, err)
		routes := http.NewServeMux()
		routes.Handle("/tasks/", handler)
		server := httptest.NewServer(routes)
		defer server.Close()
		get := func(path string) (int, string, string) {
			response, err := http.Get(server.URL + path)
			must(t, err)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			must(t, err)
			return response.StatusCode, response.Header.Get("Content-Type"), string(body)
		}
		status, kind, page := get("/tasks/")
		if status != 200 || !strings.HasPrefix(kind, "text/html") {
			t.Fatalf("%d %s %s", status, kind, page)
		}
		files := regexp.MustCompile(`(?:src|href)="([^"]+\.(?:js|css))"`).FindAllStringSubmatch(page, -1)
		if len(files) < 2 {
			t.Errorf("scripts and styles of %s", page)
		}
		for _, file := range files {
			if status, kind, _ := get(file[1]); status != 200 || strings.HasPrefix(kind, "text/html") || !strings.HasPrefix(file[1], "/tasks/") {
				t.Errorf("%s: %d %s", file[1], status, kind)
			}
		}
		for path, says := range map[string]string{
			"/tasks/api/states": `"count":7`, "/tasks/api/queues": `"data":`, "/tasks/api/jobs?state=available&limit=2": `"kind":"item"`,
		} {
			status, _, body := get(path)
			if status != 200 || !strings.Contains(body, says) {
				t.Errorf("%s: %d %s", path, status, body)
			}
		}
	})
}
