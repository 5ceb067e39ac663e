package proxy

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"api-resize/cache"
	"api-resize/origin"
	"api-resize/spec"
)

// Variant is one definite picture: everything about it but its bytes. It is
// enough to answer a conditional request.
type Variant struct {
	Request     spec.Request
	Spec        spec.Spec // resolved: format and quality are definite
	ETag        string    // strong, with its quotes
	ContentType string
	Name        string    // file name of the original, may be empty
	Modified    time.Time // of the original, or of a watermark that is newer; zero when unknown
	ByAccept    bool      // the Accept header had a say
	BySaveData  bool      // so could the Save-Data header
	Use         Use       // how what is known of the original came to be used
	Fetch       time.Duration

	client    spec.Client
	key       cache.Key
	mayBeOwn  bool // the original itself may be the answer
	original  piece
	watermark piece    // zero for none
	better    *Variant // what is made meanwhile, to be answered with from then on
}

// piece is an original that a picture is made of.
type piece struct {
	source  spec.Source
	trusted bool // asked for by somebody who may name any source
	fetched
}

// is tells a piece from none.
func (one piece) is() bool { return one.record.Version != "" }

// Locate finds out which picture a request means. It costs a look into a map
// while the records of its originals are fresh, and no more than one fetch of
// each ever.
//
// Errors are those of package origin, of the Transformer's Inspect, and
// spec.ErrImpossible.
func (p *Proxy) Locate(ctx context.Context, request spec.Request, client spec.Client) (*Variant, error) {
	original, err := p.locatePiece(ctx, request.Source, request.Trusted)
	if err != nil {
		return nil, err
	}
	var watermark piece
	if mark := request.Spec.Watermark; mark != (spec.Watermark{}) {
		if watermark, err = p.locatePiece(ctx, mark.Source, request.Trusted); err != nil {
			return nil, fmt.Errorf("watermark: %w", err)
		}
	}
	v, err := p.variant(request, client, p.resolver, original, watermark)
	if err != nil {
		return nil, err
	}
	return p.orInterim(v)
}

// locatePiece finds out about one original. Whether it is allowed is judged
// before anything else, so that who may not ask learns nothing of what is kept.
func (p *Proxy) locatePiece(ctx context.Context, source spec.Source, trusted bool) (piece, error) {
	if !trusted {
		if err := p.origins.allows(source); err != nil {
			return piece{}, err
		}
	}
	// Before anything is read: what is forgotten after this is not kept.
	one := piece{source: source, trusted: trusted, fetched: fetched{since: p.store.Generation(source.String())}}
	var err error
	one.fetched, err = p.describe(ctx, one)
	return one, err
}

func (p *Proxy) variant(request spec.Request, client spec.Client, resolver spec.Resolver, original, watermark piece) (*Variant, error) {
	resolved, err := resolver.Resolve(request.Spec, original.record.Facts, client)
	if err != nil {
		return nil, err
	}
	key := cache.Key{Source: request.Source.String(), Variant: p.variantName(resolved, original, watermark)}
	v := &Variant{
		Request:     request,
		Spec:        resolved.Spec,
		ETag:        etag(key),
		ContentType: resolved.Output.Format.ContentType(),
		Name:        original.record.Name,
		Modified:    original.record.Modified,
		ByAccept:    resolved.ByAccept,
		BySaveData:  resolved.BySaveData,
		Use:         original.use,
		Fetch:       original.took + watermark.took,
		client:      client,
		key:         key,
		mayBeOwn:    resolved.MayBeOwn,
		original:    original,
		watermark:   watermark,
	}
	if newer := watermark.record.Modified; newer.After(v.Modified) {
		v.Modified = newer
	}
	return v, nil
}

// variantName says what all the bytes depend on: the picture, the versions of
// its originals, and who makes it.
func (p *Proxy) variantName(resolved spec.Resolution, original, watermark piece) string {
	name := resolved.String() + "@" + original.record.Version
	if watermark.is() {
		name += "+" + watermark.record.Version
	}
	if resolved.MayBeOwn {
		name += "+own"
	}
	return name + "@" + p.fingerprint
}

// etag names the bytes before they exist: 128 bits of SHA-256 over everything
// that they depend on.
func etag(key cache.Key) string {
	sum := sha256.Sum256([]byte(key.Source + "\x00" + key.Variant))
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// Lifetime is what a client or a cache on the way may be told about the answer.
type Lifetime struct {
	MaxAge    time.Duration
	Immutable bool
	NoStore   bool
}

// AtMost is the life that ends no later than after maxAge.
func (l Lifetime) AtMost(maxAge time.Duration) Lifetime {
	if l.MaxAge > maxAge || l.Immutable {
		l.MaxAge, l.Immutable = min(l.MaxAge, maxAge), false
	}
	return l
}

// Lifetime returns how long the answer is good from now on.
func (v *Variant) Lifetime(now time.Time) Lifetime {
	life := v.original.lifetime(now)
	if v.watermark.is() {
		mark := v.watermark.lifetime(now)
		life.MaxAge = min(life.MaxAge, mark.MaxAge)
		life.Immutable = life.Immutable && mark.Immutable
		life.NoStore = life.NoStore || mark.NoStore
	}
	if v.better != nil {
		life = life.AtMost(interimAge)
	}
	if expires := v.Request.Delivery.Expires; expires != 0 {
		life = life.AtMost(max(0, time.Unix(expires, 0).Sub(now)))
	}
	return life
}

// Left is how long the original is fresh from now on; below 0 when it is stale.
func (v *Variant) Left(now time.Time) time.Duration {
	return v.original.record.Freshness.Until.Sub(now)
}

// noStore reports whether an origin forbids to keep anything of this.
func (v *Variant) noStore() bool {
	return v.original.record.Freshness.NoStore || v.watermark.record.Freshness.NoStore
}

// UploadLifetime is that of an upload's own bytes.
func UploadLifetime(upload origin.Record, now time.Time) Lifetime {
	return uploadRecord(upload).lifetime(now)
}

// staleAge is what is told of the life of a picture whose origin could not be
// asked: clients shall not come back at once, all of them.
const staleAge = 10 * time.Second

// lifetime is that of the record, and none to speak of when its own is over.
func (f fetched) lifetime(now time.Time) Lifetime {
	life := f.record.lifetime(now)
	switch f.use {
	case UsedWhileRevalidating:
		life = life.AtMost(0)
	case UsedOnError:
		life = life.AtMost(staleAge)
	}
	return life
}

func (r record) lifetime(now time.Time) Lifetime {
	life := Lifetime{MaxAge: r.Freshness.MaxAge, Immutable: r.Freshness.Immutable, NoStore: r.Freshness.NoStore}
	if left := r.Freshness.Until.Sub(now); !r.Freshness.Immutable && left > 0 {
		life.MaxAge = min(life.MaxAge, left)
	}
	if !r.Expires.IsZero() {
		life.MaxAge = min(life.MaxAge, max(0, r.Expires.Sub(now)))
		life.Immutable = false
	}
	return life
}
