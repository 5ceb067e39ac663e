package batch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"api-resize/records"
	"api-resize/records/recordstest"
)

var silent = slog.New(slog.DiscardHandler)

// patience bounds every wait; nothing is expected to come near. SQLite in Go is
// some ten times slower with the race detector in it.
const patience = 5 * time.Minute

// onBoth runs a test with each database, a new one each time.
func onBoth(t *testing.T, test func(t *testing.T, place place)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, place{dir: t.TempDir()}) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, place{dir: t.TempDir(), url: recordstest.PostgreSQL(t).New(t)}) })
}

// place is where a queue is kept.
type place struct{ dir, url string }

func quick() Config {
	config := DefaultConfig()
	config.Workers = 4
	return config
}

// open opens the queue that is kept in a place.
func (p place) open(t testing.TB, config Config) *Queue {
	t.Helper()
	queue, closer, err := p.openOr(config)
	must(t, err)
	t.Cleanup(closer)
	return queue
}

func (p place) openOr(config Config) (*Queue, func(), error) {
	database, err := records.Open(context.Background(), records.Config{URL: p.url}, p.dir, silent)
	if err != nil {
		return nil, nil, err
	}
	queue, err := Open(context.Background(), database, p.dir, config, silent)
	if err != nil {
		return nil, nil, errors.Join(err, database.Close())
	}
	return queue, func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := queue.Stop(ctx); err != nil {
			panic(err)
		}
		database.Close()
	}, nil
}

// makerFunc is a Maker.
type makerFunc func(context.Context, Item) (Made, error)

func (f makerFunc) Make(ctx context.Context, item Item) (Made, error) { return f(ctx, item) }

// atOnce makes everything without doing anything.
var atOnce = makerFunc(func(_ context.Context, item Item) (Made, error) {
	return Made{URL: "/resize/" + item.Size + item.Options + "/" + item.Source, Format: "webp", Width: 3, Height: 2, Bytes: 5}, nil
})

// counting counts how often each item is made.
type counting struct {
	mu    sync.Mutex
	times map[Item]int
}

func (c *counting) count(item Item) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.times == nil {
		c.times = map[Item]int{}
	}
	c.times[item]++
	return c.times[item]
}

func (c *counting) of(item Item) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.times[item]
}

// order is one of so many items.
func order(items int) Order {
	all := make([]Item, items)
	for i := range all {
		all[i] = Item{Source: fmt.Sprintf("photos/%d.jpg", i), Size: "320x", Options: ",format=webp"}
	}
	return Order{Items: all, Options: []byte(`{"format":"webp"}`)}
}

func (q *Queue) add(t testing.TB, order Order) Task {
	t.Helper()
	task, err := q.Add(t.Context(), order)
	must(t, err)
	return task
}

func (q *Queue) get(t testing.TB, id string) Task {
	t.Helper()
	task, err := q.Get(context.Background(), id)
	must(t, err)
	return task
}

// await returns the task when it has finished.
func (q *Queue) await(t testing.TB, id string) Task {
	t.Helper()
	var task Task
	eventually(t, "the task finishes", func() bool {
		task = q.get(t, id)
		return task.State.Finished()
	})
	return task
}

func (q *Queue) items(t testing.TB, id string, wanted ItemQuery) []Result {
	t.Helper()
	if wanted.Limit == 0 {
		wanted.Limit = 100_000
	}
	items, err := q.Items(context.Background(), id, wanted)
	must(t, err)
	return items
}

func eventually(t testing.TB, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
