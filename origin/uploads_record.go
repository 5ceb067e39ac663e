package origin

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Record is what is known of an upload. Who stores it fills in what the content
// shows; ID, SHA256, Bytes and, when zero, Created are set by [Incoming.Commit].
type Record struct {
	ID          string     `json:"id"`
	SHA256      string     `json:"sha256"` // of the bytes, hexadecimal
	Format      string     `json:"format"`
	Width       int        `json:"width"`
	Height      int        `json:"height"`
	Frames      int        `json:"frames"`
	Pages       int        `json:"pages,omitempty"` // 0: not known
	Bytes       int64      `json:"bytes"`
	HasAlpha    bool       `json:"has_alpha"`
	ContentType string     `json:"content_type"`
	Name        string     `json:"name,omitempty"` // as the client called it
	Created     time.Time  `json:"created"`
	Expires     *time.Time `json:"expires,omitempty"` // from then on it isn't found

	// What pages want to know; empty in records of before it was found out.
	DominantColor string            `json:"dominant_color,omitempty"`
	Thumbhash     string            `json:"thumbhash,omitempty"`
	Profile       string            `json:"profile,omitempty"`
	EXIF          map[string]string `json:"exif,omitempty"`
}

// Record reads what is known of an upload; ErrNotFound when there is none or
// it has expired.
func (u *Uploads) Record(ctx context.Context, id string) (Record, error) {
	if !ValidID(id) {
		return Record{}, fmt.Errorf("%w: not an id", ErrNotFound)
	}
	r, err := u.get(ctx, id)
	if errors.Is(err, ErrNotFound) && u.takesInOnDemand(ctx, id) {
		r, err = u.get(ctx, id)
	}
	if err != nil {
		return Record{}, err
	}
	if r.expired(time.Now()) {
		return Record{}, fmt.Errorf("%w: upload %s has expired", ErrNotFound, id)
	}
	return r, nil
}

// get asks the records, which give what has expired, too.
func (u *Uploads) get(ctx context.Context, id string) (Record, error) {
	ctx, cancel := asking(ctx)
	defer cancel()
	return u.records.Get(ctx, id)
}

// inMicroseconds is the record with the times that Records keep.
func (r Record) inMicroseconds() Record {
	r.Created = r.Created.UTC().Truncate(time.Microsecond)
	if r.Expires != nil {
		expires := r.Expires.UTC().Truncate(time.Microsecond)
		r.Expires = &expires
	}
	return r
}

func (r Record) expired(now time.Time) bool { return r.Expires != nil && !now.Before(*r.Expires) }

// freshness of an upload: a year, or until it expires.
func (r Record) freshness(now time.Time) Freshness {
	until := now.Add(uploadAge).Round(0)
	if r.Expires != nil && r.Expires.Before(until) {
		until = *r.Expires
	}
	return Freshness{Until: until, MaxAge: max(until.Sub(now), 0), Immutable: true}
}

// outlives reports whether an upload kept as r lives longer than kept as s.
func (r Record) outlives(s Record) bool {
	return s.Expires != nil && (r.Expires == nil || r.Expires.After(*s.Expires))
}
