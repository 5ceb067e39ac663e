package batch

import (
	"context"
	"log/slog"
)

// quiet is a logger for River, which tells at length what is not worth telling:
// what it calls information is for debugging here.
func quiet(logger *slog.Logger) *slog.Logger {
	return slog.New(quietHandler{logger.Handler()})
}

type quietHandler struct{ inner slog.Handler }

func quieter(level slog.Level) slog.Level {
	if level < slog.LevelWarn {
		return min(level, slog.LevelDebug)
	}
	return level
}

func (h quietHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.inner.Enabled(ctx, quieter(level))
}

func (h quietHandler) Handle(ctx context.Context, record slog.Record) error {
	record.Level = quieter(record.Level)
	return h.inner.Handle(ctx, record)
}

func (h quietHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	return quietHandler{h.inner.WithAttrs(attributes)}
}

func (h quietHandler) WithGroup(name string) slog.Handler {
	return quietHandler{h.inner.WithGroup(name)}
}
