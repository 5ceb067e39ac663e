package origin

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func newFolder(t *testing.T, c FolderConfig) (*Folder, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "photos")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := NewFolder(dir, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, dir
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func TestFolderLinks(t *testing.T) {
	f, dir := newFolder(t, DefaultFolderConfig())
	write(t, filepath.Join(dir, "sub", "in.jpg"), "inside")
	write(t, filepath.Join(dir, "..", "secret.jpg"), "outside")
	for name, to := range map[string]string{
		"in": "sub/in.jpg", "up": "sub/../sub/in.jpg", "out": "../secret.jpg", "absolute": filepath.Join(dir, "sub", "in.jpg"),
		"etc": "/etc/passwd", "loop": "loop", "dangling": "nothing", "parent": "..", "chain": "out", "folder": "sub",
	} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		"in": "inside", "up": "inside", "folder/in.jpg": "inside",
		"out": "", "absolute": "", "etc": "", "loop": "", "dangling": "", "parent": "", "parent/secret.jpg": "", "chain": "", "folder": "", "sub": "", "in/x": "",
	} {
		got, err := fetch(f, path)
		if string(got) != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
}

func TestFolderSpecialFiles(t *testing.T) {
	f, dir := newFolder(t, DefaultFolderConfig())
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	socket, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(socket)
	if err := syscall.Bind(socket, &syscall.SockaddrUnix{Name: filepath.Join(dir, "socket")}); err != nil {
		t.Logf("without a socket: %v", err)
	}
	for _, name := range []string{"fifo", "socket"} {
		if _, err := fetch(f, name); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
}

func TestFolderHugeFile(t *testing.T) {
	f, dir := newFolder(t, DefaultFolderConfig())
	write(t, filepath.Join(dir, "huge"), "")
	if err := os.Truncate(filepath.Join(dir, "huge"), 1<<40); err != nil {
		t.Skip("no sparse files here")
	}
	if _, err := f.Open(context.Background(), "huge", Validators{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v, want ErrTooLarge", err)
	}
}

func TestFolderUnreadable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads everything")
	}
	f, dir := newFolder(t, DefaultFolderConfig())
	write(t, filepath.Join(dir, "closed"), "x")
	if err := os.Chmod(filepath.Join(dir, "closed"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := fetch(f, "closed"); !errors.Is(err, ErrFailed) {
		t.Errorf("%v, want ErrFailed", err)
	}
}

// A file written over while it is read must not pass for either version.
func TestFolderFileChangesWhileRead(t *testing.T) {
	f, dir := newFolder(t, DefaultFolderConfig())
	path := filepath.Join(dir, "a")
	for name, change := range map[string]func() error{
		"shorter": func() error { return os.Truncate(path, 2) },
		"longer":  func() error { return os.WriteFile(path, []byte("0123456789"), 0o644) },
		"touched": func() error { return os.Chtimes(path, time.Now(), time.Now().Add(time.Hour)) },
	} {
		write(t, path, "abcdef")
		o, err := f.Open(context.Background(), "a", Validators{})
		if err != nil {
			t.Fatal(err)
		}
		o.Body.Read(make([]byte, 1))
		if err := change(); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(o.Body)
		if !errors.Is(err, ErrFailed) || len(got) > 5 {
			t.Errorf("%s: %q, %v; want ErrFailed", name, got, err)
		}
		o.Body.Close()
	}
	// Replaced by a rename, the opened version stays whole.
	write(t, path, "abcdef")
	o, err := f.Open(context.Background(), "a", Validators{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Body.Close()
	write(t, path+".new", "xyz")
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(o.Body); err != nil || string(got) != "abcdef" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestNewFolderRefuses(t *testing.T) {
	if _, err := NewFolder(filepath.Join(t.TempDir(), "missing"), DefaultFolderConfig()); err == nil {
		t.Error("a missing folder was taken")
	}
	if _, err := NewFolder(t.TempDir(), FolderConfig{}); err == nil {
		t.Error("a limit of 0 was taken")
	}
}

func TestNameOf(t *testing.T) {
	for path, want := range map[string]string{
		"a/b c.jpg": "b c.jpg", "a/": "", "": "", "..": "", `a\b.jpg`: "b.jpg", "a\r\nb": "ab", "a\u202egpj.exe": "agpj.exe", "\xff": "", "ü.png": "ü.png",
	} {
		if got := nameOf(path); got != want {
			t.Errorf("nameOf(%q) = %q, want %q", path, got, want)
		}
	}
}
