package batch

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"api-resize/records"
)

// Order is a task that is asked for.
type Order struct {
	Items   []Item
	Options json.RawMessage // as they were given, in one spelling; to be told again; nil for none
	// Key makes the same order twice one task; empty for none.
	Key string
}

// MaxItems bounds the items of one task.
func (q *Queue) MaxItems() int { return q.config.Items }

// fingerprint tells orders apart.
func (o Order) fingerprint() string {
	hash := sha256.New()
	_ = json.NewEncoder(hash).Encode(struct { // neither can fail
		Items   []Item
		Options string
	}{o.Items, string(o.Options)})
	return hex.EncodeToString(hash.Sum(nil))
}

// Add takes a task on: when it returns, the task is on the disk. An order with
// the key of an earlier one is that one's task, as it is now; with the key and
// another content it is ErrIdempotencyMismatch.
func (q *Queue) Add(ctx context.Context, order Order) (Task, error) {
	switch {
	case len(order.Items) == 0:
		return Task{}, errors.New("a task without items")
	case len(order.Items) > q.config.Items:
		return Task{}, fmt.Errorf("%w: %d, at most %d", ErrTooManyItems, len(order.Items), q.config.Items)
	}
	if order.Options == nil {
		order.Options = json.RawMessage("{}")
	}
	fingerprint := order.fingerprint()
	if order.Key != "" {
		if earlier, err := q.earlier(ctx, order.Key, fingerprint); !errors.Is(err, ErrNotFound) {
			return earlier, err
		}
	}
	task := Task{
		ID: newID(), State: Queued, Created: now(), Options: order.Options,
		Counts: Counts{Total: len(order.Items), Queued: len(order.Items)},
	}
	err := q.database.InTransaction(ctx, func(transaction *sql.Tx) error {
		if err := insertTask(ctx, transaction, task, order.Key, fingerprint); err != nil {
			return err
		}
		jobs, err := q.insertJobs(ctx, transaction, task.ID, len(order.Items))
		if err != nil {
			return err
		}
		return q.insertItems(ctx, transaction, task.ID, order.Items, jobs)
	})
	if errors.Is(err, errKeyTaken) { // by another request, just now
		return q.earlier(ctx, order.Key, fingerprint)
	}
	if err != nil {
		return Task{}, unavailable(err)
	}
	q.driver.tell()
	return task, nil
}

// earlier is the task that was added with a key.
func (q *Queue) earlier(ctx context.Context, key, fingerprint string) (Task, error) {
	var id, known string
	err := q.database.SQL().QueryRowContext(ctx,
		`SELECT id, fingerprint FROM tasks WHERE idempotency_key = $1 AND (expires IS NULL OR expires > $2)`,
		key, now().UnixMicro()).Scan(&id, &known)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Task{}, ErrNotFound
	case err != nil:
		return Task{}, unavailable(err)
	case known != fingerprint:
		return Task{}, ErrIdempotencyMismatch
	}
	return q.Get(ctx, id)
}

// errKeyTaken says that there is a task with the key.
var errKeyTaken = errors.New("the key is taken")

func insertTask(ctx context.Context, transaction *sql.Tx, task Task, key, fingerprint string) error {
	unique := sql.NullString{String: key, Valid: key != ""}
	// A task that is forgotten and not yet removed has its key no more.
	if _, err := transaction.ExecContext(ctx, `UPDATE tasks SET idempotency_key = NULL WHERE idempotency_key = $1 AND expires <= $2`,
		unique, task.Created.UnixMicro()); err != nil {
		return err
	}
	result, err := transaction.ExecContext(ctx, `INSERT INTO tasks (id, state, created, total, options, idempotency_key, fingerprint)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (idempotency_key) DO NOTHING`,
		task.ID, task.State, task.Created.UnixMicro(), task.Counts.Total, string(task.Options), unique, fingerprint)
	if err != nil {
		return err
	}
	if inserted, err := result.RowsAffected(); err != nil || inserted == 0 {
		return errors.Join(err, errKeyTaken)
	}
	return nil
}

// priority is River's, 1…4, the first first: the beginning of every task comes
// before the end of any, so that a small one does not wait for a large one.
func priority(item int) int {
	switch {
	case item < 50:
		return 1
	case item < 500:
		return 2
	case item < 5_000:
		return 3
	}
	return 4
}

// insertJobs puts a job for each item into River's queue, and returns their ids.
func (q *Queue) insertJobs(ctx context.Context, transaction *sql.Tx, task string, count int) ([]int64, error) {
	wanted := make([]river.InsertManyParams, count)
	for item := range wanted {
		wanted[item] = river.InsertManyParams{Args: itemArgs{Task: task, Item: item}, InsertOpts: &river.InsertOpts{Priority: priority(item)}}
	}
	inserted, err := q.client.InsertManyTx(ctx, transaction, wanted)
	if err != nil {
		return nil, err
	}
	jobs := make([]int64, count)
	for item, result := range inserted {
		jobs[item] = result.Job.ID
	}
	return jobs, nil
}

// insertItems adds all items by one statement, which takes them apart itself.
func (q *Queue) insertItems(ctx context.Context, transaction *sql.Tx, task string, items []Item, jobs []int64) error {
	rows := make([][4]any, len(items))
	for i, item := range items {
		rows[i] = [4]any{jobs[i], item.Source, item.Size, item.Options}
	}
	encoded, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	_, err = transaction.ExecContext(ctx, insertItems[q.database.Kind()], task, string(encoded))
	return err
}

// insertItems takes a JSON list apart.
var insertItems = map[records.Kind]string{
	records.SQLite: `INSERT INTO task_items (task, item, job, source, size, options)
		SELECT $1, key, value->>0, value->>1, value->>2, value->>3 FROM json_each($2)`,
	records.PostgreSQL: `INSERT INTO task_items (task, item, job, source, size, options)
		SELECT $1, n - 1, (value->>0)::bigint, value->>1, value->>2, value->>3
		FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS given (value, n)`,
}

// idLength is in characters, of 5 bits each.
const idLength = 26

// newID is one that nobody guesses.
func newID() string { return strings.ToLower(rand.Text())[:idLength] }

// now is as exact as the database remembers it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// unavailable is what a database's error is to callers; the end of their own
// context stays what it is.
func unavailable(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
