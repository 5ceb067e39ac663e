package cache

import "errors"

// Forget implements Store. removed is that of the tier that held more: most
// entries are in both.
func (t *Tiers) Forget(source string) (removed int, err error) {
	// A fill that begins while only the disk has forgotten may still find
	// something in memory: what it makes of that is taken by neither tier.
	defer t.purges.begin(func(other string) bool { return other == source })()
	// Disk first: what waits to be written is invalid from then on, and what a
	// Get takes from disk before it is refused by memory's generation after.
	onDisk, diskErr := t.disk.Forget(source)
	inMemory, memoryErr := t.memory.Forget(source)
	waiting := t.queue.forget(source)
	return max(onDisk, inMemory, waiting), errors.Join(diskErr, memoryErr)
}

// ForgetWhere implements Store, in the order of Forget and counting as that.
func (t *Tiers) ForgetWhere(match func(source string) bool, told func(Key)) (removed int, err error) {
	defer t.purges.begin(match)()
	waiting := t.queue.keysWhere(match)
	if told != nil {
		for _, key := range waiting {
			told(key)
		}
	}
	t.queue.flush() // or the disk would refuse what waits of other sources
	onDisk, diskErr := t.disk.ForgetWhere(match, told)
	inMemory, memoryErr := t.memory.ForgetWhere(match, told)
	for _, key := range waiting {
		t.queue.forget(key.Source)
	}
	return max(onDisk, inMemory, len(waiting)), errors.Join(diskErr, memoryErr)
}
