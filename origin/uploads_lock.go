package origin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// lockCount spreads ids, which are hashes already.
	lockCount = 256
	// lockPatience is how long another's change of an upload is waited for: it
	// takes some syncs, or as long as the records take to fail.
	lockPatience = 2 * recordsPatience
	// lockEvery is how often another process's lock is tried.
	lockEvery = 5 * time.Millisecond
)

// locks exclude others, in this process and in others, from ids.
type locks struct {
	dir  string
	here [lockCount]chan struct{} // holds a token while one of this process has it
}

func newLocks(dir string) locks {
	l := locks{dir: dir}
	for i := range l.here {
		l.here[i] = make(chan struct{}, 1)
	}
	return l
}

// lock excludes others from an id and returns what lets them in again.
func (u *Uploads) lock(ctx context.Context, id string) (unlock func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lockPatience, fmt.Errorf("%w: the upload %s is locked", ErrStorage, id))
	defer cancel()
	stripe := id[0] ^ id[1]<<3 ^ id[2]<<5
	here := u.locks.here[stripe]
	select {
	case here <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("changing an upload: %w", context.Cause(ctx))
	}
	file, err := lockFile(ctx, filepath.Join(u.locks.dir, fmt.Sprintf("%02x", stripe)))
	if err != nil {
		<-here
		if ctx.Err() != nil {
			return nil, fmt.Errorf("changing an upload: %w", context.Cause(ctx))
		}
		return nil, u.trouble("locking an upload", err)
	}
	return func() {
		file.Close() // which unlocks it
		<-here
	}, nil
}

// lockFile opens a file that is locked until it is closed.
func lockFile(ctx context.Context, path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return file, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(err, file.Close())
		}
		select {
		case <-time.After(lockEvery):
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), file.Close())
		}
	}
}
