package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

const (
	// sqliteFile is the database in its folder, and sqliteLock what processes
	// lock that change its tables.
	sqliteFile = "records.db"
	sqliteLock = "records.lock"

	// sqliteReaders are connections for reading, which write-ahead logging lets
	// work beside the one that writes.
	sqliteReaders = 4

	// lockEvery is how often a lock that another holds is tried.
	lockEvery = 20 * time.Millisecond
)

// sqliteOptions make every commit durable, let readers work beside the writer,
// and have transactions take the writer's lock when they begin: one that asked
// for it later could not wait. Another process's lock is waited for, in
// milliseconds.
var sqliteOptions = url.Values{
	"_busy_timeout": {"10000"},
	"_journal_mode": {"WAL"},
	"_synchronous":  {"FULL"},
	"_foreign_keys": {"on"},
	"_txlock":       {"immediate"},
	"_dqs":          {"false"},
}

func openSQLite(ctx context.Context, _ Config, dir string) (*Database, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(filepath.Join(dir, sqliteFile))
	if err != nil {
		return nil, err
	}
	// SQLite's other files take over the mode of this one.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	d := &Database{kind: SQLite, lock: fileLock(filepath.Join(dir, sqliteLock))}
	if d.writing, err = sqliteConnections(path, 1, nil); err != nil {
		return nil, err
	}
	if d.reading, err = sqliteConnections(path, sqliteReaders, url.Values{"_query_only": {"on"}}); err != nil {
		return nil, errors.Join(err, d.writing.Close())
	}
	// The first connection turns write-ahead logging on, for which two
	// processes could not wait for each other.
	err = d.Exclusively(ctx, d.writing.PingContext)
	if err == nil {
		err = openAll(ctx, d.reading, sqliteReaders)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), d.Close())
	}
	return d, nil
}

// openAll opens connections that are kept: a file that can be opened now need not
// be opened when descriptors are short.
func openAll(ctx context.Context, connections *sql.DB, count int) error {
	all := make([]*sql.Conn, 0, count)
	defer func() {
		for _, one := range all {
			one.Close() // it goes back to the others
		}
	}()
	for range count {
		one, err := connections.Conn(ctx)
		if err != nil {
			return err
		}
		all = append(all, one)
	}
	return nil
}

// sqliteConnections opens nothing yet.
func sqliteConnections(path string, most int, options url.Values) (*sql.DB, error) {
	all := url.Values{}
	for _, some := range []url.Values{sqliteOptions, options} {
		for name, values := range some {
			all[name] = values
		}
	}
	connections, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: all.Encode()}).String())
	if err != nil {
		return nil, err
	}
	connections.SetMaxOpenConns(most)
	connections.SetMaxIdleConns(most)
	return connections, nil
}

// fileLock locks a file, which the system unlocks when the process ends.
func fileLock(path string) locker {
	return func(ctx context.Context) (func() error, error) {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		for {
			err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
			if err == nil {
				return file.Close, nil
			}
			if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
				return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), file.Close())
			}
			select {
			case <-time.After(lockEvery):
			case <-ctx.Done():
				return nil, errors.Join(fmt.Errorf("%s is locked by another process: %w", path, context.Cause(ctx)), file.Close())
			}
		}
	}
}
