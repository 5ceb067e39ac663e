package monitor

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"
)

// Monitor looks at the service and tells whoever watches. Make one with New.
type Monitor struct {
	parts   Parts
	hosts   hosts
	logger  *slog.Logger
	boot    string
	node    string
	started time.Time

	mu       sync.Mutex
	recent   recentCounts
	now      *Now
	history  []Point
	pointAt  time.Time         // of the newest point
	tasks    *TasksView        // nil until they were read
	told     map[string][]byte // sections as they were told last
	watchers map[*watcher]struct{}
	sequence uint64 // of messages

	askTasks chan struct{}   // holds a token when tasks are to be read at once
	life     context.Context // of all that it does
	end      context.CancelFunc
	ended    sync.WaitGroup
}

// New begins to look. Hosts are the names by which browsers may come, besides
// localhost and addresses.
func New(parts Parts, hostNames []string, logger *slog.Logger) *Monitor {
	var random [8]byte
	rand.Read(random[:]) // never fails, says its documentation
	node, err := os.Hostname()
	if err != nil {
		node = "unknown"
	}
	m := &Monitor{
		parts: parts, hosts: newHosts(hostNames), logger: logger,
		boot: hex.EncodeToString(random[:]), node: node, started: time.Now(),
		history: []Point{}, told: map[string][]byte{}, watchers: map[*watcher]struct{}{},
		askTasks: make(chan struct{}, 1),
	}
	// Lists, never null.
	m.parts.Build.Libraries = append([]Library{}, parts.Build.Libraries...)
	m.life, m.end = context.WithCancel(context.Background())
	m.look(m.started)
	m.ended.Go(m.run)
	if parts.Tasks != nil {
		m.ended.Go(m.watchTasks)
	}
	return m
}

// End has every watcher go; Close does so too. It is for the beginning of a
// shutdown, which waits for them.
func (m *Monitor) End() { m.end() }

// Close ends the looking.
func (m *Monitor) Close() error {
	m.end()
	m.ended.Wait()
	return nil
}

// liveInterval is how often watchers are told.
const liveInterval = time.Second

func (m *Monitor) run() {
	ticker := time.NewTicker(liveInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			m.tick()
		case <-m.life.Done():
			return
		}
	}
}

// tick looks when a point is due or somebody watches, and tells them.
func (m *Monitor) tick() {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now() // under the lock, so that no look is earlier than the one before
	due := now.Sub(m.pointAt) >= historyInterval-liveInterval/2
	if !due && len(m.watchers) == 0 {
		return
	}
	m.look(now)
	changes := Changes{Now: m.now}
	if due {
		next := point(m.now)
		changes.Point, m.pointAt = &next, now
		m.history = append(m.history, next)
		m.history = m.history[max(0, len(m.history)-historyPoints):]
	}
	if len(m.watchers) > 0 {
		m.sections(now, &changes, m.changed)
		m.tell(changes)
	}
}

// sections fills in what is not of every second, where wanted says so.
func (m *Monitor) sections(now time.Time, changes *Changes, wanted func(name string, value any) bool) {
	events := m.parts.Events
	if tasks := m.tasksView(); wanted("tasks", tasks) {
		changes.Tasks = tasks
	}
	if sources := (&Ranked{events.slowSources.top(now), events.failingSources.top(now)}); wanted("sources", sources) {
		changes.Sources = sources
	}
	if origins := (&Ranked{events.slowOrigins.top(now), events.failingOrigins.top(now)}); wanted("origins", origins) {
		changes.Origins = origins
	}
	if failures := events.failures.newest(); wanted("failures", failures) {
		changes.Failures = &failures
	}
}

// changed reports whether a section is another than was told last.
func (m *Monitor) changed(name string, value any) bool {
	encoded, err := json.Marshal(value)
	if err != nil || bytes.Equal(m.told[name], encoded) {
		return false
	}
	m.told[name] = encoded
	return true
}

// snapshot is everything as it is now.
func (m *Monitor) snapshot(now time.Time) Snapshot {
	m.look(now)
	s := Snapshot{
		Boot: m.boot, Node: m.node, Started: m.started, Build: m.parts.Build,
		History: History{Series: series, IntervalSeconds: historyInterval.Seconds(), Points: m.history},
		Changes: Changes{Now: m.now},
	}
	m.sections(now, &s.Changes, func(string, any) bool { return true })
	return s
}

// look reads what there is to read.
func (m *Monitor) look(at time.Time) {
	counted, codeNames := m.count(at)
	m.recent.add(counted)
	short, long := m.recent.since(shortSpan), m.recent.since(longSpan)
	core, fetches := m.parts.Proxy(), m.parts.Fetches()
	now := &Now{
		Time: at, State: m.parts.State(), UptimeSeconds: at.Sub(m.started).Round(time.Millisecond).Seconds(),
		RequestsPerSecond: map[string]float64{}, Requests: map[string]uint64{},
		Errors: []CodeRate{}, HitRatio: long.hits(),
		QueueWait:      QueueWait{P50Seconds: long.waits(0.5), P95Seconds: long.waits(0.95), Made: long.made()},
		Slots:          m.slots(),
		BytesPerSecond: Traffic{Served: short.served(), Fetched: short.fetched()},
		CPU:            CPU{Used: short.cores(), Count: runtime.GOMAXPROCS(0)},
		Caches:         m.caches(), DiskQueueBytes: m.parts.Queue().Bytes,
		Flights: core.Flights, RefusedSources: core.Refused,
		FetchesOpen: fetches.Open, BreakersOpen: fetches.BreakersOpen,
		Watchers: len(m.watchers),
	}
	now.Memory, now.Goroutines = m.memory()
	for outcome, name := range outcomeNames {
		now.RequestsPerSecond[name] = short.requests(Outcome(outcome))
		now.Requests[name] = counted.requests[outcome]
	}
	for i, code := range codeNames {
		now.Errors = append(now.Errors, CodeRate{code, long.rate(long.from.codes[i], long.to.codes[i]), counted.codes[i]})
	}
	m.now = now
}

func (m *Monitor) slots() Slots {
	s := m.parts.Slots()
	return Slots{
		Count: s.Count, InUse: s.InUse, Waiting: s.Waiting, BacklogSeconds: rounded(s.Backlog.Seconds()),
		BudgetBytes: s.Bytes, ReservedBytes: s.Reserved,
	}
}

func (m *Monitor) memory() (Memory, uint64) {
	libvips, _ := m.parts.Memory()
	heap, goroutines := goRuntime()
	return Memory{Resident: residentBytes(), GoHeap: heap, Libvips: libvips}, goroutines
}

func (m *Monitor) caches() []Cache {
	caches := []Cache{}
	for _, tier := range m.parts.Tiers() {
		caches = append(caches, Cache{
			Tier: tier.Name, Entries: tier.Entries, Bytes: tier.Bytes, LimitBytes: tier.Limit,
			Hits: tier.Hits, Misses: tier.Misses, Evictions: tier.Evictions,
			Corrupt: tier.Corrupt, Refused: tier.Refused, Errors: tier.Errors, Reading: tier.Walking,
		})
	}
	return caches
}
