package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// task is what commands read of a task.
type task struct {
	ID       string    `json:"id"`
	State    string    `json:"state"`
	Created  time.Time `json:"created"`
	Progress float64   `json:"progress"`
	Counts   struct {
		Total     int `json:"total"`
		Done      int `json:"done"`
		Failed    int `json:"failed"`
		Cancelled int `json:"cancelled"`
	} `json:"counts"`
	Items []struct {
		Source string `json:"source"`
		Size   string `json:"size"`
		Error  struct {
			Code   string `json:"code"`
			Detail string `json:"detail"`
		} `json:"error"`
	} `json:"items"`
	Next *string `json:"next_cursor"`
}

// ended counts the items that nothing will happen to any more.
func (t task) ended() int { return t.Counts.Done + t.Counts.Failed + t.Counts.Cancelled }

func (t task) finished() bool { return t.State != "queued" && t.State != "running" }

// tasksCommand looks at and cancels the tasks of the running service.
func tasksCommand() *cobra.Command {
	var state string
	command := &cobra.Command{
		Use:   "tasks",
		Short: "List the tasks of the running service; show, watch and cancel them",
		Args:  cobra.NoArgs,
		RunE: withRemote(func(ctx context.Context, service *remote, command *cobra.Command, _ []string) error {
			return listTasks(ctx, service, state, command.OutOrStdout())
		}),
	}
	command.Flags().StringVar(&state, "state", "", "outstanding, queued, running, done, failed or cancelled; all when not given")
	command.AddCommand(
		addRemoteFlags(&cobra.Command{
			Use: "show ID", Short: "Print a task with all its items, as JSON", Args: cobra.ExactArgs(1),
			RunE: withRemote(func(ctx context.Context, service *remote, command *cobra.Command, arguments []string) error {
				return showTask(ctx, service, arguments[0], command.OutOrStdout())
			}),
		}),
		addRemoteFlags(&cobra.Command{
			Use: "watch ID", Short: "Wait for a task to end, and tell what failed", Args: cobra.ExactArgs(1),
			RunE: withRemote(func(ctx context.Context, service *remote, command *cobra.Command, arguments []string) error {
				return watchTasks(ctx, service, arguments, command.OutOrStdout(), command.ErrOrStderr())
			}),
		}),
		addRemoteFlags(&cobra.Command{
			Use: "cancel ID", Short: "Cancel what is not done of a task", Args: cobra.ExactArgs(1),
			RunE: withRemote(func(ctx context.Context, service *remote, command *cobra.Command, arguments []string) error {
				var cancelled task
				if err := service.call(ctx, http.MethodDelete, taskPath(arguments[0]), nil, &cancelled, callTimeout); err != nil {
					return err
				}
				_, err := fmt.Fprintf(command.OutOrStdout(), "%s: %d of %d items were done\n", cancelled.State, cancelled.Counts.Done, cancelled.Counts.Total)
				return err
			}),
		}),
	)
	return addRemoteFlags(command)
}

// withRemote gives a command the service that its flags name.
func withRemote(run func(context.Context, *remote, *cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, arguments []string) error {
		service, err := remoteOf(command)
		if err != nil {
			return err
		}
		return run(command.Context(), service, command, arguments)
	}
}

func taskPath(id string) string { return "/tasks/" + url.PathEscape(id) }

// callTimeout is for a question and its answer where nothing long is done.
const callTimeout = time.Minute

// pageSize is how many tasks or items are asked for at a time.
const pageSize = 1000

// listTasks prints a line for each task, newest first.
func listTasks(ctx context.Context, service *remote, state string, to io.Writer) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tSTATE\tCREATED\tITEMS\tDONE\tFAILED\tPROGRESS")
	query := url.Values{"limit": {strconv.Itoa(pageSize)}}
	if state != "" {
		query.Set("state", state)
	}
	for {
		var page struct {
			Tasks []task  `json:"tasks"`
			Next  *string `json:"next_cursor"`
		}
		if err := service.call(ctx, http.MethodGet, "/tasks?"+query.Encode(), nil, &page, callTimeout); err != nil {
			return err
		}
		for _, one := range page.Tasks {
			fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%d\t%.0f %%\n", one.ID, one.State, one.Created.Local().Format(time.DateTime),
				one.Counts.Total, one.Counts.Done, one.Counts.Failed, 100*one.Progress)
		}
		if page.Next == nil {
			return table.Flush()
		}
		query.Set("cursor", *page.Next)
	}
}

// showTask prints the service's own JSON, with the items of all pages.
func showTask(ctx context.Context, service *remote, id string, to io.Writer) error {
	var whole map[string]any
	items := []any{}
	query := url.Values{"limit": {strconv.Itoa(pageSize)}}
	for {
		var page map[string]any
		if err := service.call(ctx, http.MethodGet, taskPath(id)+"?"+query.Encode(), nil, &page, callTimeout); err != nil {
			return err
		}
		more, _ := page["items"].([]any)
		items = append(items, more...)
		next, isText := page["next_cursor"].(string)
		if whole = page; !isText {
			break
		}
		query.Set("cursor", next)
	}
	whole["items"] = items
	delete(whole, "next_cursor")
	encoder := json.NewEncoder(to)
	encoder.SetIndent("", "  ")
	return encoder.Encode(whole)
}

// watchEvery is how often a task's progress is asked for.
const watchEvery = 500 * time.Millisecond

// watchTasks waits until tasks have ended, drawing a bar of all their items, and
// tells what failed. A service that does not answer for a while, as in a restart,
// is asked again.
func watchTasks(ctx context.Context, service *remote, ids []string, out, faults io.Writer) error {
	tasks := make([]task, len(ids))
	for i, id := range ids {
		if err := service.call(ctx, http.MethodGet, taskPath(id)+"?limit=1", nil, &tasks[i], callTimeout); err != nil {
			return err
		}
	}
	bar := newProgress(faults, "making pictures", int64(sum(tasks, func(t task) int { return t.Counts.Total })), false)
	for silent := 0; ; {
		running := 0
		for i := range tasks {
			if tasks[i].finished() {
				continue
			}
			var now task
			err := service.call(ctx, http.MethodGet, taskPath(ids[i])+"?limit=1", nil, &now, callTimeout)
			switch {
			case err == nil:
				tasks[i], silent = now, 0
			case ctx.Err() != nil:
				return fmt.Errorf("the work goes on without you: api-resize tasks watch %s", ids[i])
			case isFinal(err) || silent >= watchPatience:
				return err
			default:
				silent++
			}
			if !tasks[i].finished() {
				running++
			}
		}
		_ = bar.Set(sum(tasks, task.ended)) // a bar that can't be drawn harms nobody
		if running == 0 {
			_ = bar.Finish()
			return tellTasks(ctx, service, tasks, out, faults)
		}
		select {
		case <-time.After(watchEvery):
		case <-ctx.Done():
		}
	}
}

// watchPatience is how many times in a row a service may not answer: a minute.
const watchPatience = int(time.Minute / watchEvery)

// isFinal reports whether the service has said no for good.
func isFinal(err error) bool {
	var refused *refusal
	return errors.As(err, &refused) && !refused.temporary()
}

func sum(tasks []task, count func(task) int) int {
	all := 0
	for _, one := range tasks {
		all += count(one)
	}
	return all
}

// tellTasks prints what failed of tasks that have ended. That anything did is an
// error.
func tellTasks(ctx context.Context, service *remote, tasks []task, out, faults io.Writer) error {
	for _, one := range tasks {
		if one.Counts.Failed == 0 {
			continue
		}
		if err := tellFailed(ctx, service, one.ID, faults); err != nil {
			return err
		}
	}
	done, total := sum(tasks, func(t task) int { return t.Counts.Done }), sum(tasks, func(t task) int { return t.Counts.Total })
	if done < total {
		return fmt.Errorf("%d of %d pictures were made", done, total)
	}
	_, err := fmt.Fprintf(out, "%d pictures were made\n", done)
	return err
}

func tellFailed(ctx context.Context, service *remote, id string, to io.Writer) error {
	query := url.Values{"limit": {strconv.Itoa(pageSize)}, "items": {"failed"}}
	for {
		var page task
		if err := service.call(ctx, http.MethodGet, taskPath(id)+"?"+query.Encode(), nil, &page, callTimeout); err != nil {
			return err
		}
		for _, item := range page.Items {
			fmt.Fprintf(to, "%s/%s: %s: %s\n", item.Size, item.Source, item.Error.Code, item.Error.Detail)
		}
		if page.Next == nil {
			return nil
		}
		query.Set("cursor", *page.Next)
	}
}
