package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Kind tells databases apart where they need different words.
type Kind string

// The databases there are.
const (
	SQLite     Kind = "SQLite"
	PostgreSQL Kind = "PostgreSQL"
)

// openPatience bounds opening the database, migrations included: those wait for
// another process that is at them.
const openPatience = 2 * time.Minute

// healthPatience bounds the question whether the database answers.
const healthPatience = 2 * time.Second

// Database is the open database, with the tables of this version.
type Database struct {
	kind    Kind
	writing *sql.DB
	reading *sql.DB // the same where readers need no connections of their own
	lock    locker
	logger  *slog.Logger
}

// Open opens the database and brings its tables up to date. SQLite's file is in
// dir, which is made when missing.
func Open(ctx context.Context, config Config, dir string, logger *slog.Logger) (*Database, error) {
	ctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	open := map[Kind]func(context.Context, Config, string) (*Database, error){
		SQLite: openSQLite, PostgreSQL: openPostgreSQL,
	}[config.kind()]
	d, err := open(ctx, config, dir)
	if err != nil {
		return nil, fmt.Errorf("database: %w", inOneLine(err))
	}
	d.logger = logger
	if err := d.Migrate(ctx, "records", ownMigrations()); err != nil {
		return nil, errors.Join(fmt.Errorf("database: %w", inOneLine(err)), d.Close())
	}
	return d, nil
}

// SQL is the connections for reading and writing. SQLite has one, which a
// transaction holds until it ends.
func (d *Database) SQL() *sql.DB { return d.writing }

// Kind tells which database it is.
func (d *Database) Kind() Kind { return d.kind }

// Healthy asks the database whether it would take a change, and is why not.
func (d *Database) Healthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	transaction, err := d.writing.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("database: %w", inOneLine(err))
	}
	defer transaction.Rollback() //nolint:errcheck // it changes nothing
	var versions int
	if err := transaction.QueryRowContext(ctx, "SELECT count(*) FROM "+versionsTable).Scan(&versions); err != nil {
		return fmt.Errorf("database: %w", inOneLine(err))
	}
	return nil
}

// Close lets go of the database. Calls that run are waited for.
func (d *Database) Close() error {
	err := d.writing.Close()
	if d.reading != d.writing {
		err = errors.Join(err, d.reading.Close())
	}
	return err
}

// Exclusively runs work while no other process runs its own so: changes to the
// tables at the start. Work uses the database as always.
func (d *Database) Exclusively(ctx context.Context, work func(context.Context) error) error {
	unlock, err := d.lock(ctx)
	if err != nil {
		return err
	}
	return errors.Join(work(ctx), unlock())
}

// locker excludes other processes, and returns what lets them in again.
type locker func(context.Context) (unlock func() error, err error)

// lineError is an error whose text is one line: the driver of PostgreSQL lists
// what it tried, one address a line.
type lineError struct{ error }

func inOneLine(err error) error { return lineError{err} }

func (e lineError) Error() string { return strings.Join(strings.Fields(e.error.Error()), " ") }
func (e lineError) Unwrap() error { return e.error }
