// Package cache keeps what was made already: pictures, and the originals they
// were made from, by source and variant.
//
// It promises three things. What Get returns is what was put under exactly that
// key, or nothing: bytes that fail their checksum are removed and count as a
// miss. After Forget(source) nothing of that source is returned, and no fill
// that began before it lands afterwards; after ForgetWhere the same holds of all
// the sources it names. No store grows past its bound.
//
// It does not promise to keep anything: an entry may be gone at any time, and
// a crash may lose the newest ones. It knows nothing of freshness, HTTP, or
// images; Meta.Attributes is where a caller keeps what it must remember. It
// never makes what is missing, and does not join concurrent fills.
//
// Three stores, one interface:
//
//   - Memory: copies in RAM, a few µs a hit, lost at exit.
//   - Disk: one file an entry, some 20 µs a hit, large bodies handed out as open
//     files; survives restarts.
//   - Tiers: memory before disk, written behind the caller's back.
package cache

import "errors"

// Errors of the stores. Each is a reason for not keeping or not having an
// entry, never a reason to fail a request: the caller makes the body and sends it.
var (
	// ErrMiss: not there, or what was there was damaged and is now gone.
	ErrMiss = errors.New("cache: miss")
	// ErrForgotten: the source was forgotten after the fill began.
	ErrForgotten = errors.New("cache: source was forgotten since the fill began")
	// ErrTooBig: body, key or attributes exceed what one entry may be.
	ErrTooBig = errors.New("cache: entry too big")
	// ErrFull: no room could be made, on the file system or in the write queue.
	ErrFull = errors.New("cache: no room")
	// ErrUnavailable: the store is failing and backs off, is closed, or is switched off.
	ErrUnavailable = errors.New("cache: store unavailable")
)

// A Store keeps entries by key. All methods may be called from many
// goroutines at once.
type Store interface {
	// Get returns the entry, or an error that is ErrMiss. The caller closes
	// the entry.
	Get(key Key) (*Entry, error)

	// Has tells whether Get would find the key, as far as can be told without
	// reading the body: a damaged file is there until Get reads it. It counts
	// as no hit and no miss, and leaves the order of eviction as it is. The
	// answer is of a moment: what is there may be evicted or forgotten before
	// Get comes. After Forget(source), or after Close, it is false.
	Has(key Key) bool

	// Generation is taken before the work that leads to a Put begins, and
	// handed to that Put. It tells whether the source was forgotten between.
	Generation(source string) Generation

	// Put stores the entry, replacing what was there. It does not close the
	// entry, and keeps its bytes no longer than the store's own promise says
	// (Tiers: until written). Whenever Put fails with anything but
	// ErrForgotten, what the key held before is gone too: an older value
	// never outlives a newer one.
	Put(key Key, entry *Entry, since Generation) error

	// Forget removes the original and every variant of source. When it
	// returns, Get misses them, and Puts with an earlier Generation fail
	// with ErrForgotten. removed counts what was found. An error means that
	// something may be left in storage that a restart would bring back; Disk
	// tries to remove it with later writes.
	Forget(source string) (removed int, err error)

	// ForgetWhere is Forget for every source that match names; nil means every
	// source. removed counts what was found. told, if not nil, gets the key of
	// everything that was found and could be read, before ForgetWhere returns;
	// Tiers may name a key twice. Both are called without any lock of the store
	// held, match by many goroutines at once and told by this one alone: they
	// may use the store.
	//
	// The generations of all sources grow, so that fills in flight of others
	// are refused too and made anew. While it runs, which on a large Disk is
	// seconds, Puts of the sources that match fail with ErrForgotten. An error
	// means what it means with Forget, and is ErrUnavailable when Close came first.
	ForgetWhere(match func(source string) bool, told func(Key)) (removed int, err error)

	// Variants names what is kept of source: the Variant of every key, sorted,
	// each once; the original's is "". It is for rare use: Disk opens every
	// file of the source. It counts and moves nothing, as Has.
	//
	// It promises no picture of one moment: what is put, evicted or forgotten
	// while it runs may be named or not. What was evicted before, or can't be
	// read, is not named; what is named may still be a miss.
	Variants(source string) []string

	// Stats are counters since opening and sizes of now.
	Stats() Stats

	// Close waits for the store's background work. Afterwards Get misses and
	// Put fails with ErrUnavailable. Entries already handed out stay valid.
	Close() error
}

// Stats of a store. Entries, Bytes and Limit are of now, the rest only grow.
type Stats struct {
	Entries   int64  // entries known
	Bytes     int64  // bytes they occupy, overhead included
	Limit     int64  // bound of Bytes
	Hits      uint64 // Gets answered
	Misses    uint64 // Gets not answered, damaged entries included
	Puts      uint64 // entries stored
	Evictions uint64 // entries removed to make room
	Corrupt   uint64 // entries removed because they were not what was written
	Refused   uint64 // Puts turned down: too big, forgotten, no room, backing off
	Errors    uint64 // operations that failed in the operating system
	Walking   bool   // the disk is still being read; Entries and Bytes are not complete
}

// removing is what a store does that can drop one key. Tiers asks for it.
type removing interface {
	remove(key Key)
}

// adding is what a store does that can store a value unless a newer one is
// there already. Tiers asks for it when a body moves up from a slower store.
type adding interface {
	add(key Key, entry *Entry, since Generation) error
}
