package main

import (
	"io"
	"log/slog"
	"strings"
	"time"

	"api-resize/server"
)

// ecsVersion is the version of the Elastic Common Schema whose names are used.
const ecsVersion = "9.4.0"

// ecsNames are the schema's names of what our log lines tell.
var ecsNames = map[string]string{
	slog.MessageKey: "message",
	"request_id":    "http.request.id",
	"method":        "http.request.method",
	"status":        "http.response.status_code",
	"body_bytes":    "http.response.body.bytes",
	"canonical":     "url.path",
	"client":        "client.address",
	"took":          "event.duration", // nanoseconds, as slog writes durations in JSON
	"trace_id":      "trace.id",
	"span_id":       "span.id",
	"error":         "error.message",
	"code":          "error.code",
	"version":       "", // in every line as service.version

	// For what an access log has most, so that no name is put together.
	"route":     ownField + "route",
	"cache":     ownField + "cache",
	"tier":      ownField + "tier",
	"queue":     ownField + "queue_ns",
	"fetch":     ownField + "fetch_ns",
	"decode":    ownField + "decode_ns",
	"transform": ownField + "transform_ns",
	"encode":    ownField + "encode_ns",
}

// ownField begins the name of a field that the schema has no name for.
const ownField = "api_resize."

// newECSHandler writes JSON lines that Elasticsearch and Kibana take as they
// are: names with dots stand for nested objects there.
func newECSHandler(to io.Writer, level slog.Level) slog.Handler {
	handler := slog.NewJSONHandler(to, &slog.HandlerOptions{Level: level, ReplaceAttr: toECS})
	return handler.WithAttrs([]slog.Attr{
		slog.String("ecs.version", ecsVersion), slog.String("service.name", serviceName), slog.String("service.version", server.Version()),
	})
}

func toECS(_ []string, attribute slog.Attr) slog.Attr {
	switch attribute.Key {
	case slog.TimeKey:
		return slog.Time("@timestamp", attribute.Value.Time().UTC().Truncate(time.Microsecond))
	case slog.LevelKey:
		return slog.String("log.level", strings.ToLower(attribute.Value.String()))
	}
	name, known := ecsNames[attribute.Key]
	if strings.HasSuffix(name, "_ns") && attribute.Value.Kind() != slog.KindDuration {
		known = false // a library's word for something else, such as River's "queue"
	}
	switch {
	case known && name == "":
		return slog.Attr{}
	case !known && strings.Contains(attribute.Key, "."):
		name = attribute.Key
	case !known:
		name = ownField + attribute.Key
	}
	attribute.Key = name
	return attribute
}
