package proxy

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"api-resize/spec"
)

// scope names whose spans these are.
const scope = "api-resize/proxy"

// Attributes of spans that OpenTelemetry's conventions have no name for.
const (
	sourceAttribute  = attribute.Key("api_resize.source")
	pictureAttribute = attribute.Key("api_resize.picture")
	useAttribute     = attribute.Key("api_resize.use")
	joinedAttribute  = attribute.Key("api_resize.joined")
)

// span begins a span below the one that ctx has, with the tracer that made that
// one. Below none, or one that is not recorded, there is nothing to do: tracing
// that is off costs a look into ctx.
func span(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	above := trace.SpanFromContext(ctx)
	if !above.IsRecording() {
		return ctx, noop.Span{}
	}
	return above.TracerProvider().Tracer(scope).Start(ctx, name, options...)
}

// end ends a span, and says what went wrong, if anything.
func end(one trace.Span, err error) {
	if err != nil && one.IsRecording() {
		one.SetStatus(codes.Error, err.Error())
	}
	one.End()
}

// link has the span of ctx point to work that somebody else's request began.
func link(ctx context.Context, to trace.SpanContext, name string) {
	if above := trace.SpanFromContext(ctx); to.IsValid() && above.IsRecording() {
		above.AddLink(trace.Link{SpanContext: to, Attributes: []attribute.KeyValue{joinedAttribute.String(name)}})
	}
}

// detach is a context for work behind an answer: it ends with life, and its
// spans are below a new one that is below ctx's. The span has to begin before
// the answer's own has ended.
func detach(ctx, life context.Context, name string, source spec.Source) (context.Context, trace.Span) {
	ctx, one := span(ctx, name, trace.WithAttributes(sourceAttribute.String(source.String())))
	return trace.ContextWithSpan(life, trace.SpanFromContext(ctx)), one
}

// phases are the spans of a picture that the transformer has just made, as it
// has measured them.
func phases(ctx context.Context, ended time.Time, took spec.Timings) {
	for _, phase := range []struct {
		name string
		took time.Duration
	}{{"encode", took.Encode}, {"transform", took.Transform}, {"decode", took.Decode}} {
		began := ended.Add(-phase.took)
		_, one := span(ctx, phase.name, trace.WithTimestamp(began))
		one.End(trace.WithTimestamp(ended))
		ended = began
	}
}
