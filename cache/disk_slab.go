package cache

// slotFree marks a slot that is not in use.
const slotFree = ^uint8(0)

// slab holds records by number, from 1. It grows by chunks, so that growing
// neither copies nor needs twice the memory; given back numbers are used again.
type slab[T recyclable[T]] struct {
	chunks []*[slabChunk]T
	top    uint32 // numbers ever taken
	free   uint32 // first of the free ones, chained by their own link
	live   uint32
}

const slabChunk = 4096

// recyclable is a record that, while free, keeps the number of the next free one.
type recyclable[T any] interface {
	freed(next uint32) T
	nextFree() uint32
}

func (s slot) freed(next uint32) slot { return slot{chain: next, list: slotFree} }
func (s slot) nextFree() uint32       { return s.chain }

func (s sourceSlot) freed(next uint32) sourceSlot { return sourceSlot{chain: next} }
func (s sourceSlot) nextFree() uint32             { return s.chain }

func (s *slab[T]) at(n uint32) *T { return &s.chunks[(n-1)/slabChunk][(n-1)%slabChunk] }

func (s *slab[T]) take() uint32 {
	s.live++
	if n := s.free; n != 0 {
		s.free = (*s.at(n)).nextFree()
		return n
	}
	if s.top%slabChunk == 0 {
		s.chunks = append(s.chunks, new([slabChunk]T))
	}
	s.top++
	return s.top
}

func (s *slab[T]) give(n uint32) {
	*s.at(n) = (*s.at(n)).freed(s.free)
	s.free = n
	s.live--
}

// each visits all numbers ever taken, free ones too.
func (s *slab[T]) each(visit func(n uint32, record *T)) {
	for n := uint32(1); n <= s.top; n++ {
		visit(n, s.at(n))
	}
}
