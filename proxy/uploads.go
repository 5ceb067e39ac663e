package proxy

import (
	"context"
	"errors"
	"time"

	"api-resize/origin"
	"api-resize/spec"
)

// uploadCheck is how long what is known of an upload is believed: so long after
// another process has deleted one, at most, it may still be had here. A deletion
// by this process, and an upload's end, hold at once.
//
// From half of it on it is asked for anew behind the answer, so that nobody waits
// for what is asked for often.
const uploadCheck = 10 * time.Second

// describeUpload returns what is known of an upload: a look into a map for as
// long as that is believed.
func (p *Proxy) describeUpload(ctx context.Context, one piece) (fetched, error) {
	known, ok := p.known.Get(one.source.String())
	now := time.Now()
	switch age := now.Sub(known.Checked); {
	case !ok || !known.fresh(now) || age >= uploadCheck:
		return p.askUpload(ctx, one)
	case age >= uploadCheck/2:
		p.askUploadBehind(ctx, one)
	}
	return fetched{record: known, since: one.since}, nil
}

// askUploadBehind is not part of describeUpload, which would allocate for it.
func (p *Proxy) askUploadBehind(ctx context.Context, one piece) {
	p.behind(ctx, one, func(ctx context.Context) error {
		_, err := p.askUpload(ctx, one)
		return err
	})
}

// askUpload asks the records, once for all who ask at the same time. While they
// can't answer, what is known already is believed on.
func (p *Proxy) askUpload(ctx context.Context, one piece) (fetched, error) {
	name := one.source.String()
	found, _, err := p.uploads.do(ctx, flightKey(name, one.since), func(ctx context.Context) (fetched, error) {
		known, ok := p.known.Get(name)
		now := time.Now()
		upload, err := p.origins.Uploads.Record(ctx, one.source.Path)
		switch {
		case err == nil:
			known = uploadRecord(upload)
		case errors.Is(err, origin.ErrStorage) && ok && known.fresh(now):
			p.logger.Debug("an upload's record could not be read, and what is known of it is used", "source", name, "error", err)
		case errors.Is(err, origin.ErrNotFound) && ok:
			p.forgetBehind(one.source)
			return fetched{}, err
		default:
			return fetched{}, err
		}
		known.Checked = now
		p.remember(name, known, one.since)
		return fetched{record: known, since: one.since}, nil
	})
	return found, err
}

// forgetBehind forgets an upload that another process has deleted, or that has
// expired. A purge that runs may hold that up, but not who asked.
func (p *Proxy) forgetBehind(source spec.Source) {
	p.known.Remove(source.String())
	p.background.Go(func() {
		if _, err := p.Forget(source); err != nil {
			p.logger.Warn("pictures of an upload that is gone were not removed", "source", source.String(), "error", err)
		}
	})
}

// RecordOf checks a content, and is the record that an upload of it has.
//
// Errors are those of Check.
func (p *Proxy) RecordOf(ctx context.Context, content []byte) (origin.Record, error) {
	facts, description, err := p.Check(ctx, content)
	return origin.Record{
		Format: string(facts.Format), Width: facts.Width, Height: facts.Height,
		Frames: facts.Frames, Pages: facts.Pages, HasAlpha: facts.HasAlpha,
		DominantColor: description.DominantColor, Thumbhash: description.Thumbhash,
		Profile: description.Profile, EXIF: description.EXIF,
		ContentType: facts.Format.ContentType(),
	}, err
}
