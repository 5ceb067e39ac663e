package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// What can go wrong with tasks.
var (
	ErrNotFound            = errors.New("no such task")
	ErrTooManyItems        = errors.New("too many items in one task")
	ErrIdempotencyMismatch = errors.New("the Idempotency-Key was used for another task")
	ErrUnavailable         = errors.New("the database of tasks does not answer")
)

// Item is one picture to be made.
type Item struct {
	Source  string // as it stands in URLs
	Size    string
	Options string // ",f=webp,q=80", as in a path; empty for none
}

// Made is a picture that was made.
type Made struct {
	URL           string
	Format        string
	Width, Height int // pixels
	Bytes         int64
}

// Failure is why an item was not made, as clients are told.
type Failure struct {
	Status     int // as HTTP would have it
	Code       string
	Title      string
	Detail     string
	Final      bool          // trying again gives the same
	RetryAfter time.Duration // that it is no use to try before; 0 when that is not known
}

func (f *Failure) Error() string { return fmt.Sprintf("%d %s: %s", f.Status, f.Code, f.Detail) }

// Maker makes pictures. It may be asked for the same one several times, and for
// many at once; when ctx ends it returns soon. Errors that are no *Failure are
// told to nobody.
type Maker interface {
	Make(ctx context.Context, item Item) (Made, error)
}

// State is how far a task or an item has come.
type State string

// The states. A task is done when at least one item is, and failed when none is.
const (
	Queued    State = "queued"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// States are all of them, in the order in which they come.
func States() []State { return []State{Queued, Running, Done, Failed, Cancelled} }

// Finished reports whether nothing happens any more.
func (s State) Finished() bool { return s == Done || s == Failed || s == Cancelled }

// Counts are the items of a task by their state.
type Counts struct {
	Total, Queued, Running, Done, Failed, Cancelled int
}

func (c Counts) finished() int { return c.Done + c.Failed + c.Cancelled }

// state is that of a task whose items have all finished.
func (c Counts) state() State {
	switch {
	case c.Done > 0:
		return Done
	case c.Failed > 0:
		return Failed
	}
	return Cancelled
}

// ValidID reports whether a task could be called so.
func ValidID(id string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	return len(id) == idLength && strings.Trim(id, letters) == ""
}

// Task is what is known of one.
type Task struct {
	ID       string
	State    State
	Created  time.Time
	Started  *time.Time // none before the first item is begun
	Finished *time.Time
	Expires  *time.Time // when it is forgotten; none before it has finished
	Counts   Counts
	Options  json.RawMessage // as they were given
}

// Progress is the share of items that have finished, 0…1.
func (t Task) Progress() float64 {
	return float64(t.Counts.finished()) / float64(t.Counts.Total)
}

// Result is what has become of one item.
type Result struct {
	Item
	Index    int // from 0, in the order in which they were given
	State    State
	Attempts int      // that came to an end
	Made     *Made    // when done
	Failure  *Failure // when failed
}
