package origin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// sidecarSuffix is that of the file beside a body in which older versions
// kept its record.
const sidecarSuffix = ".json"

// takesInOnDemand takes in a body without a record that is asked for before
// Reconcile has come to it, and reports whether to look again.
func (u *Uploads) takesInOnDemand(ctx context.Context, id string) bool {
	if u.reconciler.over() || !exists(u.path(id)) {
		return false
	}
	if err := u.takeIn(ctx, id); err != nil {
		u.logger.Warn("an upload was not taken in", "id", id, "error", err)
		return false
	}
	return true
}

// takeIn gives a body the record that it lacks, from the file beside it or from
// its content, and removes that file when it is not needed any more. A body
// that is not what its name says, or no picture, is left where it is. An error
// says that it is worth trying again.
func (u *Uploads) takeIn(ctx context.Context, id string) error {
	found, old := u.sidecar(id)
	if !old {
		var err error
		if found, err = u.describeBody(ctx, id); err != nil {
			if ctx.Err() == nil {
				u.reconciler.left.Add(1)
				u.logger.Error("a body without a record is left as it is", "path", u.path(id), "error", err)
				return nil
			}
			return context.Cause(ctx)
		}
	}
	unlock, err := u.lock(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	return u.putTaken(ctx, id, found)
}

// takeInOld is takeIn for a body with a file beside it, under the id's lock.
func (u *Uploads) takeInOld(ctx context.Context, id string) error {
	if u.reconciler.over() {
		return nil
	}
	found, old := u.sidecar(id)
	if !old {
		return nil
	}
	return u.putTaken(ctx, id, found)
}

// putTaken stores a record for a body, if there is none and the body is still
// there. found may be empty: then there is nothing to store.
func (u *Uploads) putTaken(ctx context.Context, id string, found Record) error {
	_, err := u.get(ctx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err != nil && found.ID == id && exists(u.path(id)) {
		changed, cancel := changing(ctx)
		defer cancel()
		if err := u.records.Put(changed, found.inMicroseconds()); err != nil {
			return err
		}
		u.reconciler.taken.Add(1)
	}
	if err := os.Remove(u.sidecarPath(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return u.trouble("removing a record of an older version", err)
	}
	return nil
}

// sidecar reads the file beside a body. It counts when it is about this body.
func (u *Uploads) sidecar(id string) (found Record, old bool) {
	text, err := os.ReadFile(u.sidecarPath(id))
	if err != nil {
		return Record{}, false
	}
	info, err := os.Lstat(u.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return Record{}, true // what it was about is gone
	}
	if err != nil || json.Unmarshal(text, &found) != nil || found.ID != id || found.Bytes != info.Size() {
		return Record{}, false
	}
	return found, true
}

// describeBody finds out what a body is.
func (u *Uploads) describeBody(ctx context.Context, id string) (Record, error) {
	info, err := os.Lstat(u.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return Record{}, nil // deleted meanwhile
	}
	if err != nil {
		return Record{}, err
	}
	if !info.Mode().IsRegular() {
		return Record{}, lost(id, "is no file")
	}
	content, err := os.ReadFile(u.path(id))
	if err != nil {
		return Record{}, err
	}
	sum := sha256.Sum256(content)
	if idOf(sum[:]) != id {
		return Record{}, lost(id, "is damaged: it has another hash")
	}
	describe := u.reconciler.describe.Load()
	if describe == nil {
		return Record{}, lost(id, "can't be described yet")
	}
	found, err := (*describe)(ctx, content)
	found.ID, found.SHA256, found.Bytes = id, hex.EncodeToString(sum[:]), int64(len(content))
	if found.Created.IsZero() {
		found.Created = info.ModTime()
	}
	return found, err
}

// lost is the error for a body that can't be taken in.
func lost(id, why string) error { return fmt.Errorf("%w: the body of %s %s", ErrStorage, id, why) }
