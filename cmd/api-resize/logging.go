package main

import (
	"bufio"
	"io"
	"log/slog"
	"sync"
	"time"
)

// logDelay is how long a line may wait before it is written. A write for each
// request costs a tenth of what answering from memory does; a crash loses the
// lines of this time at most.
const logDelay = 100 * time.Millisecond

// logBytes is how much may wait; more is written at once.
const logBytes = 64 << 10

func newLogger(config LogConfig, to io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(config.Level)) // validated
	if config.Format == "text" {
		return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: level}))
	}
	return slog.New(newECSHandler(to, level))
}

// logWriter gathers lines and writes them a little later, many at a time.
type logWriter struct {
	mu     sync.Mutex
	buffer *bufio.Writer
	due    bool // a flush is on its way
}

func newLogWriter(to io.Writer) *logWriter {
	return &logWriter{buffer: bufio.NewWriterSize(to, logBytes)}
}

// Write takes one line.
func (w *logWriter) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.due {
		w.due = true
		time.AfterFunc(logDelay, w.flush)
	}
	return w.buffer.Write(line)
}

// flush writes what waits. A log that cannot be written has nobody to tell.
func (w *logWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.due = false
	_ = w.buffer.Flush()
}
