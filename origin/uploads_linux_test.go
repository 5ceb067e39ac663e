package origin

import (
	"bytes"
	"context"
	"errors"
	"syscall"
	"testing"
)

func TestUploadsFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("no tmpfs to fill: %v", err)
	}
	defer syscall.Unmount(dir, 0)
	u := openUploads(t, dir)
	defer u.Close()
	if _, err := u.Receive(context.Background(), bytes.NewReader(make([]byte, 1<<20)), 1<<21); !errors.Is(err, ErrStorage) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v, want ErrStorage for ENOSPC", err)
	}
	if err := u.Healthy(); err != nil {
		t.Errorf("Healthy tried again and found: %v", err)
	}
	commit(t, u, "body", Record{})
	if err := u.Healthy(); err != nil {
		t.Errorf("Healthy after a success: %v", err)
	}
}
