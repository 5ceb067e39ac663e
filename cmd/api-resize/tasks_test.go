package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// taskItem is what these tests read of an item.
type taskItem struct {
	Index         int
	Source, Size  string
	State         string
	Attempts      int
	URL, Format   string
	Width, Height int
	Bytes         int
	Error         *struct {
		Status int
		Code   string
	}
}

// taskPage is what these tests read of a task.
type taskPage struct {
	ID, State string
	Progress  float64
	Counts    struct{ Total, Queued, Running, Done, Failed, Cancelled int }
	Items     []taskItem
}

func (s *service) askTasks(method, path, body string, header ...string) answer {
	s.t.Helper()
	return s.do(method, path, strings.NewReader(body), append([]string{"Authorization", "Bearer " + s.key}, header...)...)
}

// addTask adds a task that must be accepted.
func (s *service) addTask(sources, sizes []string, options string, header ...string) taskPage {
	s.t.Helper()
	body, err := json.Marshal(map[string]any{"sources": sources, "sizes": sizes, "options": json.RawMessage(options)})
	must(s.t, err)
	got := s.askTasks(http.MethodPost, "/tasks", string(body), header...)
	if got.status != http.StatusAccepted {
		s.t.Fatalf("task: %d %s", got.status, got.body)
	}
	return readTask(s.t, got)
}

func readTask(t *testing.T, got answer) (task taskPage) {
	t.Helper()
	if err := json.Unmarshal(got.body, &task); err != nil || got.status >= 300 {
		t.Fatalf("no task: %d %v: %s", got.status, err, got.body)
	}
	return task
}

func (s *service) task(id string) taskPage {
	s.t.Helper()
	return readTask(s.t, s.askTasks(http.MethodGet, "/tasks/"+id, ""))
}

// finishedTask returns a task when nothing happens to it any more.
func (s *service) finishedTask(id string) (task taskPage) {
	s.t.Helper()
	waitFor(s.t, "the task finishes", func() bool {
		task = s.task(id)
		return task.State == "done" || task.State == "failed" || task.State == "cancelled"
	})
	return task
}

// withPhotos is a configuration with a folder of two real pictures, and one that
// is cut short.
func withPhotos(t *testing.T, more string) string {
	t.Helper()
	photos := t.TempDir()
	for name, content := range map[string][]byte{
		"one.jpg": resource(t, "jpg-24bit-icc-iec.jpg"), "two.png": resource(t, "png-24bit+alpha.png"), "broken.jpg": resource(t, "jpg-24bit-icc-iec.jpg")[:3_000],
	} {
		must(t, os.WriteFile(filepath.Join(photos, name), content, 0o600))
	}
	return fmt.Sprintf("origins: {aliases: {photos: %q}}\nsizes: {mode: any}\n%s", photos, more)
}

// TestTask: real pictures in many sizes, of which some can't be made; what is
// said to be done is in the cache.
func TestTask(t *testing.T) {
	s := start(t, withPhotos(t, ""))
	id := s.upload(resource(t, "gif-animated.gif"))
	sources := []string{"photos/one.jpg", "photos/two.png", id, "photos/broken.jpg", "photos/missing.jpg"}
	sizes := []string{"40x", "80x60", "x30", "max"}
	added := s.addTask(sources, sizes, `{"f": "webp", "q": 60}`, "Idempotency-Key", "once")
	if again := s.addTask(sources, sizes, `{"q": 60, "f": "webp"}`, "Idempotency-Key", "once"); again.ID != added.ID {
		t.Errorf("the same key made %s and %s", added.ID, again.ID)
	}
	task := s.finishedTask(added.ID)
	if task.State != "done" || task.Progress != 1 || task.Counts.Total != 20 || task.Counts.Done != 12 || task.Counts.Failed != 8 {
		t.Errorf("%+v", task)
	}
	for _, item := range task.Items {
		if item.Source != sources[item.Index/len(sizes)] || item.Size != sizes[item.Index%len(sizes)] || item.Attempts != 1 {
			t.Errorf("%+v", item)
		}
		switch item.Source {
		case "photos/broken.jpg", "photos/missing.jpg":
			code := map[string]string{"photos/broken.jpg": "corrupt_image", "photos/missing.jpg": "not_found"}[item.Source]
			if item.State != "failed" || item.Error == nil || item.Error.Code != code || item.URL != "" {
				t.Errorf("%+v %+v", item, item.Error)
			}
		default:
			got := s.picture(item.URL)
			if !strings.HasPrefix(got.header.Get("Cache-Status"), "api-resize; hit") || len(got.body) != item.Bytes || got.header.Get("Content-Type") != "image/webp" {
				t.Errorf("%+v: %s, %d bytes", item, got.header.Get("Cache-Status"), len(got.body))
			}
			if item.State != "done" || item.Format != "webp" || item.Width < 1 || item.Height < 1 {
				t.Errorf("%+v", item)
			}
		}
	}
	if failed := readTask(t, s.askTasks(http.MethodGet, "/tasks/"+added.ID+"?items=failed&limit=3", "")); len(failed.Items) != 3 || failed.Items[0].Index != 12 {
		t.Errorf("%+v", failed)
	}
	s.askTasks(http.MethodPost, "/tasks", `{"sources": ["photos/one.jpg", "elsewhere/a.jpg"], "sizes": ["40x"]}`).isProblem(t, 400, "bad_option")
}

// TestTaskIsCancelled in the middle, and the program goes on with others.
func TestTaskIsCancelled(t *testing.T) {
	s := start(t, withPhotos(t, "tasks: {workers: 1}\n"))
	var sizes []string
	for width := 100; width < 400; width++ {
		sizes = append(sizes, fmt.Sprintf("%dx", width))
	}
	large := s.addTask([]string{"photos/one.jpg"}, sizes, `{"f": "png"}`)
	waitFor(t, "some are made", func() bool { return s.task(large.ID).Counts.Done > 3 })
	task := readTask(t, s.askTasks(http.MethodDelete, "/tasks/"+large.ID, ""))
	if task.State != "cancelled" || task.Counts.Done+task.Counts.Cancelled != len(sizes) || task.Counts.Done == 0 || task.Counts.Cancelled == 0 {
		t.Errorf("%+v", task)
	}
	s.finishedTask(s.addTask([]string{"photos/one.jpg"}, []string{"50x"}, "{}").ID)
	if later := s.task(large.ID); later.Counts != task.Counts {
		t.Errorf("it went on: %+v, %+v", task.Counts, later.Counts)
	}
}

// TestTaskSurvivesKills: the program is killed again and again in the middle of
// real work. Every picture is made and told once.
func TestTaskSurvivesKills(t *testing.T) {
	config := withPhotos(t, "tasks: {workers: 2}\n")
	s := start(t, config)
	var sizes []string
	for width := 20; width < 170; width++ {
		sizes = append(sizes, fmt.Sprintf("%dx", width))
	}
	id := s.addTask([]string{"photos/one.jpg", "photos/two.png"}, sizes, `{"f": "jpeg"}`).ID
	kills := 0
	for before := -1; ; kills++ {
		var task taskPage
		waitFor(t, "it goes on", func() bool {
			task = s.task(id)
			return task.Counts.Done > before+20 || task.State == "done"
		})
		if task.State == "done" {
			break
		}
		before = task.Counts.Done
		time.Sleep(rand.N(100 * time.Millisecond))
		s.kill()
		s = start(t, config, s.dir)
	}
	task := s.task(id)
	if task.Counts.Done != 300 || len(task.Items) != 300 || kills < 3 {
		t.Errorf("%d kills, %+v", kills, task.Counts)
	}
	for i, item := range task.Items {
		if item.Index != i || item.State != "done" || item.Attempts != 1 || item.Width != 20+i%150 {
			t.Errorf("item %d: %+v", i, item)
		}
	}
	for range 20 {
		item := task.Items[rand.IntN(len(task.Items))]
		if got := s.picture(item.URL); len(got.body) != item.Bytes || got.size(t).X != item.Width {
			t.Errorf("%+v: %d bytes", item, len(got.body))
		}
	}
	t.Logf("%d kills", kills)
}

// TestTaskIsStoppedAndForgotten: what runs when the program is told to stop does
// not keep it; and when its time is over nothing is left of a task.
func TestTaskIsStoppedAndForgotten(t *testing.T) {
	config := withPhotos(t, "server: {drain_delay: 0s}\ntasks: {workers: 2, keep: 2s}\n")
	s := start(t, config)
	var sizes []string
	for width := 100; width < 300; width++ {
		sizes = append(sizes, fmt.Sprintf("%dx", width))
	}
	id := s.addTask([]string{"photos/one.jpg"}, sizes, `{"f": "png"}`).ID
	waitFor(t, "some are made", func() bool { return s.task(id).Counts.Done > 3 })
	asked := time.Now()
	must(t, s.stop())
	if took := time.Since(asked); took > 10*time.Second {
		t.Errorf("it stopped after %v", took)
	}
	s = start(t, config, s.dir)
	if task := s.finishedTask(id); task.Counts.Done != len(sizes) {
		t.Errorf("%+v", task)
	}
	waitFor(t, "it is forgotten", func() bool { return s.askTasks(http.MethodGet, "/tasks/"+id, "").status == http.StatusNotFound })
	if list := s.askTasks(http.MethodGet, "/tasks", "").json(t)["tasks"].([]any); len(list) != 0 {
		t.Errorf("%v", list)
	}
}
