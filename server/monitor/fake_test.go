package monitor

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"api-resize/cache"
	"api-resize/origin"
	"api-resize/proxy"
)

// fakeTasks is a list of tasks that can be cancelled.
type fakeTasks struct {
	mu     sync.Mutex
	tasks  []Task
	broken error
	asked  int
}

func (f *fakeTasks) list(limit int, wanted func(Task) bool) ([]Task, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	if f.broken != nil {
		return nil, f.broken
	}
	found := slices.DeleteFunc(slices.Clone(f.tasks), func(task Task) bool { return !wanted(task) })
	return found[:min(len(found), limit)], nil
}

func (f *fakeTasks) Outstanding(_ context.Context, limit int) ([]Task, error) {
	return f.list(limit, func(task Task) bool { return task.Finished == nil })
}

func (f *fakeTasks) Failed(_ context.Context, limit int) ([]Task, error) {
	return f.list(limit, func(task Task) bool { return task.Finished != nil && task.Counts.Failed > 0 })
}

func (f *fakeTasks) Cancel(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if id == "stuck" {
		return errors.New("the database is away")
	}
	for i := range f.tasks {
		if f.tasks[i].ID == id {
			now := time.Now()
			f.tasks[i].State, f.tasks[i].Finished = "cancelled", &now
			return nil
		}
	}
	return ErrNoTask
}

// fakeParts is a service in which nothing happens but what a test says.
func fakeParts() Parts {
	return Parts{
		Events: NewEvents(), State: func() string { return "serving" },
		Slots: func() proxy.SlotStats { return proxy.SlotStats{Count: 2, InUse: 1, Bytes: 1 << 30} },
		Proxy: func() proxy.Stats { return proxy.Stats{Flights: 1} },
		Tiers: func() []cache.TierStats {
			return []cache.TierStats{{Name: "memory", Stats: cache.Stats{Limit: 1 << 20}}}
		},
		Queue:   func() cache.QueueStats { return cache.QueueStats{} },
		Fetches: func() origin.WebStats { return origin.WebStats{Bytes: 7} },
		Memory:  func() (int64, int64) { return 1 << 20, 2 << 20 },
		Build:   Build{Version: "v1", Go: "go1.26", Libraries: []Library{{"libvips", "8.14"}}},
	}
}

// newFake is a Monitor of parts that ends with the test.
func newFake(t testing.TB, parts Parts) *Monitor {
	t.Helper()
	m := New(parts, nil, slog.New(slog.DiscardHandler))
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// serve answers for a Monitor until the test ends.
func serve(t *testing.T, m *Monitor) *httptest.Server {
	server := httptest.NewServer(m.Handler())
	t.Cleanup(func() {
		m.End() // Close waits for those who watch
		server.Close()
	})
	return server
}
