package proxy

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"api-resize/cache"
	"api-resize/origin"
	"api-resize/spec"
)

// record is what is known of an original without its bytes: enough to name a
// variant of it, and to judge for how long.
type record struct {
	Facts      spec.Facts
	Version    string // changes when the bytes do
	Name       string // file name, may be empty
	Bytes      int64  // length of the file
	Validators origin.Validators
	Modified   time.Time // zero when unknown
	Freshness  origin.Freshness
	Expires    time.Time // an upload's end, zero for never
	Checked    time.Time `json:"-"` // when an upload was there
}

// recordVariant is the variant under which a record is kept in the cache,
// beside the original; no Spec is spelled like it.
const recordVariant = "record"

func (r record) fresh(now time.Time) bool {
	if !r.Expires.IsZero() && !now.Before(r.Expires) {
		return false
	}
	return r.Freshness.Immutable || now.Before(r.Freshness.Until)
}

// versionOf names bytes by their content: 128 bits of SHA-256.
func versionOf(original []byte) string {
	sum := sha256.Sum256(original)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// uploadRecord is the record of an upload, which was inspected when it came.
func uploadRecord(upload origin.Record) record {
	known := record{
		Facts: spec.Facts{
			Format: spec.Format(upload.Format), Width: upload.Width, Height: upload.Height,
			Frames: upload.Frames, Pages: upload.Pages, HasAlpha: upload.HasAlpha,
		},
		Version:   upload.ID,
		Name:      upload.Name,
		Bytes:     upload.Bytes,
		Modified:  upload.Created,
		Freshness: origin.Freshness{Immutable: true, MaxAge: uploadMaxAge},
	}
	if upload.Expires != nil {
		known.Expires = *upload.Expires
	}
	return known
}

// uploadMaxAge is one year, the longest that caches are expected to honour
// (RFC 2616, section 14.21; RFC 9111 sets none).
const uploadMaxAge = 365 * 24 * time.Hour

// storedRecord reads a record back from the cache, with whether there is one.
func storedRecord(store cache.Store, source string) (record, bool) {
	entry, err := store.Get(cache.Key{Source: source, Variant: recordVariant})
	if err != nil {
		return record{}, false
	}
	defer entry.Close()
	var known record
	if json.Unmarshal(entry.Meta.Attributes, &known) != nil {
		return record{}, false
	}
	return known, true
}

// entry is what a record is kept as.
func (r record) entry() (*cache.Entry, error) {
	attributes, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("record of an original: %w", err)
	}
	return cache.NewEntry(cache.Meta{ContentType: "application/json", Stored: time.Now(), Attributes: attributes}, nil), nil
}
