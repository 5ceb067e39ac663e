package origin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// receiveBuffer is what is read, hashed and written at a time.
const receiveBuffer = 64 << 10

// Incoming is an upload that has arrived and isn't kept yet. Commit or Discard
// ends it; it is for one goroutine.
type Incoming struct {
	store *Uploads
	file  *os.File // in the store's temporary folder
	sum   [sha256.Size]byte
	size  int64
	ended bool
}

// Receive takes in a body, no more than maxBytes (then ErrTooLarge). A body
// that fails gives its own error, wrapped; a disk that fails, ErrStorage. The
// body may go on waiting for its client: who passes it sets it a deadline.
func (u *Uploads) Receive(ctx context.Context, body io.Reader, maxBytes int64) (*Incoming, error) {
	file, err := u.temporary("upload-*")
	if err != nil {
		return nil, u.trouble("receiving", err)
	}
	in := &Incoming{store: u, file: file}
	if err := in.fill(ctx, body, maxBytes); err != nil {
		_ = in.Discard() // err is what matters; a start removes what is left
		return nil, err
	}
	return in, nil
}

// fill streams the body into the file, counting and hashing.
func (in *Incoming) fill(ctx context.Context, body io.Reader, maxBytes int64) error {
	hash := sha256.New()
	buf := make([]byte, receiveBuffer)
	for {
		if ctx.Err() != nil {
			return fmt.Errorf("receiving an upload: %w", context.Cause(ctx))
		}
		n, err := body.Read(buf)
		if in.size += int64(n); in.size > maxBytes {
			return fmt.Errorf("%w: more than %d", ErrTooLarge, maxBytes)
		}
		hash.Write(buf[:n])
		if _, err := in.file.Write(buf[:n]); err != nil {
			return in.store.trouble("receiving", err)
		}
		if err == io.EOF {
			hash.Sum(in.sum[:0])
			return nil
		}
		if err != nil {
			return fmt.Errorf("receiving an upload: %w", err)
		}
	}
}

// ID is the id under which Commit will keep it.
func (in *Incoming) ID() string { return idOf(in.sum[:]) }

// Size is in bytes.
func (in *Incoming) Size() int64 { return in.size }

// Reader reads what has arrived, from its beginning, until Commit or Discard.
func (in *Incoming) Reader() *io.SectionReader {
	return io.NewSectionReader(in.file, 0, in.size)
}

// Bytes is all that has arrived, in memory.
func (in *Incoming) Bytes() ([]byte, error) {
	b := make([]byte, in.size)
	if _, err := io.ReadFull(in.Reader(), b); err != nil {
		return nil, in.store.trouble("reading what was received", err)
	}
	return b, nil
}

// Discard removes it. After Commit it does nothing.
func (in *Incoming) Discard() error {
	if in.ended {
		return nil
	}
	in.ended = true
	// Removed before it is closed: the lock that goes with closing keeps
	// others' sweeps away from it.
	err := errors.Join(os.Remove(in.file.Name()), in.file.Close())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStorage, err)
	}
	return nil
}

// Commit keeps it: when it returns without an error, bytes and record are on
// the disk. When the same bytes are there already, it gives their record and
// true; if the new one is to live longer, that one's Expires is taken over.
// After an error nothing is kept and the Incoming is ended as well.
func (in *Incoming) Commit(ctx context.Context, r Record) (Record, bool, error) {
	if in.ended {
		return Record{}, false, fmt.Errorf("%w: the upload was committed or discarded before", ErrStorage)
	}
	defer in.Discard() //nolint:errcheck // a start removes what is left
	r.ID, r.SHA256, r.Bytes = in.ID(), hex.EncodeToString(in.sum[:]), in.size
	if r.Created.IsZero() {
		r.Created = time.Now()
	}
	r = r.inMicroseconds()
	unlock, err := in.store.lock(ctx, r.ID)
	if err != nil {
		return Record{}, false, err
	}
	defer unlock()
	kept, whole, err := in.store.kept(ctx, r)
	if err != nil {
		return Record{}, false, err
	}
	if whole {
		return in.store.prolong(ctx, kept, r)
	}
	if err := in.keep(ctx, r); err != nil {
		return Record{}, false, err
	}
	in.store.health.recovered()
	return r, false, nil
}

// kept is the record of the same bytes, and whether record and body are there
// and whole. Anything less is written anew.
func (u *Uploads) kept(ctx context.Context, r Record) (kept Record, whole bool, err error) {
	if err := u.takeInOld(ctx, r.ID); err != nil {
		return Record{}, false, err
	}
	kept, err = u.get(ctx, r.ID)
	if errors.Is(err, ErrNotFound) {
		return Record{}, false, nil
	}
	if err != nil {
		return Record{}, false, err
	}
	if kept.SHA256 != r.SHA256 || kept.expired(time.Now()) {
		return kept, false, nil
	}
	file, err := u.body(kept)
	if err != nil {
		return kept, false, nil //nolint:nilerr // that is the answer
	}
	return kept, true, file.Close()
}

// prolong lets an upload live as long as its latest sender was promised.
func (u *Uploads) prolong(ctx context.Context, kept, r Record) (Record, bool, error) {
	if !r.outlives(kept) {
		return kept, true, nil
	}
	kept.Expires = r.Expires
	ctx, cancel := changing(ctx)
	defer cancel()
	if err := u.records.Put(ctx, kept); err != nil {
		return Record{}, false, err
	}
	return kept, true, nil
}

// keep stores the record, then moves the body to its place. On an error neither
// is there, unless a body was before: what was acknowledged once isn't taken
// away because storing it again fails.
func (in *Incoming) keep(ctx context.Context, r Record) error {
	u := in.store
	if err := in.file.Sync(); err != nil {
		return u.trouble("storing an upload", err)
	}
	if err := u.shards.make(u.dir, u.shard(r.ID)); err != nil {
		return u.trouble("storing an upload", err)
	}
	first := !exists(u.path(r.ID))
	changed, cancel := changing(ctx)
	defer cancel()
	if err := u.records.Put(changed, r); err != nil {
		return err
	}
	err := os.Rename(in.file.Name(), u.path(r.ID))
	if err == nil {
		err = syncDir(u.shard(r.ID))
	}
	if err != nil {
		if first {
			_ = u.remove(ctx, r.ID) // else the next start does
		}
		return u.trouble("storing an upload", err)
	}
	in.ended = true
	// Everything is synced already; what closing could still say is nothing.
	in.file.Close()
	return nil
}
