package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// warmCommand has pictures made before anybody asks for them.
func warmCommand() *cobra.Command {
	var w warmer
	command := &cobra.Command{
		Use:   "warm [SOURCE…]",
		Short: "Have the running service make pictures before anybody asks for them",
		Long: `Have the running service make pictures before anybody asks for them.

Every size is made of every source, in the background, behind what visitors ask
for. The work is the service's: it goes on when this command is interrupted.`,
		Example: `  api-resize warm --sizes 320x,640x photos/cat.jpg photos/dog.jpg
  ls /srv/photos | sed 's,^,photos/,' | api-resize warm --sizes 320x --options f=webp --from -`,
		RunE: withRemote(func(ctx context.Context, service *remote, command *cobra.Command, arguments []string) error {
			w.service, w.out, w.faults = service, command.OutOrStdout(), command.ErrOrStderr()
			return w.run(ctx, arguments, command.InOrStdin())
		}),
	}
	command.Flags().StringSliceVar(&w.sizes, "sizes", nil, "sizes, such as 320x,640x,300x200")
	command.Flags().StringSliceVar(&w.options, "options", nil, "options of all pictures, such as f=webp,q=80")
	command.Flags().StringVar(&w.from, "from", "", "a file with one source a line; - is standard input")
	command.Flags().BoolVar(&w.detach, "detach", false, "print the tasks' ids, and don't wait")
	return addRemoteFlags(command)
}

type warmer struct {
	service     *remote
	sizes       []string
	options     []string
	from        string
	detach      bool
	out, faults io.Writer
}

// taskOrder is the body of POST /tasks.
type taskOrder struct {
	Sources []string          `json:"sources"`
	Sizes   []string          `json:"sizes"`
	Options map[string]string `json:"options,omitempty"`
}

// itemsOfTask is how many pictures are ordered in one task: as many as one may have
// by default.
const itemsOfTask = 10_000

func (w *warmer) run(ctx context.Context, sources []string, stdin io.Reader) error {
	more, err := w.listed(stdin)
	if err != nil {
		return err
	}
	sources = append(sources, more...)
	switch {
	case len(sources) == 0:
		return errors.New("expected at least one SOURCE, or --from FILE")
	case len(w.sizes) == 0:
		return errors.New("expected --sizes, such as --sizes 320x,640x")
	case len(w.sizes) > itemsOfTask:
		return fmt.Errorf("--sizes: got %d, expected at most %d", len(w.sizes), itemsOfTask)
	}
	order := taskOrder{Sizes: w.sizes, Options: map[string]string{}}
	for _, option := range w.options {
		name, value, found := strings.Cut(option, "=")
		if !found {
			return fmt.Errorf("--options: got %q, expected name=value", option)
		}
		order.Options[name] = value
	}
	var ids []string
	for order.Sources = range slices.Chunk(sources, itemsOfTask/len(w.sizes)) {
		var made task
		if err := w.service.call(ctx, http.MethodPost, "/tasks", order, &made, callTimeout); err != nil {
			return errors.Join(err, w.leave(ids))
		}
		ids = append(ids, made.ID)
	}
	if w.detach {
		return w.leave(ids)
	}
	return watchTasks(ctx, w.service, ids, w.out, w.faults)
}

// leave prints the tasks that go on.
func (w *warmer) leave(ids []string) error {
	for _, id := range ids {
		if _, err := fmt.Fprintln(w.out, id); err != nil {
			return err
		}
	}
	return nil
}

// listed reads the sources of --from: one a line, empty ones left out.
func (w *warmer) listed(stdin io.Reader) ([]string, error) {
	if w.from == "" {
		return nil, nil
	}
	from := stdin
	if w.from != "-" {
		file, err := os.Open(w.from)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		from = file
	}
	var sources []string
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			sources = append(sources, line)
		}
	}
	return sources, lines.Err()
}
