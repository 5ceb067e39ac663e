package cache

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"sync/atomic"
	"time"

	"github.com/allegro/bigcache/v3"
)

// Memory keeps entries in RAM; the only place that knows bigcache. bigcache
// holds bodies in a few large byte queues that the garbage collector does not
// look into, and copies once on Get.
//
// bigcache evicts in order of arrival, however popular an entry is. So a hit
// on an entry that half a shard of newer ones has passed moves it to the front
// again, at the price of one more copy per that many bytes of arrivals.
//
// Locks, in this order: a source's stripe, bigcache's shard, the index. bigcache
// calls evicted with a shard locked, so evicted takes only the index's locks.
type Memory struct {
	cache      *bigcache.BigCache
	limit      int64
	entryBytes int64
	shardBytes uint64
	seed       maphash.Seed

	stripes stripes
	purges  purges
	index   memoryIndex
	arrived []atomic.Uint64 // bytes ever pushed, by shard: an entry's age is the difference
	stamps  atomic.Uint64
	closed  atomic.Bool
	counters
}

const (
	memoryShards = 16
	// memoryOverhead is what key, meta and record add to a body at most.
	memoryOverhead = MaxKeyBytes + MaxAttributesBytes + MaxContentTypeBytes + recordFixed
)

// NewMemory returns a Memory, or a store that keeps nothing when Bytes is 0.
func NewMemory(config MemoryConfig) (Store, error) {
	if config.Bytes == 0 {
		return Off(), nil
	}
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("cache: memory: %w", err)
	}
	return newMemory(config)
}

func newMemory(config MemoryConfig) (*Memory, error) {
	largest := config.EntryBytes + memoryOverhead
	shards := memoryShards
	for shards > 1 && config.Bytes/int64(shards) < 5*largest {
		shards /= 2
	}
	// Each shard has a scratch buffer that grows to the largest entry; it
	// comes out of the same bound.
	queueMiB := max((config.Bytes-int64(shards)*largest)/mib, 1)
	m := &Memory{
		limit:      config.Bytes,
		entryBytes: config.EntryBytes,
		shardBytes: uint64(queueMiB*mib) / uint64(shards),
		seed:       maphash.MakeSeed(),
		arrived:    make([]atomic.Uint64, shards),
	}
	m.index.init(m.seed)
	const typical = 64 << 10 // scratch size to begin with
	cache, err := bigcache.New(context.Background(), bigcache.Config{
		Shards:     shards,
		LifeWindow: 100 * 365 * 24 * time.Hour, // freshness is the caller's business
		// Queues get their full size at once: growing would hold the old and
		// the new one. Pages not yet written to cost nothing.
		MaxEntriesInWindow: (int(m.shardBytes)/typical + 1) * shards,
		MaxEntrySize:       typical,
		HardMaxCacheSize:   int(queueMiB),
		Hasher:             seededHash(m.seed),
		OnRemoveWithReason: m.evicted,
	})
	if err != nil {
		return nil, fmt.Errorf("cache: making the memory store: %w", err)
	}
	m.cache = cache
	return m, nil
}

// seededHash spreads keys so that nobody outside can choose two that collide:
// bigcache lets the later one displace the earlier.
type seededHash maphash.Seed

func (s seededHash) Sum64(key string) uint64 { return maphash.String(maphash.Seed(s), key) }

func (m *Memory) stripe(source string) *stripe {
	return m.stripes.of(maphash.String(m.seed, source))
}

func (m *Memory) shard(joined string) *atomic.Uint64 {
	return &m.arrived[maphash.String(m.seed, joined)&uint64(len(m.arrived)-1)]
}

// Get implements Store. The body is a copy of the caller's own.
func (m *Memory) Get(key Key) (*Entry, error) {
	if m.closed.Load() || key.check() != nil {
		return nil, m.miss()
	}
	joined := key.joined()
	raw, err := m.cache.Get(joined)
	if err != nil {
		return nil, m.miss()
	}
	r := record(raw)
	if m.shard(joined).Load()-r.position() > m.shardBytes/2 {
		m.refresh(key, joined, r)
	}
	m.hits.Add(1)
	return r.entry(), nil
}

// Has implements Store: a look into the index, which learns of an entry just
// before bigcache does, and of an eviction with it.
func (m *Memory) Has(key Key) bool {
	if m.closed.Load() || key.check() != nil {
		return false
	}
	_, held := m.index.stamp(key.Source, key.joined())
	return held
}

// refresh moves an entry to the front of its queue, unless it was replaced or
// forgotten meanwhile. r's stamps are changed in place: they are not part of
// what the caller gets to see.
func (m *Memory) refresh(key Key, joined string, r record) {
	stripe := m.stripe(key.Source)
	stripe.Lock()
	defer stripe.Unlock()
	if held, ok := m.index.stamp(key.Source, joined); !ok || held != r.stamp() {
		return
	}
	_ = m.publish(key.Source, joined, r) // the entry was answered already
}

// Generation implements Store.
func (m *Memory) Generation(source string) Generation { return m.stripe(source).generation() }

// Put implements Store. The body is copied.
func (m *Memory) Put(key Key, entry *Entry, since Generation) error {
	return m.put(key, entry, since, false)
}

func (m *Memory) add(key Key, entry *Entry, since Generation) error {
	return m.put(key, entry, since, true)
}

func (m *Memory) put(key Key, entry *Entry, since Generation, onlyIfAbsent bool) error {
	err := m.store(key, entry, since, onlyIfAbsent)
	if err != nil && !isForgotten(err) && !onlyIfAbsent {
		m.remove(key)
	}
	return m.outcome(err)
}

func (m *Memory) store(key Key, entry *Entry, since Generation, onlyIfAbsent bool) error {
	if m.closed.Load() {
		return ErrUnavailable
	}
	if err := errors.Join(key.check(), entry.Meta.check()); err != nil {
		return err
	}
	if entry.Size() > m.entryBytes {
		return fmt.Errorf("%w: body of %d bytes, memory keeps up to %d", ErrTooBig, entry.Size(), m.entryBytes)
	}
	body, err := entry.Bytes()
	if err != nil {
		return err
	}
	if err := m.purges.admits(key.Source); err != nil {
		return err
	}
	joined, r := key.joined(), newRecord(entry.Meta, body)
	stripe := m.stripe(key.Source)
	stripe.Lock()
	defer stripe.Unlock()
	if stripe.generation() != since {
		return ErrForgotten
	}
	if _, held := m.index.stamp(key.Source, joined); held && onlyIfAbsent {
		return nil
	}
	return m.publish(key.Source, joined, r)
}

// publish pushes r under a new stamp; the source's stripe is locked. The index
// learns of it first, so that the entry can be evicted the moment it is pushed.
func (m *Memory) publish(source, joined string, r record) error {
	stamp := m.stamps.Add(1)
	arrived := m.shard(joined)
	r.setStamps(stamp, arrived.Add(uint64(len(r)+len(joined))))
	m.index.set(source, joined, stamp, int64(len(r)+len(joined)))
	if err := m.cache.Set(joined, r); err != nil {
		m.index.drop(source, joined, stamp)
		m.errors.Add(1)
		return fmt.Errorf("%w: %w", ErrTooBig, err)
	}
	return nil
}

// evicted is bigcache's callback, with a shard locked. An entry that was
// replaced meanwhile has another stamp in the index, which then stays.
func (m *Memory) evicted(joined string, raw []byte, reason bigcache.RemoveReason) {
	source, ok := sourceOf(joined)
	if !ok {
		return
	}
	if m.index.drop(source, joined, record(raw).stamp()) && reason == bigcache.NoSpace {
		m.evictions.Add(1)
	}
}

func (m *Memory) remove(key Key) {
	stripe := m.stripe(key.Source)
	stripe.Lock()
	defer stripe.Unlock()
	_ = m.cache.Delete(key.joined()) // the only error is that it is not there
}

// Variants implements Store.
func (m *Memory) Variants(source string) []string {
	if m.closed.Load() {
		return nil
	}
	variants := m.index.keys(source)
	for i, joined := range variants {
		variants[i] = variantOf(joined, source)
	}
	slices.Sort(variants)
	return variants
}

// Stats implements Store.
func (m *Memory) Stats() Stats {
	s := m.stats()
	s.Entries, s.Bytes = m.index.sizes()
	s.Limit = m.limit
	return s
}

// Close implements Store. The memory goes with the last reference.
func (m *Memory) Close() error {
	if m.closed.Swap(true) {
		return nil
	}
	return m.cache.Close()
}
