package origin

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// reconcilePatience is how long Reconcile waits for its work to be done
	// before that goes on in the background.
	reconcilePatience = 250 * time.Millisecond
	// reconcilePage is how many ids are asked for at a time.
	reconcilePage = 1000
	// Between attempts while the records don't answer.
	reconcileRetry    = time.Second
	reconcileRetryMax = time.Minute
)

// Describer finds out what a Record tells of a content. An error says that it is
// no picture that could be uploaded, unless ctx ended.
type Describer func(ctx context.Context, content []byte) (Record, error)

// reconciler makes records and bodies agree.
type reconciler struct {
	ctx      context.Context
	stop     context.CancelFunc
	describe atomic.Pointer[Describer] // nil until Reconcile
	begun    sync.Once
	running  sync.WaitGroup
	done     chan struct{} // closed when all was looked at
	removed  atomic.Int64  // records without a body
	taken    atomic.Int64  // bodies without a record
	left     atomic.Int64  // bodies that can't be taken in
}

func (r *reconciler) init() {
	r.ctx, r.stop = context.WithCancel(context.Background())
	r.done = make(chan struct{})
}

// end stops it and waits for it.
func (r *reconciler) end() {
	r.stop()
	r.running.Wait()
}

// over reports whether all was looked at.
func (r *reconciler) over() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// Reconcile removes what a crash left, files in tmp and records without a body,
// and takes bodies without a record in again; describe says what they are. In a
// large store that goes on after it returned, and an upload that is asked for
// meanwhile is taken in at once. While the records don't answer it waits for
// them. The second call does nothing.
func (u *Uploads) Reconcile(describe Describer) {
	r := &u.reconciler
	r.begun.Do(func() {
		r.describe.Store(&describe)
		r.running.Go(u.reconcile)
	})
	select {
	case <-r.done:
	case <-time.After(reconcilePatience):
	}
}

func (u *Uploads) reconcile() {
	r := &u.reconciler
	for _, name := range names(u.temporaryDir()) {
		removeLeft(filepath.Join(u.temporaryDir(), name))
	}
	for _, shard := range allShards() {
		for wait := reconcileRetry; ; wait = min(2*wait, reconcileRetryMax) {
			err := u.reconcileShard(shard)
			if r.ctx.Err() != nil {
				return
			}
			if err == nil {
				break
			}
			u.logger.Warn("records and bodies of uploads could not be compared, which is tried again", "folder", shard, "error", err)
			select {
			case <-time.After(wait):
			case <-r.ctx.Done():
				return
			}
		}
	}
	close(r.done)
	u.Totals() // begins to count, so that the first who asks is told something
	if removed, taken, left := r.removed.Load(), r.taken.Load(), r.left.Load(); removed+taken+left > 0 {
		u.logger.Info("records and bodies of uploads agree again",
			"records_removed", removed, "bodies_taken_in", taken, "bodies_left", left)
	}
}

// allShards are the names that folders of uploads can have, in the order of bytes.
func allShards() []string {
	const letters = "234567abcdefghijklmnopqrstuvwxyz"
	var all []string
	for _, first := range letters {
		for _, second := range letters {
			all = append(all, string(first)+string(second))
		}
	}
	return all
}

// reconcileShard compares one folder with its records.
//
// Where the folder itself is missing, no crash did that, since it is made before
// any record: the file system may not be mounted. Then its records are left.
func (u *Uploads) reconcileShard(shard string) error {
	all := names(filepath.Join(u.dir, shard))
	recorded, err := u.recordedIn(shard)
	if err != nil {
		return err
	}
	if len(recorded) > 0 && !exists(filepath.Join(u.dir, shard)) {
		u.logger.Error("a folder of uploads is missing; is its file system mounted?", "folder", filepath.Join(u.dir, shard), "records", len(recorded))
		return nil
	}
	for _, id := range recorded {
		if _, there := slices.BinarySearch(all, id); !there {
			if err := u.removeBodiless(id); err != nil {
				return err
			}
		}
	}
	for _, name := range all {
		id, isSidecar := strings.CutSuffix(name, sidecarSuffix)
		_, known := slices.BinarySearch(recorded, id)
		if !ValidID(id) || id[:2] != shard || known && !isSidecar {
			continue
		}
		if err := u.takeIn(u.reconciler.ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// recordedIn lists the ids that have a record, sorted.
func (u *Uploads) recordedIn(shard string) ([]string, error) {
	var all []string
	for after := ""; ; {
		ctx, cancel := asking(u.reconciler.ctx)
		some, err := u.records.IDs(ctx, shard, after, reconcilePage)
		cancel()
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
		if len(some) < reconcilePage {
			return all, nil
		}
		after = some[len(some)-1]
	}
}

// removeBodiless removes a record whose body is missing, unless that has come
// meanwhile: who stores an upload has it locked.
func (u *Uploads) removeBodiless(id string) error {
	unlock, err := u.lock(u.reconciler.ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Lstat(u.path(id)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	u.reconciler.removed.Add(1)
	return u.remove(u.reconciler.ctx, id)
}

// removeLeft removes a file unless a process has it locked: that one is being
// received or committed right now.
func removeLeft(path string) {
	file, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer file.Close()
	if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		os.Remove(path)
	}
}

// names lists a folder, sorted; nothing when it can't be read.
func names(dir string) []string {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	all, _ := d.Readdirnames(-1)
	slices.Sort(all)
	return all
}
