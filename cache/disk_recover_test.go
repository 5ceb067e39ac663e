package cache

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestFailedReads: a small body or a large one is a miss, the file goes when it
// may be its fault, and stays when it is only the machine that is short of something.
func TestFailedReads(t *testing.T) {
	faults := map[string]struct {
		err  error
		gone bool
	}{
		"EIO": {syscall.EIO, true}, "EACCES": {syscall.EACCES, true}, "ESTALE": {syscall.ESTALE, true},
		"EMFILE": {syscall.EMFILE, false}, "ENFILE": {syscall.ENFILE, false}, "ENOMEM": {syscall.ENOMEM, false},
	}
	for name, fault := range faults {
		for size, body := range map[string][]byte{"small": small, "large": large} {
			for state, open := range openings {
				t.Run(fmt.Sprint(name, "/", size, "/", state), func(t *testing.T) {
					for call, fail := range map[string]func(*system){
						"open": func(s *system) { s.open = func(string) (int, error) { return -1, fault.err } },
						"read": func(s *system) { s.read = func(int, []byte, int64) (int, error) { return 0, fault.err } },
						"second read": func(s *system) {
							calls := 0
							s.read = func(fd int, b []byte, offset int64) (int, error) {
								if calls++; calls > 1 {
									return 0, fault.err
								}
								return syscall.Pread(fd, b[:min(len(b), 100)], offset)
							}
						},
						"end of file too early": func(s *system) { s.read = func(int, []byte, int64) (int, error) { return 0, nil } },
					} {
						gone := fault.gone || call == "end of file too early"
						l := open(t, t.TempDir())
						l.mustPut(key1, body)
						fail(&l.system)
						l.wantMiss(key1)
						l.system = realSystem()
						if exists(l.path(key1)) == gone {
							t.Errorf("%s: the file is there %v, want %v", call, !gone, gone)
						}
						if s := l.Stats(); (s.Corrupt == 1) != gone || (s.Errors == 1) == gone {
							t.Errorf("%s: corrupt %d, errors %d", call, s.Corrupt, s.Errors)
						}
						if gone {
							l.wantMiss(key1)
							l.mustPut(key1, body)
						}
						l.want(key1, body)
					}
				})
			}
		}
	}
}

// TestShortReadsAreGoneOnWith: a read may return less than was asked for.
func TestShortReadsAreGoneOnWith(t *testing.T) {
	l := openWalked(t, t.TempDir(), func(_ *DiskConfig, s *system) {
		s.read = func(fd int, b []byte, offset int64) (int, error) {
			return syscall.Pread(fd, b[:min(len(b), 999)], offset)
		}
	})
	for _, body := range [][]byte{small, large} {
		l.mustPut(key1, body)
		l.want(key1, body)
	}
}

// TestWhatCannotBeRemovedStaysGone, known or not yet walked, and when the walk
// comes by; it is removed when that works again.
func TestWhatCannotBeRemovedStaysGone(t *testing.T) {
	removals := map[string]func(*laboratory){
		"forgotten": func(l *laboratory) {
			if _, err := l.Forget(key1.Source); !errors.Is(err, syscall.EIO) {
				l.t.Errorf("Forget: error %v, want EIO", err)
			}
		},
		"purged": func(l *laboratory) {
			if _, err := l.ForgetWhere(matching("http"), nil); !errors.Is(err, syscall.EIO) {
				l.t.Errorf("ForgetWhere: error %v, want EIO", err)
			}
		},
		"everything purged": func(l *laboratory) {
			if _, err := l.ForgetWhere(nil, nil); !errors.Is(err, syscall.EIO) {
				l.t.Errorf("ForgetWhere: error %v, want EIO", err)
			}
		},
		"not replaced": func(l *laboratory) {
			l.system.rename = func(string, string) error { return syscall.EIO }
			l.mustRefuse(key1, ErrUnavailable)
		},
	}
	failures := map[string]func(*system){
		"unlink": func(s *system) { s.unlink = func(string) error { return syscall.EIO } },
		"unlink and list": func(s *system) {
			s.unlink = func(string) error { return syscall.EIO }
			s.list = func(string) ([]os.DirEntry, error) { return nil, syscall.EIO }
		},
	}
	for removal, remove := range removals {
		for failure, fail := range failures {
			for state, open := range openings {
				t.Run(removal+"/"+failure+"/"+state, func(t *testing.T) {
					dir := t.TempDir()
					l := openWalked(t, dir)
					l.mustPut(key1, small)
					_ = l.Close()
					l = open(t, dir)
					fail(&l.system)
					remove(l)
					gone := func(when string) {
						t.Helper()
						if l.Has(key1) || len(l.Variants(key1.Source)) > 0 {
							t.Errorf("%s: there again", when)
						}
						l.wantMiss(key1)
					}
					gone("at once")
					l.system = realSystem()
					gone("when the fault is over")
					l.startWalk()
					l.walking.Wait()
					gone("when the walk is through")
					l.advance(longestRest)
					for i := range 3 {
						l.mustPut(Key{"another", fmt.Sprint(i)}, small)
					}
					if exists(l.path(key1)) || len(l.left.sources) > 0 {
						t.Errorf("later writes did not remove it: %d sources are left", len(l.left.sources))
					}
					l.mustPut(key1, large)
					l.want(key1, large)
					if n := files(t, filepath.Join(dir, temporaryFolder)); n != 0 {
						t.Errorf("%d temporary files left", n)
					}
				})
			}
		}
	}
}

// TestReadOnly, as root or not: what is there is served, Puts fail as the package
// says, and when it can be written to again, it is.
func TestReadOnly(t *testing.T) {
	l := openWalked(t, t.TempDir())
	l.mustPut(key1, small)
	l.mustPut(key2, large)
	for _, fault := range []error{syscall.EROFS, syscall.EACCES, syscall.EPERM} {
		l.system.create = func(string) (io.WriteCloser, error) { return nil, fault }
		l.system.rename = func(string, string) error { return fault }
		l.system.unlink = func(string) error { return fault }
		l.system.makeFolder = func(string) error { return fault }
		l.mustRefuse(Key{"new", ""}, ErrUnavailable)
		l.want(key1, small)
		l.want(key2, large)
		l.system = realSystem()
		l.advance(longestRest)
		l.mustPut(Key{"new", ""}, small)
		l.want(Key{"new", ""}, small)
		if n := files(t, filepath.Join(l.dir, temporaryFolder)); n != 0 {
			t.Errorf("%v: %d temporary files left", fault, n)
		}
	}
}

// TestTheWalkTriesAgain what it could not list; meanwhile entries are found by name.
func TestTheWalkTriesAgain(t *testing.T) {
	for _, fault := range []error{syscall.EMFILE, syscall.ENFILE, syscall.EIO} {
		t.Run(fault.Error(), func(t *testing.T) {
			dir := t.TempDir()
			l := openWalked(t, dir)
			l.fillSources("stays ", 20)
			_ = l.Close()
			release, failed := make(chan struct{}), make(chan struct{})
			fails := sync.OnceFunc(func() { close(failed) })
			l = openLaboratory(t, dir, func(_ *DiskConfig, s *system) {
				s.list = func(folder string) ([]os.DirEntry, error) {
					select {
					case <-release:
						return listFolder(folder)
					default:
						fails()
						return nil, fault
					}
				}
			})
			l.Disk.rest = time.Millisecond
			l.startWalk()
			<-failed
			l.want(Key{"stays 1", "picture"}, small)
			if s := l.Stats(); !s.Walking {
				t.Errorf("stats %+v; want it to be walking", s)
			}
			close(release)
			l.walking.Wait()
			if s := l.Stats(); s.Walking || s.Entries != 40 || s.Errors == 0 {
				t.Errorf("stats %+v; want all 40 entries, and errors", s)
			}
		})
	}
}

// TestTheWalkGivesUp in the end, and ends at once with Close.
func TestTheWalkGivesUp(t *testing.T) {
	failing := func(_ *DiskConfig, s *system) {
		s.list = func(string) ([]os.DirEntry, error) { return nil, syscall.EIO }
	}
	l := openLaboratory(t, t.TempDir(), failing)
	l.Disk.rest = time.Microsecond
	l.startWalk()
	l.walking.Wait()
	if l.Stats().Walking {
		t.Error("still walking")
	}
	l = openLaboratory(t, t.TempDir(), failing)
	l.Disk.rest = time.Hour
	l.startWalk()
	if err := l.Close(); err != nil || !l.Stats().Walking {
		t.Errorf("closed: error %v, walking %v", err, l.Stats().Walking)
	}
}

// TestPurgeOfFoldersThatCannotBeListed: the index names what it knows, and
// nothing else of them is found again.
func TestPurgeOfFoldersThatCannotBeListed(t *testing.T) {
	for state, open := range openings {
		for place, isPlace := range map[string]func(string) bool{
			"all":     func(string) bool { return true },
			"above":   func(name string) bool { return len(name) == 2 },
			"sources": func(name string) bool { return len(name) == 32 },
		} {
			t.Run(state+"/"+place, func(t *testing.T) {
				dir := t.TempDir()
				l := openWalked(t, dir)
				l.fillSources("goes ", 5)
				_ = l.Close()
				l = open(t, dir)
				l.fillSources("goes ", 3)
				l.fillSources("stays ", 3)
				l.system.list = func(folder string) ([]os.DirEntry, error) {
					if isPlace(filepath.Base(folder)) {
						return nil, syscall.EIO
					}
					return listFolder(folder)
				}
				if _, err := l.ForgetWhere(matching("goes "), nil); !errors.Is(err, syscall.EIO) {
					t.Errorf("error %v, want EIO", err)
				}
				l.system.list = listFolder
				l.startWalk()
				l.walking.Wait()
				for i := range 5 {
					l.wantMiss(Key{fmt.Sprint("goes ", i), "picture"})
					l.wantVariants(fmt.Sprint("goes ", i))
				}
				for i := range 3 {
					l.want(Key{fmt.Sprint("stays ", i), "picture"}, small)
				}
			})
		}
	}
}

// TestPutOfAnEntryThatCannotBeRead, as it is an open file of another store.
func TestPutOfAnEntryThatCannotBeRead(t *testing.T) {
	l := openWalked(t, t.TempDir())
	l.mustPut(key1, large)
	e, err := l.Get(key1)
	if err != nil {
		t.Fatal(err)
	}
	_ = e.Close()
	if err := l.Put(key2, e, l.Generation(key2.Source)); !errors.Is(err, ErrUnavailable) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
}

// TestTheWholeFolderRemoved while the store runs: everything is a miss, and new
// entries are kept again at once.
func TestTheWholeFolderRemoved(t *testing.T) {
	l := openWalked(t, filepath.Join(t.TempDir(), "cache"))
	l.fillSources("lost ", 20)
	if err := os.RemoveAll(l.dir); err != nil {
		t.Fatal(err)
	}
	l.wantMiss(Key{"lost 1", "picture"})
	l.mustPut(key1, small)
	l.want(key1, small)
	if _, err := l.ForgetWhere(nil, nil); err != nil {
		t.Error(err)
	}
	if s := l.Stats(); s.Entries != 0 || s.Bytes != 0 || s.Corrupt != 0 || s.Errors != 0 {
		t.Errorf("stats %+v; want nothing, and no damage", s)
	}
}

// TestTiersBesideABrokenDisk serve what memory has, whatever fails below.
func TestTiersBesideABrokenDisk(t *testing.T) {
	for _, fault := range []error{syscall.EIO, syscall.ENOSPC, syscall.EDQUOT, syscall.EMFILE, syscall.ENFILE, syscall.EROFS, syscall.EACCES} {
		t.Run(fault.Error(), func(t *testing.T) {
			l := openWalked(t, t.TempDir())
			l.mustPut(key2, small)
			config := DefaultTiersConfig()
			config.Logger = l.log
			tiers := NewTiers(newTestMemory(t, DefaultMemoryConfig()), l.Disk, config)
			t.Cleanup(func() { _ = tiers.Close() })
			breakAll(&l.system, fault)
			putBytes(t, tiers, key1, 1000)
			tiers.Flush()
			if _, err := tiers.Get(key2); !errors.Is(err, ErrMiss) {
				t.Errorf("what can't be read: error %v, want ErrMiss", err)
			}
			if e, err := tiers.Get(key1); err != nil || e.Tier() != TierMemory {
				t.Errorf("what is in memory: error %v", err)
			}
			big := Key{"s", "too big for memory"}
			if err := tiers.Put(big, NewEntry(Meta{}, make([]byte, 2*mib)), tiers.Generation("s")); err != nil && !errors.Is(err, ErrFull) {
				t.Errorf("error %v", err)
			}
			tiers.Flush()
			if _, err := tiers.Get(big); !errors.Is(err, ErrMiss) {
				t.Errorf("what no tier took: error %v, want ErrMiss", err)
			}
			if _, err := tiers.Forget(key1.Source); err != nil && !errors.Is(err, fault) {
				t.Errorf("Forget: error %v", err)
			}
			if tiers.Has(key1) {
				t.Error("there after being forgotten")
			}
			tiers.Flush()
			l.system = realSystem()
			l.advance(longestRest)
			putBytes(t, tiers, key1, 1000)
			tiers.Flush()
			wantWhere(t, tiers, key1, TierMemory, TierDisk)
		})
	}
}

func breakAll(s *system, err error) {
	s.create = func(string) (io.WriteCloser, error) { return nil, err }
	s.rename = func(string, string) error { return err }
	s.unlink = func(string) error { return err }
	s.open = func(string) (int, error) { return -1, err }
	s.makeFolder = func(string) error { return err }
	s.list = func(string) ([]os.DirEntry, error) { return nil, err }
}
