package cache

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
)

// writeQueue writes entries to the disk store one after the other: that keeps
// the values of a key in order, and one writer of unsynced files does some 2,000
// a second, many times what is made anew.
type writeQueue struct {
	disk      Store
	maxBytes  int64
	maxWrites int
	log       *slog.Logger

	mu      sync.Mutex
	change  sync.Cond // something was queued, written, or the queue was closed
	waiting []*write  // oldest first; the first may be under way
	newest  map[Key]*write
	bytes   int64
	closed  bool
	stopped sync.WaitGroup
	written, dropped, failed,
	accepted, finished uint64
}

// write is an entry to be written.
type write struct {
	key     Key
	entry   *Entry
	since   Generation
	started bool
	// superseded while under way by a value that found no room: what this one
	// writes is older and must go again.
	superseded bool
}

// dropFrom drops one key from a store that can.
func dropFrom(store Store, key Key) {
	if s, ok := store.(removing); ok {
		s.remove(key)
	}
}

// QueueStats of the writes waiting between memory and disk.
type QueueStats struct {
	Entries int    // waiting or under way
	Bytes   int64  // of their bodies
	Written uint64 // writes that succeeded
	Dropped uint64 // not queued for want of room
	Failed  uint64 // writes that the disk refused or failed
}

func newWriteQueue(disk Store, config TiersConfig) *writeQueue {
	q := &writeQueue{
		disk: disk, maxBytes: config.QueueBytes, maxWrites: config.QueueEntries,
		log: loggerOr(config.Logger), newest: map[Key]*write{},
	}
	q.change.L = &q.mu
	q.stopped.Go(q.run)
	return q
}

// put queues a write. A value of the same key that waits is replaced.
func (q *writeQueue) put(key Key, entry *Entry, since Generation) error {
	body, err := entry.Bytes()
	if err != nil {
		return err
	}
	entry = NewEntry(entry.Meta, body)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.maxWrites == 0 {
		return ErrUnavailable
	}
	waiting, replaces := q.newest[key]
	if replaces && !waiting.started {
		q.bytes += entry.Size() - waiting.entry.Size()
		waiting.entry, waiting.since = entry, since
		if q.bytes <= q.maxBytes {
			return nil
		}
		q.cancel(waiting)
		q.dropped++
		return fmt.Errorf("%w: the write queue is full", ErrFull)
	}
	if len(q.waiting) >= q.maxWrites || q.bytes+entry.Size() > q.maxBytes {
		q.dropped++
		if replaces {
			q.supersede(waiting)
		}
		return fmt.Errorf("%w: the write queue is full", ErrFull)
	}
	w := &write{key: key, entry: entry, since: since}
	q.waiting, q.newest[key] = append(q.waiting, w), w
	q.bytes += entry.Size()
	q.accepted++
	q.change.Broadcast()
	return nil
}

// supersede takes back a write that is under way.
func (q *writeQueue) supersede(w *write) {
	w.superseded = true
	delete(q.newest, w.key)
}

// remove takes back what waits or is under way of one key.
func (q *writeQueue) remove(key Key) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, w := range q.waiting {
		switch {
		case w.key != key || w.entry == nil:
		case w.started:
			q.supersede(w)
		default:
			q.cancel(w)
		}
	}
}

// cancel leaves a write in its place with nothing to do.
func (q *writeQueue) cancel(w *write) {
	if q.newest[w.key] == w {
		delete(q.newest, w.key)
	}
	q.bytes -= w.entry.Size()
	w.entry = nil
}

// get finds what waits to be written, unless its source was forgotten.
func (q *writeQueue) get(key Key) (*Entry, error) {
	entry := q.find(key)
	if entry == nil {
		return nil, ErrMiss
	}
	return NewEntry(entry.Meta, entry.body), nil
}

// has tells whether get would find the key.
func (q *writeQueue) has(key Key) bool { return q.find(key) != nil }

// find returns the queue's own entry, nil when there is none that is valid.
func (q *writeQueue) find(key Key) *Entry {
	q.mu.Lock()
	w, ok := q.newest[key]
	var entry *Entry
	var since Generation
	if ok {
		entry, since = w.entry, w.since
	}
	q.mu.Unlock()
	if !ok || q.disk.Generation(key.Source) != since {
		return nil
	}
	return entry
}

// variants of source that get would find, in no order.
func (q *writeQueue) variants(source string) (variants []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.disk.Generation(source)
	for key, w := range q.newest {
		if key.Source == source && w.since == now {
			variants = append(variants, key.Variant)
		}
	}
	return variants
}

// forget drops a source's waiting writes; the disk would refuse them anyway.
func (q *writeQueue) forget(source string) (removed int) {
	now := q.disk.Generation(source)
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, w := range q.waiting {
		if w.key.Source != source || w.entry == nil || w.started || w.since == now {
			continue
		}
		q.cancel(w)
		removed++
	}
	return removed
}

// keysWhere are the keys that get would find of the sources that match names.
func (q *writeQueue) keysWhere(match func(source string) bool) []Key {
	q.mu.Lock()
	keys := slices.Collect(maps.Keys(q.newest))
	q.mu.Unlock()
	return slices.DeleteFunc(keys, func(key Key) bool {
		return match != nil && !match(key.Source) || !q.has(key)
	})
}

func (q *writeQueue) run() {
	for w := q.take(); w != nil; w = q.take() {
		var err error
		if w.entry != nil {
			err = q.disk.Put(w.key, w.entry, w.since)
		}
		if q.done(w, err) {
			dropFrom(q.disk, w.key)
		}
		if err != nil && !isForgotten(err) && !errors.Is(err, ErrUnavailable) {
			q.log.Warn("an entry was not kept on disk", "error", err)
		}
	}
}

// take waits for the next write; nil when the queue is closed and empty.
func (q *writeQueue) take() *write {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 {
		if q.closed {
			return nil
		}
		q.change.Wait()
	}
	w := q.waiting[0]
	w.started = true
	return w
}

// done takes the write off the queue and tells whether it was superseded.
func (q *writeQueue) done(w *write, err error) (superseded bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case w.entry == nil: // cancelled
	case err == nil:
		q.written++
	default:
		q.failed++
	}
	if w.entry != nil {
		q.cancel(w)
	}
	q.waiting[0] = nil
	q.waiting = q.waiting[1:]
	q.finished++
	q.change.Broadcast()
	return w.superseded
}

func (q *writeQueue) flush() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for target := q.accepted; q.finished < target; {
		q.change.Wait()
	}
}

func (q *writeQueue) stats() QueueStats {
	q.mu.Lock()
	defer q.mu.Unlock()
	return QueueStats{
		Entries: len(q.waiting), Bytes: q.bytes,
		Written: q.written, Dropped: q.dropped, Failed: q.failed,
	}
}

func (q *writeQueue) close() {
	q.mu.Lock()
	q.closed = true
	q.change.Broadcast()
	q.mu.Unlock()
	q.stopped.Wait()
}
