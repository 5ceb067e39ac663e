package batch

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"api-resize/records"
)

const (
	// turnFile is locked by the process that works, where one does at a time.
	turnFile = "worker.lock"
	// turnEvery is how often a process looks whether it is its turn.
	turnEvery = 200 * time.Millisecond
)

// takeTurn waits until this process may work. With PostgreSQL all may.
func (q *Queue) takeTurn(ctx context.Context) (release func(), err error) {
	if q.database.Kind() != records.SQLite {
		return func() {}, nil
	}
	for told := false; ; {
		lock, err := lockFile(filepath.Join(q.dir, turnFile))
		switch {
		case err == nil:
			return func() { _ = lock.Close() }, nil // which unlocks it
		case !errors.Is(err, syscall.EWOULDBLOCK):
			q.logger.Error("tasks are not worked on", "error", err)
		case !told:
			told = true
			q.logger.Info("another process works on tasks; this one waits for it to end")
		}
		if !sleep(ctx, turnEvery) {
			return nil, ctx.Err()
		}
	}
}

// lockFile locks a file that the system unlocks when the process ends, however
// it does.
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), file.Close())
	}
	return file, nil
}

// adopt takes over what a process left that ended in the middle of it: where one
// works at a time, all that is said to run was left. An item is begun again at
// once the first time, and later the oftener it was; River's leader would be
// missed for a quarter of a minute. With several processes River finds out who
// is dead.
func (q *Queue) adopt(ctx context.Context) error {
	if q.database.Kind() != records.SQLite {
		return nil
	}
	return q.database.InTransaction(ctx, func(transaction *sql.Tx) error {
		result, err := transaction.ExecContext(ctx, `UPDATE river_job SET state = 'available',
			scheduled_at = CASE WHEN attempt <= 1 THEN scheduled_at ELSE datetime('now', 'subsec', '+' || min(attempt * attempt, 60) || ' seconds') END
			WHERE state = 'running'`)
		if err != nil {
			return err
		}
		if left, err := result.RowsAffected(); err == nil && left > 0 {
			q.logger.Info("going on with items that were left in the middle", "items", left)
		}
		_, err = transaction.ExecContext(ctx, `DELETE FROM river_leader`)
		return err
	})
}
