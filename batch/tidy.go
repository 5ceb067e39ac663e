package batch

import (
	"context"
	"database/sql"
	"time"
)

// mostTidy is the longest between two rounds of tidying.
const mostTidy = time.Minute

// tidyUntil tidies now and then.
func (q *Queue) tidyUntil(ctx context.Context) {
	for {
		if err := q.tidy(ctx); err != nil && ctx.Err() == nil {
			q.logger.Error("tasks not tidied", "error", err)
		}
		if !sleep(ctx, min(max(q.config.Keep/10, time.Second), mostTidy)) {
			return
		}
	}
}

// tidy removes what is forgotten, and ends what has lost its job.
func (q *Queue) tidy(ctx context.Context) error {
	if err := q.removeExpired(ctx); err != nil {
		return err
	}
	return q.endLost(ctx)
}

// removeExpired removes one task after the other, so that others get between.
func (q *Queue) removeExpired(ctx context.Context) error {
	for {
		result, err := q.database.SQL().ExecContext(ctx,
			`DELETE FROM tasks WHERE id = (SELECT id FROM tasks WHERE expires <= $1 ORDER BY expires LIMIT 1)`, now().UnixMicro())
		if err != nil {
			return err
		}
		if removed, err := result.RowsAffected(); err != nil || removed == 0 {
			return err
		}
	}
}

// endLost cancels items whose jobs an operator has taken out of the queue: their
// tasks would never finish.
func (q *Queue) endLost(ctx context.Context) error {
	rows, err := q.database.SQL().QueryContext(ctx, `SELECT i.task, i.item
		FROM tasks t JOIN task_items i ON i.task = t.id LEFT JOIN river_job j ON j.id = i.job
		WHERE t.state IN ('queued', 'running') AND i.state = 'queued'
			AND (j.id IS NULL OR j.state IN ('cancelled', 'completed', 'discarded'))`)
	if err != nil {
		return err
	}
	lost, err := collect(rows, func(rows *sql.Rows) (itemArgs, error) {
		var args itemArgs
		err := rows.Scan(&args.Task, &args.Item)
		return args, err
	})
	if err != nil {
		return err
	}
	for _, args := range lost {
		if err := q.endItem(ctx, args, verdict{state: Cancelled}, func(*sql.Tx) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}
