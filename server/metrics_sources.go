package server

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"api-resize/batch"
	"api-resize/cache"
	"api-resize/origin"
	"api-resize/proxy"
)

// WatchSlots shows the state of the processing slots and their queue.
func (m *Metrics) WatchSlots(slots *proxy.Slots) {
	gauge := func(name, help string, read func(proxy.SlotStats) float64) {
		m.Gauge(name, help, func() float64 { return read(slots.Stats()) }, nil)
	}
	m.watchWaits(slots)
	gauge("api_resize_slots", "Pictures that may be made at once.", func(s proxy.SlotStats) float64 { return float64(s.Count) })
	gauge("api_resize_slots_in_use", "Pictures being made.", func(s proxy.SlotStats) float64 { return float64(s.InUse) })
	gauge("api_resize_queue_depth", "Requests waiting for a slot.", func(s proxy.SlotStats) float64 { return float64(s.Waiting) })
	gauge("api_resize_background_waiting", "Pictures that nobody waits for, waiting for what others leave of the slots.", func(s proxy.SlotStats) float64 { return float64(s.InBackground) })
	gauge("api_resize_memory_budget_bytes", "Bytes that pictures in work may need together.", func(s proxy.SlotStats) float64 { return float64(s.Bytes) })
	gauge("api_resize_queue_seconds", "Time until all that waits now is expected to be done.", func(s proxy.SlotStats) float64 { return s.Backlog.Seconds() })
	gauge("api_resize_queue_held_bytes", "Bytes of originals that those who wait for a slot hold.", func(s proxy.SlotStats) float64 { return float64(s.Held) })
	gauge("api_resize_memory_reserved_bytes", "Bytes that pictures in work are estimated to need.", func(s proxy.SlotStats) float64 { return float64(s.Reserved) })
}

// waitBuckets are in seconds; the longest wait is two, unless configured.
var waitBuckets = []float64{0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60}

// watchWaits shows how long everybody waits for a slot, refused ones included.
func (m *Metrics) watchWaits(slots *proxy.Slots) {
	waits := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "api_resize_queue_wait_seconds", Buckets: waitBuckets,
		Help: "Waits for a slot, by result: granted, refused (counts with processing.queue_wait), left.",
	}, []string{"result"})
	m.Registry.MustRegister(waits)
	observers := map[proxy.WaitResult]prometheus.Observer{}
	for _, result := range []proxy.WaitResult{proxy.WaitGranted, proxy.WaitRefused, proxy.WaitLeft} {
		observers[result] = waits.WithLabelValues(result.String())
	}
	slots.Observe(func(result proxy.WaitResult, waited time.Duration) { observers[result].Observe(waited.Seconds()) })
}

// WatchProxy shows how originals were used that were not fresh, what was
// refused and purged, and what is under way.
func (m *Metrics) WatchProxy(core *proxy.Proxy) {
	for use := range core.Stats().Uses {
		m.Counter("api_resize_originals_total", "Originals that were not fresh, by what was done: new, replaced, revalidated, stale-while-revalidate, stale-if-error.",
			func() float64 { return float64(core.Stats().Uses[use]) }, prometheus.Labels{"use": use.String()})
	}
	for reason := range core.Slots.Stats().Refused {
		m.Counter("api_resize_overload_total", "Work that was refused, by reason.",
			func() float64 { return float64(core.Slots.Stats().Refused[reason]) }, prometheus.Labels{"reason": reason.String()})
	}
	m.Counter("api_resize_purges_total", "Purges and deletions.", func() float64 { return float64(core.Stats().Purges) }, nil)
	m.Counter("api_resize_purged_entries_total", "Entries removed by purges and deletions.", func() float64 { return float64(core.Stats().Purged) }, nil)
	m.Counter("api_resize_uploads_expired_total", "Uploads removed since their end had come.", func() float64 { return float64(core.Stats().Expired) }, nil)
	m.Gauge("api_resize_flights", "Fetches and pictures under way that somebody waits for.", func() float64 { return float64(core.Stats().Flights) }, nil)
	m.Gauge("api_resize_refused_sources", "Sources of which it is remembered that their origin could not give them.", func() float64 { return float64(core.Stats().Refused) }, nil)
}

// WatchCache shows the state of each tier and of the writes between them.
func (m *Metrics) WatchCache(tiers *cache.Tiers) {
	for i, tier := range tiers.PerTier() {
		labels := prometheus.Labels{"tier": tier.Name}
		gauge := func(name, help string, read func(cache.Stats) float64) {
			m.Gauge("api_resize_cache_"+name, help, func() float64 { return read(tiers.PerTier()[i].Stats) }, labels)
		}
		counter := func(name, help string, read func(cache.Stats) uint64) {
			m.Counter("api_resize_cache_"+name, help, func() float64 { return float64(read(tiers.PerTier()[i].Stats)) }, labels)
		}
		gauge("entries", "Entries in the cache.", func(s cache.Stats) float64 { return float64(s.Entries) })
		gauge("bytes", "Bytes the cache occupies.", func(s cache.Stats) float64 { return float64(s.Bytes) })
		gauge("limit_bytes", "Bytes the cache may occupy.", func(s cache.Stats) float64 { return float64(s.Limit) })
		counter("hits_total", "Look-ups answered.", func(s cache.Stats) uint64 { return s.Hits })
		counter("misses_total", "Look-ups not answered.", func(s cache.Stats) uint64 { return s.Misses })
		counter("puts_total", "Entries stored.", func(s cache.Stats) uint64 { return s.Puts })
		counter("evictions_total", "Entries removed to make room.", func(s cache.Stats) uint64 { return s.Evictions })
		counter("corrupt_total", "Entries removed because they were damaged.", func(s cache.Stats) uint64 { return s.Corrupt })
		counter("refused_total", "Entries not taken.", func(s cache.Stats) uint64 { return s.Refused })
		counter("errors_total", "Operations that failed in the operating system.", func(s cache.Stats) uint64 { return s.Errors })
	}
	m.Gauge("api_resize_cache_queue_bytes", "Bytes waiting to be written to disk.", func() float64 { return float64(tiers.Queue().Bytes) }, nil)
	m.Counter("api_resize_cache_queue_dropped_total", "Writes to disk given up for want of room in the queue.", func() float64 { return float64(tiers.Queue().Dropped) }, nil)
}

// WatchUploads shows how many uploads there are; the numbers are a minute old.
func (m *Metrics) WatchUploads(read func() origin.Totals) {
	m.Gauge("api_resize_uploads", "Uploads that are kept.", func() float64 { return float64(read().Count) }, nil)
	m.Gauge("api_resize_upload_bytes", "Bytes of the originals of uploads.", func() float64 { return float64(read().Bytes) }, nil)
}

// WatchFetches shows how fetches from HTTP origins ended.
func (m *Metrics) WatchFetches(read func() origin.WebStats) {
	for result := range read().Results {
		m.Counter("api_resize_origin_fetches_total", "Fetches from HTTP origins, by result.",
			func() float64 { return float64(read().Results[result]) }, prometheus.Labels{"result": result})
	}
	m.Counter("api_resize_origin_retries_total", "Fetches from HTTP origins that were tried again.", func() float64 { return float64(read().Retries) }, nil)
	m.Counter("api_resize_origin_bytes_total", "Bytes of originals fetched from HTTP origins.", func() float64 { return float64(read().Bytes) }, nil)
	m.Counter("api_resize_origin_refused_total", "Fetches not sent, since the origin's breaker is open.", func() float64 { return float64(read().Refused) }, nil)
	m.Gauge("api_resize_origin_breakers_open", "HTTP origins that are left alone for a while.", func() float64 { return float64(read().BreakersOpen) }, nil)
	m.Gauge("api_resize_origin_fetches_open", "Fetches from HTTP origins under way.", func() float64 { return float64(read().Open) }, nil)
}

// WatchMemory shows libvips' own memory, in bytes.
func (m *Metrics) WatchMemory(read func() (current, peak int64)) {
	m.Gauge("api_resize_vips_memory_bytes", "Memory that libvips holds.", func() float64 { now, _ := read(); return float64(now) }, nil)
	m.Gauge("api_resize_vips_memory_peak_bytes", "The most that libvips held at once.", func() float64 { _, peak := read(); return float64(peak) }, nil)
}

// WatchTasks shows what is to be made in the background, and what this process
// has made.
func (m *Metrics) WatchTasks(tasks interface {
	Stats(ctx context.Context) (batch.Stats, error)
}) {
	read := atMostEvery(time.Second, func() batch.Stats {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		stats, _ := tasks.Stats(ctx) // a database that does not answer shows elsewhere
		return stats
	})
	for _, state := range batch.States() {
		m.Gauge("api_resize_tasks", "Tasks that are remembered, by state, those of all processes.",
			func() float64 { return float64(read().Tasks[state]) }, prometheus.Labels{"state": string(state)})
	}
	for result, count := range map[string]func(batch.Stats) uint64{
		"done": func(s batch.Stats) uint64 { return s.Done }, "failed": func(s batch.Stats) uint64 { return s.Failed },
		"cancelled": func(s batch.Stats) uint64 { return s.Cancelled },
	} {
		m.Counter("api_resize_task_items_total", "Items of tasks that this process has ended, by result.",
			func() float64 { return float64(count(read())) }, prometheus.Labels{"result": result})
	}
	m.Counter("api_resize_task_retries_total", "Attempts at items that failed and are made again.", func() float64 { return float64(read().Retried) }, nil)
	m.Gauge("api_resize_task_items_waiting", "Items of tasks that wait to be made.", func() float64 { return float64(read().Waiting) }, nil)
	m.Gauge("api_resize_task_items_running", "Items of tasks being made, by all processes.", func() float64 { return float64(read().Running) }, nil)
	m.Gauge("api_resize_task_oldest_seconds", "Time since the oldest task was added that has not finished.", func() float64 { return read().Oldest.Seconds() }, nil)
	m.Gauge("api_resize_task_workers", "Items of tasks that this process makes at once, at most.", func() float64 { return float64(read().Workers) }, nil)
}

// atMostEvery remembers what was read for a while: one look at the metrics asks
// for many of them.
func atMostEvery[T any](life time.Duration, read func() T) func() T {
	var mu sync.Mutex
	var last T
	var at time.Time
	return func() T {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(at) > life {
			last, at = read(), time.Now()
		}
		return last
	}
}
