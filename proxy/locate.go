package proxy

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
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
	Modified    time.Time // of the original; zero when unknown
	ByAccept    bool      // the Accept header had a say
	BySaveData  bool      // so could the Save-Data header
	Fetch       time.Duration

	client   spec.Client
	key      cache.Key
	since    cache.Generation
	record   record
	original []byte // when locating had to read it
}

// Locate finds out which picture a request means. It costs a look into a map
// while the original's record is fresh, and no more than one fetch ever.
//
// Errors are those of package origin, of the Transformer's Inspect, and
// spec.ErrImpossible.
func (p *Proxy) Locate(ctx context.Context, request spec.Request, client spec.Client) (*Variant, error) {
	source := request.Source.String()
	// Before anything is read: what is forgotten after this is not kept.
	since := p.store.Generation(source)
	found, err := p.describe(ctx, request.Source, since)
	if err != nil {
		return nil, err
	}
	return p.variant(request, client, since, found)
}

func (p *Proxy) variant(request spec.Request, client spec.Client, since cache.Generation, found fetched) (*Variant, error) {
	resolved, err := p.resolver.Resolve(request.Spec, found.record.Facts, client)
	if err != nil {
		return nil, err
	}
	// What all the bytes depend on: the original's version, the picture, and
	// who makes it.
	variant := resolved.String() + "@" + found.record.Version + "@" + p.fingerprint
	key := cache.Key{Source: request.Source.String(), Variant: variant}
	return &Variant{
		Request:     request,
		Spec:        resolved.Spec,
		ETag:        etag(key),
		ContentType: resolved.Output.Format.ContentType(),
		Name:        found.record.Name,
		Modified:    found.record.Modified,
		ByAccept:    resolved.ByAccept,
		BySaveData:  resolved.BySaveData,
		Fetch:       found.took,
		client:      client,
		key:         key,
		since:       since,
		record:      found.record,
		original:    found.original,
	}, nil
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

// Lifetime returns how long the answer is good from now on.
func (v *Variant) Lifetime(now time.Time) Lifetime { return v.record.lifetime(now) }

// UploadLifetime is that of an upload's own bytes.
func UploadLifetime(upload origin.Record, now time.Time) Lifetime {
	return uploadRecord(upload).lifetime(now)
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
