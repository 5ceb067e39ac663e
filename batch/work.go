package batch

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// itemArgs is what a job of River is about: one item.
type itemArgs struct {
	Task string `json:"task"`
	Item int    `json:"item"`
}

func (itemArgs) Kind() string { return "item" }

// worker is what River runs jobs with.
type worker struct {
	river.WorkerDefaults[itemArgs]
	queue *Queue
}

func (w *worker) Work(ctx context.Context, job *river.Job[itemArgs]) error {
	return w.queue.work(ctx, job)
}

// NextRetry is when a job is tried again that failed, or whose process died.
func (w *worker) NextRetry(job *river.Job[itemArgs]) time.Time {
	if delay, known := w.queue.delays.LoadAndDelete(job.ID); known {
		return time.Now().Add(delay.(time.Duration))
	}
	return time.Now().Add(backoff(job.Attempt))
}

var (
	errSettled   = errors.New("there is nothing left to do for the item")
	errCancelled = errors.New("the task was cancelled")
)

// maxInterruptions is how often an item is begun again after the process died
// while it was being made, which it may have been the reason for.
const maxInterruptions = 5

// begun is an item that is being made.
type begun struct {
	item     Item
	attempts int // that came to an end before
}

// work makes an item, unless that is not wanted any more. An error is for River,
// which then begins the job again.
func (q *Queue) work(ctx context.Context, job *river.Job[itemArgs]) error {
	// The hold comes before the look at the task: whoever cancels it afterwards
	// finds this one.
	ctx, release := q.cancels.hold(ctx, job.Args.Task, job.ID)
	defer release()
	one, err := q.look(ctx, job.Args)
	switch {
	case errors.Is(err, errSettled):
		return nil
	case err != nil:
		return err
	case job.Attempt-1-one.attempts > maxInterruptions:
		return q.settle(ctx, job.Args, job.ID, failed(&Failure{
			Status: 500, Code: "internal", Title: "Interrupted too often",
			Detail: fmt.Sprintf("The service ended %d times while this picture was being made.", maxInterruptions+1),
		}))
	}
	made, err := q.make(withWhich(ctx, job.Args), one.item)
	if err == nil {
		return q.settle(ctx, job.Args, job.ID, verdict{state: Done, made: made})
	}
	switch {
	case errors.Is(context.Cause(ctx), errCancelled):
		return river.JobCancel(errCancelled)
	case errors.Is(context.Cause(ctx), rivertype.ErrJobCancelledRemotely): // by an operator, this job alone
		return errors.Join(q.settle(ctx, job.Args, job.ID, verdict{state: Cancelled}), river.JobCancel(errCancelled))
	case errors.Is(ctx.Err(), context.Canceled): // the work is to end
		return ctx.Err()
	}
	failure := q.failureOf(err)
	if failure.Final || one.attempts+1 >= q.config.Attempts {
		return q.settle(ctx, job.Args, job.ID, failed(failure))
	}
	return q.postpone(ctx, job, one, failure)
}

// look reads an item that is to be made, and has the task be running.
func (q *Queue) look(ctx context.Context, args itemArgs) (begun, error) {
	var one begun
	var state State
	err := q.prepared.look.QueryRowContext(ctx, args.Task, args.Item).
		Scan(&one.item.Source, &one.item.Size, &one.item.Options, &one.attempts, &state)
	if errors.Is(err, sql.ErrNoRows) {
		return begun{}, errSettled
	}
	if err == nil && state == Queued {
		_, err = q.database.SQL().ExecContext(ctx,
			`UPDATE tasks SET state = 'running', started = $2 WHERE id = $1 AND state = 'queued'`, args.Task, now().UnixMicro())
	}
	return one, err
}

// make asks the Maker, whose panics are failures.
func (q *Queue) make(ctx context.Context, item Item) (made Made, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			q.logger.Error("panic", slog.Any("panic", panicked), slog.String("source", item.Source),
				slog.String("size", item.Size), slog.String("stack", string(debug.Stack())))
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	return q.maker.Make(ctx, item)
}

// failureOf is an error as clients are told it.
func (q *Queue) failureOf(err error) *Failure {
	var failure *Failure
	switch {
	case errors.As(err, &failure):
		return failure
	case errors.Is(err, context.DeadlineExceeded):
		return &Failure{Status: 503, Code: "processing_timeout", Title: "Processing too slow",
			Detail: fmt.Sprintf("Making the picture took longer than %v.", q.config.Timeout)}
	}
	q.logger.Error("item not made", "error", err)
	return &Failure{Status: 500, Code: "internal", Title: "Internal error", Detail: "Something went wrong here. The log says what."}
}

// postpone has an item tried again later.
func (q *Queue) postpone(ctx context.Context, job *river.Job[itemArgs], one begun, failure *Failure) error {
	ctx, cancel := writing(ctx)
	defer cancel()
	_, err := q.database.SQL().ExecContext(ctx,
		`UPDATE task_items SET attempts = attempts + 1 WHERE task = $1 AND item = $2 AND state = 'queued'`, job.Args.Task, job.Args.Item)
	if err != nil {
		return err
	}
	q.counters.retried.Add(1)
	q.delays.Store(job.ID, max(backoff(one.attempts+1), min(failure.RetryAfter, maxRetryAfter)))
	return failure
}
