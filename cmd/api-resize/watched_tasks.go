package main

import (
	"context"
	"errors"

	"api-resize/batch"
	"api-resize/server/monitor"
)

// watchedTasks shows the tasks of a queue to the monitor.
type watchedTasks struct{ queue *batch.Queue }

// Outstanding implements monitor.Tasks.
func (w watchedTasks) Outstanding(ctx context.Context, limit int) ([]monitor.Task, error) {
	return w.list(ctx, batch.Query{States: []batch.State{batch.Queued, batch.Running}, Limit: limit})
}

// Failed implements monitor.Tasks.
func (w watchedTasks) Failed(ctx context.Context, limit int) ([]monitor.Task, error) {
	return w.list(ctx, batch.Query{States: []batch.State{batch.Done, batch.Failed}, Failures: true, Limit: limit})
}

// Cancel implements monitor.Tasks.
func (w watchedTasks) Cancel(ctx context.Context, id string) error {
	_, err := w.queue.Cancel(ctx, id)
	if errors.Is(err, batch.ErrNotFound) {
		return monitor.ErrNoTask
	}
	return err
}

func (w watchedTasks) list(ctx context.Context, wanted batch.Query) ([]monitor.Task, error) {
	tasks, err := w.queue.List(ctx, wanted)
	shown := make([]monitor.Task, 0, len(tasks))
	for _, task := range tasks {
		shown = append(shown, monitor.Task{
			ID: task.ID, State: string(task.State), Created: task.Created, Started: task.Started, Finished: task.Finished,
			Progress: task.Progress(), Counts: monitor.TaskCounts(task.Counts),
		})
	}
	return shown, err
}
