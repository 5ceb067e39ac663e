package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"
)

// makeRoom reserves blocks under the bound, evicting until they fit, and sees
// to it that the file system keeps its minimum free.
func (d *Disk) makeRoom(blocks int64) error {
	for {
		reserved, victim, ok := d.index.reserve(blocks)
		if reserved {
			break
		}
		if !ok {
			return fmt.Errorf("%w: what is being written, or removed, takes all of it", ErrFull)
		}
		if err := d.evict(victim); err != nil {
			return d.failed("evicting from the disk cache failed", victim, 0, err)
		}
	}
	if err := d.keepFree(blocks); err != nil {
		d.index.release(blocks)
		return err
	}
	return nil
}

// keepFree evicts when others, or files not yet walked, fill the file system.
// It looks again after evicting: an unlinked file that is still being sent
// frees its blocks only afterwards.
func (d *Disk) keepFree(blocks int64) error {
	for attempt := 0; ; attempt++ {
		free, _, err := d.system.free(d.dir)
		if errors.Is(err, fs.ErrNotExist) && d.system.makeFolder(d.dir) == nil { // others removed it
			free, _, err = d.system.free(d.dir)
		}
		if err != nil {
			d.errors.Add(1)
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		lacking := blocksOf(d.minFree + blocks*blockBytes - free)
		if lacking <= 0 {
			return nil
		}
		if attempt == 3 {
			break
		}
		if err := d.evictBlocks(lacking, 0); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: less than %d bytes are free on the file system", ErrFull, d.minFree)
}

// evictBlocks evicts the oldest entries until so many blocks and entries are
// freed, or none are left.
func (d *Disk) evictBlocks(blocks int64, entries int) error {
	for blocks > 0 || entries > 0 {
		victim, freed, ok := d.index.next()
		if !ok {
			return nil
		}
		if err := d.evict(victim); err != nil {
			return fmt.Errorf("%w: evicting: %w", ErrUnavailable, err)
		}
		blocks, entries = blocks-freed, entries-1
	}
	return nil
}

func (d *Disk) evict(victim address) error {
	removed, err := d.drop(victim)
	if removed {
		d.evictions.Add(1)
	}
	return err
}

// failed turns a failure of the operating system into ErrUnavailable and
// starts, or prolongs, the rest. Out of space although enough seemed free
// (inodes, quotas, other writers): a little is evicted, for the next attempt.
func (d *Disk) failed(what string, at address, blocks int64, err error) error {
	d.errors.Add(1)
	rest := d.resting.failed(d.now())
	d.log.Error(what, "path", at.path(d.dir), "error", err, "retry_after", rest)
	if isOutOfSpace(err) {
		const some = 16
		if err := d.evictBlocks(2*blocks, some); err != nil {
			d.errors.Add(1)
		}
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// backoff keeps writers away from a failing disk: 2 s after the first failure,
// doubling to a minute. Then one writer probes; the others wait for how it fares.
type backoff struct {
	mu       sync.Mutex
	until    time.Time // zero when all is well
	duration time.Duration
}

const (
	shortestRest = 2 * time.Second
	longestRest  = time.Minute
)

// admits tells whether the caller may write now.
func (b *backoff) admits(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until.IsZero() {
		return true
	}
	if now.Before(b.until) {
		return false
	}
	b.until = now.Add(b.duration) // the caller probes; should it never report, another may later
	return true
}

func (b *backoff) failed(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.duration = min(max(2*b.duration, shortestRest), longestRest)
	b.until = now.Add(b.duration)
	return b.duration
}

func (b *backoff) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until, b.duration = time.Time{}, 0
}
