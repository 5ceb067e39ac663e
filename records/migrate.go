package records

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// versionsTable is where it is written down what was done to the tables.
const versionsTable = "schema_versions"

// Migration is one change to the tables, in SQL that both databases read.
//
// COLLATE BYTES in it stands for the order of bytes, which each of them spells
// in its own way.
type Migration struct {
	Name string
	SQL  string
}

//go:embed migrations/*.sql
var migrationFiles embed.FS

// ownMigrations are those of this package, in the order of their names.
func ownMigrations() []Migration { return MigrationsIn(migrationFiles, "migrations") }

// MigrationsIn lists the .sql files of an embedded folder, in the order of their
// names. It panics when there are none: they belong to the program.
func MigrationsIn(files fs.FS, folder string) []Migration {
	paths, err := fs.Glob(files, folder+"/*.sql")
	if err != nil || len(paths) == 0 {
		panic(fmt.Sprintf("no migrations in %s (%v)", folder, err))
	}
	all := make([]Migration, len(paths))
	for i, path := range paths {
		text, err := fs.ReadFile(files, path)
		if err != nil {
			panic(err)
		}
		all[i] = Migration{strings.TrimSuffix(strings.TrimPrefix(path, folder+"/"), ".sql"), string(text)}
	}
	return all
}

// Migrate makes the changes to a part's tables that were not made yet, in order,
// each at once or not at all. Once released, a migration stays as it is and
// where it is in the list.
//
// A database that a newer version of the program has changed is an error.
func (d *Database) Migrate(ctx context.Context, part string, all []Migration) error {
	return d.Exclusively(ctx, func(ctx context.Context) error {
		_, err := d.writing.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS `+versionsTable+` (
			part TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, applied BIGINT NOT NULL,
			PRIMARY KEY (part, version))`)
		if err != nil {
			return fmt.Errorf("table of versions: %w", err)
		}
		var done int
		if err := d.writing.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM `+versionsTable+` WHERE part = $1`, part).Scan(&done); err != nil {
			return fmt.Errorf("table of versions: %w", err)
		}
		if done > len(all) {
			return fmt.Errorf("the tables of %s have version %d, and this program knows %d: a newer one has used this database", part, done, len(all))
		}
		for version := done + 1; version <= len(all); version++ {
			if err := d.migrateOnce(ctx, part, version, all[version-1]); err != nil {
				return fmt.Errorf("migration %s of %s: %w", all[version-1].Name, part, err)
			}
		}
		return nil
	})
}

// migrateOnce makes one change, and writes down that it was made.
func (d *Database) migrateOnce(ctx context.Context, part string, version int, one Migration) error {
	return d.InTransaction(ctx, func(transaction *sql.Tx) error {
		if _, err := transaction.ExecContext(ctx, d.spelled(one.SQL)); err != nil {
			return err
		}
		_, err := transaction.ExecContext(ctx, `INSERT INTO `+versionsTable+` (part, version, name, applied) VALUES ($1, $2, $3, $4)`,
			part, version, one.Name, time.Now().UnixMicro())
		return err
	})
}

// spelled puts in what the databases spell differently.
func (d *Database) spelled(text string) string {
	order := map[Kind]string{SQLite: "COLLATE BINARY", PostgreSQL: `COLLATE "C"`}[d.kind]
	return strings.ReplaceAll(text, "COLLATE BYTES", order)
}

// InTransaction commits what work did, or undoes it when work fails.
func (d *Database) InTransaction(ctx context.Context, work func(*sql.Tx) error) error {
	transaction, err := d.writing.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := work(transaction); err != nil {
		if undone := transaction.Rollback(); !errors.Is(undone, sql.ErrTxDone) {
			err = errors.Join(err, undone)
		}
		return err
	}
	return transaction.Commit()
}
