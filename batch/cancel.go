package batch

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river"
)

// Cancel ends a task: what was not begun is not made any more, and what is being
// made is given up. Of a task that has finished nothing changes.
func (q *Queue) Cancel(ctx context.Context, id string) (Task, error) {
	var jobs []int64
	err := q.database.InTransaction(ctx, func(transaction *sql.Tx) error {
		if err := q.cancelTask(ctx, transaction, id); err != nil {
			return err
		}
		var err error
		if jobs, err = cancelItems(ctx, transaction, id); err != nil {
			return err
		}
		return q.removeJobs(ctx, transaction, jobs)
	})
	switch {
	case errors.Is(err, errSettled): // or there is none
		return q.Get(ctx, id)
	case err != nil:
		return Task{}, unavailable(err)
	}
	q.counters.cancelled.Add(uint64(len(jobs)))
	q.cancels.end(id)
	return q.Get(ctx, id)
}

// cancelTask ends the task itself, unless it has ended.
func (q *Queue) cancelTask(ctx context.Context, transaction *sql.Tx, id string) error {
	finished := now()
	result, err := transaction.ExecContext(ctx, `UPDATE tasks
		SET state = 'cancelled', cancelled = total - done - failed, finished = $2, expires = $3
		WHERE id = $1 AND state IN ('queued', 'running')`,
		id, finished.UnixMicro(), finished.Add(q.config.Keep).UnixMicro())
	if err != nil {
		return err
	}
	if changed, err := result.RowsAffected(); err != nil || changed == 0 {
		return errors.Join(err, errSettled)
	}
	return nil
}

// cancelItems returns the jobs of the items that had not finished.
func cancelItems(ctx context.Context, transaction *sql.Tx, id string) ([]int64, error) {
	rows, err := transaction.QueryContext(ctx, `UPDATE task_items SET state = 'cancelled' WHERE task = $1 AND state = 'queued' RETURNING job`, id)
	if err != nil {
		return nil, err
	}
	return collect(rows, func(rows *sql.Rows) (int64, error) {
		var job int64
		err := rows.Scan(&job)
		return job, err
	})
}

// jobsAtOnce is what River removes at once, at most.
const jobsAtOnce = 10_000

// removeJobs takes jobs out of the queue. Those that run stay.
func (q *Queue) removeJobs(ctx context.Context, transaction *sql.Tx, jobs []int64) error {
	for from := 0; from < len(jobs); from += jobsAtOnce {
		some := jobs[from:min(from+jobsAtOnce, len(jobs))]
		if _, err := q.client.JobDeleteManyTx(ctx, transaction, river.NewJobDeleteManyParams().IDs(some...).First(jobsAtOnce)); err != nil {
			return err
		}
	}
	return nil
}

// cancelPoll is how often a process looks whether another has cancelled what it
// makes.
const cancelPoll = 2 * time.Second

// hearOfCancels gives up what others cancelled, until ctx ends. While nothing is
// made nobody is asked.
func (q *Queue) hearOfCancels(ctx context.Context) {
	for sleep(ctx, cancelPoll) {
		for _, task := range q.cancels.tasks() {
			var state State
			err := q.database.SQL().QueryRowContext(ctx, `SELECT state FROM tasks WHERE id = $1`, task).Scan(&state)
			if err == nil && state == Cancelled {
				q.cancels.end(task)
			}
		}
	}
}

// cancels are the ends of the items that this process makes.
type cancels struct {
	mu   sync.Mutex
	held map[string]map[int64]context.CancelCauseFunc // by task and job
}

// hold is a context that ends when the task is cancelled here, until it is
// released.
func (c *cancels) hold(ctx context.Context, task string, job int64) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held = map[string]map[int64]context.CancelCauseFunc{}
	}
	if c.held[task] == nil {
		c.held[task] = map[int64]context.CancelCauseFunc{}
	}
	c.held[task][job] = cancel
	return ctx, func() {
		cancel(nil)
		c.mu.Lock()
		defer c.mu.Unlock()
		if delete(c.held[task], job); len(c.held[task]) == 0 {
			delete(c.held, task)
		}
	}
}

// end gives up everything of a task.
func (c *cancels) end(task string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, cancel := range c.held[task] {
		cancel(errCancelled)
	}
}

// tasks are those of which something is being made here.
func (c *cancels) tasks() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Keys(c.held))
}
