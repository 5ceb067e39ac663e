package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"api-resize/cache"
	"api-resize/origin"
	"api-resize/spec"
)

// fetched is what came out of asking an origin: always a record, and the
// bytes when they had to be read.
type fetched struct {
	record   record
	original []byte        // nil when the origin said that nothing changed
	took     time.Duration // waiting and reading
}

// describe returns what is known of a source, from memory while that is fresh,
// else from where it is.
func (p *Proxy) describe(ctx context.Context, one piece) (fetched, error) {
	name := one.source.String()
	if known, ok := p.known.Get(name); ok && known.fresh(time.Now()) {
		return answered(known)
	}
	if one.source.Kind == spec.SourceUpload {
		return p.describeUpload(one.source, one.since)
	}
	return p.ask(ctx, one, false)
}

// answered turns a record into a result; that of a missing original is an
// error.
func answered(known record) (fetched, error) {
	if known.Missing {
		return fetched{}, fmt.Errorf("%w (remembered)", origin.ErrOriginNotFound)
	}
	return fetched{record: known}, nil
}

func (p *Proxy) describeUpload(source spec.Source, since cache.Generation) (fetched, error) {
	upload, err := p.origins.Uploads.Record(source.Path)
	if err != nil {
		return fetched{}, err
	}
	known := uploadRecord(upload)
	p.remember(source.String(), known, since)
	return fetched{record: known}, nil
}

// ask asks the origin, once for all who ask at the same time. With whole, the
// bytes are wanted even when nothing changed.
func (p *Proxy) ask(ctx context.Context, one piece, whole bool) (fetched, error) {
	name := one.source.String()
	key := name
	if whole {
		key += " whole" // no source has a space in its spelling
	}
	if one.trusted {
		key += " trusted" // who isn't may not be led where only that may go
	}
	result, _, err := p.originals.do(ctx, key, func(ctx context.Context) (fetched, error) {
		since := p.store.Generation(name)
		// A second look: the record may have come between the first one and
		// the start of this flight.
		known, ok := p.known.Get(name)
		if !ok {
			known, ok = storedRecord(p.store, name)
		}
		if ok && !whole && known.fresh(time.Now()) {
			p.remember(name, known, since)
			return answered(known)
		}
		have := known.Validators
		if whole || known.Missing {
			have = origin.Validators{}
		}
		return p.fetch(ctx, piece{source: one.source, trusted: one.trusted, since: since}, known, have)
	})
	return result, err
}

// fetch goes to the origin and keeps what it learns.
func (p *Proxy) fetch(ctx context.Context, one piece, known record, have origin.Validators) (fetched, error) {
	started := time.Now()
	source, since := one.source, one.since
	name := source.String()
	opened, err := p.origins.open(ctx, source, one.trusted, have)
	if errors.Is(err, origin.ErrOriginNotFound) {
		p.remember(name, record{Missing: true, Freshness: origin.Freshness{Until: time.Now().Add(p.config.NegativeAge)}}, since)
	}
	if err != nil {
		return fetched{}, err
	}
	if opened.NotModified {
		known.Validators, known.Freshness = opened.Validators, opened.Freshness
		p.keepRecord(source, known, since)
		return fetched{record: known, took: time.Since(started)}, nil
	}
	original, err := readAll(opened)
	took := time.Since(started)
	if err != nil {
		return fetched{}, err
	}
	facts, err := p.transformer.InspectPage(original, 1)
	if err != nil {
		return fetched{}, err
	}
	known = record{
		Facts: facts, Version: versionOf(original), Name: opened.Name, Bytes: int64(len(original)),
		Validators: opened.Validators, Modified: opened.Modified, Freshness: opened.Freshness,
	}
	p.keepOriginal(source, known, original, since)
	p.keepRecord(source, known, since)
	return fetched{known, original, took}, nil
}

// readAll reads an original to its end, and closes it.
func readAll(opened *origin.Original) ([]byte, error) {
	defer opened.Body.Close()
	var buffer bytes.Buffer
	if opened.Size > 0 {
		buffer.Grow(int(opened.Size) + bytes.MinRead)
	}
	if _, err := io.Copy(&buffer, opened.Body); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

// keepRecord keeps what is known: in memory, and where asking again means a
// fetch, in the cache too.
func (p *Proxy) keepRecord(source spec.Source, known record, since cache.Generation) {
	name := source.String()
	if known.Freshness.NoStore {
		p.known.Remove(name)
		return
	}
	p.remember(name, known, since)
	if p.origins.local(source) {
		return
	}
	entry, err := known.entry()
	if err != nil {
		p.logger.Error("record not kept", "error", err)
		return
	}
	p.keep(cache.Key{Source: name, Variant: recordVariant}, entry, since)
}

func (p *Proxy) keepOriginal(source spec.Source, known record, original []byte, since cache.Generation) {
	if known.Freshness.NoStore || p.origins.local(source) {
		return
	}
	meta := cache.Meta{ContentType: known.Facts.Format.ContentType(), Stored: time.Now(), Attributes: []byte(known.Version)}
	p.keep(cache.Key{Source: source.String()}, cache.NewEntry(meta, original), since)
}

// bytesOf returns an original with its bytes. When the origin has another
// version by now, the returned record says so.
func (p *Proxy) bytesOf(ctx context.Context, one piece) (fetched, error) {
	if one.original != nil {
		return fetched{record: one.record, original: one.original}, nil
	}
	started := time.Now()
	if one.source.Kind == spec.SourceUpload {
		opened, err := p.origins.open(ctx, one.source, one.trusted, origin.Validators{})
		if err != nil {
			return fetched{}, err
		}
		original, err := readAll(opened)
		return fetched{one.record, original, time.Since(started)}, err
	}
	if original, ok := p.keptOriginal(one); ok {
		return fetched{one.record, original, time.Since(started)}, nil
	}
	return p.ask(ctx, one, true)
}

// keptOriginal looks for the bytes in the cache.
func (p *Proxy) keptOriginal(one piece) ([]byte, bool) {
	entry, err := p.store.Get(cache.Key{Source: one.source.String()})
	if err != nil {
		return nil, false
	}
	defer entry.Close()
	if string(entry.Meta.Attributes) != one.record.Version {
		return nil, false
	}
	original, err := entry.Bytes()
	return original, err == nil
}
