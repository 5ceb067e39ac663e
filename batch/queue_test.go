package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestItemsAreMadeAndTold(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		q := place.open(t, quick())
		release := make(chan struct{})
		q.Start(makerFunc(func(ctx context.Context, item Item) (Made, error) {
			switch item.Source {
			case "photos/1.jpg":
				return Made{}, &Failure{Status: 404, Code: "origin_not_found", Title: "Original not found", Detail: "There is none\x00.\xff", Final: true}
			case "photos/2.jpg":
				<-release
			}
			return atOnce(ctx, item)
		}))
		added := q.add(t, order(4))
		if added.State != Queued || added.Counts != (Counts{Total: 4, Queued: 4}) || added.Progress() != 0 || string(added.Options) != `{"format":"webp"}` {
			t.Errorf("added: %+v", added)
		}
		eventually(t, "all but one end", func() bool { return q.get(t, added.ID).Progress() == 0.75 })
		during := q.get(t, added.ID)
		if during.State != Running || during.Counts != (Counts{Total: 4, Running: 1, Done: 2, Failed: 1}) || during.Started == nil || during.Expires != nil {
			t.Errorf("during: %+v", during)
		}
		if items := q.items(t, added.ID, ItemQuery{State: Running}); len(items) != 1 || items[0].Index != 2 || items[0].State != Running || items[0].Attempts != 0 {
			t.Errorf("running: %+v", items)
		}
		if items := q.items(t, added.ID, ItemQuery{State: Queued}); len(items) != 0 {
			t.Errorf("queued: %+v", items)
		}
		close(release)
		after := q.await(t, added.ID)
		if after.State != Done || after.Counts != (Counts{Total: 4, Done: 3, Failed: 1}) || after.Progress() != 1 || after.Created != added.Created {
			t.Errorf("after: %+v", after)
		}
		if whole := q.await(t, q.add(t, order(1)).ID); whole.Counts.Failed != 0 {
			t.Errorf("whole: %+v", whole)
		}
		if list, err := q.List(t.Context(), Query{Failures: true, Limit: 10}); err != nil || len(list) != 1 || list[0].ID != added.ID {
			t.Errorf("with failures: %+v, %v", list, err)
		}
		if life := after.Expires.Sub(*after.Finished); life != 24*time.Hour || after.Started.Before(after.Created) || after.Finished.Before(*after.Started) {
			t.Errorf("times: %+v", after)
		}
		items := q.items(t, added.ID, ItemQuery{})
		for i, item := range items {
			if item.Index != i || item.Source != fmt.Sprintf("photos/%d.jpg", i) || item.Attempts != 1 {
				t.Errorf("item %d: %+v", i, item)
			}
			if made, _ := atOnce(t.Context(), item.Item); i != 1 && (item.State != Done || *item.Made != made || item.Failure != nil) {
				t.Errorf("item %d: %+v", i, item)
			}
		}
		if f := items[1].Failure; items[1].State != Failed || items[1].Made != nil || f.Status != 404 || f.Code != "origin_not_found" || f.Title == "" || f.Detail != "There is none\uFFFD.\uFFFD" {
			t.Errorf("failure: %+v", f)
		}
		if some := q.items(t, added.ID, ItemQuery{State: Done, From: 1, Limit: 1}); len(some) != 1 || some[0].Index != 2 {
			t.Errorf("a page: %+v", some)
		}
		if _, err := q.Get(t.Context(), "nothing"); !errors.Is(err, ErrNotFound) {
			t.Errorf("of no task: %v", err)
		}
	})
}

func TestNoneMadeIsFailed(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		q := place.open(t, quick())
		q.Start(makerFunc(func(context.Context, Item) (Made, error) { return Made{}, &Failure{Status: 415, Final: true} }))
		if task := q.await(t, q.add(t, order(3)).ID); task.State != Failed || task.Counts.Failed != 3 {
			t.Errorf("%+v", task)
		}
	})
}

func TestLimits(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		config := quick()
		config.Items = 5
		q := place.open(t, config)
		if _, err := q.Add(t.Context(), order(6)); !errors.Is(err, ErrTooManyItems) {
			t.Errorf("%v", err)
		}
		if _, err := q.Add(t.Context(), Order{}); err == nil {
			t.Error("a task of nothing")
		}
		q.add(t, order(5))
	})
}

// TestList: newest first, by state, page after page without gap or repetition.
func TestList(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		q := place.open(t, quick())
		var ids []string
		for range 7 {
			ids = append(ids, q.add(t, order(2)).ID)
		}
		for _, id := range ids[:3] {
			_, err := q.Cancel(t.Context(), id)
			must(t, err)
		}
		slices.Reverse(ids)
		for name, test := range map[string]struct {
			states []State
			want   []string
		}{
			"all": {nil, ids}, "outstanding": {[]State{Queued, Running}, ids[:4]}, "cancelled": {[]State{Cancelled}, ids[4:]}, "done": {[]State{Done}, nil},
		} {
			var got []string
			for wanted := (Query{States: test.states, Limit: 2}); ; {
				page, err := q.List(t.Context(), wanted)
				must(t, err)
				for _, task := range page {
					got = append(got, task.ID)
					wanted.After = Position{task.Created, task.ID}
				}
				if len(page) < 2 {
					break
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%s: %v, want %v", name, got, test.want)
			}
		}
	})
}

// TestFailures: what may get better is tried again, at most so often; the rest
// is not.
func TestFailures(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		config := quick()
		config.Timeout = time.Second
		q := place.open(t, config)
		var made counting
		var first, again time.Time
		q.Start(makerFunc(func(ctx context.Context, item Item) (Made, error) {
			times := made.count(item)
			switch item.Source {
			case "final":
				return Made{}, &Failure{Status: 422, Code: "corrupt_image", Final: true}
			case "passing":
				return Made{}, fmt.Errorf("wrapped: %w", &Failure{Status: 502, Code: "origin_error"})
			case "unknown":
				return Made{}, errors.New("secret")
			case "panic":
				panic("secret")
			case "better":
				if times < 3 {
					return Made{}, &Failure{Status: 503}
				}
			case "later":
				if times == 1 {
					first = time.Now()
					return Made{}, &Failure{Status: 503, RetryAfter: 4 * time.Second}
				}
				again = time.Now()
			case "slow":
				if times == 1 {
					<-ctx.Done()
					return Made{}, ctx.Err()
				}
			}
			return atOnce(ctx, item)
		}))
		wants := map[string]ending{
			"final": {Failed, 1, "corrupt_image"}, "passing": {Failed, 3, "origin_error"}, "unknown": {Failed, 3, "internal"},
			"panic": {Failed, 3, "internal"}, "better": {Done, 3, ""}, "later": {Done, 2, ""}, "slow": {Done, 2, ""}, "good": {Done, 1, ""},
		}
		var items []Item
		for source := range wants {
			items = append(items, Item{Source: source, Size: "1x"})
		}
		task := q.await(t, q.add(t, Order{Items: items, Options: []byte("{}")}).ID)
		if task.State != Done || task.Counts.Done != 4 || task.Counts.Failed != 4 {
			t.Errorf("%+v", task)
		}
		for _, item := range q.items(t, task.ID, ItemQuery{}) {
			want := wants[item.Source]
			code := ""
			if item.Failure != nil {
				code = item.Failure.Code
				if strings.Contains(item.Failure.Detail+item.Failure.Title, "secret") {
					t.Errorf("%s tells what is for nobody: %+v", item.Source, item.Failure)
				}
			}
			if got := (ending{item.State, item.Attempts, code}); got != want || made.of(item.Item) != want.attempts {
				t.Errorf("%s: %+v, made %d times, want %+v", item.Source, got, made.of(item.Item), want)
			}
		}
		if wait := again.Sub(first); wait < 4*time.Second {
			t.Errorf("tried again after %v", wait)
		}
	})
}

// ending is how an item ended.
type ending struct {
	state    State
	attempts int
	code     string
}

// TestSameKeyIsOneTask: however many ask at once.
func TestSameKeyIsOneTask(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		q := place.open(t, quick())
		wanted := order(50)
		wanted.Key = "a key"
		var mu sync.Mutex
		ids := map[string]int{}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				task, err := q.Add(context.Background(), wanted)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				ids[task.ID]++
			})
		}
		all.Wait()
		if len(ids) != 1 {
			t.Errorf("%d tasks", len(ids))
		}
		other := order(51)
		other.Key = wanted.Key
		if _, err := q.Add(t.Context(), other); !errors.Is(err, ErrIdempotencyMismatch) {
			t.Errorf("another order with the key: %v", err)
		}
		other.Key = "another key"
		q.add(t, other)
		q.add(t, order(50))
		if list, err := q.List(t.Context(), Query{Limit: 10}); err != nil || len(list) != 3 {
			t.Errorf("%d tasks, %v", len(list), err)
		}
		stats, err := q.Stats(t.Context())
		if err != nil || stats.Waiting != 151 || stats.Tasks[Queued] != 3 || stats.Oldest <= 0 || stats.Running != 0 {
			t.Errorf("%+v, %v", stats, err)
		}
	})
}

// TestForgotten: after its time a task is gone, with all that belonged to it,
// and its key is free.
func TestForgotten(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		config := quick()
		config.Keep = time.Second
		q := place.open(t, config)
		q.Start(atOnce)
		wanted := order(10)
		wanted.Key = "key"
		first := q.await(t, q.add(t, wanted).ID)
		time.Sleep(time.Until(*first.Expires))
		if _, err := q.Get(t.Context(), first.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("%v", err)
		}
		if second := q.add(t, wanted); second.ID == first.ID {
			t.Error("the key still means a task that is forgotten")
		}
		eventually(t, "the rows are gone", func() bool {
			var left int
			must(t, q.database.SQL().QueryRow("SELECT (SELECT count(*) FROM tasks) + (SELECT count(*) FROM task_items)").Scan(&left))
			return left == 0
		})
	})
}

// TestSmallOvertakesLarge: who asks for little does not wait for all of a large
// task.
func TestSmallOvertakesLarge(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		config := quick()
		config.Workers = 1
		q := place.open(t, config)
		large := q.add(t, order(2_000))
		q.Start(atOnce)
		eventually(t, "it has begun", func() bool { return q.get(t, large.ID).Counts.Done > 60 })
		q.await(t, q.add(t, order(3)).ID)
		if counts := q.get(t, large.ID).Counts; counts.Done > 1_900 {
			t.Errorf("the large one came first: %+v", counts)
		}
	})
}

// TestNewsAreHeard: a task is begun at once although the database is asked
// seldom.
func TestNewsAreHeard(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		q := place.open(t, quick())
		q.Start(atOnce)
		q.await(t, q.add(t, order(1)).ID)
		var waits []time.Duration
		for range 9 {
			began := time.Now()
			q.await(t, q.add(t, order(1)).ID)
			waits = append(waits, time.Since(began))
		}
		slices.Sort(waits)
		if middle := waits[len(waits)/2]; middle > fetchPoll/3 {
			t.Errorf("%v", waits)
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	must(t, DefaultConfig().Validate())
	for key, spoil := range map[string]func(*Config){
		"workers": func(c *Config) { c.Workers = -1 }, "items": func(c *Config) { c.Items = 0 }, "keep": func(c *Config) { c.Keep = 0 },
		"attempts": func(c *Config) { c.Attempts = 0 }, "timeout": func(c *Config) { c.Timeout = time.Millisecond },
	} {
		config := DefaultConfig()
		spoil(&config)
		if err := config.Validate(); err == nil || !strings.HasPrefix(err.Error(), key+": got ") {
			t.Errorf("%s: %v", key, err)
		}
	}
	if n := DefaultConfig().workers(); n < 1 {
		t.Errorf("%d workers", n)
	}
}

func TestBackoff(t *testing.T) {
	for attempts, want := range map[int]time.Duration{1: time.Second, 2: 4 * time.Second, 3: 16 * time.Second, 4: 64 * time.Second, 6: maxBackoff, 500: maxBackoff} {
		for range 100 {
			if got := backoff(attempts); got < want*3/4 || got > want*5/4 {
				t.Errorf("after %d: %v, want about %v", attempts, got, want)
			}
		}
	}
}

// TestManyStartAtOnce: on a new database, and each can take tasks.
func TestManyStartAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				q, closer, err := place.openOr(quick())
				if err != nil {
					t.Error(err)
					return
				}
				defer closer()
				if _, err := q.Add(context.Background(), order(3)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if list, err := place.open(t, quick()).List(t.Context(), Query{Limit: 10}); err != nil || len(list) != 5 {
			t.Errorf("%d tasks, %v", len(list), err)
		}
	})
}
