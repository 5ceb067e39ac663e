package origin

import (
	"context"
	"net/http"
	"strconv"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// attemptSpan is the span of one request to an origin, below the one that ctx
// has, by OpenTelemetry's conventions for HTTP clients. Below none it is nothing.
// The query stays out of it: where a redirect leads, that is often a signature.
func attemptSpan(ctx context.Context, t target, repeated bool) (context.Context, trace.Span) {
	above := trace.SpanFromContext(ctx)
	if !above.IsRecording() {
		return ctx, noop.Span{}
	}
	bare := *t.url
	bare.RawQuery, bare.Fragment = "", ""
	ctx, span := above.TracerProvider().Tracer("api-resize/origin").Start(ctx, http.MethodGet, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		semconv.HTTPRequestMethodGet, semconv.ServerAddress(t.host), semconv.ServerPort(int(t.port)), semconv.URLFull(bare.String()),
	))
	if repeated {
		span.SetAttributes(semconv.HTTPRequestResendCount(1))
	}
	return ctx, span
}

// answered notes what came of an attempt. The span goes on until the body has
// been read.
func answered(span trace.Span, resp *http.Response, err error) {
	switch {
	case !span.IsRecording():
	case err != nil:
		span.SetAttributes(semconv.ErrorType(err))
		span.SetStatus(codes.Error, err.Error())
	default:
		span.SetAttributes(semconv.HTTPResponseStatusCode(resp.StatusCode))
		if resp.StatusCode >= http.StatusBadRequest {
			span.SetAttributes(semconv.ErrorTypeKey.String(strconv.Itoa(resp.StatusCode)))
			span.SetStatus(codes.Error, "")
		}
	}
}

// passOn tells an origin which trace the request belongs to (W3C Trace Context).
func passOn(ctx context.Context, header http.Header) {
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(header))
}
