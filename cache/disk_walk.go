package cache

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// hourUnknown makes the first hit on a file set its time.
const hourUnknown = ^uint16(0)

// startWalk reads the folder in the background: makes the index complete,
// clears leftovers of crashes, and brings the bytes under the bound.
func (d *Disk) startWalk() {
	ctx, stop := context.WithCancel(context.Background())
	d.stop = stop
	d.walking.Go(func() {
		d.clearTemporary(ctx)
		d.walk(ctx)
	})
}

// clearTemporary removes what was being written when an earlier run ended.
func (d *Disk) clearTemporary(ctx context.Context) {
	folder := filepath.Join(d.dir, temporaryFolder)
	for _, file := range d.list(folder) {
		if ctx.Err() != nil {
			return
		}
		if !strings.HasPrefix(file.Name(), d.run+"-") && isTemporaryName(file.Name()) {
			_ = d.system.unlink(filepath.Join(folder, file.Name()))
		}
	}
}

// isTemporaryName: two base-36 numbers with a dash between.
func isTemporaryName(name string) bool {
	run, number, found := strings.Cut(name, "-")
	base36 := func(s string) bool {
		return s != "" && strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
	}
	return found && base36(run) && base36(number)
}

func (d *Disk) walk(ctx context.Context) {
	for fan := range 256 {
		prefix := fanName(byte(fan))
		for _, folder := range d.list(filepath.Join(d.dir, prefix)) {
			if ctx.Err() != nil {
				return
			}
			source, ours := parseDigest(folder.Name())
			if ours && folder.IsDir() && strings.HasPrefix(folder.Name(), prefix) {
				d.walkSource(source)
			}
		}
	}
	d.walked.Store(true)
	d.trim(ctx)
	entries, blocks := d.index.sizes()
	d.log.Info("the disk cache is read", "dir", d.dir, "entries", entries, "bytes", blocks*blockBytes)
}

// list is what can be read of a folder; the rest is as if it weren't there.
func (d *Disk) list(folder string) []os.DirEntry {
	entries, err := os.ReadDir(folder)
	if err != nil && !os.IsNotExist(err) {
		d.errors.Add(1)
		d.log.Warn("can't read a folder of the cache", "path", folder, "error", err)
	}
	return entries
}

func (d *Disk) walkSource(source digest) {
	stripe := d.stripe(source)
	stripe.Lock()
	defer stripe.Unlock()
	kept := false
	for _, file := range d.list(source.folder(d.dir)) {
		variant, ours := parseDigest(file.Name())
		if !ours {
			kept = true
			continue
		}
		if d.walkFile(address{source, variant}, file) {
			kept = true
		}
	}
	if !kept {
		removeFolder(source.folder(d.dir))
	}
}

// walkFile takes one file into the index, or removes it when it can't be
// right. Its body is checked when it is read.
func (d *Disk) walkFile(at address, file os.DirEntry) (kept bool) {
	if d.index.holds(at) {
		return true
	}
	info, err := file.Info()
	if err == nil {
		err = d.glance(at, info)
	}
	switch {
	case err == nil:
		d.index.insert(at, info.Size(), ageList(d.now().Sub(info.ModTime())), hourUnknown)
		return true
	case isScarce(err) && info != nil: // not its fault: known, and judged when read
		d.errors.Add(1)
		d.index.insert(at, info.Size(), ageList(d.now().Sub(info.ModTime())), hourUnknown)
		return true
	case os.IsNotExist(err):
		return false
	}
	d.damaged(at, err)
	d.unlinkDamaged(at, false)
	return false
}

// glance checks what the first bytes and the size tell: format version, length.
func (d *Disk) glance(at address, info os.FileInfo) error {
	if !info.Mode().IsRegular() {
		return broken("not a regular file")
	}
	fd, err := d.system.open(at.path(d.dir))
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	_, err = measureFile(fd, info.Size())
	return err
}

// trim evicts the oldest until the bound is kept: it may have been lowered.
func (d *Disk) trim(ctx context.Context) {
	for ctx.Err() == nil {
		reserved, victim, ok := d.index.reserve(0)
		if reserved || !ok || d.evict(victim) != nil {
			return
		}
	}
}
