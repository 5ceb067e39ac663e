package origin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// uploadAge is what clients are told of an upload: a year, the most that is
// customary, since its id is its content.
const uploadAge = 365 * 24 * time.Hour

// Uploads keeps originals on the local disk, each under an id that is the hash
// of its content:
//
//	<dir>/<id[:2]>/<id>       the bytes as received
//	<dir>/<id[:2]>/<id>.json  the Record; an upload exists when this does
//	<dir>/tmp/                being received
//
// A body is put in place before its record and goes after it, so a crash leaves
// at most a body without a record, or a file in tmp. OpenUploads removes both.
//
// One folder may be used by several processes of one machine, as when the new
// one starts while the old one drains.
type Uploads struct {
	dir    string
	shards shards
	locks  [256]sync.Mutex // by id: Commit and Delete of one id exclude each other
	health health
	sweep  sweep
}

var _ Opener = (*Uploads)(nil)

// sweepPatience is how long OpenUploads waits for leftovers to be removed
// before that goes on in the background.
const sweepPatience = 250 * time.Millisecond

// OpenUploads opens the store at dir, made with mode 0700 when missing, and
// makes sure that it can be written to. It removes what a crash left behind;
// in a large store that goes on after it returned. Close the store to stop.
func OpenUploads(dir string) (*Uploads, error) {
	u := &Uploads{dir: dir}
	if err := os.MkdirAll(u.temporaryDir(), 0o700); err != nil {
		return nil, fmt.Errorf("folder of uploads: %w", err)
	}
	if err := syncDir(dir); err != nil {
		return nil, fmt.Errorf("folder of uploads: %w", err)
	}
	// The folder above may belong to another and be closed to us; then its owner
	// made dir, and made it durable.
	_ = syncDir(filepath.Dir(dir))
	if err := u.probe(); err != nil {
		return nil, fmt.Errorf("folder of uploads: %w", err)
	}
	u.sweep.start(u)
	select {
	case <-u.sweep.done:
	case <-time.After(sweepPatience):
	}
	return u, nil
}

// Close stops the removal of leftovers. Everything else stays usable.
func (u *Uploads) Close() error {
	u.sweep.end()
	return nil
}

// Open gets the upload with the given id. Its Body is an *os.File.
func (u *Uploads) Open(ctx context.Context, id string, have Validators) (*Original, error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("opening an upload: %w", context.Cause(ctx))
	}
	record, err := u.Record(id)
	if err != nil {
		return nil, err
	}
	o := &Original{
		Size:       record.Bytes,
		Name:       nameOf(record.Name),
		Validators: Validators{ETag: `"` + id + `"`, LastModified: record.Created.UTC().Format(http.TimeFormat)},
		Modified:   record.Created,
		Freshness:  record.freshness(time.Now()),
	}
	if have.ETag != "" && sameTag(have.ETag, o.Validators.ETag) {
		o.NotModified = true
		return o, nil
	}
	if o.Body, err = u.body(record); err != nil {
		return nil, err
	}
	return o, nil
}

// body opens the bytes that belong to a record.
func (u *Uploads) body(record Record) (*os.File, error) {
	file, err := os.Open(u.path(record.ID))
	if errors.Is(err, fs.ErrNotExist) {
		// Deleted since the record was read.
		return nil, fmt.Errorf("%w: upload %s", ErrNotFound, record.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStorage, err)
	}
	if info, err := file.Stat(); err != nil || info.Size() != record.Bytes {
		file.Close()
		return nil, fmt.Errorf("%w: the body of %s is not %d bytes (%v)", ErrStorage, record.ID, record.Bytes, err)
	}
	return file, nil
}

// Delete removes an upload, record and bytes, from the disk before it returns.
// The second time it is ErrNotFound. Bodies already open stay readable.
func (u *Uploads) Delete(id string) error {
	if !ValidID(id) {
		return fmt.Errorf("%w: not an id", ErrNotFound)
	}
	defer u.lock(id)()
	// The record first: a crash between the two leaves a body that nobody can
	// ask for and the next start removes.
	err := os.Remove(u.recordPath(id))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: upload %s", ErrNotFound, id)
	}
	if err != nil {
		return u.trouble("removing a record", err)
	}
	if err := os.Remove(u.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return u.trouble("removing a body", err)
	}
	if err := syncDir(u.shard(id)); err != nil {
		return u.trouble("removing an upload", err)
	}
	return nil
}

// lock excludes others from an id and returns what lets them in again.
func (u *Uploads) lock(id string) (unlock func()) {
	m := &u.locks[stripe(id)]
	m.Lock()
	return m.Unlock
}

// stripe spreads ids, which are hashes already, over the locks.
func stripe(id string) byte { return id[0] ^ id[1]<<3 ^ id[2]<<5 }

func (u *Uploads) temporaryDir() string        { return filepath.Join(u.dir, "tmp") }
func (u *Uploads) shard(id string) string      { return filepath.Join(u.dir, id[:2]) }
func (u *Uploads) path(id string) string       { return filepath.Join(u.dir, id[:2], id) }
func (u *Uploads) recordPath(id string) string { return u.path(id) + recordSuffix }
