package origin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// uploadAge is what clients are told of an upload: a year, the most that is
// customary, since its id is its content.
const uploadAge = 365 * 24 * time.Hour

// Uploads keeps originals in a folder, each under an id that is the hash of its
// content, and what is known of them in [Records]:
//
//	<dir>/<id[:2]>/<id>   the bytes as received
//	<dir>/tmp/            being received
//	<dir>/locks/          empty; locked while an upload changes
//
// An upload is stored in this order: its body in tmp, synced; its record; the
// body in its place, synced. It is removed in the other one: body, record. So a
// crash leaves at most a record without a body, which [Uploads.Reconcile]
// removes. A body without a record means that the records were lost, or are of
// an older version: Reconcile takes it in again.
//
// One folder may be used by several processes, as when the new one starts while
// the old one drains, or when several machines share it; its file system then
// has to have locks that hold between machines (flock). Of one id only one
// process changes anything at a time.
type Uploads struct {
	dir        string
	records    Records
	logger     *slog.Logger
	shards     shards
	locks      locks
	health     health
	answering  answering
	totals     totals
	reconciler reconciler
}

var _ Opener = (*Uploads)(nil)

// OpenUploads opens the store at dir, made with mode 0700 when missing, and
// makes sure that it can be written to. Close it to stop what it does by itself.
func OpenUploads(dir string, records Records, logger *slog.Logger) (*Uploads, error) {
	u := &Uploads{dir: dir, records: records, logger: logger, locks: newLocks(filepath.Join(dir, "locks"))}
	u.reconciler.init()
	for _, folder := range []string{u.temporaryDir(), u.locks.dir} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("folder of uploads: %w", err)
		}
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
	return u, nil
}

// Close stops what runs in the background. Everything else stays usable.
func (u *Uploads) Close() error {
	u.reconciler.end()
	u.totals.background.Wait()
	return nil
}

// Open gets the upload with the given id. Its Body is an *os.File.
func (u *Uploads) Open(ctx context.Context, id string, have Validators) (*Original, error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("opening an upload: %w", context.Cause(ctx))
	}
	record, err := u.Record(ctx, id)
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

// List gives uploads that have not expired, the newest first, from behind a
// position on.
func (u *Uploads) List(ctx context.Context, after Position, limit int) ([]Record, error) {
	ctx, cancel := asking(ctx)
	defer cancel()
	return u.records.List(ctx, after, limit)
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

// Delete removes an upload, bytes and record, from the disk before it returns.
// The second time it is ErrNotFound. Bodies already open stay readable.
func (u *Uploads) Delete(ctx context.Context, id string) error {
	if !ValidID(id) {
		return fmt.Errorf("%w: not an id", ErrNotFound)
	}
	unlock, err := u.lock(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	// The records are asked first: while they can't answer, nothing is removed.
	_, err = u.get(ctx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err != nil && !exists(u.path(id)) {
		return err
	}
	return u.remove(ctx, id)
}

// remove takes away body and record, under the id's lock.
func (u *Uploads) remove(ctx context.Context, id string) error {
	for _, path := range []string{u.sidecarPath(id), u.path(id)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return u.trouble("removing an upload", err)
		}
	}
	if err := syncDir(u.shard(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return u.trouble("removing an upload", err)
	}
	ctx, cancel := changing(ctx)
	defer cancel()
	return u.records.Delete(ctx, id)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func (u *Uploads) temporaryDir() string         { return filepath.Join(u.dir, "tmp") }
func (u *Uploads) shard(id string) string       { return filepath.Join(u.dir, id[:2]) }
func (u *Uploads) path(id string) string        { return filepath.Join(u.dir, id[:2], id) }
func (u *Uploads) sidecarPath(id string) string { return u.path(id) + sidecarSuffix }
