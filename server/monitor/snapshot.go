package monitor

import (
	"math"
	"time"
)

// Snapshot is all that the monitor tells, of one moment.
type Snapshot struct {
	Boot    string    `json:"boot"` // differs after each start
	Node    string    `json:"node"`
	Started time.Time `json:"started"`
	Build   Build     `json:"build"`
	History History   `json:"history"`
	Changes
}

// Changes are what may differ a second later. What is missing has not changed.
type Changes struct {
	Now      *Now          `json:"now,omitempty"`
	Point    *Point        `json:"point,omitempty"` // one more for the history
	Tasks    *TasksView    `json:"tasks,omitempty"`
	Sources  *Ranked       `json:"sources,omitempty"`
	Origins  *Ranked       `json:"origins,omitempty"`
	Failures *[]FailureRow `json:"failures,omitempty"`
}

// Now is the state of this moment. Rates are of the last five seconds where they
// don't say otherwise.
type Now struct {
	Time              time.Time          `json:"time"`
	State             string             `json:"state"`
	UptimeSeconds     float64            `json:"uptime_seconds"`
	RequestsPerSecond map[string]float64 `json:"requests_per_second"` // by outcome
	Requests          map[string]uint64  `json:"requests"`            // since the start
	Errors            []CodeRate         `json:"errors"`              // by code
	HitRatio          *HitRatio          `json:"hit_ratio"`           // of the last minute
	QueueWait         QueueWait          `json:"queue_wait"`
	Slots             Slots              `json:"slots"`
	BytesPerSecond    Traffic            `json:"bytes_per_second"`
	Memory            Memory             `json:"memory"`
	CPU               CPU                `json:"cpu"`
	Goroutines        uint64             `json:"goroutines"`
	Caches            []Cache            `json:"caches"`
	DiskQueueBytes    int64              `json:"disk_queue_bytes"` // waiting to be written
	Flights           int                `json:"flights"`
	RefusedSources    int                `json:"refused_sources"`
	FetchesOpen       int64              `json:"fetches_open"`
	BreakersOpen      int                `json:"breakers_open"`
	Watchers          int                `json:"watchers"`
}

// CodeRate is how often a code of problems was answered.
type CodeRate struct {
	Code      string  `json:"code"`
	PerSecond float64 `json:"per_second"` // in the last minute
	Total     uint64  `json:"total"`      // since the start
}

// HitRatio is where pictures came from, as shares of 1.
type HitRatio struct {
	Memory float64 `json:"memory"`
	Disk   float64 `json:"disk"`
	None   float64 `json:"none"` // joined or made
}

// QueueWait is how long pictures that were made in the last minute waited for a
// slot; null when there were none.
type QueueWait struct {
	P50Seconds *float64 `json:"p50_seconds"`
	P95Seconds *float64 `json:"p95_seconds"`
	Made       uint64   `json:"made"`
}

// Slots are those in which pictures are made.
type Slots struct {
	Count          int     `json:"count"`
	InUse          int     `json:"in_use"`
	Waiting        int     `json:"waiting"`
	BacklogSeconds float64 `json:"backlog_seconds"` // until all that waits would be done
	BudgetBytes    int64   `json:"budget_bytes"`
	ReservedBytes  int64   `json:"reserved_bytes"`
}

// Traffic is in bytes, of one second.
type Traffic struct {
	Served  float64 `json:"served"`  // bodies of answers
	Fetched float64 `json:"fetched"` // originals from HTTP origins
}

// Memory is in bytes.
type Memory struct {
	Resident uint64 `json:"resident"` // of the whole process; 0 when the system does not tell
	GoHeap   uint64 `json:"go_heap"`
	Libvips  int64  `json:"libvips"`
}

// CPU is in processors.
type CPU struct {
	Used  float64 `json:"used"`
	Count int     `json:"count"`
}

// Cache is one tier.
type Cache struct {
	Tier       string `json:"tier"`
	Entries    int64  `json:"entries"`
	Bytes      int64  `json:"bytes"`
	LimitBytes int64  `json:"limit_bytes"`
	Hits       uint64 `json:"hits"`
	Misses     uint64 `json:"misses"`
	Evictions  uint64 `json:"evictions"`
	Corrupt    uint64 `json:"corrupt"`
	Refused    uint64 `json:"refused"`
	Errors     uint64 `json:"errors"`
	Reading    bool   `json:"reading"` // its folder is still being read
}

// Ranked are the greatest of the last hour, greatest first.
type Ranked struct {
	Slowest []Row `json:"slowest"`
	Failing []Row `json:"failing"`
}

// rounded keeps four digits, which is what a chart can show.
func rounded(value float64) float64 {
	if value == 0 || math.IsInf(value, 0) || math.IsNaN(value) {
		return 0
	}
	scale := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(value))))
	return math.Round(value*scale) / scale
}
