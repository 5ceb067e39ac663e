package cache

import (
	"math/bits"
	"math/rand/v2"
	"sync"
	"time"
)

// diskIndex is what is known of the files on disk: where, how large, and in
// which order they should go. At a million entries it has to be small, so it
// is arrays of numbers without pointers: 48 bytes an entry and 24 a source,
// plus 4 to 8 each for hash buckets. Numbers of slots are links; 0 is none.
//
// Order is a segmented LRU. New entries are on probation; a second look
// protects them; at most 80 % of the bytes are protected, the longest unused
// going back on probation. One pass over many pictures thus never displaces
// those that are asked for again and again. Entries found at the start are
// kept by age in lists of their own, which go first, oldest first: nobody has
// asked for them yet.
type diskIndex struct {
	mu       sync.Mutex
	seed     uint64
	slots    slab[slot]
	sources  slab[sourceSlot]
	bySlot   []uint32 // buckets, a power of two of them
	bySource []uint32
	lists    [listCount]list
	used     int64 // blocks
	reserved int64 // blocks of entries being written
	leaving  int64 // blocks of files that are no entries any more, and being removed
	limit    int64 // blocks
}

// blockBytes is the unit of space: what file systems round files up to. A
// source costs one for its folder.
const blockBytes = 4096

func blocksOf(bytes int64) int64 { return (bytes + blockBytes - 1) / blockBytes }

type slot struct {
	variant          digest
	source           uint32
	chain            uint32 // next in the bucket
	newer, older     uint32 // in the list
	sibling, brother uint32 // next and previous of the same source
	blocks           uint32
	list             uint8
	hour             uint16 // when the file's time was last set, in hours since the index was made
}

type sourceSlot struct {
	name  digest
	first uint32
	chain uint32
}

type list struct {
	newest, oldest uint32
	blocks         int64
}

const (
	ageLists   = 88 // ages up to 2^22 minutes (8 years), four lists to each doubling
	probation  = ageLists
	protected  = ageLists + 1
	listCount  = ageLists + 2
	protection = 80 // per cent of the bytes
)

// ageList of a file that was last used so long ago; a time in the future is now.
func ageList(age time.Duration) uint8 {
	minutes := uint64(max(age/time.Minute, 0)) + 4
	octave := bits.Len64(minutes) - 3 // two more bits after the first tell the quarter
	return uint8(min(octave*4+int(minutes>>octave)&3, ageLists-1))
}

func newDiskIndex(limitBytes int64) *diskIndex {
	return &diskIndex{
		seed:     rand.Uint64(),
		bySlot:   make([]uint32, 1024),
		bySource: make([]uint32, 256),
		limit:    limitBytes / blockBytes,
	}
}

// bucket spreads by a secret factor: names are hashes that others can compute.
func (x *diskIndex) bucket(word uint64, buckets []uint32) *uint32 {
	product := (word ^ x.seed) * (x.seed | 1)
	return &buckets[product>>(64-bits.Len(uint(len(buckets)-1)))]
}

func (x *diskIndex) slotBucket(at address) *uint32 {
	return x.bucket(at.source.word()^bits.RotateLeft64(at.variant.word(), 32), x.bySlot)
}

func (x *diskIndex) findSource(name digest) uint32 {
	n := *x.bucket(name.word(), x.bySource)
	for n != 0 && x.sources.at(n).name != name {
		n = x.sources.at(n).chain
	}
	return n
}

func (x *diskIndex) find(at address) uint32 {
	n := *x.slotBucket(at)
	for n != 0 {
		s := x.slots.at(n)
		if s.variant == at.variant && x.sources.at(s.source).name == at.source {
			return n
		}
		n = s.chain
	}
	return 0
}

func (x *diskIndex) addressOf(n uint32) address {
	s := x.slots.at(n)
	return address{x.sources.at(s.source).name, s.variant}
}

// holds tells whether the entry is known.
func (x *diskIndex) holds(at address) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.find(at) != 0
}

// touch notes a hit. stale is true when the file's own time, which orders
// entries after a restart, has not been set for an hour; it counts as set then.
func (x *diskIndex) touch(at address, hour uint16) (stale bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := x.find(at)
	if n == 0 {
		return false
	}
	s := x.slots.at(n)
	x.unlink(n)
	x.link(n, protected)
	for x.lists[protected].blocks > x.limit*protection/100 && x.lists[protected].oldest != n {
		demoted := x.lists[protected].oldest
		x.unlink(demoted)
		x.link(demoted, probation)
	}
	stale, s.hour = s.hour != hour, hour
	return stale
}

// insert makes an entry known as the newest of a list; one of that address is
// replaced, keeping its place if that was protected.
func (x *diskIndex) insert(at address, bytes int64, to uint8, hour uint16) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if n := x.find(at); n != 0 {
		if x.slots.at(n).list == protected {
			to = protected
		}
		x.delete(n)
	}
	x.grow()
	source := x.findSource(at.source)
	if source == 0 {
		source = x.sources.take()
		b := x.bucket(at.source.word(), x.bySource)
		*x.sources.at(source) = sourceSlot{name: at.source, chain: *b}
		*b = source
		x.used++
	}
	owner := x.sources.at(source)
	n, b := x.slots.take(), x.slotBucket(at)
	*x.slots.at(n) = slot{
		variant: at.variant, source: source, chain: *b,
		sibling: owner.first, blocks: uint32(blocksOf(bytes)), hour: hour,
	}
	if owner.first != 0 {
		x.slots.at(owner.first).brother = n
	}
	owner.first, *b = n, n
	x.used += blocksOf(bytes)
	x.link(n, to)
}

// remove forgets one entry. last is true when its source has none left.
func (x *diskIndex) remove(at address) (removed, last bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := x.find(at)
	if n == 0 {
		return false, false
	}
	x.delete(n)
	return true, x.findSource(at.source) == 0
}

// removeSource forgets every entry of a source.
func (x *diskIndex) removeSource(name digest) (removed int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for n := x.findSource(name); n != 0; n = x.findSource(name) {
		x.delete(x.sources.at(n).first)
		removed++
	}
	return removed
}

// sourcesOf are those whose names begin with one byte. It looks at all of them.
func (x *diskIndex) sourcesOf(first byte) (names []digest) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sources.each(func(_ uint32, s *sourceSlot) {
		if s.first != 0 && s.name[0] == first {
			names = append(names, s.name)
		}
	})
	return names
}

// variantsOf a source.
func (x *diskIndex) variantsOf(source digest) (names []digest) {
	x.mu.Lock()
	defer x.mu.Unlock()
	owner := x.findSource(source)
	if owner == 0 {
		return nil
	}
	for n := x.sources.at(owner).first; n != 0; n = x.slots.at(n).sibling {
		names = append(names, x.slots.at(n).variant)
	}
	return names
}

// clear forgets all entries, whose files are to be removed, and tells how many
// there were.
func (x *diskIndex) clear() (removed int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	removed = int(x.slots.live)
	x.leaving += x.used
	x.used = 0
	x.slots, x.sources, x.lists = slab[slot]{}, slab[sourceSlot]{}, [listCount]list{}
	x.bySlot, x.bySource = make([]uint32, 1024), make([]uint32, 256)
	return removed
}

// emptied notes that one of so many parts of what is leaving is gone.
func (x *diskIndex) emptied(parts int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.leaving -= x.leaving / int64(parts)
}

// reserve sets blocks aside for an entry about to be written. When they are
// not there, victim is what to evict first; ok is false when nothing is left.
func (x *diskIndex) reserve(blocks int64) (reserved bool, victim address, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch wanted := x.used + x.reserved + blocks; {
	case wanted+x.leaving <= x.limit:
		x.reserved += blocks
		return true, address{}, true
	case wanted <= x.limit: // there will be room without evicting
		return false, address{}, false
	}
	n := x.oldest()
	if n == 0 {
		return false, address{}, false
	}
	return false, x.addressOf(n), true
}

func (x *diskIndex) release(blocks int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.reserved -= blocks
}

// next is what to evict next, and how many blocks that frees.
func (x *diskIndex) next() (victim address, blocks int64, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := x.oldest()
	if n == 0 {
		return address{}, 0, false
	}
	return x.addressOf(n), int64(x.slots.at(n).blocks), true
}

func (x *diskIndex) sizes() (entries, blocks int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return int64(x.slots.live), x.used
}

func (x *diskIndex) oldest() uint32 {
	for l := ageLists - 1; l >= 0; l-- {
		if n := x.lists[l].oldest; n != 0 {
			return n
		}
	}
	if n := x.lists[probation].oldest; n != 0 {
		return n
	}
	return x.lists[protected].oldest
}

func (x *diskIndex) link(n uint32, to uint8) {
	s, l := x.slots.at(n), &x.lists[to]
	s.list, s.newer, s.older = to, 0, l.newest
	if l.newest != 0 {
		x.slots.at(l.newest).newer = n
	} else {
		l.oldest = n
	}
	l.newest = n
	l.blocks += int64(s.blocks)
}

func (x *diskIndex) unlink(n uint32) {
	s := x.slots.at(n)
	l := &x.lists[s.list]
	if s.newer != 0 {
		x.slots.at(s.newer).older = s.older
	} else {
		l.newest = s.older
	}
	if s.older != 0 {
		x.slots.at(s.older).newer = s.newer
	} else {
		l.oldest = s.newer
	}
	l.blocks -= int64(s.blocks)
}

// delete takes a slot out of list, bucket and source, and the source with its
// last slot.
func (x *diskIndex) delete(n uint32) {
	x.unlink(n)
	s := x.slots.at(n)
	b := x.slotBucket(x.addressOf(n))
	for *b != n {
		b = &x.slots.at(*b).chain
	}
	*b = s.chain
	owner := x.sources.at(s.source)
	if s.brother != 0 {
		x.slots.at(s.brother).sibling = s.sibling
	} else {
		owner.first = s.sibling
	}
	if s.sibling != 0 {
		x.slots.at(s.sibling).brother = s.brother
	}
	x.used -= int64(s.blocks)
	if owner.first == 0 {
		x.deleteSource(s.source)
	}
	x.slots.give(n)
}

func (x *diskIndex) deleteSource(n uint32) {
	b := x.bucket(x.sources.at(n).name.word(), x.bySource)
	for *b != n {
		b = &x.sources.at(*b).chain
	}
	*b = x.sources.at(n).chain
	x.sources.give(n)
	x.used--
}

// grow keeps about one entry to a bucket. Doubling at a million entries takes
// some 50 ms, once.
func (x *diskIndex) grow() {
	if int(x.slots.live) >= len(x.bySlot) {
		x.bySlot = make([]uint32, 2*len(x.bySlot))
		x.slots.each(func(n uint32, s *slot) {
			if s.list == slotFree {
				return
			}
			b := x.slotBucket(x.addressOf(n))
			s.chain, *b = *b, n
		})
	}
	if int(x.sources.live) >= len(x.bySource) {
		x.bySource = make([]uint32, 2*len(x.bySource))
		x.sources.each(func(n uint32, s *sourceSlot) {
			if s.first == 0 {
				return
			}
			b := x.bucket(s.name.word(), x.bySource)
			s.chain, *b = *b, n
		})
	}
}
