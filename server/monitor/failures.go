package monitor

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// maxFailures is how many different failures are remembered. Those that differ
// in their request alone are one, so that a flood of one kind hides no other.
const maxFailures = 100

// FailureRow is one kind of failure, with its newest request.
type FailureRow struct {
	Route     string    `json:"route"`
	Status    int       `json:"status"`
	Code      string    `json:"code"`
	Source    string    `json:"source"`
	Count     uint64    `json:"count"`
	RequestID string    `json:"request_id"`
	Time      time.Time `json:"time"`
	Seconds   float64   `json:"seconds"` // until it was answered
}

// failures are those seen last, one row of each kind.
type failures struct {
	mu   sync.Mutex
	rows []FailureRow
}

func (f *failures) add(subject Subject, failure Failure) {
	row := FailureRow{
		Route: failure.Route, Status: failure.Status, Code: failure.Code, Source: shortened(subject.Source),
		Count: 1, RequestID: subject.RequestID, Time: subject.At, Seconds: failure.Took.Seconds(),
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	oldest := 0
	for i := range f.rows {
		known := &f.rows[i]
		if known.Code == row.Code && known.Source == row.Source && known.Route == row.Route && known.Status == row.Status {
			row.Count += known.Count
			*known = row
			return
		}
		if known.Time.Before(f.rows[oldest].Time) {
			oldest = i
		}
	}
	if len(f.rows) < maxFailures {
		f.rows = append(f.rows, row)
		return
	}
	f.rows[oldest] = row
}

// newest returns all of them, newest first.
func (f *failures) newest() []FailureRow {
	f.mu.Lock()
	rows := append([]FailureRow{}, f.rows...)
	f.mu.Unlock()
	slices.SortStableFunc(rows, func(a, b FailureRow) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.RequestID, b.RequestID))
	})
	return rows
}
