package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// patience bounds every answer.
const patience = time.Minute

// connection asks one server, one request after the other, and is kept alive
// in between. net/http's client would take as much of the processors as the
// server does.
type connection struct {
	address string
	conn    net.Conn
	reader  *bufio.Reader
	release func() bool
}

// reply is what is kept of an answer.
type reply struct {
	status int
	etag   string
	cache  string // Cache-Status
	bytes  int64  // of the body
	took   time.Duration
}

func (r reply) hit() bool { return strings.Contains(r.cache, "; hit") }

// get asks for a path and reads the whole answer. lines are further header
// lines, each with its line end. A connection that the server has closed is
// made anew, and its making is part of the time.
func (c *connection) get(ctx context.Context, path, lines string) (reply, error) {
	text := "GET " + path + " HTTP/1.1\r\nHost: " + c.address + "\r\n" + lines + "\r\n"
	begin := time.Now()
	reused := c.conn != nil
	answer, err := c.exchange(ctx, text)
	if reused && errors.Is(err, errClosed) {
		answer, err = c.exchange(ctx, text)
	}
	answer.took = time.Since(begin)
	return answer, err
}

// errClosed is a connection that ended before an answer began.
var errClosed = errors.New("the server closed the connection")

func (c *connection) exchange(ctx context.Context, text string) (reply, error) {
	if err := c.open(ctx); err != nil {
		return reply{}, err
	}
	answer, keep, err := c.roundTrip(text)
	if err != nil || !keep {
		c.close()
	}
	return answer, err
}

func (c *connection) roundTrip(text string) (answer reply, keep bool, err error) {
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return reply{}, false, err
	}
	if _, err := io.WriteString(c.conn, text); err != nil {
		return reply{}, false, errors.Join(errClosed, err)
	}
	if _, err := c.reader.Peek(1); err != nil {
		return reply{}, false, errors.Join(errClosed, err)
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return reply{}, false, err
	}
	defer response.Body.Close()
	answer = reply{status: response.StatusCode, etag: response.Header.Get("ETag"), cache: response.Header.Get("Cache-Status")}
	answer.bytes, err = io.Copy(io.Discard, response.Body)
	return answer, !response.Close, err
}

func (c *connection) open(ctx context.Context) error {
	if c.conn != nil {
		return ctx.Err()
	}
	dialer := net.Dialer{Timeout: 5 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", c.address)
	if err != nil {
		return err
	}
	c.conn, c.reader = conn, bufio.NewReaderSize(conn, 32<<10)
	c.release = context.AfterFunc(ctx, func() { _ = conn.Close() }) // whoever reads from it learns that
	return nil
}

func (c *connection) close() {
	if c.conn == nil {
		return
	}
	c.release()
	_ = c.conn.Close() // nothing is written that could be lost
	c.conn = nil
}
