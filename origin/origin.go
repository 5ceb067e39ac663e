// Package origin gets original images from where they are: uploads kept here
// ([Uploads]), a folder ([Folder]), an HTTP base URL ([Base]) or any allowed
// http(s) URL ([Web]).
//
// Its promise:
//
//   - nothing is ever read from outside what was configured: no path climbs
//     out of a folder or a base URL, no symbolic link leads out, and every
//     network address is checked in the moment it is dialled, so redirects and
//     DNS rebinding change nothing;
//   - a body is whole or its reading fails: io.EOF means that everything the
//     origin announced has arrived and that it is within the byte limit;
//   - every wait is bounded, a slow host delays no other host, and one that
//     fails again and again is left alone for a while;
//   - an upload that was acknowledged is on the disk, file and folder.
//
// What it does not do: look into the bytes (it knows no image format), keep
// what it fetched, join equal fetches, or know what to answer to a client.
package origin

import (
	"context"
	"errors"
	"io"
	"time"
)

// Opener is an origin.
//
// Open gives the original at path, or says that the one the caller has, known
// by its validators, is still current. What path looks like is the origin's
// own: an id, a file below a folder, an absolute URL. It is text as a person
// would write it, percent-encoding already undone, except for [Web], which
// takes a URL.
//
// Implementers owe:
//
//   - exactly one of an Original and an error, the error wrapping one of this
//     package's values, or, when ctx ended, context.Cause(ctx) and none of
//     them, so that a client that left is not mistaken for a broken origin;
//   - a Body that the caller closes, also after an error from Read; until then
//     it may hold a connection, a place in a queue or a descriptor, and
//     everything is given back by Close, whether or not all was read;
//   - a Body whose Read fails soon after ctx ends; ctx covers the Body too,
//     not just the call (files need not look: their reads are short);
//   - to be usable from many goroutines. A Body is for one.
type Opener interface {
	Open(ctx context.Context, path string, have Validators) (*Original, error)
}

// Original is an original image as its origin gave it.
type Original struct {
	// Body is nil when NotModified. Reading returns this package's errors
	// (ErrTooLarge at the limit, ErrFailed when cut short, ErrTimeout …) and
	// io.EOF only when it is complete. The Body of an upload is an *os.File.
	Body io.ReadCloser
	// NotModified says that what the caller has is current. Validators and
	// Freshness are renewed and replace what the caller knew.
	NotModified bool
	// Size is in bytes of what Body gives, −1 when not known beforehand.
	Size int64
	// Name is the last element of the path, for Content-Disposition: valid
	// UTF-8 without control characters or slashes, at most 255 bytes, maybe
	// empty.
	Name       string
	Validators Validators
	// Modified is zero when unknown.
	Modified  time.Time
	Freshness Freshness
}

// Validators tell one version of an original from another (RFC 9110 §8.8),
// spelled as the origin spelled them. The zero value is none.
type Validators struct {
	ETag         string
	LastModified string
}

// Freshness says how long an original may be used, by us and by clients.
type Freshness struct {
	// Until then it may be used without asking again. Zero or past: ask every
	// time (for a folder that is a stat, for HTTP a conditional request).
	Until time.Time
	// MaxAge is the longest life a client may be told; while Until is in the
	// future, tell the smaller of MaxAge and what is left until then.
	MaxAge time.Duration
	// NoStore forbids to keep it or anything made of it (no-store, private,
	// Vary: *).
	NoStore bool
	// MustRevalidate forbids to use it past Until, even when the origin is
	// slow or gone (must-revalidate, proxy-revalidate, s-maxage, no-cache).
	// Both windows below are 0 then, as they are with NoStore.
	MustRevalidate bool
	// StaleWhileRevalidate is how long past Until it may still be used while
	// it is asked for anew in the background (RFC 5861 §3).
	StaleWhileRevalidate time.Duration
	// StaleIfError is how long past Until it may be used when asking anew
	// fails (RFC 5861 §4).
	StaleIfError time.Duration
	// Immutable says that there will never be another version: uploads.
	Immutable bool
}

// earlier is the stricter of two: what a redirect and its target say together.
func (f Freshness) earlier(g Freshness) Freshness {
	if g.Until.Before(f.Until) {
		f.Until = g.Until
	}
	f.MaxAge = min(f.MaxAge, g.MaxAge)
	f.NoStore = f.NoStore || g.NoStore
	f.MustRevalidate = f.MustRevalidate || g.MustRevalidate
	f.StaleWhileRevalidate = min(f.StaleWhileRevalidate, g.StaleWhileRevalidate)
	f.StaleIfError = min(f.StaleIfError, g.StaleIfError)
	f.Immutable = f.Immutable && g.Immutable
	return f
}

// The errors of this package. Errors returned wrap one of them; their text is
// for the log (it may name addresses and files), never for a client.
var (
	// ErrNotFound: no such upload, no such file in a folder.
	ErrNotFound = errors.New("original not found")
	// ErrOriginNotFound: the origin answered 404 or 410.
	ErrOriginNotFound = errors.New("original not found at its origin")
	// ErrNotAllowed: scheme, host, port or address is not allowed. The same
	// whatever is behind it, open port or closed.
	ErrNotAllowed = errors.New("source not allowed")
	// ErrTooLarge: more bytes than the limit, counted after decoding a
	// Content-Encoding.
	ErrTooLarge = errors.New("original has too many bytes")
	// ErrFailed: any other status, a reset, a short or empty body, TLS, DNS.
	// It may be an [Unavailable].
	ErrFailed = errors.New("origin failed")
	// ErrTimeout: the origin was too slow.
	ErrTimeout = errors.New("origin too slow")
	// ErrBusy: the host has as many fetches as it may have, and none ended
	// within the wait.
	ErrBusy = errors.New("too many fetches from this origin")
	// ErrStorage: an upload could not be stored, read or removed.
	ErrStorage = errors.New("storage of uploads failed")
)
