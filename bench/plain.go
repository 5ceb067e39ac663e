package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// plain is a running bench/vipsloop.
type plain struct {
	command *exec.Cmd
	orders  io.WriteCloser
	answers *bufio.Reader
}

func startPlain(ctx context.Context, binary string) (*plain, error) {
	p := &plain{command: exec.CommandContext(ctx, binary)}
	p.command.Stderr = os.Stderr
	orders, err := p.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	answers, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.orders, p.answers = orders, bufio.NewReader(answers)
	return p, p.command.Start()
}

// make makes a picture and tells its processor time and length in bytes.
func (p *plain) make(one picture) (used time.Duration, length int64, err error) {
	if _, err := fmt.Fprintf(p.orders, "%d\t%d\t%s\t%s\n", one.width, one.height, one.format, one.of.file); err != nil {
		return 0, 0, err
	}
	line, err := p.answers.ReadString('\n')
	if err != nil {
		return 0, 0, fmt.Errorf("the plain loop ended: %w", err)
	}
	_, err = fmt.Sscan(line, (*int64)(&used), &length)
	return used, length, err
}

func (p *plain) stop() error {
	return errors.Join(p.orders.Close(), p.command.Wait())
}
