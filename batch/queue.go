package batch

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"api-resize/records"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Queue is the tasks there are, and the work on them. Open it, then Start the
// work.
type Queue struct {
	config   Config
	database *records.Database
	driver   driver
	client   *river.Client[*sql.Tx]
	dir      string
	logger   *slog.Logger
	maker    Maker
	prepared statements
	counters counters
	cancels  cancels
	delays   sync.Map // of a job that failed, by its id: time.Duration until it is tried again

	ending   context.Context // ends when no more work is to begin
	end      context.CancelFunc
	stopOnce sync.Once
	drain    context.Context // set before ending ends: how long what runs has
	ended    chan struct{}   // closed when the background has ended; nil before Start
	stopped  error           // set before ended is closed
}

// Open prepares the tables. Tasks can be added and read at once; they are worked
// on after Start. dir is where processes that share a SQLite file take turns.
func Open(ctx context.Context, database *records.Database, dir string, config Config, logger *slog.Logger) (*Queue, error) {
	q := &Queue{config: config, database: database, dir: dir, logger: logger}
	q.driver.wake = make(chan struct{}, 1)
	switch database.Kind() {
	case records.SQLite:
		q.driver.Driver = riversqlite.New(database.SQL())
	case records.PostgreSQL:
		q.driver.Driver = riverdatabasesql.New(database.SQL())
	}
	if err := q.migrate(ctx); err != nil {
		return nil, fmt.Errorf("tables of tasks: %w", err)
	}
	if err := q.prepared.prepare(ctx, database); err != nil {
		return nil, fmt.Errorf("tables of tasks: %w", err)
	}
	client, err := river.NewClient(q.driver, q.riverConfig())
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	q.client = client
	q.ending, q.end = context.WithCancel(context.Background())
	return q, nil
}

func (q *Queue) migrate(ctx context.Context) error {
	if err := q.database.Migrate(ctx, "tasks", records.MigrationsIn(migrations, "migrations")); err != nil {
		return err
	}
	return q.database.Exclusively(ctx, func(ctx context.Context) error {
		migrator, err := rivermigrate.New(q.driver, &rivermigrate.Config{Logger: quiet(q.logger)})
		if err != nil {
			return err
		}
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	})
}

const (
	// fetchPoll is how often jobs are looked for of which nothing was told: those
	// that another process added, and those that are to be tried again.
	fetchPoll = time.Second
	// fetchCooldown is the least time between two looks for jobs; with a worker or
	// two it bounds how many items a second can be made.
	fetchCooldown = time.Millisecond
	// rescueAfter is how much longer than an attempt may take a job must have
	// been running to be taken for one of a process that is dead.
	rescueAfter = 30 * time.Second
	// jobAttempts is what River counts to: every start of an item. What ends an
	// item is decided here, so this is never reached.
	jobAttempts = 1_000
)

func (q *Queue) riverConfig() *river.Config {
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{queue: q})
	return &river.Config{
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: q.config.workers()}},
		Workers:                     workers,
		Logger:                      quiet(q.logger),
		MaxAttempts:                 jobAttempts,
		JobTimeout:                  q.config.Timeout,
		FetchCooldown:               fetchCooldown,
		FetchPollInterval:           fetchPoll,
		RescueStuckJobsAfter:        q.config.Timeout + rescueAfter,
		CompletedJobRetentionPeriod: q.config.Keep,
		CancelledJobRetentionPeriod: q.config.Keep,
		DiscardedJobRetentionPeriod: q.config.Keep,
	}
}

// Start begins the work, or waits for its turn, in the background.
func (q *Queue) Start(maker Maker) {
	q.maker = maker
	q.ended = make(chan struct{})
	go func() {
		defer close(q.ended)
		q.run()
	}()
}

// run works until it is to end.
func (q *Queue) run() {
	release, err := q.takeTurn(q.ending)
	if err != nil {
		return // it ended before that came
	}
	defer release()
	for pause := time.Second; ; pause = min(2*pause, time.Minute) {
		if err = q.begin(); err == nil {
			break
		}
		q.logger.Error("tasks are not worked on", "error", err)
		if !sleep(q.ending, pause) {
			return
		}
	}
	var upkeep sync.WaitGroup
	upkeep.Go(func() { q.hearOfCancels(q.ending) })
	q.tidyUntil(q.ending)
	upkeep.Wait()
	q.stopped = q.finish(q.drain)
}

// begin goes on with what another process left, and with everything else.
func (q *Queue) begin() error {
	if err := q.adopt(q.ending); err != nil {
		return err
	}
	return q.client.Start(context.Background()) // which finish ends
}

// Stop ends the work: no item is begun any more, those that run have until ctx
// ends, and then go back into the queue as if they had not been begun. Tasks can
// still be added and read.
func (q *Queue) Stop(ctx context.Context) error {
	q.stopOnce.Do(func() {
		q.drain = ctx
		q.end()
	})
	if q.ended == nil {
		return nil
	}
	select {
	case <-q.ended:
		return q.stopped
	case <-q.drain.Done():
	}
	select {
	case <-q.ended:
		return q.stopped
	case <-time.After(2 * giveBackPatience):
		return errors.New("the work on tasks does not end: the database does not answer")
	}
}

// giveBackPatience is for items that run to notice that they are to end.
const giveBackPatience = 5 * time.Second

// finish lets what runs end until ctx does.
func (q *Queue) finish(ctx context.Context) error {
	if q.client.Stop(ctx) == nil {
		return nil
	}
	giveBack, cancel := context.WithTimeout(context.Background(), giveBackPatience)
	defer cancel()
	if q.client.StopAndCancel(giveBack) != nil {
		return errors.New("items of tasks were still being made; they are begun anew after the next start")
	}
	return nil
}

// sleep reports whether the time has passed before ctx ended.
func sleep(ctx context.Context, wait time.Duration) bool {
	select {
	case <-time.After(wait):
		return true
	case <-ctx.Done():
		return false
	}
}
