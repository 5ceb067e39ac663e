package monitor

import (
	"slices"
	"time"
)

// counts are what only grows, at one moment.
type counts struct {
	at       time.Time
	requests [outcomes]uint64
	codes    [maxCodes]uint64
	waits    [waitBuckets]uint64
	served   uint64 // bytes
	fetched  uint64 // bytes
	cpu      time.Duration
}

func (m *Monitor) count(now time.Time) (counts, []string) {
	c := counts{at: now, served: m.parts.Events.served.Load(), fetched: m.parts.Fetches().Bytes, cpu: processorTime()}
	for outcome := range c.requests {
		c.requests[outcome] = m.parts.Events.requests[outcome].Load()
	}
	c.waits = m.parts.Events.waits.read()
	var names []string
	names, c.codes = m.parts.Events.codes.read()
	return c, names
}

// Spans over which rates are taken: what is now, and what can be trusted where
// little happens.
const (
	shortSpan = 5 * time.Second
	longSpan  = time.Minute
)

// memory of counts: those of the last minute, oldest first.
type recentCounts []counts

// add keeps what is needed to look back for longSpan.
func (r *recentCounts) add(c counts) {
	*r = append(*r, c)
	old := 0
	for old+1 < len(*r) && c.at.Sub((*r)[old+1].at) >= longSpan {
		old++
	}
	*r = slices.Delete(*r, 0, old)
}

// since is the difference between the newest counts and those of a span before,
// or of the oldest that are known.
func (r recentCounts) since(span time.Duration) difference {
	newest := r[len(r)-1]
	before := r[0]
	for _, c := range r {
		// Ticks are not exact: half a second less is near enough.
		if newest.at.Sub(c.at) < span-time.Second/2 {
			break
		}
		before = c
	}
	return difference{from: before, to: newest, seconds: newest.at.Sub(before.at).Seconds()}
}

// difference is what happened between two moments.
type difference struct {
	from, to counts
	seconds  float64
}

// rate is per second; 0 when no time has passed.
func (d difference) rate(from, to uint64) float64 {
	if d.seconds <= 0 {
		return 0
	}
	return rounded(float64(to-from) / d.seconds)
}

func (d difference) requests(outcome Outcome) float64 {
	return d.rate(d.from.requests[outcome], d.to.requests[outcome])
}

func (d difference) served() float64  { return d.rate(d.from.served, d.to.served) }
func (d difference) fetched() float64 { return d.rate(d.from.fetched, d.to.fetched) }

// cores is how many processors were used.
func (d difference) cores() float64 {
	if d.seconds <= 0 {
		return 0
	}
	return rounded((d.to.cpu - d.from.cpu).Seconds() / d.seconds)
}

// waits are quantiles in seconds; nil when nothing was made.
func (d difference) waits(share float64) *float64 {
	waited := d.to.waits
	for i := range waited {
		waited[i] -= d.from.waits[i]
	}
	wait, ok := quantile(&waited, share)
	if !ok {
		return nil
	}
	seconds := rounded(wait.Seconds())
	return &seconds
}

// made is how many pictures were made.
func (d difference) made() uint64 { return d.to.requests[Made] - d.from.requests[Made] }

// hits are the shares of pictures that came from memory and from disk; nil when
// none were asked for.
func (d difference) hits() *HitRatio {
	of := func(outcome Outcome) float64 { return float64(d.to.requests[outcome] - d.from.requests[outcome]) }
	all := of(FromMemory) + of(FromDisk) + of(Joined) + of(Made)
	if all == 0 {
		return nil
	}
	return &HitRatio{
		Memory: rounded(of(FromMemory) / all), Disk: rounded(of(FromDisk) / all), None: rounded((of(Joined) + of(Made)) / all),
	}
}
