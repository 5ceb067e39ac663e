package proxy

import (
	"bytes"
	"context"
	"io"

	"api-resize/origin"
	"api-resize/spec"
)

// readAll reads an original to its end, and closes it. Originals that are being
// read at the same time together have a quarter of the memory budget, one that
// does not say how long it is counting as the longest that is allowed.
//
// Errors are those of the body, and *Overload.
func (p *Proxy) readAll(ctx context.Context, opened *origin.Original) ([]byte, error) {
	defer opened.Body.Close()
	size := opened.Size
	if size < 0 {
		size = p.originalBytes
	}
	release, err := p.reserve(ctx, min(size, p.readable))
	if err != nil {
		return nil, err
	}
	defer release()
	var buffer bytes.Buffer
	if opened.Size > 0 {
		buffer.Grow(int(opened.Size) + bytes.MinRead)
	}
	if _, err := io.Copy(&buffer, opened.Body); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

// reserve waits, no longer than for a slot, until so many bytes may be read.
func (p *Proxy) reserve(ctx context.Context, size int64) (release func(), err error) {
	release = func() { p.reading.Release(size) }
	if p.reading.TryAcquire(size) {
		return release, nil
	}
	waiting, cancel := context.WithTimeout(ctx, p.config.QueueWait)
	defer cancel()
	if p.reading.Acquire(waiting, size) == nil {
		return release, nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return nil, p.Slots.refuse(OverloadMemory, p.config.QueueWait)
}

// clientKey is where a context has the client that work is done for.
type clientKey struct{}

// WithClient says whom the work under a context is for, so that everybody gets
// the same share of it. A client is whatever the caller takes for one.
func WithClient(ctx context.Context, client string) context.Context {
	return context.WithValue(ctx, clientKey{}, client)
}

// need is what work of a cost asks of the slots.
func need(ctx context.Context, cost spec.Cost, held int64) Need {
	client, _ := ctx.Value(clientKey{}).(string)
	return Need{Client: client, Bytes: cost.Bytes, Held: held, Work: cost.Work}
}

// admits judges whether there will be a slot for something that is not yet
// fetched, and of which nothing is known.
func (p *Proxy) admits(ctx context.Context, source spec.Source) error {
	if p.origins.local(source) {
		return nil
	}
	return p.Slots.Admits(ctx, need(ctx, spec.Cost{}, 0))
}
