package cache

import (
	"errors"
	"fmt"
	"slices"
)

// Tiers is a fast store before a large one. Put stores in memory at once and
// hands the body to a bounded queue for the disk: a slow or failing disk never
// delays an answer, it only leaves entries unwritten. What waits to be written
// is found too, so that a body too big for memory is there right away.
type Tiers struct {
	memory, disk Store
	promote      int64
	queue        *writeQueue
	purges       purges
	counters
}

// NewTiers takes ownership of both stores: Close closes them. Off() as memory
// or disk leaves the other alone.
func NewTiers(memory, disk Store, config TiersConfig) *Tiers {
	if _, none := disk.(off); none {
		config.QueueBytes, config.QueueEntries = 0, 0
	}
	return &Tiers{
		memory: memory, disk: disk, promote: config.PromoteBytes,
		queue: newWriteQueue(disk, config),
	}
}

// Get implements Store: memory, what waits to be written, disk.
func (t *Tiers) Get(key Key) (*Entry, error) {
	entry, err := t.memory.Get(key)
	if err != nil {
		entry, err = t.queue.get(key)
	}
	if err != nil {
		entry, err = t.fromDisk(key)
	}
	if err != nil {
		return nil, t.miss()
	}
	t.hits.Add(1)
	return entry, nil
}

// Has implements Store. The order is that of Get, which a write follows from
// the queue to the disk: it is never in neither.
func (t *Tiers) Has(key Key) bool {
	return t.memory.Has(key) || t.queue.has(key) || t.disk.Has(key)
}

// Where names the tiers that have the key now, TierMemory before TierDisk, as
// Has tells it: it counts as no hit, moves nothing, and is of a moment. What
// waits to be written is in memory, as Entry.Tier says of it too.
func (t *Tiers) Where(key Key) (tiers []string) {
	if t.memory.Has(key) || t.queue.has(key) {
		tiers = append(tiers, TierMemory)
	}
	if t.disk.Has(key) {
		tiers = append(tiers, TierDisk)
	}
	return tiers
}

// fromDisk copies small bodies to memory, unless the source is forgotten or a
// newer value is put meanwhile.
func (t *Tiers) fromDisk(key Key) (*Entry, error) {
	since := t.memory.Generation(key.Source)
	entry, err := t.disk.Get(key)
	if err != nil {
		return nil, err
	}
	memory, ok := t.memory.(adding)
	if ok && entry.Size() <= t.promote && entry.file == nil {
		_ = memory.add(key, entry, since) // the entry is answered either way
	}
	return entry, nil
}

// Generation implements Store. Both parts only grow, so the sum changes
// whenever either store forgets the source.
func (t *Tiers) Generation(source string) Generation {
	return t.memory.Generation(source) + t.disk.Generation(source)
}

// Put implements Store: nil when at least one tier has it or will. The
// background write may still fail: then the entry is lost when memory drops it.
func (t *Tiers) Put(key Key, entry *Entry, since Generation) error {
	return t.outcome(t.put(key, entry, since))
}

func (t *Tiers) put(key Key, entry *Entry, since Generation) error {
	if err := t.purges.admits(key.Source); err != nil {
		return err
	}
	// The parts are checked again by each store; a Forget before this line
	// shows in the sum, one after it in the part.
	memory, disk := t.memory.Generation(key.Source), t.disk.Generation(key.Source)
	if memory+disk != since {
		return ErrForgotten
	}
	if err := errors.Join(key.check(), entry.Meta.check()); err != nil {
		t.remove(key)
		return err
	}
	inMemory := t.memory.Put(key, entry, memory)
	if isForgotten(inMemory) {
		return ErrForgotten
	}
	queued := t.queue.put(key, entry, disk)
	if queued != nil {
		// An older file must not come back once memory has dropped the newer value.
		dropFrom(t.disk, key)
	}
	if inMemory != nil && queued != nil {
		return fmt.Errorf("%w; %w", queued, inMemory)
	}
	return nil
}

func (t *Tiers) remove(key Key) {
	dropFrom(t.memory, key)
	t.queue.remove(key)
	dropFrom(t.disk, key)
}

// Variants implements Store: of memory, what waits to be written, and disk.
func (t *Tiers) Variants(source string) []string {
	variants := slices.Concat(t.memory.Variants(source), t.queue.variants(source), t.disk.Variants(source))
	slices.Sort(variants)
	return slices.Compact(variants)
}

// Stats implements Store: sizes are sums over the tiers, Hits, Misses, Puts and
// Refused are those of the whole.
func (t *Tiers) Stats() Stats {
	sum := t.stats()
	for _, tier := range t.PerTier() {
		s := tier.Stats
		sum.Entries += s.Entries
		sum.Bytes += s.Bytes
		sum.Limit += s.Limit
		sum.Evictions += s.Evictions
		sum.Corrupt += s.Corrupt
		sum.Errors += s.Errors
		sum.Walking = sum.Walking || s.Walking
	}
	return sum
}

// TierStats are the stats of one tier.
type TierStats struct {
	Name string // TierMemory or TierDisk
	Stats
}

// PerTier returns memory's and disk's own stats.
func (t *Tiers) PerTier() []TierStats {
	return []TierStats{{TierMemory, t.memory.Stats()}, {TierDisk, t.disk.Stats()}}
}

// Queue returns the stats of the background writes.
func (t *Tiers) Queue() QueueStats { return t.queue.stats() }

// Flush waits until everything that was queued before the call is written or
// has failed.
func (t *Tiers) Flush() { t.queue.flush() }

// Close writes what is queued, then closes both stores.
func (t *Tiers) Close() error {
	t.queue.close()
	return errors.Join(t.memory.Close(), t.disk.Close())
}
