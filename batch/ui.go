package batch

import (
	"fmt"
	"net/http"

	"riverqueue.com/riverui"
)

// UI is River's own page, for operators: every job there is, under a path's
// prefix. It can cancel jobs, remove them, and pause the queue. It brings its
// files along, and works until Stop.
func (q *Queue) UI(prefix string) (http.Handler, error) {
	handler, err := riverui.NewHandler(&riverui.HandlerOpts{
		Endpoints: riverui.NewEndpoints(q.client, nil), Logger: quiet(q.logger), Prefix: prefix,
	})
	if err != nil {
		return nil, fmt.Errorf("page of tasks: %w", err)
	}
	if err := handler.Start(q.ending); err != nil {
		return nil, fmt.Errorf("page of tasks: %w", err)
	}
	return handler, nil
}
