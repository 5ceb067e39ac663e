package proxy

import "time"

// Stats count what a Proxy has done since it was made.
type Stats struct {
	Uses    map[Use]uint64 // how originals were used that were not fresh; every use but UsedFresh is always there
	Purges  uint64
	Purged  uint64 // entries that went in those
	Expired uint64 // uploads removed since their end had come
	Flights int    // pieces of work that somebody waits for
	Refused int    // sources whose origin said that it can't be had, remembered now
}

// Stats returns the counts so far.
func (p *Proxy) Stats() Stats {
	stats := Stats{
		Uses:   make(map[Use]uint64, useCount),
		Purges: p.purges.Load(), Purged: p.purgedEntries.Load(), Expired: p.expired.Load(),
		Flights: p.originals.count() + p.uploads.count() + p.pictures.count() + p.descriptions.count(),
	}
	for use := UsedNew; use < useCount; use++ {
		stats.Uses[use] = p.uses[use].Load()
	}
	now := time.Now()
	for _, one := range p.refusals.Values() {
		if now.Before(one.until) {
			stats.Refused++
		}
	}
	return stats
}
