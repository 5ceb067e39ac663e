package origin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// codedSlack is how much longer than its limit a body may be on the wire when
// it is coded: what gzip adds to what it can't compress, generously.
const codedSlack = 64 << 10

// webBody is the body of an answer: bounded, whole or failing, and holding the
// place at the host until it is closed.
type webBody struct {
	fetcher     *fetcher
	ctx, parent context.Context
	decoded     io.Reader
	limit       int64
	count       int64
	err         error // what Read goes on returning
	closing     sync.Once
	release     func()
}

// newBody wraps the body of a and gives its size, −1 when unknown. On an error
// the caller still owns a.
func (f *fetcher) newBody(ctx context.Context, cancel func(), parent context.Context, a *answer) (io.ReadCloser, int64, error) {
	limit := f.config.MaxBytes
	size := a.resp.ContentLength
	coding := codingOf(a.resp.Header)
	if coding != "" {
		limit += codedSlack
	}
	switch {
	case size == 0:
		return nil, 0, fmt.Errorf("%w: an empty body", ErrFailed)
	case size > limit:
		return nil, 0, fmt.Errorf("%w: %d announced, %d allowed", ErrTooLarge, size, f.config.MaxBytes)
	}
	b := &webBody{fetcher: f, ctx: ctx, parent: parent, decoded: a.resp.Body, limit: f.config.MaxBytes}
	b.release = func() {
		cancel()
		a.done()
	}
	if coding != "" {
		size = -1
		r, err := decoded(coding, &boundedReader{r: a.resp.Body, left: limit})
		if err != nil {
			return nil, 0, err
		}
		b.decoded = r
	}
	return b, size, nil
}

// Read never gives more than the limit.
func (b *webBody) Read(p []byte) (int, error) {
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	n, err := b.decoded.Read(p)
	if over := b.count + int64(n) - b.limit; over > 0 {
		n -= int(over)
		err = fmt.Errorf("%w: more than %d", ErrTooLarge, b.limit)
	}
	b.count += int64(n)
	switch {
	case errors.Is(err, io.EOF) && b.count == 0:
		b.err = fmt.Errorf("%w: an empty body", ErrFailed)
	case errors.Is(err, io.EOF):
		b.err = io.EOF
	case err != nil:
		b.err = classify(b.parent, b.ctx, err)
	}
	return n, b.err
}

// Close may be called more than once, but not during Read; to stop a Read, end
// the context.
func (b *webBody) Close() error {
	b.closing.Do(func() {
		b.release()
		b.fetcher.counters.bytes.Add(uint64(b.count))
		if b.err == nil {
			b.err = fmt.Errorf("body closed before its end: %w", context.Canceled)
		}
		b.fetcher.counters.ended(b.err)
	})
	return nil
}

// boundedReader fails with ErrTooLarge instead of giving more than left bytes.
type boundedReader struct {
	r    io.Reader
	left int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("%w: too many even before decoding", ErrTooLarge)
	}
	return n, err
}
