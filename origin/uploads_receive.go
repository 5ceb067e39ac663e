package origin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
func (in *Incoming) Commit(r Record) (Record, bool, error) {
	if in.ended {
		return Record{}, false, fmt.Errorf("%w: the upload was committed or discarded before", ErrStorage)
	}
	defer in.Discard() //nolint:errcheck // a start removes what is left
	r.ID, r.SHA256, r.Bytes = in.ID(), hex.EncodeToString(in.sum[:]), in.size
	if r.Created.IsZero() {
		r.Created = time.Now().UTC()
	}
	defer in.store.lock(r.ID)()
	if kept, ok := in.store.kept(r); ok {
		return in.store.prolong(kept, r)
	}
	if err := in.keep(r); err != nil {
		return Record{}, false, in.store.trouble("storing an upload", err)
	}
	in.store.health.recovered()
	return r, false, nil
}

// kept is the record of the same bytes, if record and body are there and whole.
// Anything less is written anew.
func (u *Uploads) kept(r Record) (Record, bool) {
	kept, err := u.Record(r.ID)
	if err != nil || kept.SHA256 != r.SHA256 {
		return Record{}, false
	}
	file, err := u.body(kept)
	if err != nil {
		return Record{}, false
	}
	file.Close()
	return kept, true
}

// prolong lets an upload live as long as its latest sender was promised.
func (u *Uploads) prolong(kept, r Record) (Record, bool, error) {
	if !r.outlives(kept) {
		return kept, true, nil
	}
	kept.Expires = r.Expires
	if err := u.writeRecord(kept); err != nil {
		return Record{}, false, u.trouble("storing a record", err)
	}
	u.health.recovered()
	return kept, true, nil
}

// keep moves the body to its place, then the record. On an error neither is
// there, unless they were before: what was acknowledged once isn't taken away
// because storing it again fails.
func (in *Incoming) keep(r Record) error {
	u := in.store
	_, err := os.Lstat(u.recordPath(r.ID))
	first := errors.Is(err, fs.ErrNotExist)
	if err := in.file.Sync(); err != nil {
		return err
	}
	if err := u.shards.make(u.dir, u.shard(r.ID)); err != nil {
		return err
	}
	if err := os.Rename(in.file.Name(), u.path(r.ID)); err != nil {
		return err
	}
	if err := u.writeRecord(r); err != nil {
		if first {
			os.Remove(u.recordPath(r.ID))
			os.Remove(u.path(r.ID))
		}
		return err
	}
	in.ended = true
	// Everything is synced already; what closing could still say is nothing.
	in.file.Close()
	return nil
}

// writeRecord puts a record in place, the old or the new one at every moment,
// and syncs the folder that now holds it (and the body).
func (u *Uploads) writeRecord(r Record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	file, err := u.temporary("record-*")
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.Write(append(text, '\n'))
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = os.Rename(file.Name(), u.recordPath(r.ID))
	}
	if err != nil {
		os.Remove(file.Name())
		return err
	}
	return syncDir(u.shard(r.ID))
}
