package batch

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"api-resize/internal/crashtest"
)

// workIn is set for a process of the test's that is to be killed: the place, as
// JSON.
const workIn = "BATCH_TEST_WORK_IN"

// sacrifice is what such a process has to know.
type sacrifice struct {
	Dir, URL string
	Add      int // tasks to add meanwhile
}

const itemsEach = 50

// beKilled adds tasks and works on them until it is killed. It says which ones
// were accepted.
func beKilled() {
	fatal := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	var job sacrifice
	fatal(json.Unmarshal([]byte(os.Getenv(workIn)), &job))
	q, _, err := place{job.Dir, job.URL}.openOr(crashConfig())
	fatal(err)
	q.Start(makerFunc(func(ctx context.Context, item Item) (Made, error) {
		time.Sleep(rand.N(4 * time.Millisecond))
		return atOnce(ctx, item)
	}))
	accepted := crashtest.Acknowledgements()
	for range job.Add {
		task, err := q.Add(context.Background(), order(itemsEach))
		fatal(err)
		fmt.Fprintln(accepted, task.ID)
	}
	select {}
}

func crashConfig() Config {
	config := quick()
	config.Timeout = time.Second
	return config
}

// TestKilled kills the process at any moment, again and again. What it had
// accepted is all there in the end, and each item was done once.
func TestKilled(t *testing.T) {
	onBoth(t, func(t *testing.T, place place) {
		rounds := 12
		if place.url != "" {
			rounds = 4 // River waits for half a minute to be sure that a process is dead
		}
		var accepted []string
		for range rounds {
			accepted = append(accepted, place.workAndBeKilled(t, 1_000/itemsEach/rounds+1)...)
		}
		if len(accepted) == 0 {
			t.Fatal("nothing was accepted")
		}
		q := place.open(t, crashConfig())
		unfinished := 0
		for _, id := range accepted {
			if !q.get(t, id).State.Finished() {
				unfinished++
			}
		}
		var twice counting
		q.Start(makerFunc(func(ctx context.Context, item Item) (Made, error) {
			twice.count(item)
			return atOnce(ctx, item)
		}))
		began := time.Now()
		known := map[string]bool{}
		for _, id := range accepted {
			known[id] = true
			q.isWhole(t, id)
		}
		took := time.Since(began)
		tasks, err := q.List(t.Context(), Query{Limit: 1_000})
		must(t, err)
		for _, task := range tasks { // one that nobody was told of any more is whole as well
			if !known[task.ID] {
				q.isWhole(t, task.ID)
			}
		}
		t.Logf("%d kills, %d tasks of %d items, %d of them unfinished after the last, which took %v", rounds, len(tasks), itemsEach, unfinished, took)
		eventually(t, "no job is left", func() bool { return jobsLeft(t, q) == 0 })
	})
}

// isWhole checks that each item of a task was done once.
func (q *Queue) isWhole(t *testing.T, id string) {
	t.Helper()
	task := q.await(t, id)
	if task.State != Done || task.Counts != (Counts{Total: itemsEach, Done: itemsEach}) {
		t.Errorf("%+v", task)
	}
	items := q.items(t, id, ItemQuery{})
	for i, item := range items {
		made, _ := atOnce(t.Context(), order(itemsEach).Items[i])
		if item.Index != i || item.State != Done || item.Attempts != 1 || *item.Made != made {
			t.Errorf("item %d of %s: %+v", i, id, item)
		}
	}
	if len(items) != itemsEach {
		t.Errorf("%d items", len(items))
	}
}

// workAndBeKilled returns which tasks a process has accepted before its end.
func (p place) workAndBeKilled(t *testing.T, add int) (accepted []string) {
	t.Helper()
	job, err := json.Marshal(sacrifice{p.dir, p.url, add})
	must(t, err)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), workIn+"="+string(job))
	crashtest.Kill(t, child, rand.N(700*time.Millisecond), func(id string) { accepted = append(accepted, id) })
	return accepted
}
