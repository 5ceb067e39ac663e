package main

import (
	"crypto/sha256"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// cacheMount makes the program mount a file system of its own for its cache
// before it begins: a folder, and the size of a tmpfs as mount(8) has it.
const cacheMount = "TEST_CACHE_IS_A_TMPFS"

func init() { preparations = append(preparations, mountCache) }

// mountCache does that, where it is wanted, in the mount namespace that the
// program was started in.
func mountCache() error {
	size, folder, wanted := strings.Cut(os.Getenv(cacheMount), ":")
	if !wanted {
		return nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return syscall.Mount("tmpfs", folder, "tmpfs", 0, "size="+size)
}

// TestTinyCache: the cache lies on a file system of 8 MB and may be 10 GiB large.
// All pictures are answered, and right, while it is full, while others fill it,
// and after there is room again.
func TestTinyCache(t *testing.T) {
	// Of a user's own: no privilege is needed for it.
	own := &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	probe := exec.Command("mount", "-t", "tmpfs", "tmpfs", t.TempDir())
	probe.SysProcAttr = own
	if output, err := probe.CombinedOutput(); err != nil {
		t.Skipf("no tmpfs can be mounted in namespaces for users and mounts here (see user.max_user_namespaces, AppArmor's "+
			"apparmor_restrict_unprivileged_userns, and a container's seccomp profile): %v %s", err, output)
	}
	dir := filepath.Join(t.TempDir(), "data")
	s := launchWith(t, "cache: {memory: {bytes: 0}}\n", func(s *service) {
		s.command.Env = append(s.command.Env, cacheMount+"=8m:"+filepath.Join(dir, "cache"))
		s.command.SysProcAttr = own
	}, dir)
	s.awaitListening()
	// As it is seen by the program; from here it would be an empty folder.
	folder := "/proc/" + strconv.Itoa(s.command.Process.Pid) + "/root" + filepath.Join(dir, "cache")
	var system syscall.Statfs_t
	must(t, syscall.Statfs(folder, &system))
	if size := system.Blocks * uint64(system.Bsize); size != 8<<20 {
		t.Fatalf("the cache is on a file system of %d bytes, want 8 MiB", size)
	}

	seen := &answers{first: map[string][sha256.Size]byte{}}
	var paths []string
	for i := range 6 {
		id := s.upload(encodedPNG(t, noise(400+i, 300)))
		for width := 300; width < 320; width++ { // about 250 kB each, 30 MB in all
			paths = append(paths, "/resize/"+strconv.Itoa(width)+"x,f=png/"+id)
		}
	}
	ask := func(when string) {
		t.Helper()
		for _, path := range paths {
			if !seen.check(path, s.picture(path).body) {
				t.Errorf("%s: another picture at %s", when, path)
			}
		}
	}
	ask("filling")
	// Somebody else takes all that is left.
	must(t, syscall.Statfs(folder, &system))
	other := filepath.Join(folder, "other")
	must(t, os.WriteFile(other, make([]byte, system.Bavail*uint64(system.Bsize)), 0o600))
	ask("full")
	must(t, os.Remove(other))
	ask("with room again")
	waitFor(t, "pictures are kept on disk again", func() bool {
		s.picture(paths[0])
		return metricIs(s, `api_resize_cache_entries{tier="disk"}`, func(value float64) bool { return value > 10 })
	})
	if !metricIs(s, `api_resize_cache_corrupt_total{tier="disk"}`, func(value float64) bool { return value == 0 }) {
		t.Errorf("files were damaged:\n%s", s.log())
	}
	must(t, s.stop())
}

// metricIs reports whether a metric has a value for which is holds.
func metricIs(s *service, name string, is func(float64) bool) bool {
	_, rest, found := strings.Cut(metricsOf(s), "\n"+name+" ")
	text, _, _ := strings.Cut(rest, "\n")
	value, err := strconv.ParseFloat(text, 64)
	return found && err == nil && is(value)
}
