package cache

import (
	"sync"
	"sync/atomic"
)

// Generation counts how often a source was forgotten, alone or with others. It only grows, so the
// sum of two stores' generations changes whenever one of them does: Tiers
// relies on that.
type Generation uint64

// stripeCount of stripes: with fewer, unrelated sources wait for each other
// and a Forget refuses more innocent fills; each costs 64 bytes.
const stripeCount = 1024

// stripes order the publishing and the forgetting of one source, in constant
// memory: sources share a stripe by hash. A Forget of one thus refuses
// fills in flight of about a thousandth of the others, which are made anew.
type stripes [stripeCount]stripe

// stripe is held while an entry is published, removed or forgotten, never
// while a body is read or written.
type stripe struct {
	sync.Mutex
	forgotten atomic.Uint64
	_         [48]byte // one cache line each
}

// advance is the forgetting of sources that may be in any stripe. It waits for
// what is being published.
func (s *stripes) advance() {
	for i := range s {
		s[i].Lock()
		s[i].forgotten.Add(1)
		s[i].Unlock()
	}
}

func (s *stripes) of(hash uint64) *stripe { return &s[hash%stripeCount] }

func (s *stripe) generation() Generation { return Generation(s.forgotten.Load()) }
