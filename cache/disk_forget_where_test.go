package cache

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

var openings = map[string]func(*testing.T, string, ...diskOption) *laboratory{"walked": openWalked, "not walked": openLaboratory}

func matching(prefix string) func(string) bool {
	return func(source string) bool { return strings.HasPrefix(source, prefix) }
}

// fillSources puts two variants, one without a body, of so many sources.
func (l *laboratory) fillSources(prefix string, n int) {
	l.t.Helper()
	for i := range n {
		l.mustPut(Key{fmt.Sprint(prefix, i), "picture"}, small)
		l.mustPut(Key{fmt.Sprint(prefix, i), "link"}, nil)
	}
}

// entryFiles of the disk store in the folder, whatever the index knows.
func (l *laboratory) entryFiles() (paths []string) {
	l.t.Helper()
	paths, err := filepath.Glob(filepath.Join(l.dir, "??", strings.Repeat("?", 32), strings.Repeat("?", 32)))
	if err != nil {
		l.t.Fatal(err)
	}
	return paths
}

// TestForgetWhereReachesWhatLiesInTheFolder, known or not, and it stays gone
// after a restart.
func TestForgetWhereReachesWhatLiesInTheFolder(t *testing.T) {
	for name, open := range openings {
		for _, tell := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, telling %v", name, tell), func(t *testing.T) {
				dir := t.TempDir()
				l := openWalked(t, dir)
				l.fillSources("goes ", 30)
				l.fillSources("stays ", 30)
				_ = l.Close()
				l = open(t, dir)
				told := map[Key]int{}
				tells := func(key Key) { told[key]++ }
				if !tell {
					tells = nil
				}
				if removed, err := l.ForgetWhere(matching("goes "), tells); removed != 60 || err != nil {
					t.Errorf("%d removed, error %v; want 60", removed, err)
				}
				if tell && len(told) != 60 {
					t.Errorf("told of %d keys, want 60", len(told))
				}
				l.startWalk()
				l.walking.Wait()
				l.wantOnlyStaying(30)
				_ = l.Close()
				openWalked(t, dir).wantOnlyStaying(30)
			})
		}
	}
}

// wantOnlyStaying fails the test unless what fillSources put as "stays " is all there is.
func (l *laboratory) wantOnlyStaying(n int) {
	l.t.Helper()
	for i := range n {
		l.want(Key{fmt.Sprint("stays ", i), "picture"}, small)
		l.wantVariants(fmt.Sprint("stays ", i), "link", "picture")
		l.wantMiss(Key{fmt.Sprint("goes ", i), "picture"})
		l.wantVariants(fmt.Sprint("goes ", i))
	}
	if s := l.Stats(); s.Entries != int64(2*n) || len(l.entryFiles()) != 2*n || s.Corrupt != 0 || s.Errors != 0 {
		l.t.Errorf("stats %+v, %d files; want %d entries", s, len(l.entryFiles()), 2*n)
	}
}

// TestForgetEverythingEmptiesTheFolder of what is ours: known, not yet known,
// damaged, and known without a file.
func TestForgetEverythingEmptiesTheFolder(t *testing.T) {
	for name, open := range openings {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			l := openWalked(t, dir)
			l.fillSources("s", 20)
			_ = l.Close()
			l = open(t, dir)
			l.fillSources("new ", 20)
			damage(t, l.path(Key{"s1", "picture"}), cut(0))
			for _, path := range []string{l.path(Key{"new 1", "picture"}), l.path(Key{"new 1", "link"}), filepath.Dir(l.path(Key{"new 1", ""}))} {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			}
			replace(t, l.path(Key{"s2", "picture"}), os.MkdirAll(l.path(Key{"s2", "picture"})+"x/sub", 0o700))
			foreign := filepath.Join(filepath.Dir(l.path(Key{"s3", ""})), "notes.txt")
			if err := os.WriteFile(foreign, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if removed, err := l.ForgetWhere(nil, nil); removed != 80 || err != nil {
				t.Errorf("%d removed, error %v; want 80", removed, err)
			}
			l.startWalk()
			l.walking.Wait()
			if s := l.Stats(); s.Entries != 0 || s.Bytes != 0 || len(l.entryFiles()) != 0 || s.Corrupt != 0 {
				t.Errorf("stats %+v, files %q; want none", s, l.entryFiles())
			}
			if !exists(foreign) {
				t.Error("a foreign file was removed")
			}
			if folders, _ := filepath.Glob(filepath.Join(dir, "??", "*")); len(folders) != 1 {
				t.Errorf("%d folders left, want the one with the foreign file", len(folders))
			}
		})
	}
}

// TestForgetWhereReadsNoMoreThanItMust: one header for the name of a source,
// all of those it tells of, none when nobody asks.
func TestForgetWhereReadsNoMoreThanItMust(t *testing.T) {
	for _, c := range []struct {
		name  string
		match func(string) bool
		told  func(Key)
		want  int
	}{
		{"everything", nil, nil, 0},
		{"everything, telling", nil, func(Key) {}, 40},
		{"some", matching("goes "), nil, 20},
		{"some, telling", matching("goes "), func(Key) {}, 10 + 10 + 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := openWalked(t, t.TempDir())
			l.fillSources("goes ", 10)
			l.fillSources("stays ", 10)
			opened := 0
			l.system.open = func(path string) (int, error) { opened++; return openFile(path) }
			if _, err := l.ForgetWhere(c.match, c.told); err != nil || opened != c.want {
				t.Errorf("%d files opened, error %v; want %d", opened, err, c.want)
			}
		})
	}
}

// TestForgetWhereJudgesDamagedFiles: a source goes when none of its files can
// be read, and stays for one that can.
func TestForgetWhereJudgesDamagedFiles(t *testing.T) {
	damages := map[string]func(t *testing.T, path string){
		"empty":        func(t *testing.T, p string) { damage(t, p, cut(0)) },
		"cut":          func(t *testing.T, p string) { damage(t, p, cut(60)) },
		"source":       func(t *testing.T, p string) { damage(t, p, flip(50)) },
		"other source": otherFile,
		"directory":    func(t *testing.T, p string) { replace(t, p, os.Mkdir(p+"x", 0o700)) },
		"fifo":         func(t *testing.T, p string) { replace(t, p, syscall.Mkfifo(p+"x", 0o600)) },
		"symlink":      symlink,
	}
	for name, harm := range damages {
		for state, open := range openings {
			t.Run(name+"/"+state, func(t *testing.T) {
				l := open(t, t.TempDir())
				l.mustPut(key1, small)
				l.mustPut(Key{"one is sound", "a"}, small)
				l.mustPut(Key{"one is sound", "b"}, small)
				harm(t, l.path(key1))
				harm(t, l.path(Key{"one is sound", "a"}))
				if removed, err := l.ForgetWhere(matching("other"), func(key Key) { t.Errorf("told of %q", key) }); removed != 1 || err != nil {
					t.Errorf("%d removed, error %v; want 1", removed, err)
				}
				if s := l.Stats(); s.Corrupt != 1 || s.Errors != 0 || s.Entries != 2 || exists(l.path(key1)) {
					t.Errorf("stats %+v; want one damaged file removed", s)
				}
				l.want(Key{"one is sound", "b"}, small)
				l.mustPut(key1, small)
				l.want(key1, small)
			})
		}
	}
}

// TestForgetWhereOutOfDescriptors: for a moment it waits; then what can't be
// told from what matches goes, and is not called damaged.
func TestForgetWhereOutOfDescriptors(t *testing.T) {
	l := openWalked(t, t.TempDir())
	l.fillSources("stays ", 3)
	failures := 20
	l.system.open = func(path string) (int, error) {
		if failures--; failures >= 0 {
			return -1, &os.PathError{Op: "open", Path: path, Err: syscall.EMFILE}
		}
		return openFile(path)
	}
	if removed, err := l.ForgetWhere(matching("goes "), nil); removed != 0 || err != nil {
		t.Errorf("%d removed, error %v; want none", removed, err)
	}
	l.wantOnlyStaying(3)
	failures = 1 << 30
	if removed, err := l.ForgetWhere(matching("goes "), nil); removed != 6 || err != nil {
		t.Errorf("%d removed, error %v; want 6", removed, err)
	}
	if s := l.Stats(); s.Corrupt != 0 || s.Errors == 0 || s.Entries != 0 {
		t.Errorf("stats %+v; want no damage, and errors", s)
	}
}

// TestForgetWhereThatFails says so; in this process everything is gone all the same.
func TestForgetWhereThatFails(t *testing.T) {
	l := openWalked(t, t.TempDir())
	l.fillSources("s", 3)
	l.system.unlink = func(string) error { return syscall.EIO }
	if _, err := l.ForgetWhere(matching("s"), nil); !errors.Is(err, syscall.EIO) {
		t.Errorf("error %v, want EIO", err)
	}
	for i := range 3 {
		l.wantMiss(Key{fmt.Sprint("s", i), "picture"})
		l.wantVariants(fmt.Sprint("s", i))
	}
	if s := l.Stats(); s.Entries != 0 || s.Bytes != 0 || s.Errors != 6 {
		t.Errorf("stats %+v; want nothing known, 6 errors", s)
	}
	l.system.unlink = os.Remove
	if _, err := l.ForgetWhere(nil, nil); err != nil || len(l.entryFiles()) != 0 {
		t.Errorf("error %v, files %q; want what was left to be gone", err, l.entryFiles())
	}
}

func TestForgetWhereAfterClose(t *testing.T) {
	l := openWalked(t, t.TempDir())
	l.mustPut(key1, small)
	_ = l.Close()
	if _, err := l.ForgetWhere(nil, nil); !errors.Is(err, ErrUnavailable) || !exists(l.path(key1)) {
		t.Errorf("error %v; want ErrUnavailable, and nothing touched", err)
	}
}

// TestCloseDoesNotWaitForAPurge that has not come to its end: the purge says that it failed.
func TestCloseDoesNotWaitForAPurge(t *testing.T) {
	l := openWalked(t, t.TempDir())
	l.fillSources("s", 20)
	_, err := l.ForgetWhere(matching("s"), func(Key) { _ = l.Close() })
	if !errors.Is(err, ErrUnavailable) || len(l.entryFiles()) == 0 {
		t.Errorf("error %v, %d files left; want ErrUnavailable, and some", err, len(l.entryFiles()))
	}
}

// TestForgetWhereBesideTheWalk, and beside Puts and Gets of what it must not touch.
func TestForgetWhereBesideTheWalk(t *testing.T) {
	for range 5 {
		dir := t.TempDir()
		l := openWalked(t, dir, withBytes(64*mib))
		l.fillSources("goes ", 200)
		l.fillSources("stays ", 200)
		_ = l.Close()
		l = openLaboratory(t, dir, withBytes(64*mib))
		l.startWalk()
		var all sync.WaitGroup
		all.Go(func() {
			for i := range 200 {
				key := Key{fmt.Sprint("stays ", i), "picture"}
				if body, err := l.get(key); err != nil || len(body) != len(small) {
					t.Errorf("Get: %d bytes, error %v", len(body), err)
				}
				if err := l.put(key, small); err != nil && !isForgotten(err) {
					t.Error(err)
				}
			}
		})
		if _, err := l.ForgetWhere(matching("goes "), func(Key) {}); err != nil {
			t.Error(err)
		}
		all.Wait()
		l.walking.Wait()
		l.wantOnlyStaying(200)
	}
}

// sourceIn is a source whose folder is in the one of that name.
func sourceIn(fan byte) string {
	for i := 0; ; i++ {
		if source := fmt.Sprint("source ", i); digestOf(source)[0] == fan {
			return source
		}
	}
}

// TestAPurgeBeatsAWriteUnderWay, of which nothing was to be seen when its folder
// was listed, and which is published before the purge is through.
func TestAPurgeBeatsAWriteUnderWay(t *testing.T) {
	early, late := Key{sourceIn(0), ""}, Key{sourceIn(255), ""}
	l := openWalked(t, t.TempDir())
	l.mustPut(late, small)
	writing, release, done := make(chan struct{}), make(chan struct{}), make(chan error)
	l.system.create = func(path string) (io.WriteCloser, error) {
		close(writing)
		<-release
		return createFile(path)
	}
	go func() { done <- l.put(early, small) }()
	<-writing
	_, err := l.ForgetWhere(nil, func(Key) {
		close(release)
		if err := <-done; !isForgotten(err) {
			t.Errorf("Put: error %v, want ErrForgotten", err)
		}
	})
	if err != nil {
		t.Error(err)
	}
	l.wantMiss(early)
}
