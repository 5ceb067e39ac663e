package proxy

import (
	"context"
	"errors"
	"io"
	"os"

	"api-resize/origin"
	"api-resize/spec"
)

// firstRead is how much is read of an original before more memory is taken, in
// bytes: most thumbnails' originals fit, and a host that sends nothing holds no
// more.
const firstRead = 64 << 10

// readAll reads an original to its end, and closes it. What has arrived of all
// originals that are being read together has a quarter of the memory budget; it
// is taken as the bytes come, so that hosts that are slow, or never done,
// hold little.
//
// Errors are those of the body, and *Overload.
func (p *Proxy) readAll(ctx context.Context, opened *origin.Original) ([]byte, error) {
	defer opened.Body.Close()
	var held int64
	defer func() { p.reading.Release(held) }()
	var content []byte
	for {
		if len(content) == cap(content) {
			room := nextRoom(opened, cap(content))
			more := min(room, p.readable) - held
			if err := p.reserve(ctx, more); err != nil {
				return nil, err
			}
			held += more
			content = append(make([]byte, 0, room), content...)
		}
		n, err := opened.Body.Read(content[len(content):cap(content)])
		content = content[:len(content)+n]
		switch {
		case errors.Is(err, io.EOF):
			return content, nil
		case err != nil:
			return nil, err
		}
	}
}

// nextRoom is how much room is made next for an original: twice as much, and no
// more than it will need, with a byte besides for seeing its end. Files come
// at once.
func nextRoom(opened *origin.Original, room int) int64 {
	next := max(firstRead, 2*int64(room))
	_, file := opened.Body.(*os.File)
	if all := opened.Size + 1; all > int64(room) && (file || next > all) {
		return all
	}
	return next
}

// reserve waits, no longer than for a slot, until so many bytes may be read.
func (p *Proxy) reserve(ctx context.Context, size int64) error {
	if p.reading.TryAcquire(size) {
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, p.config.QueueWait)
	defer cancel()
	if p.reading.Acquire(waiting, size) == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return p.Slots.refuse(OverloadMemory, p.config.QueueWait)
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
