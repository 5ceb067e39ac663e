package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"
)

// Of the visitors that measureTasks plays: of every tasksHitEvery pictures all but
// one are there already, and the others take a quarter of what the machine can.
const (
	tasksHitEvery  = 20
	tasksColdShare = 0.25
)

// taskItems is as many as one task may have by default.
const taskItems = 10_000

// measureTasks asks as visitors do, at a fixed rate, in turns with nothing in the
// background and with a task of many pictures there. A good server's visitors
// notice little.
func measureTasks(ctx context.Context, s *session) (err error) {
	if s.options.url != "" {
		return errors.New("only the program itself has tasks")
	}
	t, err := s.target(ctx, usual, s.manyOriginals)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	unseen := t.unseen()
	calm, err := closed(ctx, t.address, 1, math.MaxInt, time.Now().Add(s.options.duration/2), func(int, int) ask { return unseen() })
	if err != nil {
		return err
	}
	rate := calm.perSecond(len(calm.all)) * tasksColdShare * tasksHitEvery
	popular := unseen()
	visit := func(number int) ask {
		if number%tasksHitEvery == 0 {
			return unseen()
		}
		return popular
	}
	alone, busy := visitors{}, visitors{}
	for round := range s.options.rounds {
		if err := alone.watch(ctx, s, t, rate, visit); err != nil {
			return err
		}
		if err := busy.withTask(ctx, t, round, func() error { return busy.watch(ctx, s, t, rate, visit) }); err != nil {
			return err
		}
	}
	return s.tasksTable(rate, alone, busy)
}

// visitors are the medians' rounds of one kind of load.
type visitors struct {
	hits50, hits99, made50, made99 []float64 // milliseconds
	refused                        int
	items                          []float64 // a second, of the task
}

// watch plays visitors for a round.
func (v *visitors) watch(ctx context.Context, s *session, t *target, rate float64, visit func(int) ask) error {
	got, missed, err := open(ctx, t.address, rate, s.options.duration, unanswered, visit)
	if err != nil {
		return err
	}
	hits := got.durations(reply.hit)
	made := got.durations(func(r reply) bool { return r.status == http.StatusOK && !r.hit() })
	add := func(to *[]float64, of []time.Duration, q float64) {
		*to = append(*to, float64(quantile(of, q).Microseconds())/1e3)
	}
	add(&v.hits50, hits, 0.5)
	add(&v.hits99, hits, 0.99)
	add(&v.made50, made, 0.5)
	add(&v.made99, made, 0.99)
	v.refused += missed + len(got.all) - len(hits) - len(made)
	return nil
}

// withTask has a task at work as long as watch runs. Each round has sizes of its
// own, so that nothing is there already.
func (v *visitors) withTask(ctx context.Context, t *target, round int, watch func() error) error {
	order := struct {
		Sources []string          `json:"sources"`
		Sizes   []string          `json:"sizes"`
		Options map[string]string `json:"options"`
	}{Options: map[string]string{"format": "jpeg"}}
	for _, one := range t.sources {
		order.Sources = append(order.Sources, one.id)
	}
	for n := range taskItems / len(order.Sources) {
		order.Sizes = append(order.Sizes, fmt.Sprintf("%dx%d", 200+n, 100+round))
	}
	body, err := json.Marshal(order)
	if err != nil {
		return err
	}
	var task struct {
		ID     string
		Counts struct{ Done, Failed int }
	}
	if err := t.program.call(ctx, http.MethodPost, "/tasks", "application/json", body, &task); err != nil {
		return err
	}
	begin := time.Now()
	if err := watch(); err != nil {
		return err
	}
	if err := t.program.call(ctx, http.MethodDelete, "/tasks/"+task.ID, "", nil, &task); err != nil {
		return err
	}
	if task.Counts.Failed > 0 {
		return fmt.Errorf("%d pictures of the task failed", task.Counts.Failed)
	}
	v.items = append(v.items, float64(task.Counts.Done)/time.Since(begin).Seconds())
	return nil
}

func (s *session) tasksTable(rate float64, alone, busy visitors) error {
	title := fmt.Sprintf("tasks: %.0f requests/s, one of %d to be made, rounds of %v, in turns", rate, tasksHitEvery, s.options.duration)
	t := newTable(s.out, title, "background", "hits p50", "hits p99", "made p50", "made p99", "refused", "items/s")
	row := func(name string, v visitors) {
		t.row(name, spread("%.2f ms", v.hits50), spread("%.2f ms", v.hits99), spread("%.0f ms", v.made50), spread("%.0f ms", v.made99),
			fmt.Sprint(v.refused), spread("%.1f", v.items))
	}
	row("nothing", alone)
	row(fmt.Sprintf("a task of %d", taskItems), busy)
	ratio := func(a, b []float64) string { return fmt.Sprintf("%.2f", median(b)/median(a)) }
	t.row("ratio", ratio(alone.hits50, busy.hits50), ratio(alone.hits99, busy.hits99), ratio(alone.made50, busy.made50), ratio(alone.made99, busy.made99), "", "")
	return t.end()
}
