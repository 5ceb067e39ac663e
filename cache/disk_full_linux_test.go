package cache

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// onFileSystem runs a test on a tmpfs of its own with these options. It runs the
// test again, in a child process with namespaces for users and mounts, where
// anyone may mount: so it needs no root, and leaves no mount behind.
func onFileSystem(t *testing.T, options string, run func(t *testing.T, dir string)) {
	t.Helper()
	const inside = "CACHE_TEST_IN_NAMESPACE"
	if os.Getenv(inside) == t.Name() {
		dir := t.TempDir()
		switch err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); {
		case errors.Is(err, fs.ErrPermission):
			t.Skip(noNamespaces, err)
		case err != nil:
			t.Fatalf("mounting a tmpfs in a namespace of our own: %v", err)
		}
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, 0); err != nil {
				t.Error(err)
			}
		})
		run(t, dir)
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), inside+"="+t.Name())
	child.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	var output bytes.Buffer
	child.Stdout, child.Stderr = &output, &output
	if err := child.Start(); err != nil {
		t.Skip(noNamespaces, err)
	}
	err := child.Wait()
	if bytes.Contains(output.Bytes(), []byte(noNamespaces)) {
		t.Skip(output.String())
	}
	if err != nil || !bytes.Contains(output.Bytes(), []byte("--- PASS: "+t.Name())) {
		t.Errorf("in the namespace: %v\n%s", err, output.Bytes())
	}
}

// noNamespaces is why a test on a file system of its own can't be run.
const noNamespaces = "no tmpfs can be mounted in namespaces for users and mounts here (see user.max_user_namespaces, AppArmor's " +
	"apparmor_restrict_unprivileged_userns, and a container's seccomp profile):"

// TestRealFullFileSystem by bytes and by inodes: ten times what fits is put.
func TestRealFullFileSystem(t *testing.T) {
	onFileSystem(t, "size=8m,nr_inodes=200", func(t *testing.T, dir string) {
		l := openWalked(t, dir, withBytes(gib))
		kept := 0
		for i := range 1000 {
			err := l.put(Key{fmt.Sprint(i), "v"}, make([]byte, 80<<10))
			switch {
			case err == nil:
				kept++
			case errors.Is(err, ErrUnavailable):
				l.advance(longestRest)
			case !errors.Is(err, ErrFull):
				t.Fatal(err)
			}
		}
		if kept < 500 {
			t.Errorf("only %d of 1000 were kept for a while", kept)
		}
		last := Key{"last", ""}
		l.advance(longestRest)
		if l.put(last, small) != nil { // making room for the next attempt
			l.advance(longestRest)
			l.mustPut(last, small)
		}
		l.want(last, small)
		if s := l.Stats(); s.Corrupt != 0 {
			t.Errorf("%d corrupt", s.Corrupt)
		}
		_ = l.Close()
	})
}

// TestRealSmallFileSystem has 8 MiB, and the configuration knows nothing of that.
// Others take most of it for a while, and give it back.
func TestRealSmallFileSystem(t *testing.T) {
	onFileSystem(t, "size=8m", func(t *testing.T, dir string) {
		config := DefaultDiskConfig()
		config.Dir, config.Logger = dir, slog.New(slog.DiscardHandler)
		store, err := OpenDisk(config)
		if err != nil {
			t.Fatal(err)
		}
		disk := store.(*Disk)
		disk.walking.Wait()
		tiersConfig := DefaultTiersConfig()
		tiersConfig.Logger = config.Logger
		tiers := NewTiers(newTestMemory(t, MemoryConfig{Bytes: 8 * mib, EntryBytes: 64 * kib}), disk, tiersConfig)
		hammer(t, tiers, 400)
		alone := disk.Stats()
		if alone.Evictions == 0 || alone.Corrupt != 0 || alone.Errors != 0 || alone.Bytes < 4*mib {
			t.Errorf("alone: stats %+v; want it to evict, keep most of 8 MiB, and nothing to fail", alone)
		}
		if err := disk.Put(Key{"huge", ""}, NewEntry(Meta{}, make([]byte, 7*mib)), disk.Generation("huge")); !errors.Is(err, ErrTooBig) {
			t.Errorf("a body of nearly all: error %v, want ErrTooBig", err)
		}
		if now := disk.Stats(); now.Entries != alone.Entries {
			t.Errorf("%d entries were evicted for what can't be kept", alone.Entries-now.Entries)
		}

		foreign := fillUp(t, filepath.Join(dir, "foreign"))
		hammer(t, tiers, 200)
		if s := disk.Stats(); s.Corrupt != 0 || s.Bytes > alone.Bytes {
			t.Errorf("beside others: stats %+v", s)
		}
		if err := os.Remove(foreign); err != nil {
			t.Fatal(err)
		}
		disk.resting.succeeded() // as if it had rested
		before := disk.Stats()
		hammer(t, tiers, 200)
		if s := disk.Stats(); s.Corrupt != 0 || s.Puts < before.Puts+150 || s.Bytes < 4*mib {
			t.Errorf("afterwards: stats %+v, before %+v; want it to keep entries again", s, before)
		}
		if err := tiers.Close(); err != nil {
			t.Error(err)
		}
		config.Dir = dir
		again, err := OpenDisk(config)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		again.(*Disk).walking.Wait()
		if s := again.Stats(); s.Corrupt != 0 || s.Entries == 0 {
			t.Errorf("opened again: stats %+v", s)
		}
	})
}

// fillUp writes until the file system is full.
func fillUp(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = io.Copy(f, bytes.NewReader(make([]byte, mib)))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return path
}

// hammer puts so many bodies, which their keys tell, and gets them from several sides.
func hammer(t *testing.T, s *Tiers, n int) {
	t.Helper()
	body := func(i int) []byte { return bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 20_000+i*100) }
	var all sync.WaitGroup
	for worker := range 3 {
		all.Go(func() {
			for i := worker; i < n; i += 3 {
				key := Key{fmt.Sprint("source ", i%50), fmt.Sprint(i)}
				err := s.Put(key, NewEntry(Meta{}, body(i)), s.Generation(key.Source))
				if err != nil && !errors.Is(err, ErrFull) && !errors.Is(err, ErrUnavailable) {
					t.Errorf("Put: %v", err)
				}
				if i%10 == 0 {
					s.Flush()
				}
				for _, j := range []int{i, i / 2, i - min(i, 20)} {
					e, err := s.Get(Key{fmt.Sprint("source ", j%50), fmt.Sprint(j)})
					if err != nil {
						continue
					}
					if got, err := e.Bytes(); err != nil || !bytes.Equal(got, body(j)) {
						t.Errorf("Get of %d: %d bytes, error %v", j, len(got), err)
					}
					_ = e.Close()
				}
			}
		})
	}
	all.Wait()
	s.Flush()
}
