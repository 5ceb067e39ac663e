package cache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Disk keeps entries as files: <dir>/ab/<source's hash>/<variant's hash>.
//
// A file is written under <dir>/tmp and renamed, and not synced: a crash may
// lose entries, and what it leaves torn fails its checksum. Every read checks
// header, key and checksum. The index of files lives in memory only; a walk in
// the background fills it at the start, and until it is through, files are
// found by name. The folder belongs to one process at a time. Files of other
// names are left alone, and not counted. Links are not followed, and give way
// where a folder has to be.
//
// A source's stripe is locked while a file of it gets or loses its name, never
// while a body is read or written.
type Disk struct {
	dir       string
	system    system
	now       func() time.Time
	opened    time.Time
	log       *slog.Logger
	limit     int64 // bytes
	largest   int64 // bytes of one file
	minFree   int64 // bytes
	run       string
	temporary atomic.Uint64

	stripes stripes
	purges  purges
	index   *diskIndex
	resting backoff
	left    leftovers
	counters
	emptying emptying

	walked  atomic.Bool     // the index knows every file
	rest    time.Duration   // before the walk tries again what it could not list
	pause   time.Duration   // before a purge that is out of descriptors tries again
	life    context.Context // of what runs in the background
	stop    context.CancelFunc
	walking sync.WaitGroup
	closed  atomic.Bool
	using   sync.RWMutex // read: Puts and Forgets under way; write: Close
}

const temporaryFolder = "tmp"

// OpenDisk opens the store at once and reads the folder in the background. It
// returns a store that keeps nothing when Bytes is 0. Only a folder that can't
// be made is an error; whatever is in it is not.
func OpenDisk(config DiskConfig) (Store, error) {
	if config.Bytes == 0 {
		return Off(), nil
	}
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("cache: disk: %w", err)
	}
	d, err := newDisk(config, realSystem(), time.Now)
	if err != nil {
		return nil, err
	}
	d.startWalk()
	return d, nil
}

func newDisk(config DiskConfig, system system, now func() time.Time) (*Disk, error) {
	if err := system.makeFolder(config.Dir); err != nil {
		return nil, fmt.Errorf("cache: making the disk folder: %w", err)
	}
	dir, err := filepath.EvalSymlinks(config.Dir) // once, and not at each hit
	if err != nil {
		return nil, fmt.Errorf("cache: finding the disk folder: %w", err)
	}
	d := &Disk{
		dir: dir, system: system, now: now, opened: now(), log: loggerOr(config.Logger),
		limit: config.Bytes, largest: config.Bytes / 20, minFree: config.MinFree,
		run:   strconv.FormatUint(rand.Uint64(), 36),
		index: newDiskIndex(config.Bytes),
		rest:  shortestRest,
		pause: 20 * time.Millisecond,
	}
	d.life, d.stop = context.WithCancel(context.Background())
	d.emptying.atLeast, d.emptying.orders = emptyingAtLeast, make(chan struct{}, 1)
	d.findMark()
	if _, total, err := system.free(dir); err == nil {
		d.fit(total)
	}
	return d, nil
}

// fit the bounds to a file system of so many bytes in all. What takes more than a
// quarter of it would cost too many others their places.
func (d *Disk) fit(total int64) {
	if total < 2*d.minFree {
		d.minFree = total / 10
		d.log.Info("small file system: the cache keeps a tenth of it free", "dir", d.dir, "bytes", total)
	}
	d.largest = min(d.largest, (total-d.minFree)/4)
}

func (d *Disk) stripe(source digest) *stripe { return d.stripes.of(source.word()) }

// hour since opening; the index has 16 bits for it and doesn't mind wrapping.
func (d *Disk) hour() uint16 { return uint16(d.now().Sub(d.opened) / time.Hour) }

// Get implements Store. Bodies up to about 64 KiB come as bytes,
// others as a file.
func (d *Disk) Get(key Key) (*Entry, error) {
	if d.closed.Load() || key.check() != nil {
		return nil, d.miss()
	}
	at := addressOf(key)
	if !d.index.holds(at) && (d.knowsAll(at.source) || d.isForgotten(at.path(d.dir))) {
		return nil, d.miss()
	}
	entry, err := d.read(key, at)
	if err != nil {
		return nil, d.miss()
	}
	if d.index.touch(at, d.hour()) {
		now := d.now()
		_ = os.Chtimes(at.path(d.dir), now, now) // only the order after a restart depends on it
	}
	d.hits.Add(1)
	return entry, nil
}

// Has implements Store: a look into the index, and until the walk is through
// also whether a file of that name lies in the folder. Neither opens the file,
// so one that is damaged, or was removed by others, counts as there.
func (d *Disk) Has(key Key) bool {
	if d.closed.Load() || key.check() != nil {
		return false
	}
	at := addressOf(key)
	knowsAll := d.knowsAll(at.source) // asked first: what the walk finds meanwhile is in the index then
	return d.index.holds(at) || !knowsAll && d.isEntry(at) && !d.isForgotten(at.path(d.dir))
}

// Generation implements Store.
func (d *Disk) Generation(source string) Generation {
	return d.stripe(digestOf(source)).generation()
}

// Put implements Store.
func (d *Disk) Put(key Key, entry *Entry, since Generation) error {
	d.using.RLock()
	defer d.using.RUnlock()
	if d.closed.Load() {
		return d.outcome(ErrUnavailable)
	}
	err := d.store(key, entry, since)
	if err != nil && !isForgotten(err) {
		d.remove(key)
	}
	return d.outcome(err)
}

func (d *Disk) store(key Key, entry *Entry, since Generation) error {
	if err := errors.Join(key.check(), entry.Meta.check()); err != nil {
		return err
	}
	if err := d.purges.admits(key.Source); err != nil {
		return err
	}
	at := addressOf(key)
	if d.stripe(at.source).generation() != since {
		return ErrForgotten
	}
	if size := entry.Size(); size > d.largest {
		return fmt.Errorf("%w: body of %d bytes, the disk keeps up to %d", ErrTooBig, size, d.largest)
	}
	if !d.resting.admits(d.now()) {
		return fmt.Errorf("%w: backing off after a failed write", ErrUnavailable)
	}
	body, err := entry.Bytes()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return d.write(key, at, entry.Meta, body, since)
}

// write makes room, writes the file under a temporary name, and publishes it.
func (d *Disk) write(key Key, at address, meta Meta, body []byte, since Generation) error {
	head := encodeHeader(key, meta, body)
	size := int64(len(head) + len(body))
	reserved := blocksOf(size) + 1 // and perhaps a folder
	if err := d.makeRoom(reserved); err != nil {
		return err
	}
	defer d.index.release(reserved)
	name := d.temporaryName()
	err := d.writeTemporary(name, head, body)
	if err == nil {
		err = d.publish(name, at, size, since)
	}
	if err != nil && !isForgotten(err) {
		d.unlinkTemporary(name)
		return d.failed("writing a cache file failed", at, reserved, err)
	}
	d.resting.succeeded()
	d.clearLeft()
	return err
}

// temporaryName is one that nothing has.
func (d *Disk) temporaryName() string {
	return filepath.Join(d.dir, temporaryFolder, d.run+"-"+strconv.FormatUint(d.temporary.Add(1), 36))
}

func (d *Disk) writeTemporary(name string, head, body []byte) error {
	if err := d.readyTemporary(); err != nil {
		return err
	}
	w, err := d.system.create(name)
	if err != nil {
		return err
	}
	for _, part := range [][]byte{head, body} {
		var n int
		if n, err = w.Write(part); err == nil && n < len(part) {
			err = io.ErrShortWrite
		}
		if err != nil {
			break
		}
	}
	return errors.Join(err, w.Close())
}

// publish gives the file its name, unless the source was forgotten meanwhile.
func (d *Disk) publish(name string, at address, size int64, since Generation) error {
	stripe := d.stripe(at.source)
	stripe.Lock()
	defer stripe.Unlock()
	if stripe.generation() != since {
		d.unlinkTemporary(name)
		return ErrForgotten
	}
	if err := d.rename(name, at); err != nil {
		return err
	}
	d.index.insert(at, size, probation, d.hour())
	return nil
}

// remove drops one entry.
func (d *Disk) remove(key Key) {
	if key.check() != nil {
		return // never stored
	}
	if _, err := d.drop(addressOf(key)); err != nil {
		d.errors.Add(1)
	}
}

// drop removes one entry from index and folder, and the folder with its last.
func (d *Disk) drop(at address) (removed bool, err error) {
	stripe := d.stripe(at.source)
	stripe.Lock()
	defer stripe.Unlock()
	known, last := d.index.remove(at)
	if !known && d.knowsAll(at.source) {
		return false, nil
	}
	return known, d.unlink(at, last)
}

// Stats implements Store.
func (d *Disk) Stats() Stats {
	s := d.stats()
	entries, blocks := d.index.sizes()
	s.Entries, s.Bytes, s.Limit = entries, blocks*blockBytes, d.limit
	s.Walking = !d.walked.Load()
	return s
}

// Close implements Store.
func (d *Disk) Close() error {
	d.closed.Store(true)
	d.stop()
	d.walking.Wait()
	d.emptying.run.Wait()
	d.using.Lock() // waits for Puts and Forgets under way
	defer d.using.Unlock()
	return nil
}
