package monitor

import "time"

// The history is one point each five seconds, of an hour.
const (
	historyInterval = 5 * time.Second
	historyPoints   = int(time.Hour / historyInterval)
)

// series are what is kept of the past, in the order in which they stand in a
// Point.
var series = []string{
	"memory", "disk", "joined", "made", "not_modified", "client_error", "server_error", "other", // requests a second
	"hit_ratio",               // 0…1, of the last minute
	"slots_in_use", "waiting", // now
	"wait_p50", "wait_p95", // seconds, of the last minute
	"served", "fetched", // bytes a second
	"cpu",                         // processors
	"resident", "heap", "libvips", // bytes
}

// Point is a moment of the past.
type Point struct {
	Time   int64      `json:"time"`   // Unix milliseconds
	Values []*float64 `json:"values"` // by series; null where there was nothing to measure
}

// History is the past, oldest point first.
type History struct {
	Series          []string `json:"series"`
	IntervalSeconds float64  `json:"interval_seconds"`
	Points          []Point  `json:"points"`
}

// point is what the history keeps of a moment.
func point(now *Now) Point {
	p := Point{Time: now.Time.UnixMilli(), Values: make([]*float64, 0, len(series))}
	add := func(values ...float64) {
		for _, value := range values {
			value = rounded(value)
			p.Values = append(p.Values, &value)
		}
	}
	for _, name := range outcomeNames {
		add(now.RequestsPerSecond[name])
	}
	if now.HitRatio != nil {
		add(now.HitRatio.Memory + now.HitRatio.Disk)
	} else {
		p.Values = append(p.Values, nil)
	}
	add(float64(now.Slots.InUse), float64(now.Slots.Waiting))
	p.Values = append(p.Values, now.QueueWait.P50Seconds, now.QueueWait.P95Seconds)
	add(now.BytesPerSecond.Served, now.BytesPerSecond.Fetched, now.CPU.Used,
		float64(now.Memory.Resident), float64(now.Memory.GoHeap), float64(now.Memory.Libvips))
	return p
}
