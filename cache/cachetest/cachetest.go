// Package cachetest is what every cache.Store must do, as a test suite: a
// store's own test is a constructor and the faults only it can have.
package cachetest

import (
	"testing"

	"api-resize/cache"
)

// Run runs the suite. open returns a new, empty store of 8 to 64 MiB per tier;
// the suite closes it.
func Run(t *testing.T, open func(t *testing.T) cache.Store) {
	rules := []struct {
		name string
		run  func(t *testing.T, s cache.Store)
	}{
		{"returns what was put", roundTrip},
		{"keeps attributes without a body", links},
		{"misses what was not put", miss},
		{"tells what it has", has},
		{"telling what it has is no use of it", hasIsNoUse},
		{"replaces", replaces},
		{"a refused put leaves no older value", refusedPut},
		{"keys are any bytes and never mix", binaryKeys},
		{"refuses what is too big", tooBig},
		{"names the variants of one source", variants},
		{"forgets all of one source and nothing else", forgets},
		{"a forget beats a fill that began before", forgetBeatsFill},
		{"forgets all sources that match and no others", forgetsWhere},
		{"forgets everything", forgetsEverything},
		{"a purge beats fills that began before", forgetWhereBeatsFill},
		{"a purge beats fills that begin meanwhile", forgetWhereBeatsFillsMeanwhile},
		{"purges beside work", forgetsWhereBesideWork},
		{"keeps its bound, and what it returned", keepsBound},
		{"serves many at once", manyAtOnce},
		{"is over after Close", closes},
	}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			s := open(t)
			defer s.Close()
			rule.run(t, s)
		})
	}
}
