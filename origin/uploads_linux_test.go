package origin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestUploadsFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("no tmpfs to fill: %v", err)
	}
	defer syscall.Unmount(dir, 0)
	u, err := OpenUploads(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	if _, err := u.Receive(context.Background(), bytes.NewReader(make([]byte, 1<<20)), 1<<21); !errors.Is(err, ErrStorage) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v, want ErrStorage for ENOSPC", err)
	}
	if err := u.Healthy(); err != nil {
		t.Errorf("Healthy tried again and found: %v", err)
	}
	// No room for the record: the body goes as well.
	in := receive(t, u, "body")
	write(t, filepath.Join(dir, "filler"), strings.Repeat("x", 100_000))
	filler, err := os.OpenFile(filepath.Join(dir, "filler"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(filler, io.LimitReader(endless{}, 1<<20))
	filler.Close()
	if _, _, err := in.Commit(Record{}); !errors.Is(err, ErrStorage) {
		t.Errorf("Commit: %v", err)
	}
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("left: %v", got)
	}
	os.Remove(filepath.Join(dir, "filler"))
	commit(t, u, "body", Record{})
	if err := u.Healthy(); err != nil {
		t.Errorf("Healthy after a success: %v", err)
	}
}
