package cache

import (
	"encoding/binary"
	"hash/maphash"
	"maps"
	"slices"
	"sync"
)

// memoryIndex knows which keys of which source are in bigcache, so that a
// source can be forgotten. Its locks are the innermost: nothing is called with
// one held.
type memoryIndex struct {
	seed  maphash.Seed
	parts [64]memoryIndexPart
}

type memoryIndexPart struct {
	mu      sync.Mutex
	keys    map[string]*heldKey
	sources map[string]*heldKey // first of each source's keys
	bytes   int64
}

// heldKey is a key in bigcache, chained to the others of its source.
type heldKey struct {
	next, previous *heldKey
	joined         string
	stamp          uint64
	bytes          int64
}

func (x *memoryIndex) init(seed maphash.Seed) {
	x.seed = seed
	for i := range x.parts {
		x.parts[i].keys = map[string]*heldKey{}
		x.parts[i].sources = map[string]*heldKey{}
	}
}

func (x *memoryIndex) part(source string) *memoryIndexPart {
	return &x.parts[maphash.String(x.seed, source)%uint64(len(x.parts))]
}

// set notes that joined is in the cache under stamp, with so many bytes.
func (x *memoryIndex) set(source, joined string, stamp uint64, bytes int64) {
	p := x.part(source)
	p.mu.Lock()
	defer p.mu.Unlock()
	held := p.keys[joined]
	if held == nil {
		held = &heldKey{joined: joined, next: p.sources[source]}
		if held.next != nil {
			held.next.previous = held
		}
		p.keys[joined], p.sources[source] = held, held
	}
	p.bytes += bytes - held.bytes
	held.stamp, held.bytes = stamp, bytes
}

// stamp of the newest value under joined.
func (x *memoryIndex) stamp(source, joined string) (stamp uint64, ok bool) {
	p := x.part(source)
	p.mu.Lock()
	defer p.mu.Unlock()
	held, ok := p.keys[joined]
	if !ok {
		return 0, false
	}
	return held.stamp, true
}

// drop forgets joined if its newest value is the one under stamp.
func (x *memoryIndex) drop(source, joined string, stamp uint64) bool {
	p := x.part(source)
	p.mu.Lock()
	defer p.mu.Unlock()
	held := p.keys[joined]
	if held == nil || held.stamp != stamp {
		return false
	}
	delete(p.keys, joined)
	p.bytes -= held.bytes
	if held.next != nil {
		held.next.previous = held.previous
	}
	switch {
	case held.previous != nil:
		held.previous.next = held.next
	case held.next != nil:
		p.sources[source] = held.next
	default:
		delete(p.sources, source)
	}
	return true
}

// keys of source, joined.
func (x *memoryIndex) keys(source string) []string {
	p := x.part(source)
	p.mu.Lock()
	defer p.mu.Unlock()
	var keys []string
	for held := p.sources[source]; held != nil; held = held.next {
		keys = append(keys, held.joined)
	}
	return keys
}

// sources in one part.
func (x *memoryIndex) sources(part int) []string {
	p := &x.parts[part]
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Keys(p.sources))
}

func (x *memoryIndex) sizes() (entries, bytes int64) {
	for i := range x.parts {
		p := &x.parts[i]
		p.mu.Lock()
		entries += int64(len(p.keys))
		bytes += p.bytes
		p.mu.Unlock()
	}
	return entries, bytes
}

// sourceOf is the source within a joined key.
func sourceOf(joined string) (string, bool) {
	length, n := binary.Uvarint([]byte(joined[:min(len(joined), binary.MaxVarintLen32)]))
	if n <= 0 || length > uint64(len(joined)-n) {
		return "", false
	}
	return joined[n : n+int(length)], true
}

// variantOf is the variant within a joined key of source.
func variantOf(joined, source string) string {
	var length [binary.MaxVarintLen32]byte
	return joined[binary.PutUvarint(length[:], uint64(len(source)))+len(source):]
}
