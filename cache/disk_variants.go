package cache

import (
	"slices"
	"syscall"
)

// Variants implements Store. The index knows hashes only, so this lists the
// source's folder and reads the header of every file in it, but no body. What
// is damaged is left out, and left for Get to judge and remove; what can't be
// read for want of descriptors or memory is left out and counted as an error.
func (d *Disk) Variants(source string) []string {
	if d.closed.Load() {
		return nil
	}
	name := digestOf(source)
	knowsAll := d.knowsAll(name) // asked first, as in Has
	buffer := verifying.Get().(*[128 << 10]byte)
	defer verifying.Put(buffer)
	var variants []string
	files, _ := d.list(name.folder(d.dir)) // what can't be listed is not named
	for _, file := range files {
		variant, ours := parseDigest(file.Name())
		at := address{name, variant}
		if !ours || knowsAll && !d.index.holds(at) { // Get would not look at it
			continue
		}
		key, err := d.readKey(at, buffer[:])
		switch {
		case err == nil && key.Source == source && digestOf(key.Variant) == variant:
			variants = append(variants, key.Variant)
		case isScarce(err):
			d.errors.Add(1)
		}
	}
	slices.Sort(variants)
	return variants
}

// readKey reads a file's header for the key it was stored under. buffer holds
// any header.
func (d *Disk) readKey(at address, buffer []byte) (Key, error) {
	fd, err := d.system.open(at.path(d.dir))
	if err != nil {
		return Key{}, err
	}
	defer syscall.Close(fd)
	size, err := sizeOf(fd)
	if err != nil {
		return Key{}, err
	}
	length, err := d.system.measureFile(fd, size)
	if err != nil {
		return Key{}, err
	}
	if err := d.system.readAt(fd, buffer[:length], 0); err != nil {
		return Key{}, err
	}
	h, err := decodeHeader(buffer[:length])
	return Key{string(h.source), string(h.variant)}, err
}
