package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"api-resize/cache"
	"api-resize/origin"
	"api-resize/proxy"
	"api-resize/server/monitor"
)

// listedTasks are tasks of which none is ever worked on.
type listedTasks struct {
	mu    sync.Mutex
	tasks []monitor.Task
}

func (l *listedTasks) where(wanted func(monitor.Task) bool) []monitor.Task {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.tasks), func(task monitor.Task) bool { return !wanted(task) })
}

func (l *listedTasks) Outstanding(context.Context, int) ([]monitor.Task, error) {
	return l.where(func(task monitor.Task) bool { return task.Finished == nil }), nil
}

func (l *listedTasks) Failed(context.Context, int) ([]monitor.Task, error) {
	return l.where(func(task monitor.Task) bool { return task.Finished != nil && task.Counts.Failed > 0 }), nil
}

func (l *listedTasks) Cancel(_ context.Context, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.tasks {
		if l.tasks[i].ID == id {
			now := time.Now()
			l.tasks[i].State, l.tasks[i].Finished = "cancelled", &now
			return nil
		}
	}
	return monitor.ErrNoTask
}

// TestMonitorCancelsTasks: with a question before, by keyboard as by hand.
func TestMonitorCancelsTasks(t *testing.T) {
	ended := time.Now()
	tasks := &listedTasks{tasks: []monitor.Task{
		{ID: "first", State: "running", Created: ended, Progress: 0.4, Counts: monitor.TaskCounts{Total: 100, Done: 38, Failed: 2, Running: 2, Queued: 58}},
		{ID: "second", State: "queued", Created: ended, Counts: monitor.TaskCounts{Total: 7, Queued: 7}},
		{ID: "third", State: "failed", Created: ended, Finished: &ended, Progress: 1, Counts: monitor.TaskCounts{Total: 3, Failed: 3}},
	}}
	watched := monitor.New(monitor.Parts{
		Events: monitor.NewEvents(), State: func() string { return "serving" }, Slots: func() proxy.SlotStats { return proxy.SlotStats{Count: 2} },
		Proxy: func() proxy.Stats { return proxy.Stats{} }, Tiers: func() []cache.TierStats { return []cache.TierStats{} },
		Queue: func() cache.QueueStats { return cache.QueueStats{} }, Fetches: func() origin.WebStats { return origin.WebStats{} },
		Memory: func() (int64, int64) { return 0, 0 }, Tasks: tasks, TasksPage: http.NotFoundHandler(),
	}, nil, slog.New(slog.DiscardHandler))
	page := httptest.NewServer(watched.Handler())
	t.Cleanup(func() {
		must(t, watched.Close())
		page.Close()
	})
	b := openTab(t)
	b.viewport(1280, 900, false)
	b.open(page.URL + "/")
	rows := func(table string) string {
		return fmt.Sprintf("document.querySelectorAll('#%s tbody tr').length", table)
	}
	b.eventually(rows("outstanding") + " == 2 && " + rows("failed") + " == 1")
	b.eventually("document.getElementById('tasks-link').checkVisibility()")
	b.eventually("document.querySelector('#outstanding progress').value == 0.4")
	b.screenshot("tasks")

	b.click("[aria-label='Cancel task first']")
	b.eventually("document.getElementById('sure').open")
	b.screenshot("sure")
	b.click("#sure button[value=no]")
	b.eventually("!document.getElementById('sure').open")
	b.click("[aria-label='Cancel task first']")
	b.click("#sure button[value=yes]")
	b.eventually(rows("outstanding") + " == 1 && " + rows("failed") + " == 2")

	value[any](b, "document.querySelector(\"[aria-label='Cancel task second']\").focus()")
	b.press("\r")
	b.eventually("document.getElementById('sure').open && document.activeElement.value == 'no'")
	b.press("\t")
	b.press("\r")
	b.eventually(rows("outstanding") + " == 0")
	b.eventually("document.querySelector('#outstanding + .empty').checkVisibility()")
	b.asksOnly(page.URL)
}
