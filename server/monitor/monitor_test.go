package monitor

import (
	"encoding/json"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// live returns the newest state, read as scripts do.
func (m *Monitor) live(t *testing.T) Snapshot {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	data, err := json.Marshal(m.snapshot(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	var read Snapshot
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// bubble runs a test of a Monitor in time that passes as soon as nobody works.
func bubble(t *testing.T, parts Parts, test func(t *testing.T, m *Monitor)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := New(parts, nil, slog.New(slog.DiscardHandler))
		defer m.Close()
		test(t, m)
	})
}

// TestRates are of the last seconds, ratios and waits of the last minute.
func TestRates(t *testing.T) {
	parts := fakeParts()
	bubble(t, parts, func(t *testing.T, m *Monitor) {
		for range 50 {
			for range 8 {
				parts.Events.Answered(FromMemory, 1000)
			}
			parts.Events.Answered(FromDisk, 1000)
			parts.Events.Answered(Made, 1000)
			parts.Events.Worked(Subject{Source: "a", Origin: "o", At: time.Now()}, Work{Took: time.Second, Queue: 100 * time.Millisecond})
			time.Sleep(100 * time.Millisecond)
		}
		now := m.live(t).Now
		if now.RequestsPerSecond["memory"] != 80 || now.RequestsPerSecond["made"] != 10 || now.BytesPerSecond.Served != 100_000 {
			t.Errorf("rates %v, traffic %v", now.RequestsPerSecond, now.BytesPerSecond)
		}
		if now.HitRatio == nil || *now.HitRatio != (HitRatio{0.8, 0.1, 0.1}) {
			t.Errorf("hits %+v", now.HitRatio)
		}
		if p := now.QueueWait.P95Seconds; p == nil || *p < 0.088 || *p > 0.113 || now.QueueWait.Made != 50 {
			t.Errorf("waits %+v", now.QueueWait)
		}
		time.Sleep(20 * time.Second)
		if now := m.live(t).Now; now.RequestsPerSecond["memory"] != 0 || now.HitRatio == nil || now.Requests["memory"] != 400 {
			t.Errorf("20 s later: %+v", now)
		}
		time.Sleep(time.Minute)
		if now := m.live(t).Now; now.HitRatio != nil || now.QueueWait.P95Seconds != nil {
			t.Errorf("more than a minute later: %+v %+v", now.HitRatio, now.QueueWait)
		}
	})
}

// TestHistory has a point each five seconds, and an hour of them.
func TestHistory(t *testing.T) {
	parts := fakeParts()
	bubble(t, parts, func(t *testing.T, m *Monitor) {
		began := time.Now()
		time.Sleep(time.Minute + time.Second/2)
		history := m.live(t).History
		if got := len(history.Points); got < 12 || got > 13 {
			t.Errorf("%d points after a minute", got)
		}
		for range 10 {
			parts.Events.Answered(FromMemory, 0)
		}
		time.Sleep(2 * time.Hour)
		history = m.live(t).History
		if len(history.Points) != historyPoints {
			t.Fatalf("%d points", len(history.Points))
		}
		for i, one := range history.Points {
			if len(one.Values) != len(history.Series) {
				t.Fatalf("%d values of %d", len(one.Values), len(history.Series))
			}
			if i > 0 && one.Time-history.Points[i-1].Time != historyInterval.Milliseconds() {
				t.Errorf("point %d comes %d ms after the one before", i, one.Time-history.Points[i-1].Time)
			}
		}
		if first := history.Points[0].Time - began.UnixMilli(); first < time.Hour.Milliseconds() {
			t.Errorf("the first point is of %d ms after the start", first)
		}
		if len(m.recent) > 70 {
			t.Errorf("%d counts are held", len(m.recent))
		}
	})
}

// TestSeriesStandWhereTheyAreNamed: each by a value that no other has.
func TestSeriesStandWhereTheyAreNamed(t *testing.T) {
	half, most := 1.5, 2.5
	now := &Now{
		RequestsPerSecond: map[string]float64{}, HitRatio: &HitRatio{Memory: 0.25, Disk: 0.5},
		Slots: Slots{InUse: 21, Waiting: 22}, QueueWait: QueueWait{P50Seconds: &half, P95Seconds: &most},
		BytesPerSecond: Traffic{31, 32}, CPU: CPU{Used: 41}, Memory: Memory{51, 52, 53},
	}
	want := map[string]float64{
		"hit_ratio": 0.75, "slots_in_use": 21, "waiting": 22, "wait_p50": 1.5, "wait_p95": 2.5, "served": 31, "fetched": 32,
		"cpu": 41, "resident": 51, "heap": 52, "libvips": 53,
	}
	for i, name := range outcomeNames {
		now.RequestsPerSecond[name] = float64(100 + i)
		want[name] = float64(100 + i)
	}
	values := point(now).Values
	if len(values) != len(series) || len(want) != len(series) {
		t.Fatalf("%d values, %d wanted of %d series", len(values), len(want), len(series))
	}
	for i, name := range series {
		if values[i] == nil || *values[i] != want[name] {
			t.Errorf("%s: %v, want %v", name, values[i], want[name])
		}
	}
}

func TestRounded(t *testing.T) {
	for given, want := range map[float64]float64{0: 0, 1: 1, 123456: 123500, 0.00012345: 0.0001235, -2.71828: -2.718} {
		if got := rounded(given); got != want && (got-want)/want > 1e-12 {
			t.Errorf("%v: %v, want %v", given, got, want)
		}
	}
}

// BenchmarkAnswered is what the monitor costs an answer from the cache.
func BenchmarkAnswered(b *testing.B) {
	events := NewEvents()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			events.Answered(FromMemory, 15_000)
		}
	})
}

// BenchmarkLook is what a look costs, once a second while somebody watches.
func BenchmarkLook(b *testing.B) {
	m := newFake(b, fakeParts())
	for i := range 1000 {
		m.parts.Events.Failed(Subject{Source: string(rune('a' + i%90)), RequestID: "r", At: time.Now()}, Failure{Code: "corrupt_image", BySource: true})
	}
	b.ReportAllocs()
	for b.Loop() {
		m.mu.Lock()
		m.look(time.Now())
		changes := Changes{Now: m.now}
		m.sections(time.Now(), &changes, m.changed)
		m.tell(changes)
		m.mu.Unlock()
	}
}
