package proxy

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/trace"

	"api-resize/cache"
	"api-resize/origin"
	"api-resize/spec"
)

// fetched is what is known of an original, how it came to be known, and the
// bytes when they had to be read.
type fetched struct {
	record   record
	since    cache.Generation // taken before the record, or the bytes, were asked for
	use      Use
	original []byte        // nil when they were not read
	took     time.Duration // waiting and reading
}

// describe returns what is known of a source: from memory or the cache while
// that is fresh, or may be used although it is not, else from where it is.
func (p *Proxy) describe(ctx context.Context, one piece) (fetched, error) {
	if one.source.Kind == spec.SourceUpload {
		return p.describeUpload(ctx, one)
	}
	name := one.source.String()
	known, ok := p.known.Get(name)
	if !ok {
		if known, ok = storedRecord(p.store, name); ok {
			p.remember(name, known, one.since)
		}
	}
	now := time.Now()
	switch {
	case !ok:
		// Nothing of it can be there: what would be refused is not fetched.
		if err := p.admits(ctx, one.source); err != nil {
			return fetched{}, err
		}
	case known.fresh(now):
		return fetched{record: known, since: one.since}, nil
	case known.mayWait(now):
		p.renew(ctx, one)
		return fetched{record: known, since: one.since, use: p.used(UsedWhileRevalidating)}, nil
	}
	return p.ask(ctx, one, false)
}

// ask asks the origin, once for all who ask at the same time, unless it has
// refused a moment ago. With whole, the bytes are wanted even when nothing
// changed.
func (p *Proxy) ask(ctx context.Context, one piece, whole bool) (fetched, error) {
	name := one.source.String()
	key := name
	if whole {
		key += " whole" // no source has a space in its spelling
	}
	if one.trusted {
		key += " trusted" // who isn't may not be led where only that may go
	}
	result, _, err := p.originals.do(ctx, flightKey(key, one.since), func(ctx context.Context) (fetched, error) {
		trace.SpanFromContext(ctx).SetAttributes(sourceAttribute.String(name))
		one.since = p.store.Generation(name)
		// A second look: the record may have come between the first one and
		// the start of this flight.
		known, ok := p.known.Get(name)
		now := time.Now()
		if ok && !whole && known.fresh(now) {
			return fetched{record: known, since: one.since}, nil
		}
		err := p.refused(name, now)
		var found fetched
		if err == nil {
			found, err = p.fetch(ctx, one, known, whole)
			trace.SpanFromContext(ctx).SetAttributes(useAttribute.String(found.use.String()))
		}
		if err != nil && ok && !whole && known.mayStandIn(now, err) {
			p.logger.Warn("an original is used although it is stale", "source", name, "error", err)
			return fetched{record: known, since: one.since, use: p.used(UsedOnError)}, nil
		}
		return found, err
	})
	return result, err
}

// fetch goes to the origin and keeps what it learns.
func (p *Proxy) fetch(ctx context.Context, one piece, known record, whole bool) (fetched, error) {
	started := time.Now()
	have := known.Validators
	if whole {
		have = origin.Validators{}
	}
	opened, err := p.origins.open(ctx, one.source, one.trusted, have)
	if err != nil {
		p.rememberRefusal(one.source.String(), err, one.since)
		return fetched{}, err
	}
	if opened.NotModified {
		known.Validators, known.Freshness = opened.Validators, opened.Freshness
		p.keepRecord(one.source, known, one.since)
		use := UsedFresh
		if !p.origins.local(one.source) {
			use = p.used(UsedRevalidated)
		}
		return fetched{record: known, since: one.since, use: use, took: time.Since(started)}, nil
	}
	original, err := p.readAll(ctx, opened)
	took := time.Since(started)
	if err != nil {
		return fetched{}, err
	}
	facts, err := p.transformer.InspectPage(original, 1)
	if err != nil {
		return fetched{}, err
	}
	use := UsedNew
	if known.Version != "" {
		use = UsedReplaced
	}
	found := fetched{original: original, since: one.since, use: p.used(use), took: took, record: record{
		Facts: facts, Version: versionOf(original), Name: opened.Name, Bytes: int64(len(original)),
		Validators: opened.Validators, Modified: opened.Modified, Freshness: opened.Freshness,
	}}
	if known.Version != "" && known.Version != found.record.Version {
		found.since = p.supersede(one.source.String(), one.since)
	}
	p.keepOriginal(one.source, found)
	p.keepRecord(one.source, found.record, found.since)
	return found, nil
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

func (p *Proxy) keepOriginal(source spec.Source, found fetched) {
	if found.record.Freshness.NoStore || p.origins.local(source) {
		return
	}
	meta := cache.Meta{
		ContentType: found.record.Facts.Format.ContentType(), Stored: time.Now(), Attributes: []byte(found.record.Version),
	}
	p.keep(cache.Key{Source: source.String()}, cache.NewEntry(meta, found.original), found.since)
}

// bytesOf returns an original with its bytes. When the origin has another
// version by now, the returned record says so.
func (p *Proxy) bytesOf(ctx context.Context, one piece) (fetched, error) {
	if one.original != nil {
		return one.fetched, nil
	}
	found := one.fetched
	started := time.Now()
	if one.source.Kind == spec.SourceUpload {
		var err error
		found.original, err = p.readUpload(ctx, one)
		found.took = time.Since(started)
		return found, err
	}
	if original, ok := p.keptOriginal(one); ok {
		found.original, found.took = original, time.Since(started)
		return found, nil
	}
	return p.ask(ctx, one, true)
}

func (p *Proxy) readUpload(ctx context.Context, one piece) (original []byte, err error) {
	ctx, reading := span(ctx, "read", trace.WithAttributes(sourceAttribute.String(one.source.String())))
	defer func() { end(reading, err) }()
	opened, err := p.origins.open(ctx, one.source, one.trusted, origin.Validators{})
	if err != nil {
		return nil, err
	}
	return p.readAll(ctx, opened)
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
