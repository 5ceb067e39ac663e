package batch

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
)

// driver is River's for the database that there is, except for what tells it
// that there are new jobs: that is asked of the database seldom, and heard at
// once from who adds them in this process. River's own for SQLite asks twenty
// times a second, and for PostgreSQL would need a connection and a pool.
type driver struct {
	riverdriver.Driver[*sql.Tx]
	wake chan struct{} // has room for one
}

// insertTopic is what River calls the news of jobs.
const insertTopic = "river_insert"

func (d driver) SupportsListener() bool     { return true }
func (d driver) SupportsListenNotify() bool { return false } // nothing is written about it
func (d driver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener {
	return listener{d.wake}
}

// tell has River look for jobs. It does not wait.
func (d driver) tell() {
	select {
	case d.wake <- struct{}{}:
	default: // it is to look already
	}
}

// listener hears what is told.
type listener struct{ wake <-chan struct{} }

func (listener) Connect(context.Context) error          { return nil }
func (listener) Close(context.Context) error            { return nil }
func (listener) Listen(context.Context, string) error   { return nil }
func (listener) Unlisten(context.Context, string) error { return nil }
func (listener) Ping(context.Context) error             { return nil }
func (listener) Schema() string                         { return "" }
func (listener) SetAfterConnectExec(string)             {}

func (l listener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	select {
	case <-l.wake:
		return &riverdriver.Notification{Topic: insertTopic, Payload: fmt.Sprintf(`{"queue": %q}`, river.QueueDefault)}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
