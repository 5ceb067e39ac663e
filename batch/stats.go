package batch

import (
	"context"
	"database/sql"
	"sync/atomic"
	"time"
)

// Stats is how much there is to do, and what this process has done of it.
type Stats struct {
	Tasks   map[State]int
	Waiting int           // items that have not finished and are not being made
	Running int           // items that are being made, by all processes
	Oldest  time.Duration // since the oldest task was added that has not finished; 0 when all have
	Workers int           // of this process

	// Since this process has started.
	Done, Failed, Cancelled uint64 // items that ended so
	Retried                 uint64 // attempts that failed and are made again
}

type counters struct {
	done, failed, cancelled, retried atomic.Uint64
}

func (c *counters) count(state State) {
	switch state {
	case Done:
		c.done.Add(1)
	case Failed:
		c.failed.Add(1)
	case Cancelled:
		c.cancelled.Add(1)
	}
}

// Stats counts. It looks at tasks only, not at their items.
func (q *Queue) Stats(ctx context.Context) (Stats, error) {
	stats := Stats{
		Tasks: map[State]int{}, Workers: q.config.workers(),
		Done: q.counters.done.Load(), Failed: q.counters.failed.Load(),
		Cancelled: q.counters.cancelled.Load(), Retried: q.counters.retried.Load(),
	}
	busy, err := q.running(ctx)
	if err != nil {
		return Stats{}, err
	}
	for _, items := range busy {
		stats.Running += len(items)
	}
	at := now()
	rows, err := q.database.SQL().QueryContext(ctx, `SELECT state, count(*), sum(total - done - failed - cancelled), min(created)
		FROM tasks WHERE expires IS NULL OR expires > $1 GROUP BY state`, at.UnixMicro())
	if err != nil {
		return Stats{}, unavailable(err)
	}
	left := 0
	_, err = collect(rows, func(rows *sql.Rows) (State, error) {
		var state State
		var tasks, items int
		var oldest int64
		if err := rows.Scan(&state, &tasks, &items, &oldest); err != nil {
			return "", err
		}
		stats.Tasks[state] = tasks
		if !state.Finished() {
			left += items
			stats.Oldest = max(stats.Oldest, at.Sub(time.UnixMicro(oldest)))
		}
		return state, nil
	})
	stats.Waiting = max(0, left-stats.Running)
	return stats, err
}
