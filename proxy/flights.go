package proxy

import (
	"context"
	"fmt"
	"runtime/debug"
	"strconv"
	"sync"

	"go.opentelemetry.io/otel/trace"

	"api-resize/cache"
)

// flights joins equal work: whoever asks for a key first starts the flight,
// and those who ask while it is under way wait for the same result.
//
// The work runs on its own: it outlives the caller who started it as long as
// anybody waits, and is cancelled when nobody does any more.
type flights[V any] struct {
	name string // of their spans

	mu      sync.Mutex
	running map[string]*flight[V]
}

type flight[V any] struct {
	done    chan struct{} // closed when value and err are there
	value   V
	err     error
	waiting int // guarded by flights.mu
	cancel  context.CancelFunc
	span    trace.SpanContext // of the work, for those who join

	background *background // of the work, when it was begun there
}

// flightKey names work on something of which a certain generation is meant: who
// asks after a purge does not join what began before.
func flightKey(name string, since ...cache.Generation) string {
	for _, generation := range since {
		name += " " + strconv.FormatUint(uint64(generation), 36)
	}
	return name
}

// PanicError is what those who waited for a flight get when it panicked.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.Value, e.Stack) }

// recoverInto turns a panic of the function that defers it into an error.
func recoverInto(err *error) {
	if panicked := recover(); panicked != nil {
		*err = &PanicError{panicked, debug.Stack()}
	}
}

// do returns the result of work for key, and whether it was joined rather than
// started. The context that work gets carries ctx's values but not its end.
func (f *flights[V]) do(ctx context.Context, key string, work func(context.Context) (V, error)) (value V, joined bool, err error) {
	f.mu.Lock()
	one, joined := f.running[key]
	if !joined {
		one = f.start(ctx, key, work)
	}
	one.waiting++
	f.mu.Unlock()
	if joined {
		link(ctx, one.span, f.name)
	}
	if joined && backgroundOf(ctx) == nil {
		one.background.want()
	}

	select {
	case <-one.done:
		return one.value, joined, one.err
	case <-ctx.Done():
		f.leave(key, one)
		return value, joined, context.Cause(ctx)
	}
}

// start begins a flight; f.mu is held.
func (f *flights[V]) start(ctx context.Context, key string, work func(context.Context) (V, error)) *flight[V] {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ctx, span := span(ctx, f.name)
	one := &flight[V]{done: make(chan struct{}), cancel: cancel, span: span.SpanContext()}
	if backgroundOf(ctx) != nil {
		ctx = InBackground(ctx) // of its own: who joins this work wants no other
		one.background = backgroundOf(ctx)
	}
	if f.running == nil {
		f.running = make(map[string]*flight[V])
	}
	f.running[key] = one
	go func() {
		defer cancel()
		defer f.land(key, one)
		defer func() { end(span, one.err) }()
		defer recoverInto(&one.err)
		one.value, one.err = work(ctx)
	}()
	return one
}

func (f *flights[V]) land(key string, one *flight[V]) {
	f.mu.Lock()
	f.forget(key, one)
	f.mu.Unlock()
	close(one.done)
}

// leave takes one waiter off; the last one cancels the work, and whoever asks
// then starts anew.
func (f *flights[V]) leave(key string, one *flight[V]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one.waiting--; one.waiting == 0 {
		one.cancel()
		f.forget(key, one)
	}
}

// count is how many flights are under way.
func (f *flights[V]) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.running)
}

// forget takes a flight off the list unless another has its place already;
// f.mu is held.
func (f *flights[V]) forget(key string, one *flight[V]) {
	if f.running[key] == one {
		delete(f.running, key)
	}
}
