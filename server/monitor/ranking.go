package monitor

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// A ranking keeps the last hour in parts of five minutes, in each of which it has
// at most so many rows; all four together take a megabyte and a half at most.
const (
	rankingParts = 12
	rankingPart  = 5 * time.Minute
	rankingRows  = 64
	rankingShown = 10
)

// Row is what is remembered of one source or origin.
type Row struct {
	Name      string        `json:"name"`
	Count     uint64        `json:"count"` // at least so often
	Slowest   time.Duration `json:"-"`
	Seconds   float64       `json:"seconds"`        // Slowest
	Code      string        `json:"code,omitempty"` // of the newest failure
	RequestID string        `json:"request_id"`     // the slowest, or the newest failure
	At        time.Time     `json:"time"`           // of that

	inherited uint64 // of Count, what may have been others
}

// by is what rows are ranked by.
type by uint8

const (
	bySlowest by = iota
	byCount
)

func (b by) weight(row *Row) int64 {
	if b == bySlowest {
		return int64(row.Slowest)
	}
	return int64(row.Count)
}

// ranking finds the greatest of any number of names with a bounded number of
// rows. By slowest it is exact. By count it is the space-saving algorithm: a newcomer takes
// the place of the least, with its count; so whatever is more than a 64th of all
// is there, and what was inherited is not told.
type ranking struct {
	by by

	mu    sync.Mutex
	parts [rankingParts]map[string]*Row // the current one first
	begun time.Time                     // of the current one
}

// maxName bounds a name in a table, in bytes.
const maxName = 200

func (r *ranking) add(name string, row Row) {
	if name == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(row.At)
	row.Name = shortened(name)
	current := r.parts[0]
	if known := current[row.Name]; known != nil {
		r.merge(known, &row)
		return
	}
	if len(current) >= rankingRows {
		least := r.least(current)
		switch {
		case r.by == byCount:
			row.Count, row.inherited = row.Count+least.Count, least.Count
		case row.Slowest <= least.Slowest:
			return
		}
		delete(current, least.Name)
	}
	current[row.Name] = &row
}

// turn begins a new part when the current one is over, and drops what is older
// than an hour.
func (r *ranking) turn(now time.Time) {
	for over := now.Sub(r.begun) / rankingPart; over > 0 || r.parts[0] == nil; over-- {
		if over >= rankingParts {
			r.parts, over = [rankingParts]map[string]*Row{}, 1
			r.begun = now.Add(-rankingPart)
		}
		copy(r.parts[1:], r.parts[:])
		r.parts[0] = map[string]*Row{}
		r.begun = r.begun.Add(rankingPart)
	}
}

// merge adds a row to one of the same name.
func (r *ranking) merge(known, row *Row) {
	newer := !row.At.Before(known.At)
	known.Count += row.Count
	known.inherited += row.inherited
	if r.by == bySlowest {
		newer = row.Slowest >= known.Slowest
	}
	known.Slowest = max(known.Slowest, row.Slowest)
	if newer {
		known.Code, known.RequestID, known.At = row.Code, row.RequestID, row.At
	}
}

func (r *ranking) least(rows map[string]*Row) *Row {
	var least *Row
	for _, row := range rows {
		if least == nil || r.by.weight(row) < r.by.weight(least) {
			least = row
		}
	}
	return least
}

// top returns the greatest of the last hour, greatest first.
func (r *ranking) top(now time.Time) []Row {
	r.mu.Lock()
	r.turn(now)
	all := map[string]*Row{}
	for _, part := range slices.Backward(r.parts[:]) {
		for name, row := range part {
			if all[name] == nil {
				all[name] = &Row{Name: name}
			}
			r.merge(all[name], row)
		}
	}
	r.mu.Unlock()
	rows := make([]Row, 0, len(all))
	for _, row := range all {
		row.Count -= row.inherited
		row.Seconds = row.Slowest.Seconds()
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(r.by.weight(&b), r.by.weight(&a)), cmp.Compare(a.Name, b.Name))
	})
	return rows[:min(len(rows), rankingShown)]
}

// shortened cuts a name, between characters, and shows that.
func shortened(text string) string {
	if len(text) <= maxName {
		return text
	}
	cut := 0
	for i := range text {
		if i > maxName-len("…") {
			break
		}
		cut = i
	}
	return text[:cut] + "…"
}
