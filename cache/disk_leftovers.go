package cache

import (
	"errors"
	"io/fs"
	"sync"
	"time"
)

// leftovers are files that are no entries any more and could not be removed: the
// operating system failed. A later write has them removed. Until then the index
// alone tells what there is of their sources, even before the walk is through:
// otherwise what was forgotten might be found again by its name.
type leftovers struct {
	mu      sync.RWMutex
	sources map[digest]struct{} // in whose folders such files may lie
	fans    [256]bool           // folders that could not be listed, as sources
	files   map[string]struct{} // temporary ones
	until   time.Time           // nobody tries before: the last attempt failed
}

func (l *leftovers) addSource(source digest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sources == nil {
		l.sources = map[digest]struct{}{}
	}
	l.sources[source] = struct{}{}
}

func (l *leftovers) addFile(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.files == nil {
		l.files = map[string]struct{}{}
	}
	l.files[path] = struct{}{}
}

func (l *leftovers) addFan(first byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fans[first] = true
}

// has tells whether something may be left over of source.
func (l *leftovers) has(source digest) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	_, ok := l.sources[source]
	return ok || l.fans[source[0]]
}

// next are one source and one file, if there are any and it is time to try.
func (l *leftovers) next(now time.Time) (source digest, isSource bool, file string) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if now.Before(l.until) {
		return digest{}, false, ""
	}
	for source = range l.sources {
		isSource = true
		break
	}
	for file = range l.files {
		break
	}
	return source, isSource, file
}

func (l *leftovers) rest(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = until
}

func (l *leftovers) removeSource(source digest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.sources, source)
}

func (l *leftovers) removeFile(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.files, path)
}

// knowsAll tells whether what the index does not know of source is no entry.
func (d *Disk) knowsAll(source digest) bool { return d.walked.Load() || d.left.has(source) }

func (d *Disk) unlinkTemporary(name string) {
	if err := d.system.unlink(name); err != nil && !isNoFolder(err) {
		d.errors.Add(1)
		d.left.addFile(name)
	}
}

// clearLeft tries again to remove something that is left over: after a write
// that succeeded, one thing at a time.
func (d *Disk) clearLeft() {
	source, isSource, file := d.left.next(d.now())
	var err error
	if file != "" {
		if err = d.system.unlink(file); err == nil || isNoFolder(err) {
			d.left.removeFile(file)
			err = nil
		}
	}
	if isSource {
		err = errors.Join(err, d.clearLeftOf(source))
	}
	if err != nil {
		d.errors.Add(1)
		d.left.rest(d.now().Add(longestRest))
	}
}

func (d *Disk) clearLeftOf(source digest) error {
	stripe := d.stripe(source)
	stripe.Lock()
	defer stripe.Unlock()
	if err := d.clearWay(source); err != nil {
		return err
	}
	folder := source.folder(d.dir)
	files, err := d.system.list(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, file := range files {
		variant, ours := parseDigest(file.Name())
		if at := (address{source, variant}); ours && !d.index.holds(at) {
			if err := d.unlinkListed(at, false); err != nil {
				return err
			}
		}
	}
	removeFolder(folder)
	d.left.removeSource(source)
	return nil
}
