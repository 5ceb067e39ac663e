package monitor

import (
	"context"
	"errors"
	"net/http"
	"time"

	"api-resize/cache"
	"api-resize/origin"
	"api-resize/proxy"
)

// Parts are what a Monitor looks at.
type Parts struct {
	Events  *Events
	State   func() string // starting, serving, draining or stopping
	Slots   func() proxy.SlotStats
	Proxy   func() proxy.Stats
	Tiers   func() []cache.TierStats
	Queue   func() cache.QueueStats // of writes to disk
	Fetches func() origin.WebStats
	Memory  func() (current, peak int64) // of libvips, in bytes
	Build   Build

	// Tasks are those in the background; nil when there are none.
	Tasks Tasks
	// TasksPage shows all there is to tasks, below /tasks/; nil for none.
	TasksPage http.Handler
}

// Build is what this process is made of.
type Build struct {
	Version   string    `json:"version"`
	Go        string    `json:"go"`
	Libraries []Library `json:"libraries"`
}

// Library is one that is linked or loaded.
type Library struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// ErrNoTask is a task that is not there.
var ErrNoTask = errors.New("no such task")

// Tasks are pieces of work in the background. Both lists are newest first.
type Tasks interface {
	// Outstanding are those that are queued or running, at most limit.
	Outstanding(ctx context.Context, limit int) ([]Task, error)
	// Failed are those that ended lately and of which something failed, at most
	// limit.
	Failed(ctx context.Context, limit int) ([]Task, error)
	// Cancel ends a task; one that has ended stays as it is. Its error is
	// ErrNoTask when there is none.
	Cancel(ctx context.Context, id string) error
}

// Task is a number of pictures that are made in the background.
type Task struct {
	ID       string     `json:"id"`
	State    string     `json:"state"` // queued, running, done, failed, cancelled
	Created  time.Time  `json:"created"`
	Started  *time.Time `json:"started"`
	Finished *time.Time `json:"finished"`
	Progress float64    `json:"progress"` // 0…1
	Counts   TaskCounts `json:"counts"`
}

// TaskCounts are of a task's pictures.
type TaskCounts struct {
	Total     int `json:"total"`
	Queued    int `json:"queued"`
	Running   int `json:"running"`
	Done      int `json:"done"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
}
