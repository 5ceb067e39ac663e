package monitor

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// TasksView is what is told of tasks.
type TasksView struct {
	On          bool   `json:"on"`
	Details     bool   `json:"details"`           // there is more at /tasks/
	Problem     string `json:"problem,omitempty"` // why the lists are not there
	Outstanding []Task `json:"outstanding"`
	Failed      []Task `json:"failed"`
}

// Bounds of reading tasks, which is a query of a database.
const (
	tasksInterval  = 2 * time.Second
	tasksTimeout   = 3 * time.Second
	maxOutstanding = 50
	maxFailedTasks = 20
)

// watchTasks reads tasks as long as somebody watches.
func (m *Monitor) watchTasks() {
	ticker := time.NewTicker(tasksInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if m.watched() {
				m.readTasks(m.life)
			}
		case <-m.askTasks:
			m.readTasks(m.life)
		case <-m.life.Done():
			return
		}
	}
}

func (m *Monitor) watched() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.watchers) > 0
}

// soonTasks has tasks read at once rather than after the interval.
func (m *Monitor) soonTasks() {
	select {
	case m.askTasks <- struct{}{}:
	default:
	}
}

// readTasks asks for both lists. No lock is held while it waits.
func (m *Monitor) readTasks(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, tasksTimeout)
	defer cancel()
	view := &TasksView{}
	var outstanding, failed error
	view.Outstanding, outstanding = m.parts.Tasks.Outstanding(ctx, maxOutstanding)
	view.Failed, failed = m.parts.Tasks.Failed(ctx, maxFailedTasks)
	err := errors.Join(outstanding, failed)
	if err != nil {
		view.Problem = "The lists of tasks can't be read; the log says why."
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil && (m.tasks == nil || m.tasks.Problem == "") {
		m.logger.Warn("tasks not read for the monitor", "error", err)
	}
	m.tasks = view
}

// tasksView is what is known of tasks now.
func (m *Monitor) tasksView() *TasksView {
	view := TasksView{}
	if m.tasks != nil {
		view = *m.tasks
	}
	view.On, view.Details = m.parts.Tasks != nil, m.parts.TasksPage != nil
	// Lists, never null.
	view.Outstanding = append([]Task{}, view.Outstanding...)
	view.Failed = append([]Task{}, view.Failed...)
	return &view
}

// cancel answers POST /cancel/{id}: 204, and the task's new state with the next
// message.
func (m *Monitor) cancel(w http.ResponseWriter, r *http.Request) {
	if m.parts.Tasks == nil {
		http.Error(w, ErrNoTask.Error(), http.StatusNotFound)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), tasksTimeout)
	defer cancel()
	err := m.parts.Tasks.Cancel(ctx, r.PathValue("id"))
	switch {
	case errors.Is(err, ErrNoTask):
		http.Error(w, ErrNoTask.Error(), http.StatusNotFound)
	case err != nil:
		m.logger.Warn("task not cancelled", "task", r.PathValue("id"), "error", err)
		http.Error(w, "The task was not cancelled; the log says why.", http.StatusServiceUnavailable)
	default:
		m.soonTasks()
		w.WriteHeader(http.StatusNoContent)
	}
}
