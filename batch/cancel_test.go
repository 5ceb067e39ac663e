package batch

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestCancel: what is being made is given up, the rest is not begun, and what
// was made stays.
func TestCancel(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		q := place.open(t, quick())
		var begun, ended atomic.Int32
		q.Start(makerFunc(func(ctx context.Context, item Item) (Made, error) {
			if item.Source == "photos/0.jpg" {
				return atOnce(ctx, item)
			}
			begun.Add(1)
			defer ended.Add(1)
			<-ctx.Done()
			return Made{}, ctx.Err()
		}))
		id := q.add(t, order(1_000)).ID
		eventually(t, "all workers work", func() bool { return begun.Load() == 4 && q.get(t, id).Counts.Done == 1 })
		asked := time.Now()
		task, err := q.Cancel(t.Context(), id)
		must(t, err)
		want := Counts{Total: 1_000, Done: 1, Cancelled: 999}
		if task.State != Cancelled || task.Counts != want || task.Finished == nil || task.Expires == nil || task.Progress() != 1 {
			t.Errorf("cancelled: %+v", task)
		}
		eventually(t, "what was being made is given up", func() bool { return ended.Load() == 4 })
		if took := time.Since(asked); took > 2*time.Second {
			t.Errorf("after %v", took)
		}
		again, err := q.Cancel(t.Context(), id)
		if err != nil || again.State != Cancelled || !again.Finished.Equal(*task.Finished) {
			t.Errorf("again: %+v, %v", again, err)
		}
		// The workers are free, and begin nothing of it.
		other := q.add(t, Order{Items: []Item{{Source: "photos/0.jpg"}}, Options: []byte("{}")})
		q.await(t, other.ID)
		if n := begun.Load(); n != 4 || q.get(t, id).Counts != want {
			t.Errorf("%d were begun, %+v", n, q.get(t, id).Counts)
		}
		if done := q.items(t, id, ItemQuery{State: Done}); len(done) != 1 || len(q.items(t, id, ItemQuery{State: Cancelled})) != 999 {
			t.Errorf("done: %+v", done)
		}
		if finished, err := q.Cancel(t.Context(), other.ID); err != nil || finished.State != Done {
			t.Errorf("a finished one: %+v, %v", finished, err)
		}
		if _, err := q.Cancel(t.Context(), "nothing"); !errors.Is(err, ErrNotFound) {
			t.Errorf("no task: %v", err)
		}
		eventually(t, "no job is left", func() bool { return jobsLeft(t, q) == 0 })
	})
}

// jobsLeft are those that River would still run.
func jobsLeft(t *testing.T, q *Queue) (count int) {
	t.Helper()
	must(t, q.database.SQL().QueryRow("SELECT count(*) FROM river_job WHERE finalized_at IS NULL").Scan(&count))
	return count
}

// TestCancelWhileItFinishes: whichever comes first, the counts agree with the
// items, and nothing changes afterwards.
func TestCancelWhileItFinishes(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		q := place.open(t, quick())
		q.Start(atOnce)
		var all sync.WaitGroup
		for range 25 {
			id := q.add(t, order(1+rand.IntN(8))).ID
			for range 2 {
				all.Go(func() {
					time.Sleep(rand.N(25 * time.Millisecond))
					if _, err := q.Cancel(context.Background(), id); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			task := q.get(t, id)
			if !task.State.Finished() {
				t.Fatalf("after it was cancelled: %+v", task)
			}
			time.Sleep(2 * time.Millisecond)
			if later := q.get(t, id); later.Counts != task.Counts || later.State != task.State {
				t.Errorf("%+v, later %+v", task, later)
			}
			for state, want := range map[State]int{Done: task.Counts.Done, Cancelled: task.Counts.Cancelled, Failed: 0, Queued: 0, Running: 0} {
				if got := len(q.items(t, id, ItemQuery{State: state})); got != want {
					t.Errorf("%d %s, but %+v", got, state, task)
				}
			}
		}
	})
}

// TestCancelElsewhere: a process that did not hear of it gives up soon, too.
func TestCancelElsewhere(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		working, other := place.open(t, quick()), place.open(t, quick())
		begun, ended := make(chan struct{}), make(chan struct{})
		working.Start(makerFunc(func(ctx context.Context, _ Item) (Made, error) {
			close(begun)
			<-ctx.Done()
			close(ended)
			return Made{}, ctx.Err()
		}))
		id := other.add(t, order(1)).ID
		<-begun
		_, err := other.Cancel(t.Context(), id)
		must(t, err)
		select {
		case <-ended:
		case <-time.After(2 * cancelPoll):
			t.Error("it goes on")
		}
	})
}

// TestOperatorTakesJobsAway: a task finishes all the same.
func TestOperatorTakesJobsAway(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		config := quick()
		config.Keep = 30 * time.Second // so that it is tidied every three
		q := place.open(t, config)
		removed, cancelled := q.add(t, order(3)).ID, q.add(t, order(3)).ID
		var jobs []int64
		for _, id := range []string{removed, cancelled} {
			var job int64
			must(t, q.database.SQL().QueryRow("SELECT job FROM task_items WHERE task = $1 AND item = 1", id).Scan(&job))
			jobs = append(jobs, job)
		}
		_, err := q.client.JobDelete(t.Context(), jobs[0])
		must(t, err)
		_, err = q.client.JobCancel(t.Context(), jobs[1])
		must(t, err)
		q.Start(atOnce)
		for _, id := range []string{removed, cancelled} {
			if task := q.await(t, id); task.State != Done || task.Counts != (Counts{Total: 3, Done: 2, Cancelled: 1}) {
				t.Errorf("%+v", task)
			}
		}
	})
}
