package cache

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Bounds of Meta. They keep headers small enough to be read in one go.
const (
	MaxAttributesBytes  = 16 << 10
	MaxContentTypeBytes = 255
)

// Names of tiers, as Entry.Tier returns them.
const (
	TierMemory = "memory"
	TierDisk   = "disk"
)

// Meta is what is kept beside a body.
type Meta struct {
	ContentType string    // at most MaxContentTypeBytes
	Stored      time.Time // when it was made; kept to the nanosecond, without zone
	Attributes  []byte    // opaque to the cache, at most MaxAttributesBytes; never to be changed
}

func (m Meta) check() error {
	if n := len(m.ContentType); n > MaxContentTypeBytes {
		return fmt.Errorf("%w: content type of %d bytes, at most %d are kept", ErrTooBig, n, MaxContentTypeBytes)
	}
	if n := len(m.Attributes); n > MaxAttributesBytes {
		return fmt.Errorf("%w: attributes of %d bytes, at most %d are kept", ErrTooBig, n, MaxAttributesBytes)
	}
	return nil
}

// Entry is a stored body: bytes, or for large ones of the disk an open file
// that can go to a socket without passing through this process. An Entry
// belongs to the goroutine that got it, apart from Close, which any may call.
type Entry struct {
	Meta Meta

	body   []byte
	size   int64
	offset int64 // of the body in file
	tier   string

	mu   sync.Mutex
	file *os.File // nil for bytes, after Close, and once taken
	gone bool     // the file was closed or taken
}

// errGone: the body was a file that is no longer this entry's.
var errGone = errors.New("cache: body was closed or taken as a file")

// NewEntry wraps a body to be put. The body is shared, not copied: nobody may
// change it from now on.
func NewEntry(meta Meta, body []byte) *Entry {
	return &Entry{Meta: meta, body: body, size: int64(len(body)), tier: TierMemory}
}

// newFileEntry wraps a verified file, positioned at its body.
func newFileEntry(meta Meta, file *os.File, offset, size int64) *Entry {
	return &Entry{Meta: meta, file: file, offset: offset, size: size, tier: TierDisk}
}

// Size of the body in bytes.
func (e *Entry) Size() int64 { return e.size }

// Tier tells who answered: TierMemory or TierDisk.
func (e *Entry) Tier() string { return e.tier }

// Bytes returns the whole body, reading the file if it is one. The bytes are
// shared: never to be changed.
func (e *Entry) Bytes() ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.gone {
		return nil, errGone
	}
	if e.file == nil {
		return e.body, nil
	}
	body := make([]byte, e.size)
	if _, err := io.ReadFull(io.NewSectionReader(e.file, e.offset, e.size), body); err != nil {
		return nil, fmt.Errorf("cache: reading a stored body: %w", err)
	}
	return body, nil
}

// File hands out the body as a file positioned at its first byte, which is at
// offset; it ends Size bytes later, at the file's end. ok is false when the
// body is bytes. The caller closes the file: Close of the entry no longer does.
func (e *Entry) File() (f *os.File, offset int64, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.file == nil {
		return nil, 0, false
	}
	f, e.file, e.gone = e.file, nil, true
	return f, e.offset, true
}

// Close gives back the file, if there is one that was not taken. It may be
// called any number of times.
func (e *Entry) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.file == nil {
		return nil
	}
	err := e.file.Close()
	e.file, e.gone = nil, true
	return err
}
