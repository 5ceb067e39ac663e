package server

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"api-resize/proxy"
)

// context is that of a request: it ends after RequestTimeout, and with the
// cause ErrClientGone when the client leaves before it is answered. end has to
// be called before the handler returns.
func (s *Server) context(c *fiber.Ctx) (ctx context.Context, end func()) {
	one := &attended{
		parent:     c.UserContext(),
		deadline:   time.Now().Add(s.config.RequestTimeout),
		connection: c.Context().Conn(),
		watcher:    s.watcher,
	}
	return s.forClient(one, c), one.end
}

// forClient has the work under a context count as the client's.
func (s *Server) forClient(ctx context.Context, c *fiber.Ctx) context.Context {
	return proxy.WithClient(ctx, clientGroup(s.clientAddress(c)))
}

// attended is the context of a request whose client is watched while somebody
// waits for the context's end. A picture that is there already is answered
// without waiting, and costs neither a timer nor a look at the connection.
type attended struct {
	parent     context.Context
	deadline   time.Time
	connection net.Conn
	watcher    *watcher

	waited atomic.Pointer[waited] // nil until somebody waits

	mu    sync.Mutex
	ended bool // the handler has returned
}

// waited is what a context comes to that somebody waits for.
type waited struct {
	context.Context
	cancel context.CancelCauseFunc
	stop   context.CancelFunc // of the timer
}

func (a *attended) Deadline() (time.Time, bool) { return a.deadline, true }

// Done begins the watching.
func (a *attended) Done() <-chan struct{} {
	if waited := a.waited.Load(); waited != nil {
		return waited.Done()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if waited := a.waited.Load(); waited != nil {
		return waited.Done()
	}
	base, cancel := context.WithCancelCause(a.parent)
	inner, stop := context.WithDeadline(base, a.deadline)
	a.waited.Store(&waited{inner, cancel, stop})
	if a.ended {
		cancel(nil)
	} else {
		a.watcher.add(a)
	}
	return inner.Done()
}

func (a *attended) Err() error {
	if waited := a.waited.Load(); waited != nil {
		return waited.Err()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.ended:
		return context.Canceled
	case !time.Now().Before(a.deadline):
		return context.DeadlineExceeded
	}
	return nil
}

// Value has to know of the inner context, which package context asks for in
// this way to find the cause.
func (a *attended) Value(key any) any {
	if waited := a.waited.Load(); waited != nil {
		return waited.Value(key)
	}
	return a.parent.Value(key)
}

// end stops the watching. When it has returned, the file descriptor is not
// looked at for this request any more, and may become another connection's.
func (a *attended) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	if waited := a.waited.Load(); waited != nil {
		a.watcher.remove(a)
		waited.stop()
		waited.cancel(nil)
	}
}

// watchInterval is how often waiting clients are looked at.
const watchInterval = 25 * time.Millisecond

// watcher notices clients that leave while they wait. fasthttp does not read
// from a connection while a handler runs, so it cannot. A client counts as gone
// when it has closed its connection, or only its side of it (package net/http
// sees it the same way); one that has sent its next request already does not.
type watcher struct {
	interval time.Duration

	mu      sync.Mutex
	waiting map[*attended]int // file descriptors
	running bool
}

func newWatcher() *watcher {
	return &watcher{interval: watchInterval, waiting: map[*attended]int{}}
}

// add begins to watch a request's connection, if that is one of the operating
// system.
func (w *watcher) add(one *attended) {
	descriptor, ok := descriptorOf(one.connection)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting[one] = descriptor
	if !w.running {
		w.running = true
		go w.run()
	}
}

func (w *watcher) remove(one *attended) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiting, one)
}

// run looks at the connections until nobody waits.
func (w *watcher) run() {
	ticker := time.NewTicker(w.interval)
	defer ticker.Stop()
	var all []*attended
	var descriptors []int
	for range ticker.C {
		all, descriptors = all[:0], descriptors[:0]
		w.mu.Lock()
		for one, descriptor := range w.waiting {
			all, descriptors = append(all, one), append(descriptors, descriptor)
		}
		w.running = len(all) > 0
		w.mu.Unlock()
		if len(all) == 0 {
			return
		}
		for _, i := range hungUp(descriptors) {
			w.gone(all[i])
		}
		clear(all)
	}
}

// gone cancels a request that is still waiting. One that is not may have given
// its file descriptor away before that was looked at.
func (w *watcher) gone(one *attended) {
	w.mu.Lock()
	_, still := w.waiting[one]
	delete(w.waiting, one)
	w.mu.Unlock()
	if still {
		one.waited.Load().cancel(ErrClientGone)
	}
}
