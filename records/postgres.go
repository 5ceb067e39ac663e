package records

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// postgresConnections bounds the connections of one process.
	postgresConnections = 16
	// postgresIdle is how long one is kept that nobody uses.
	postgresIdle = 5 * time.Minute
	// postgresConnectTimeout holds where the URL says nothing.
	postgresConnectTimeout = 5 * time.Second
	// postgresLock is the advisory lock of processes that change the tables.
	postgresLock = 0x6170_6972_6573_697a
)

// errUnreadableURL says nothing of the URL: what is wrong with it may be the
// password.
var errUnreadableURL = errors.New("url: expected postgres://user:password@host:5432/database, with PostgreSQL's own parameters, each spelled as in a URL")

func openPostgreSQL(ctx context.Context, config Config, _ string) (*Database, error) {
	parsed, err := pgx.ParseConfig(config.URL)
	if err != nil {
		return nil, errUnreadableURL
	}
	if parsed.ConnectTimeout == 0 {
		parsed.ConnectTimeout = postgresConnectTimeout
	}
	if parsed.RuntimeParams["application_name"] == "" {
		parsed.RuntimeParams["application_name"] = "api-resize"
	}
	connections := stdlib.OpenDB(*parsed)
	connections.SetMaxOpenConns(postgresConnections)
	connections.SetMaxIdleConns(postgresConnections)
	connections.SetConnMaxIdleTime(postgresIdle)
	if err := connections.PingContext(ctx); err != nil {
		return nil, errors.Join(err, connections.Close())
	}
	return &Database{kind: PostgreSQL, writing: connections, reading: connections, lock: advisoryLock(connections)}, nil
}

// advisoryLock locks a number, on a connection of its own, whose end unlocks it.
func advisoryLock(connections *sql.DB) locker {
	return func(ctx context.Context) (func() error, error) {
		connection, err := connections.Conn(ctx)
		if err != nil {
			return nil, err
		}
		if _, err := connection.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(postgresLock)); err != nil {
			return nil, errors.Join(err, connection.Close())
		}
		return func() error {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthPatience)
			defer cancel()
			_, err := connection.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", int64(postgresLock))
			return errors.Join(err, connection.Close())
		}, nil
	}
}
