package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// scenario measures one thing and writes a table of it.
type scenario struct {
	name string
	run  func(context.Context, *session) error
}

var scenarios = []scenario{
	{"hit", measureHits},
	{"cold", measureCold},
	{"mixed", measureMixed},
	{"overload", measureOverload},
	{"tasks", measureTasks},
}

// session is one run of bench.
type session struct {
	options options
	out     io.Writer
	folder  string // for everything that is written, removed at the end
}

func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) (err error) {
	options, err := parseOptions(arguments, stderr)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	s := &session{options: options, out: stdout, folder: folder}
	if err := s.build(ctx); err != nil {
		return err
	}
	for _, one := range options.scenarios {
		if err := one.run(ctx, s); err != nil {
			if ctx.Err() != nil {
				return errors.New("interrupted")
			}
			return fmt.Errorf("%s: %w", one.name, err)
		}
	}
	return nil
}
