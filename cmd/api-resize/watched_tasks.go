package main

import (
	"context"
	"errors"
	"slices"

	"api-resize/batch"
	"api-resize/server/monitor"
)

// watchedTasks shows the tasks of a queue to the monitor.
type watchedTasks struct{ queue *batch.Queue }

// Outstanding implements monitor.Tasks.
func (w watchedTasks) Outstanding(ctx context.Context, limit int) ([]monitor.Task, error) {
	return w.list(ctx, limit, batch.Queued, batch.Running)
}

// finishedSeen is of how many finished tasks it is looked whether something
// failed.
const finishedSeen = 200

// Failed implements monitor.Tasks.
func (w watchedTasks) Failed(ctx context.Context, limit int) ([]monitor.Task, error) {
	tasks, err := w.list(ctx, finishedSeen, batch.Done, batch.Failed)
	tasks = slices.DeleteFunc(tasks, func(task monitor.Task) bool { return task.Counts.Failed == 0 })
	return tasks[:min(len(tasks), limit)], err
}

// Cancel implements monitor.Tasks.
func (w watchedTasks) Cancel(ctx context.Context, id string) error {
	_, err := w.queue.Cancel(ctx, id)
	if errors.Is(err, batch.ErrNotFound) {
		return monitor.ErrNoTask
	}
	return err
}

func (w watchedTasks) list(ctx context.Context, limit int, states ...batch.State) ([]monitor.Task, error) {
	tasks, err := w.queue.List(ctx, batch.Query{States: states, Limit: limit})
	shown := make([]monitor.Task, 0, len(tasks))
	for _, task := range tasks {
		shown = append(shown, monitor.Task{
			ID: task.ID, State: string(task.State), Created: task.Created, Started: task.Started, Finished: task.Finished,
			Progress: task.Progress(), Counts: monitor.TaskCounts(task.Counts),
		})
	}
	return shown, err
}
