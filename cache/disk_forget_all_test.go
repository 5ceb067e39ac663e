package cache

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// filled is a laboratory with some entries, all of which are forgotten at once.
func filled(t *testing.T, dir string, options ...diskOption) (*laboratory, []Key) {
	t.Helper()
	l := openWalked(t, dir, options...)
	l.emptying.atLeast = 0
	var keys []Key
	for i := range 60 {
		keys = append(keys, Key{fmt.Sprint("source ", i/3), fmt.Sprint(i % 3)})
		l.mustPut(keys[i], small)
	}
	return l, keys
}

func (l *laboratory) mustForgetAll(want int) {
	l.t.Helper()
	if removed, err := l.ForgetWhere(nil, nil); removed != want || err != nil {
		l.t.Fatalf("%d forgotten, %v; want %d", removed, err, want)
	}
}

// eventually waits for something that happens in the background.
func (l *laboratory) eventually(what string, happened func() bool) {
	l.t.Helper()
	for deadline := time.Now().Add(time.Minute); !happened(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			l.t.Fatalf("did not happen: %s", what)
		}
	}
}

func (l *laboratory) marked() bool { return exists(filepath.Join(l.dir, markName)) }

func TestForgettingEverythingAtOnce(t *testing.T) {
	dir := t.TempDir()
	l, keys := filled(t, dir)
	foreign := filepath.Join(filepath.Dir(l.path(keys[0])), "notes.txt")
	if err := os.WriteFile(foreign, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := l.Generation(keys[0].Source)
	l.mustForgetAll(len(keys))
	for _, key := range keys {
		l.wantMiss(key)
	}
	if s := l.Stats(); s.Entries != 0 || s.Bytes != 0 {
		t.Errorf("%+v", s)
	}
	if err := l.Disk.Put(keys[1], NewEntry(Meta{}, small), before); !isForgotten(err) {
		t.Errorf("a fill that began before: %v", err)
	}
	l.mustPut(keys[2], large)
	l.eventually("the files go", func() bool { return !l.marked() })
	if n := files(t, dir); n != 2 {
		t.Errorf("%d files are left, want the new one and the foreign one", n)
	}
	l.want(keys[2], large)
	if !exists(foreign) {
		t.Error("a foreign file was removed")
	}
}

// TestForgettingEverythingSurvivesARestart that comes before a file is gone: none
// is found again, by name or by the walk, and what came later is kept.
func TestForgettingEverythingSurvivesARestart(t *testing.T) {
	for state, open := range openings {
		t.Run(state, func(t *testing.T) {
			dir := t.TempDir()
			l, keys := filled(t, dir)
			l.system.unlink = func(string) error { return syscall.EIO }
			l.mustForgetAll(len(keys))
			time.Sleep(20 * time.Millisecond) // longer than the clock of files stands still
			l.mustPut(keys[5], large)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if n := files(t, dir); n < len(keys) {
				t.Fatalf("%d files are left, want all", n)
			}
			l = open(t, dir)
			for i, key := range keys {
				if i == 5 {
					l.want(key, large)
					continue
				}
				if l.Has(key) {
					t.Errorf("%v is there again", key)
				}
				l.wantMiss(key)
			}
			l.startWalk()
			l.walking.Wait()
			l.eventually("the mark goes", func() bool { return !l.marked() })
			if n := files(t, dir); n != 1 {
				t.Errorf("%d files are left, want the new one", n)
			}
			l.want(keys[5], large)
		})
	}
}

// TestForgettingEverythingKeepsTheBound: room that is not yet free is not given
// away, and nothing new is evicted for want of it.
func TestForgettingEverythingKeepsTheBound(t *testing.T) {
	l, keys := filled(t, t.TempDir(), withBytes(mib))
	hold := make(chan struct{})
	unlink := l.system.unlink
	l.system.unlink = func(path string) error { <-hold; return unlink(path) }
	l.mustForgetAll(len(keys))
	for i := range 200 {
		_ = l.put(Key{"new", fmt.Sprint(i)}, make([]byte, 20_000))
	}
	l.index.mu.Lock()
	if all := l.index.used + l.index.leaving; all > l.index.limit || l.index.leaving == 0 {
		t.Errorf("%d blocks are taken, of them %d of files that are being removed; the bound is %d", all, l.index.leaving, l.index.limit)
	}
	l.index.mu.Unlock()
	if s := l.Stats(); s.Evictions != 0 || s.Entries == 0 {
		t.Errorf("%+v", s)
	}
	close(hold)
	l.eventually("all room is there", func() bool {
		l.index.mu.Lock()
		defer l.index.mu.Unlock()
		return l.index.leaving == 0
	})
}

// TestForgettingEverythingWithoutAMark goes the slow way.
func TestForgettingEverythingWithoutAMark(t *testing.T) {
	l, keys := filled(t, t.TempDir())
	l.system.rename = func(string, string) error { return syscall.EIO }
	l.mustForgetAll(len(keys))
	if n := files(t, l.dir); n != 0 {
		t.Errorf("%d files are left", n)
	}
}
