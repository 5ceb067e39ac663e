package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// target is the server that is measured, with originals in it.
type target struct {
	template
	pids    []int
	sources []source
	program *program // nil for a server that is not ours
}

// target starts the program and uploads files, or takes the server that the
// options name. close ends what was started.
func (s *session) target(ctx context.Context, set settings, files func(context.Context) ([]string, error)) (t *target, err error) {
	if s.options.url != "" {
		address, err := parseTemplate(s.options.url)
		return &target{template: address, pids: s.options.pids, sources: s.options.sources}, err
	}
	originals, err := files(ctx)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(s.folder, "program-")
	if err != nil {
		return nil, err
	}
	t = &target{}
	if err := t.start(ctx, s.options.binary, folder, set); err != nil {
		return nil, err
	}
	for _, file := range originals {
		one, err := t.program.upload(ctx, file)
		if err != nil {
			return nil, errors.Join(err, t.close())
		}
		t.sources = append(t.sources, one)
	}
	return t, nil
}

func (t *target) start(ctx context.Context, binary, folder string, set settings) (err error) {
	if t.program, err = startProgram(ctx, binary, folder, set); err == nil {
		t.template, t.pids = t.program.template(), []int{t.program.command.Process.Pid}
	}
	return err
}

// restart starts the program anew with other settings on the data it had.
func (t *target) restart(ctx context.Context, binary string, set settings) error {
	folder := t.program.folder
	err := t.close()
	if err != nil {
		return err
	}
	return t.start(ctx, binary, folder, set)
}

func (t *target) close() error {
	if t.program == nil {
		return nil
	}
	ending := t.program
	t.program = nil
	return ending.stop()
}

// processorTime is that of all processes of the server; 0 when none is known.
func (t *target) processorTime() (sum time.Duration, err error) {
	for _, pid := range t.pids {
		used, err := processorTime(pid)
		if err != nil {
			return 0, err
		}
		sum += used
	}
	return sum, nil
}

// forgetPeak and peakMemory are about all processes of the server.
func (t *target) forgetPeak() error {
	for _, pid := range t.pids {
		if err := forgetPeak(pid); err != nil {
			return err
		}
	}
	return nil
}

func (t *target) peakMemory() (sum int64, err error) {
	for _, pid := range t.pids {
		peak, err := peakMemory(pid)
		if err != nil {
			return 0, err
		}
		sum += peak
	}
	return sum, nil
}

// get asks for one picture that must be there.
func (t *target) get(ctx context.Context, c *connection, p picture) (reply, error) {
	path := t.fill(p)
	answer, err := c.get(ctx, path, "")
	if err == nil && answer.status != 200 {
		err = fmt.Errorf("%s: status %d", path, answer.status)
	}
	return answer, err
}
