package cache

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
)

// emptying is what a store does that has forgotten everything: the index knows
// nothing any more, so nothing is found; the files are removed behind the
// caller's back, which takes minutes for a million of them. In case the process
// ends before, a mark in the folder says that all files that were there by then
// are no entries.
type emptying struct {
	atLeast int           // entries; fewer are removed one by one
	orders  chan struct{} // holds one while the folder is to be gone through
	run     sync.WaitGroup

	mu     sync.Mutex
	number int          // marks made
	before atomic.Int64 // ns since 1970: files last changed by then are no entries, as far as the index does not know them; 0: there is no mark
}

// markName is the file whose time is that of the latest purge of everything.
const markName = "emptied"

// emptyingAtLeast is how many entries are forgotten at once; fewer can be removed
// in the time that somebody waits, which leaves nothing to be done later.
const emptyingAtLeast = 20_000

// forgetAtOnce forgets everything in the time that it takes to make one file. It
// returns false where that can't be done, or need not.
func (d *Disk) forgetAtOnce() (removed int, ok bool) {
	entries, _ := d.index.sizes()
	if !d.walked.Load() || entries < int64(d.emptying.atLeast) || d.mark() != nil {
		return 0, false
	}
	removed = d.index.clear()
	select {
	case d.emptying.orders <- struct{}{}:
	default: // it is to be gone through already
	}
	return removed, true
}

// mark makes the mark, whose time is later than that of every file that is an
// entry now: nothing is published while a purge of everything is under way.
func (d *Disk) mark() error {
	d.emptying.mu.Lock()
	defer d.emptying.mu.Unlock()
	if err := d.readyTemporary(); err != nil {
		return err
	}
	name := d.temporaryName()
	w, err := d.system.create(name)
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = d.system.rename(name, filepath.Join(d.dir, markName))
	}
	if err != nil {
		d.errors.Add(1)
		d.unlinkTemporary(name)
		return err
	}
	d.emptying.number++
	d.findMark()
	return nil
}

// findMark reads the mark, which an earlier run may have left.
func (d *Disk) findMark() {
	info, err := os.Lstat(filepath.Join(d.dir, markName))
	if err == nil && info.Mode().IsRegular() {
		d.emptying.before.Store(info.ModTime().UnixNano())
	}
}

// unmark removes the mark unless another one was made since; nothing is left that
// it is about.
func (d *Disk) unmark(number int) {
	d.emptying.mu.Lock()
	defer d.emptying.mu.Unlock()
	if d.emptying.number != number {
		return
	}
	if err := d.system.unlink(filepath.Join(d.dir, markName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.errors.Add(1)
		return
	}
	d.emptying.before.Store(0)
}

// isForgotten tells by the file's time, the one that nobody can set, that what
// lies under a name was there when everything was forgotten.
func (d *Disk) isForgotten(path string) bool {
	before := d.emptying.before.Load()
	if before == 0 {
		return false
	}
	var stat syscall.Stat_t
	if syscall.Lstat(path, &stat) != nil {
		return false
	}
	changed := changedAt(&stat)
	return changed.Nano() <= before
}

// empty removes files that are no entries, when told to, until ctx ends.
func (d *Disk) empty(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.emptying.orders:
			for attempt := 1; !d.emptyFolders(ctx) && ctx.Err() == nil && attempt < walkAttempts; attempt++ {
				sleep(ctx, d.rest)
			}
		}
	}
}

// emptyFolders goes through all folders once, and returns whether nothing is left
// that is no entry.
func (d *Disk) emptyFolders(ctx context.Context) (clean bool) {
	d.emptying.mu.Lock()
	number := d.emptying.number
	d.emptying.mu.Unlock()
	clean = true
	for fan := range 256 {
		sources, err := d.sourcesIn(byte(fan))
		clean = clean && (err == nil || isNoFolder(err))
		for _, source := range sources {
			if ctx.Err() != nil {
				return false
			}
			if err := d.clearLeftOf(source); err != nil {
				d.errors.Add(1)
				d.left.addSource(source)
				clean = false
			}
		}
		d.index.emptied(256 - fan)
	}
	if clean {
		d.unmark(number)
	}
	return clean
}
