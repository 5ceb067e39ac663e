package batch

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
)

// verdict is how an item ends.
type verdict struct {
	state   State
	made    Made
	failure Failure
}

func failed(failure *Failure) verdict { return verdict{state: Failed, failure: *failure} }

// writePatience bounds a transaction that ends an item. It runs on when the
// item's own time is over.
const writePatience = 30 * time.Second

func writing(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), writePatience)
}

// settle ends an item and its job together, once: when the item has ended
// otherwise, nothing is changed.
func (q *Queue) settle(ctx context.Context, args itemArgs, job int64, with verdict) error {
	ctx, cancel := writing(ctx)
	defer cancel()
	return q.endItem(ctx, args, with, func(transaction *sql.Tx) error {
		_, err := transaction.StmtContext(ctx, q.prepared.complete).ExecContext(ctx, job) //nolint:sqlclosecheck // with the transaction
		return err
	})
}

// endItem ends an item, once, and does more in the same transaction.
func (q *Queue) endItem(ctx context.Context, args itemArgs, with verdict, more func(*sql.Tx) error) error {
	err := q.database.InTransaction(ctx, func(transaction *sql.Tx) error {
		// The task's row comes first, here and in Cancel: whoever has it goes on.
		if err := q.count(ctx, transaction, args.Task, with.state); err != nil {
			return err
		}
		if err := q.record(ctx, transaction, args, with); err != nil {
			return err
		}
		return more(transaction)
	})
	switch {
	case errors.Is(err, errSettled):
		return nil
	case err != nil:
		return err
	}
	q.counters.count(with.state)
	return nil
}

// count adds an item to its task's, and finishes the task with the last one.
func (q *Queue) count(ctx context.Context, transaction *sql.Tx, task string, state State) error {
	var counts Counts
	err := transaction.StmtContext(ctx, q.prepared.count[state]).QueryRowContext(ctx, task). //nolint:sqlclosecheck // with the transaction
													Scan(&counts.Total, &counts.Done, &counts.Failed, &counts.Cancelled)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return errSettled
	case err != nil:
		return err
	case counts.finished() < counts.Total:
		return nil
	}
	finished := now()
	_, err = transaction.ExecContext(ctx, `UPDATE tasks SET state = $2, finished = $3, expires = $4 WHERE id = $1`,
		task, counts.state(), finished.UnixMicro(), finished.Add(q.config.Keep).UnixMicro())
	return err
}

// record writes an item's end into its row.
func (q *Queue) record(ctx context.Context, transaction *sql.Tx, args itemArgs, with verdict) error {
	attempts := 1
	if with.state == Cancelled {
		attempts = 0
	}
	result, err := transaction.StmtContext(ctx, q.prepared.record).ExecContext(ctx, //nolint:sqlclosecheck // with the transaction
		args.Task, args.Item, with.state, attempts,
		text(with.made.URL), text(with.made.Format), with.made.Width, with.made.Height, with.made.Bytes,
		with.failure.Status, text(with.failure.Code), text(with.failure.Title), text(with.failure.Detail))
	if err != nil {
		return err
	}
	if changed, err := result.RowsAffected(); err != nil || changed == 0 {
		return errors.Join(err, errSettled)
	}
	return nil
}

// text is what PostgreSQL takes as such.
func text(told string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(told, "\uFFFD"), "\x00", "\uFFFD")
}
