package server

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.opentelemetry.io/otel/trace"

	"api-resize/proxy"
	"api-resize/spec"
)

// story is what one request leaves for the log and the metrics.
type story struct {
	id        string // X-Request-Id
	started   time.Time
	canonical string      // of an image request: never the raw URL, which may hold a signature
	source    spec.Source // of an image request
	outcome   string      // hit, joined, made or not-modified
	tier      string
	result    *proxy.Result
	err       error
	replaced  error      // what had another picture be sent instead of this one
	unread    bool       // the request could not be parsed, and has not come through tell
	code      string     // of the problem
	span      trace.Span // nil when requests are not traced
}

const storyKey = "story"

func storyOf(c *fiber.Ctx) *story {
	if known, ok := c.Locals(storyKey).(*story); ok {
		return known
	}
	// A request that could not be read has not come through tell.
	unread := &story{id: requestID(c), started: time.Now(), unread: true}
	c.Locals(storyKey, unread)
	return unread
}

// requestID takes the client's own id when it is one that can stand in a log,
// else makes one.
func requestID(c *fiber.Ctx) string {
	given := strings.Clone(c.Get(fiber.HeaderXRequestID))
	odd := strings.ContainsFunc(given, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r))
	})
	if given != "" && len(given) <= 64 && !odd {
		return given
	}
	var random [12]byte
	rand.Read(random[:]) // never fails, says its documentation
	return hex.EncodeToString(random[:])
}

// tell is the outermost handler: it gives the request its id, turns errors
// into answers, and leaves one line in the log.
func (s *Server) tell(c *fiber.Ctx) error {
	current := &story{id: requestID(c), started: time.Now()}
	c.Locals(storyKey, current)
	s.commonHeaders(c)
	s.running.begin()
	defer s.running.end()
	s.beginSpan(c, current)

	if err := c.Next(); err != nil {
		if err := s.answerError(c, err); err != nil {
			return err
		}
	}
	s.finish(c, current, routeOf(c))
	return nil
}

// finish counts a request and leaves its line in the log.
func (s *Server) finish(c *fiber.Ctx, current *story, route string) {
	took := time.Since(current.started)
	s.metrics.observe(route, c.Response().StatusCode(), current, took)
	s.watch(c, current, route, took)
	s.log(c, current, route, took)
	s.endSpan(c, current, route)
}

// unrouted names requests that no route has seen.
const unrouted = "none"

// routeOf names the route by its pattern, never by what a client wrote. What runs
// for every request has the playground's pattern.
func routeOf(c *fiber.Ctx) string {
	if route := c.Route(); route != nil && (route.Path != playgroundRoute || c.Path() == playgroundRoute) {
		return route.Path
	}
	return unrouted
}

func (s *Server) log(c *fiber.Ctx, current *story, route string, took time.Duration) {
	status := c.Response().StatusCode()
	attributes := []slog.Attr{
		slog.String("request_id", current.id),
		slog.String("method", strings.Clone(c.Method())),
		slog.String("route", route),
		slog.Int("status", status),
		slog.Int("body_bytes", bodySize(c)),
		slog.Duration("took", took),
		slog.String("client", s.clientAddress(c).String()),
	}
	if current.span != nil {
		attributes = append(attributes, traceAttrs(current.span.SpanContext())...)
	}
	if current.canonical != "" {
		attributes = append(attributes, slog.String("canonical", current.canonical))
	}
	if current.outcome != "" {
		attributes = append(attributes, slog.String("cache", current.outcome), slog.String("tier", current.tier))
	}
	if r := current.result; r != nil && r.Outcome == proxy.Made {
		attributes = append(attributes,
			slog.Duration("queue", r.Queue), slog.Duration("fetch", r.Fetch), slog.Duration("decode", r.Timings.Decode),
			slog.Duration("transform", r.Timings.Transform), slog.Duration("encode", r.Timings.Encode))
	}
	level := slog.LevelInfo
	if current.err != nil {
		attributes = append(attributes, slog.String("code", current.code), slog.String("error", current.err.Error()))
	}
	switch {
	case status >= 500 && status != fiber.StatusNotImplemented: // a method that a client has made up
		level = slog.LevelError
	case route == "/healthz" || route == "/readyz":
		level = slog.LevelDebug
	}
	s.logger.LogAttrs(c.Context(), level, "request", attributes...)
}

// bodySize is the length of the answer's body; a stream's is in the header
// already.
func bodySize(c *fiber.Ctx) int {
	if c.Response().IsBodyStream() {
		return c.Response().Header.ContentLength()
	}
	return len(c.Response().Body())
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Microseconds()) / 1000
}
