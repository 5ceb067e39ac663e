package server

import (
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// Attributes of spans that OpenTelemetry's conventions have no name for.
const (
	requestIDAttribute = attribute.Key("api_resize.request_id")
	cacheAttribute     = attribute.Key("api_resize.cache")
	tierAttribute      = attribute.Key("api_resize.tier")
)

// requestHeader is a request's header as the propagator reads it.
type requestHeader struct{ *fasthttp.RequestHeader }

func (h requestHeader) Get(name string) string { return string(h.Peek(name)) }
func (h requestHeader) Set(string, string)     {} // a request's header is only read
func (h requestHeader) Keys() []string         { return nil }

// beginSpan begins the span of a request, in the trace that the client names if
// it names one (W3C Trace Context). Without a tracer there is none.
func (s *Server) beginSpan(c *fiber.Ctx, current *story) {
	if s.parts.Tracer == nil {
		return
	}
	ctx := propagation.TraceContext{}.Extract(c.UserContext(), requestHeader{&c.Request().Header})
	ctx, current.span = s.parts.Tracer.Start(ctx, spanMethod(c),
		trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(current.started),
		trace.WithAttributes(semconv.HTTPRequestMethodKey.String(spanMethod(c)), semconv.URLScheme("http"), requestIDAttribute.String(current.id)))
	c.SetUserContext(ctx)
}

// spanMethods are the methods that spans name.
var spanMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// spanMethod is a request's method, or what the conventions have for those that
// are made up. It is no view into Fiber's buffer, as c.Method is: spans outlive
// their requests.
func spanMethod(c *fiber.Ctx) string {
	if i := slices.Index(spanMethods, c.Method()); i >= 0 {
		return spanMethods[i]
	}
	return "_OTHER"
}

// endSpan says how the request was answered. Like the log it never has the raw
// URL, which may hold a signature.
func (s *Server) endSpan(c *fiber.Ctx, current *story, route string) {
	if current.span == nil {
		return
	}
	defer current.span.End()
	if !current.span.IsRecording() {
		return
	}
	status := c.Response().StatusCode()
	if route != unrouted {
		current.span.SetName(spanMethod(c) + " " + route)
		current.span.SetAttributes(semconv.HTTPRoute(route))
	}
	current.span.SetAttributes(
		semconv.HTTPResponseStatusCode(status), semconv.HTTPResponseBodySize(bodySize(c)),
		semconv.ClientAddress(s.clientAddress(c).String()))
	if current.canonical != "" {
		current.span.SetAttributes(semconv.URLPath(current.canonical))
	}
	if current.outcome != "" {
		current.span.SetAttributes(cacheAttribute.String(current.outcome))
	}
	if current.tier != "" {
		current.span.SetAttributes(tierAttribute.String(current.tier))
	}
	if current.err != nil {
		current.span.SetAttributes(semconv.ErrorTypeKey.String(current.code))
		current.span.AddEvent("error", trace.WithAttributes(attribute.String("message", strings.ToValidUTF8(current.err.Error(), "\ufffd"))))
	}
	// By the conventions what the client did wrong is no error of this span.
	if status >= http.StatusInternalServerError {
		current.span.SetStatus(codes.Error, strconv.Itoa(status)+" "+current.code)
	}
}

// traceAttrs are what a line of the log is joined to its trace by, none where
// there is no trace.
func traceAttrs(span trace.SpanContext) []slog.Attr {
	if !span.IsValid() {
		return nil
	}
	return []slog.Attr{slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String())}
}
