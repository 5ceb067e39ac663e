package proxy

import (
	"context"
	"encoding/json"
	"time"

	"api-resize/cache"
	"api-resize/spec"
)

// Info is what is known of an original, whatever its source.
type Info struct {
	Facts       spec.Facts
	Description spec.Description
	Bytes       int64
	Name        string    // file name, may be empty
	Modified    time.Time // zero when unknown
	ETag        string    // of all this, strong, with its quotes
	Life        Lifetime
}

// descriptionPrefix begins the variant under which a description is kept in the
// cache, before the version that it describes.
const descriptionPrefix = "description of "

// Describe tells what is known of an original. What only its pixels show is
// found once for each version, and kept.
//
// Errors are those of Locate and Open.
func (p *Proxy) Describe(ctx context.Context, source spec.Source) (Info, error) {
	one, err := p.locatePiece(ctx, source, false)
	if err != nil {
		return Info{}, err
	}
	for range maxMoves {
		described, err := p.description(ctx, one)
		if err != nil {
			return Info{}, err
		}
		if described.record.Version == one.record.Version {
			return infoOf(one, described), nil
		}
		one.fetched = described.fetched
	}
	return Info{}, errUnsteady
}

// Formats are those in which a page can offer a picture; see
// spec.Resolver.Alternatives.
func (p *Proxy) Formats(wanted spec.Spec, original spec.Facts) (better []spec.Format, fallback spec.Format) {
	return p.resolver.Alternatives(wanted, original)
}

// Writable are the formats that pictures can be made in here.
func (p *Proxy) Writable() []spec.Format { return p.resolver.Writable }

func infoOf(one piece, described described) Info {
	key := cache.Key{Source: one.source.String(), Variant: descriptionPrefix + one.record.Version}
	return Info{
		Facts: one.record.Facts, Description: described.Description, Bytes: one.record.Bytes,
		Name: one.record.Name, Modified: one.record.Modified,
		ETag: etag(key), Life: one.lifetime(time.Now()),
	}
}

// described is a description and of what.
type described struct {
	fetched
	spec.Description
}

// description finds the one that is kept, or makes it, once for all who ask.
func (p *Proxy) description(ctx context.Context, one piece) (described, error) {
	key := cache.Key{Source: one.source.String(), Variant: descriptionPrefix + one.record.Version}
	if kept, ok := p.keptDescription(key); ok {
		return described{one.fetched, kept}, nil
	}
	made, _, err := p.descriptions.do(ctx, flightKey(key.Source+" "+key.Variant, one.since), func(ctx context.Context) (described, error) {
		if kept, ok := p.keptDescription(key); ok {
			return described{one.fetched, kept}, nil
		}
		found, err := p.bytesOf(ctx, one)
		if err != nil {
			return described{}, err
		}
		original := spec.Original{Bytes: found.original, Facts: found.record.Facts}
		made, err := p.look(ctx, original)
		if err == nil {
			p.keepDescription(cache.Key{Source: key.Source, Variant: descriptionPrefix + found.record.Version}, made, found.since, found.record)
		}
		found.original = nil
		return described{found, made}, err
	})
	return made, err
}

func (p *Proxy) keptDescription(key cache.Key) (spec.Description, bool) {
	entry, err := p.store.Get(key)
	if err != nil {
		return spec.Description{}, false
	}
	defer entry.Close()
	var kept spec.Description
	return kept, json.Unmarshal(entry.Meta.Attributes, &kept) == nil
}

func (p *Proxy) keepDescription(key cache.Key, made spec.Description, since cache.Generation, of record) {
	attributes, err := json.Marshal(made)
	if err != nil {
		p.logger.Error("description not kept", "error", err)
		return
	}
	if !of.Freshness.NoStore {
		p.keep(key, cache.NewEntry(cache.Meta{ContentType: "application/json", Stored: time.Now(), Attributes: attributes}, nil), since)
	}
}

var errUnsteady = &Overload{Reason: OverloadUnsteady}
