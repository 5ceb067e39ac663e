package origin

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// gates let a bounded number of fetches at a time to each host, so that a slow
// one holds its own places and nobody else's.
type gates struct {
	limit int
	wait  time.Duration

	mu    sync.Mutex
	hosts map[string]*gate
}

// gate exists while anyone is in it or waits for it.
type gate struct {
	places chan struct{}
	users  int
}

func newGates(limit int, wait time.Duration) *gates {
	return &gates{limit: limit, wait: wait, hosts: map[string]*gate{}}
}

// enter takes a place and returns what gives it back. It waits no longer than
// the gates' wait (then ErrBusy) and ctx allow.
func (g *gates) enter(ctx context.Context, host string) (leave func(), err error) {
	door := g.join(host)
	select {
	case door.places <- struct{}{}:
		return g.leaver(host, door), nil
	default:
	}
	patience := time.NewTimer(g.wait)
	defer patience.Stop()
	select {
	case door.places <- struct{}{}:
		return g.leaver(host, door), nil
	case <-patience.C:
		err = fmt.Errorf("%w: %d at work on %s", ErrBusy, g.limit, host)
	case <-ctx.Done():
		err = ctx.Err()
	}
	g.part(host, door)
	return nil, err
}

func (g *gates) leaver(host string, door *gate) func() {
	return sync.OnceFunc(func() {
		<-door.places
		g.part(host, door)
	})
}

func (g *gates) join(host string) *gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	door := g.hosts[host]
	if door == nil {
		door = &gate{places: make(chan struct{}, g.limit)}
		g.hosts[host] = door
	}
	door.users++
	return door
}

func (g *gates) part(host string, door *gate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if door.users--; door.users == 0 {
		delete(g.hosts, host)
	}
}
