package cache

import (
	"errors"
	"fmt"
	"io/fs"
)

// Forget implements Store. The generation grows last, so that who took it and
// then found something is refused.
func (d *Disk) Forget(source string) (removed int, err error) {
	d.using.RLock()
	defer d.using.RUnlock()
	name := digestOf(source)
	stripe := d.stripe(name)
	stripe.Lock()
	defer stripe.Unlock()
	defer stripe.forgotten.Add(1)
	known := d.index.removeSource(name)
	if known == 0 && d.walked.Load() && !d.left.has(name) {
		return 0, nil
	}
	removed, err = d.emptyFolder(name)
	if err != nil {
		d.errors.Add(1)
		err = forgetting(err)
	}
	return max(removed, known), err
}

func forgetting(err error) error { return fmt.Errorf("cache: forgetting on disk: %w", err) }

// emptyFolder removes all files of ours in a source's folder, known or not.
func (d *Disk) emptyFolder(source digest) (removed int, err error) {
	if err := d.clearWay(source); err != nil {
		d.left.addSource(source)
		return 0, err
	}
	folder := source.folder(d.dir)
	files, err := d.system.list(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		d.left.addSource(source)
	}
	var faults []error
	for _, file := range files {
		variant, ours := parseDigest(file.Name())
		if !ours {
			continue
		}
		if err := d.unlinkListed(address{source, variant}, false); err != nil {
			faults = append(faults, err)
			continue
		}
		removed++
	}
	removeFolder(folder)
	return removed, errors.Join(err, errors.Join(faults...))
}
