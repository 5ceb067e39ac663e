package proxy

import (
	"context"
	"errors"
	"time"

	"api-resize/spec"
)

// expiryBatch bounds the uploads that are looked up at a time.
const expiryBatch = 100

// RemoveExpiredEvery removes uploads whose end has come, at once and then again
// and again, until Close.
func (p *Proxy) RemoveExpiredEvery(interval time.Duration) {
	p.background.Go(func() {
		for {
			removed, err := p.RemoveExpired(p.life)
			if err != nil && p.life.Err() == nil {
				p.logger.Warn("expired uploads were not all removed, which is tried again", "removed", removed, "error", err)
			} else if removed > 0 {
				p.logger.Info("expired uploads removed", "removed", removed)
			}
			select {
			case <-time.After(interval):
			case <-p.life.Done():
				return
			}
		}
	})
}

// RemoveExpired removes uploads whose end has come, with all that was made of
// them, and returns how many. Several processes may do so at the same time; each
// forgets the pictures that it has kept itself.
//
// Pictures go before the upload: what is cut off in between is done anew.
func (p *Proxy) RemoveExpired(ctx context.Context) (removed int, err error) {
	p.forgetExpired()
	for {
		ids, err := p.origins.Uploads.Expired(ctx, expiryBatch)
		if err != nil {
			return removed, err
		}
		stuck := 0
		for _, id := range ids {
			did, failed := p.removeExpired(ctx, id)
			if failed != nil {
				err = errors.Join(err, failed)
				stuck++
			}
			if did {
				removed++
				p.expired.Add(1)
			}
		}
		// Those that failed come first the next time: no more is to be had now.
		if len(ids) < expiryBatch || stuck > 0 || ctx.Err() != nil {
			return removed, err
		}
	}
}

func (p *Proxy) removeExpired(ctx context.Context, id string) (bool, error) {
	if _, err := p.Forget(spec.Source{Kind: spec.SourceUpload, Path: id}); err != nil {
		return false, err
	}
	return p.origins.Uploads.RemoveExpired(ctx, id)
}

// forgetExpired forgets the pictures of uploads that are known here to have
// expired, which another process may remove first.
func (p *Proxy) forgetExpired() {
	now := time.Now()
	for _, name := range p.known.Keys() {
		known, ok := p.known.Peek(name)
		if !ok || known.Expires.IsZero() || now.Before(known.Expires) {
			continue
		}
		source, err := spec.ParseSource(name)
		if err == nil {
			_, err = p.Forget(source)
		}
		if err != nil {
			p.logger.Warn("pictures of an expired upload were not removed", "source", name, "error", err)
		}
	}
}
