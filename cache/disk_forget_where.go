package cache

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"
)

// diskPurge is one ForgetWhere of a disk store. The index knows hashes only, so
// it lists the folders, and asks one file of each source for its name. It
// locks a stripe for one file at a time.
type diskPurge struct {
	*Disk
	match    func(source string) bool // nil: every source
	told     func(Key)                // nil: nobody asks
	buffer   []byte                   // holds any header
	patience int                      // waits left for a process that is out of descriptors
	removed  int
	faults   int
	fault    error // the first
}

// ForgetWhere implements Store. A source of which no file can be read can't be
// told from one that matches, and goes too: its files count as damaged.
func (d *Disk) ForgetWhere(match func(source string) bool, told func(Key)) (removed int, err error) {
	buffer := verifying.Get().(*[128 << 10]byte)
	defer verifying.Put(buffer)
	p := &diskPurge{Disk: d, match: match, told: told, buffer: buffer[:], patience: 50}
	purging(&d.purges, &d.stripes, match, p.run)
	if p.fault == nil {
		return p.removed, nil
	}
	d.log.Error("forgetting on disk failed", "failures", p.faults, "first", p.fault)
	return p.removed, forgetting(p.fault)
}

func (p *diskPurge) run() {
	if p.match == nil && p.told == nil && !p.closed.Load() {
		if removed, ok := p.forgetAtOnce(); ok {
			p.removed = removed
			return
		}
	}
	for fan := range 256 {
		for _, source := range p.sources(byte(fan)) {
			p.source(source)
			if p.closed.Load() {
				p.failed(ErrUnavailable)
				return
			}
		}
	}
	if p.match == nil {
		p.forgetLost()
	}
}

func (p *diskPurge) failed(err error) {
	if err == nil {
		return
	}
	if p.fault == nil {
		p.fault = err
	}
	p.faults++
}

// sources of which there is a folder, all those whose names begin with one byte.
func (p *diskPurge) sources(fan byte) (sources []digest) {
	prefix := fanName(fan)
	folders, err := p.list(filepath.Join(p.dir, prefix))
	if err != nil {
		p.left.addFan(fan)
		folders = append(folders, p.index.sourcesOf(fan)...)
	}
	for _, folder := range folders {
		if strings.HasPrefix(folder.String(), prefix) {
			sources = append(sources, folder)
		}
	}
	return sources
}

// list returns the names of ours in a folder. When it can't be read, the index
// has to do for what it knows, and a restart may bring others back.
func (p *diskPurge) list(folder string) (names []digest, err error) {
	entries, err := p.system.list(folder)
	for isScarce(err) && p.wait() {
		entries, err = p.system.list(folder)
	}
	if isNoFolder(err) {
		err = nil
	}
	if err != nil {
		p.errors.Add(1)
		p.failed(err)
	}
	for _, entry := range entries {
		if name, ours := parseDigest(entry.Name()); ours {
			names = append(names, name)
		}
	}
	return names, err
}

// wait gives a process that is out of descriptors a moment, for a second in all.
// Meanwhile nothing is locked.
func (p *diskPurge) wait() bool {
	if p.patience == 0 {
		return false
	}
	p.patience--
	time.Sleep(p.pause)
	return true
}

// source removes what there is of one source, if it matches.
func (p *diskPurge) source(source digest) {
	folder := source.folder(p.dir)
	variants, err := p.list(folder)
	if err != nil {
		variants = append(variants, p.index.variantsOf(source)...)
	}
	if len(variants) > 0 && !p.matches(source, variants) {
		return
	}
	if err != nil {
		p.left.addSource(source)
	}
	for _, variant := range variants {
		p.variant(address{source, variant})
	}
	p.locked(source, func() { removeFolder(folder) })
}

// matches judges a source by the first of its files that can be read. When none
// can, they are gone afterwards.
func (p *diskPurge) matches(source digest, variants []digest) bool {
	if p.match == nil {
		return true
	}
	for _, variant := range variants {
		if key, err := p.read(address{source, variant}); err == nil {
			return p.match(key.Source)
		}
	}
	for _, variant := range variants {
		if key, readable := p.eraseUnreadable(address{source, variant}); readable {
			return p.match(key.Source)
		}
	}
	return false
}

// read returns the key of a file that lies in the folder of its source.
func (p *diskPurge) read(at address) (Key, error) {
	key, err := p.readKey(at, p.buffer)
	for isScarce(err) && p.wait() {
		key, err = p.readKey(at, p.buffer)
	}
	if err == nil && digestOf(key.Source) != at.source {
		err = broken("holds another source")
	}
	return key, err
}

// eraseUnreadable removes a file unless it can be read after all: a good one
// may have taken its name since.
func (p *diskPurge) eraseUnreadable(at address) (key Key, readable bool) {
	p.locked(at.source, func() {
		var err error
		if key, err = p.readKey(at, p.buffer); err == nil && digestOf(key.Source) == at.source {
			readable = true
			return
		}
		p.unread(at, err)
		p.erase(at, p.unlinkListed)
	})
	return key, readable
}

// variant removes one file of a source that matches, and tells its key.
func (p *diskPurge) variant(at address) {
	var key Key
	var err error
	if p.told != nil {
		key, err = p.read(at)
		if err == nil && digestOf(key.Variant) != at.variant {
			err = broken("holds another variant")
		}
	}
	p.locked(at.source, func() {
		if err != nil {
			p.unread(at, err)
		}
		p.erase(at, p.unlinkListed)
	})
	if p.told != nil && err == nil {
		p.told(key)
	}
}

// unread counts a file that is removed although it could not be read.
func (p *diskPurge) unread(at address, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist): // removed by others, or evicted
	case isScarce(err):
		p.errors.Add(1)
	default:
		p.damaged(at, err)
	}
}

// erase removes a file and what is known of it; its stripe is locked.
func (p *diskPurge) erase(at address, unlink func(address, bool) error) {
	known, last := p.index.remove(at)
	err := unlink(at, last)
	if err != nil {
		p.errors.Add(1)
		p.failed(err)
	}
	if known || err == nil {
		p.removed++
	}
}

// forgetLost drops what is known and has no file in a folder that was listed.
func (p *diskPurge) forgetLost() {
	for at, _, ok := p.index.next(); ok && !p.closed.Load(); at, _, ok = p.index.next() {
		p.locked(at.source, func() { p.erase(at, p.unlink) })
	}
}

// locked does something to one source's folder unless the store was closed.
func (p *diskPurge) locked(source digest, do func()) {
	p.using.RLock()
	defer p.using.RUnlock()
	if p.closed.Load() {
		return
	}
	stripe := p.stripe(source)
	stripe.Lock()
	defer stripe.Unlock()
	do()
}
