package cache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// clearWay removes what stands in the place of a source's folder, or of the one
// above, and is no folder: a file, or a link, which would lead names that are
// given and removed to somewhere else.
func (d *Disk) clearWay(source digest) error {
	folder := source.folder(d.dir)
	for _, path := range []string{filepath.Dir(folder), folder} {
		if err := d.clearForFolder(path); err != nil {
			return err
		}
	}
	return nil
}

func (d *Disk) clearForFolder(path string) error {
	if isFolder(path) || !exists(path) {
		return nil
	}
	if err := d.system.unlink(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// readyTemporary makes the folder for what is being written: at first, and when
// others removed it, or the whole cache.
func (d *Disk) readyTemporary() error {
	folder := filepath.Join(d.dir, temporaryFolder)
	if isFolder(folder) {
		return nil
	}
	if err := d.clearForFolder(folder); err != nil {
		return err
	}
	return d.system.makeFolder(folder)
}

// rename makes the folders if need be, and clears what can't be renamed over.
// It tries again, as an evicted neighbour may take the folder above along.
func (d *Disk) rename(name string, at address) error {
	if err := d.clearWay(at.source); err != nil {
		return err
	}
	path := at.path(d.dir)
	err := d.system.rename(name, path)
	for attempt := 0; err != nil && attempt < 3; attempt++ {
		var cleared error
		switch {
		case errors.Is(err, fs.ErrNotExist):
			cleared = d.system.makeFolder(filepath.Dir(path))
		case isFolder(path):
			cleared = os.RemoveAll(path)
		default:
			return err
		}
		if cleared != nil && !errors.Is(cleared, fs.ErrNotExist) {
			return cleared
		}
		err = d.system.rename(name, path)
	}
	return err
}

// unlink removes an entry's file, or what stands in its place; the stripe is
// locked. What isn't there counts as removed, and what can't be removed is left over.
func (d *Disk) unlink(at address, last bool) error {
	if err := d.clearWay(at.source); err != nil {
		d.left.addSource(at.source)
		return err
	}
	return d.unlinkListed(at, last)
}

// unlinkListed is unlink in a folder that was just listed, and so is one.
func (d *Disk) unlinkListed(at address, last bool) error {
	path := at.path(d.dir)
	err := d.system.unlink(path)
	if err != nil && isFolder(path) {
		err = os.RemoveAll(path)
	}
	if last {
		removeFolder(filepath.Dir(path))
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	d.left.addSource(at.source)
	return err
}

// removeFolder removes a source's folder, and the one above, as far as they
// are empty: folders take inodes, which small file systems are short of.
func removeFolder(folder string) {
	if syscall.Rmdir(folder) == nil {
		_ = syscall.Rmdir(filepath.Dir(folder))
	}
}

// isEntry tells whether a file lies there, without opening it.
func (d *Disk) isEntry(at address) bool {
	path := at.path(d.dir)
	info, err := os.Lstat(path)
	folder := filepath.Dir(path)
	return err == nil && info.Mode().IsRegular() && isFolder(folder) && isFolder(filepath.Dir(folder))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
