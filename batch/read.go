package batch

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// taskColumns is what scanTask reads.
const taskColumns = `id, state, created, started, finished, expires, total, done, failed, cancelled, options`

func scanTask(row interface{ Scan(into ...any) error }, busy running) (Task, error) {
	var task Task
	var created int64
	var started, finished, expires sql.NullInt64
	var options string
	counts := &task.Counts
	err := row.Scan(&task.ID, &task.State, &created, &started, &finished, &expires,
		&counts.Total, &counts.Done, &counts.Failed, &counts.Cancelled, &options)
	if err != nil {
		return Task{}, err
	}
	task.Created, task.Options = time.UnixMicro(created).UTC(), json.RawMessage(options)
	task.Started, task.Finished, task.Expires = moment(started), moment(finished), moment(expires)
	left := counts.Total - counts.finished()
	// Which ones run was asked a moment earlier.
	counts.Running = min(len(busy[task.ID]), left)
	counts.Queued = left - counts.Running
	return task, nil
}

func moment(micros sql.NullInt64) *time.Time {
	if !micros.Valid {
		return nil
	}
	at := time.UnixMicro(micros.Int64).UTC()
	return &at
}

// running are the items that are being made, by their task: the job of each.
type running map[string]map[int]int64

// mostRunning bounds what is told of items being made.
const mostRunning = 1_000

// running asks River which jobs run. There are never more than workers.
func (q *Queue) running(ctx context.Context) (running, error) {
	list, err := q.client.JobList(ctx, river.NewJobListParams().
		States(rivertype.JobStateRunning).Kinds(itemArgs{}.Kind()).First(mostRunning))
	if err != nil {
		return nil, unavailable(err)
	}
	busy := running{}
	for _, job := range list.Jobs {
		var args itemArgs
		if err := json.Unmarshal(job.EncodedArgs, &args); err != nil {
			return nil, fmt.Errorf("job %d: %w", job.ID, err)
		}
		if busy[args.Task] == nil {
			busy[args.Task] = map[int]int64{}
		}
		busy[args.Task][args.Item] = job.ID
	}
	return busy, nil
}

// Get is what is known of a task.
func (q *Queue) Get(ctx context.Context, id string) (Task, error) {
	busy, err := q.running(ctx)
	if err != nil {
		return Task{}, err
	}
	row := q.database.SQL().QueryRowContext(ctx,
		`SELECT `+taskColumns+` FROM tasks WHERE id = $1 AND (expires IS NULL OR expires > $2)`, id, now().UnixMicro())
	task, err := scanTask(row, busy)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Task{}, ErrNotFound
	case err != nil:
		return Task{}, unavailable(err)
	}
	return task, nil
}

// Position is a place in the list of tasks: behind the one that was created then
// and is called so. The zero Position is the beginning.
type Position struct {
	Created time.Time
	ID      string
}

// Query says which tasks are listed.
type Query struct {
	States   []State // none: all
	Failures bool    // only those with items that failed
	After    Position
	Limit    int
}

// List is the tasks, newest first.
func (q *Queue) List(ctx context.Context, wanted Query) ([]Task, error) {
	busy, err := q.running(ctx)
	if err != nil {
		return nil, err
	}
	states := wanted.States
	if len(states) == 0 {
		states = States()
	}
	before := int64(math.MaxInt64)
	if wanted.After != (Position{}) {
		before = wanted.After.Created.UnixMicro()
	}
	only := ""
	if wanted.Failures {
		only = " AND failed > 0"
	}
	rows, err := q.database.SQL().QueryContext(ctx, `SELECT `+taskColumns+` FROM tasks
		WHERE state IN (`+quoted(states)+`)`+only+` AND (expires IS NULL OR expires > $1)
			AND (created < $2 OR created = $2 AND id < $3)
		ORDER BY created DESC, id DESC LIMIT $4`,
		now().UnixMicro(), before, wanted.After.ID, wanted.Limit)
	if err != nil {
		return nil, unavailable(err)
	}
	return collect(rows, func(rows *sql.Rows) (Task, error) { return scanTask(rows, busy) })
}

// ItemQuery says which items of a task are listed.
type ItemQuery struct {
	State State // empty: all
	From  int   // the least index
	Limit int
}

// Items are a task's, in the order in which they were given.
func (q *Queue) Items(ctx context.Context, task string, wanted ItemQuery) ([]Result, error) {
	busy, err := q.running(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := q.database.SQL().QueryContext(ctx, `SELECT item, source, size, options, state, attempts,
			url, format, width, height, bytes, status, code, title, detail
		FROM task_items WHERE task = $1 AND item >= $2`+condition(wanted.State, busy[task])+`
		ORDER BY item LIMIT $3`, task, wanted.From, wanted.Limit)
	if err != nil {
		return nil, unavailable(err)
	}
	return collect(rows, func(rows *sql.Rows) (Result, error) { return scanResult(rows, busy[task]) })
}

// condition picks out items in a state. That one runs is not in its row.
func condition(state State, busy map[int]int64) string {
	indices := make([]string, 0, len(busy))
	for _, item := range slices.Sorted(maps.Keys(busy)) {
		indices = append(indices, fmt.Sprint(item))
	}
	list := "(" + strings.Join(indices, ",") + ")"
	switch {
	case state == "":
		return ""
	case state == Running && len(busy) == 0:
		return " AND 1 = 0"
	case state == Running:
		return " AND state = 'queued' AND item IN " + list
	case state == Queued && len(busy) > 0:
		return " AND state = 'queued' AND item NOT IN " + list
	}
	return " AND state IN (" + quoted([]State{state}) + ")"
}

// quoted is a list of states as it stands in SQL. They are constants of ours.
func quoted(states []State) string {
	texts := make([]string, len(states))
	for i, state := range states {
		texts[i] = "'" + strings.ReplaceAll(string(state), "'", "''") + "'"
	}
	return strings.Join(texts, ",")
}

func scanResult(rows *sql.Rows, busy map[int]int64) (Result, error) {
	var result Result
	var made Made
	var failure Failure
	err := rows.Scan(&result.Index, &result.Source, &result.Size, &result.Options, &result.State, &result.Attempts,
		&made.URL, &made.Format, &made.Width, &made.Height, &made.Bytes,
		&failure.Status, &failure.Code, &failure.Title, &failure.Detail)
	switch {
	case err != nil:
		return Result{}, err
	case result.State == Done:
		result.Made = &made
	case result.State == Failed:
		result.Failure = &failure
	case result.State == Queued:
		if _, runs := busy[result.Index]; runs {
			result.State = Running
		}
	}
	return result, nil
}

// collect reads all rows, and closes them.
func collect[T any](rows *sql.Rows, scan func(*sql.Rows) (T, error)) ([]T, error) {
	defer rows.Close()
	all := []T{}
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, unavailable(err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		return nil, unavailable(err)
	}
	return all, nil
}
