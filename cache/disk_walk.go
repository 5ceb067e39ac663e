package cache

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// walkAttempts bounds how often, in some six minutes, the walk tries to list a
// folder that fails. Until then its entries are found by name.
const walkAttempts = 10

// hourUnknown makes the first hit on a file set its time.
const hourUnknown = ^uint16(0)

// startWalk reads the folder in the background: makes the index complete,
// clears leftovers of crashes, and brings the bytes under the bound.
func (d *Disk) startWalk() {
	ctx := d.life
	d.walking.Go(func() {
		d.clearTemporary(ctx)
		d.walk(ctx)
	})
	d.emptying.run.Go(func() { d.empty(ctx) })
}

// clearTemporary removes what was being written when an earlier run ended.
func (d *Disk) clearTemporary(ctx context.Context) {
	folder := filepath.Join(d.dir, temporaryFolder)
	files, _ := d.list(folder)
	for _, file := range files {
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
	fans := make([]byte, 256)
	for i := range fans {
		fans[i] = byte(i)
	}
	rest := d.rest
	for attempt := 1; ; attempt++ {
		fans = d.walkFans(ctx, fans)
		if len(fans) == 0 || attempt == walkAttempts {
			break
		}
		sleep(ctx, rest)
		rest = min(2*rest, longestRest)
	}
	if ctx.Err() != nil {
		return
	}
	d.walked.Store(true)
	if len(fans) == 0 {
		d.unmark(0)
	}
	d.trim(ctx)
	entries, blocks := d.index.sizes()
	d.log.Info("the disk cache is read", "dir", d.dir, "entries", entries, "bytes", blocks*blockBytes)
}

// walkFans walks some of the 256 folders, and returns those that are to be
// walked again because something failed that may pass.
func (d *Disk) walkFans(ctx context.Context, fans []byte) (again []byte) {
	for _, fan := range fans {
		sources, err := d.sourcesIn(fan)
		passing := mayPass(err)
		for _, source := range sources {
			if ctx.Err() != nil {
				return nil
			}
			passing = d.walkSource(source) || passing
		}
		if passing {
			again = append(again, fan)
		}
	}
	return again
}

// sourcesIn are those that have a folder in one of the 256.
func (d *Disk) sourcesIn(fan byte) (sources []digest, err error) {
	prefix := fanName(fan)
	folders, err := d.list(filepath.Join(d.dir, prefix))
	for _, folder := range folders {
		source, ours := parseDigest(folder.Name())
		if ours && folder.IsDir() && strings.HasPrefix(folder.Name(), prefix) {
			sources = append(sources, source)
		}
	}
	return sources, err
}

// mayPass tells that a folder may well be listed another time.
func mayPass(err error) bool { return isScarce(err) || errors.Is(err, syscall.EIO) }

// sleep until the time is over, or ctx.
func sleep(ctx context.Context, duration time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(duration):
	}
}

// list is what can be read of a folder; what can't is as if it weren't there.
func (d *Disk) list(folder string) ([]os.DirEntry, error) {
	entries, err := d.system.list(folder)
	if err != nil && !os.IsNotExist(err) {
		d.errors.Add(1)
		d.log.Warn("can't read a folder of the cache", "path", folder, "error", err)
	}
	return entries, err
}

// walkSource takes what lies in a source's folder into the index. again is true
// when the folder is to be walked again.
func (d *Disk) walkSource(source digest) (again bool) {
	stripe := d.stripe(source)
	stripe.Lock()
	defer stripe.Unlock()
	kept := false
	files, err := d.list(source.folder(d.dir))
	for _, file := range files {
		variant, ours := parseDigest(file.Name())
		if !ours {
			kept = true
			continue
		}
		if d.walkFile(address{source, variant}, file) {
			kept = true
		}
	}
	if !kept && err == nil {
		removeFolder(source.folder(d.dir))
	}
	return mayPass(err)
}

// walkFile takes one file into the index, or removes it when it can't be
// right. Its body is checked when it is read.
func (d *Disk) walkFile(at address, file os.DirEntry) (kept bool) {
	if d.index.holds(at) {
		return true
	}
	if d.left.has(at.source) || d.isForgotten(at.path(d.dir)) {
		return d.unlinkListed(at, false) != nil
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
	_, err = d.system.measureFile(fd, info.Size())
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
