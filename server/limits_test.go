package server

import (
	"fmt"
	"testing"
	"time"
)

func TestClientLimits(t *testing.T) {
	limits := newClientLimits(Config{ClientRate: 2, ClientBurst: 3})
	now := time.Unix(1_700_000_000, 0)
	for i := range 3 {
		if _, ok := limits.take("one", now); !ok {
			t.Fatalf("request %d of a burst of 3 refused", i+1)
		}
	}
	for range 5 { // refused ones cost nothing
		if wait, ok := limits.take("one", now); ok || wait != 500*time.Millisecond {
			t.Fatalf("after the burst: %v, in %v, want half a second", ok, wait)
		}
	}
	if _, ok := limits.take("other", now); !ok {
		t.Error("another client is refused")
	}
	if wait, ok := limits.take("one", now.Add(400*time.Millisecond)); ok || wait < 99*time.Millisecond || wait > 101*time.Millisecond {
		t.Errorf("too early: %v, in %v", ok, wait)
	}
	if _, ok := limits.take("one", now.Add(500*time.Millisecond)); !ok {
		t.Error("refused after the time that it was told")
	}
	if newClientLimits(Config{ClientBurst: 3}) != nil {
		t.Error("a rate of 0 limits")
	}
}

// TestClientsAreForgotten: what is remembered of clients is bounded.
func TestClientsAreForgotten(t *testing.T) {
	limits := newClientLimits(Config{ClientRate: 1, ClientBurst: 1})
	now := time.Now()
	for i := range maxClients + 100 {
		limits.take(fmt.Sprint(i), now)
	}
	if limits.known.Len() != maxClients {
		t.Errorf("%d clients are remembered, at most %d should be", limits.known.Len(), maxClients)
	}
}

// TestRateLimitIsSpread: no client is told to come back too early, nor all of
// its requests at once.
func TestRateLimitIsSpread(t *testing.T) {
	told := map[int64]bool{}
	err := &rateLimitedError{10 * time.Second}
	for range 200 {
		seconds := retryAfter(err, kindOf(err), time.Now())
		if seconds < 10 || seconds > 20 {
			t.Fatalf("told to wait for %d s, want 10…20", seconds)
		}
		told[seconds] = true
	}
	if len(told) < 5 {
		t.Errorf("told only %v", told)
	}
	if now := (&rateLimitedError{}); retryAfter(now, kindOf(now), time.Now()) != 1 {
		t.Error("one that could come back at once is told another time than a second")
	}
}
