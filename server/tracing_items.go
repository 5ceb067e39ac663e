package server

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"api-resize/batch"
)

// Attributes of the spans of items.
const (
	taskAttribute   = attribute.Key("api_resize.task")
	itemAttribute   = attribute.Key("api_resize.item")
	sourceAttribute = attribute.Key("api_resize.source")
	sizeAttribute   = attribute.Key("api_resize.size")
)

// beginSpan begins the span of an item that is made for a task. It is the head of
// a trace: the request that ordered the task was answered long ago.
func (m *Maker) beginSpan(ctx context.Context, item batch.Item) (context.Context, trace.Span) {
	if m.parts.Tracer == nil {
		return ctx, noop.Span{}
	}
	ctx, span := m.parts.Tracer.Start(ctx, "item", trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(sourceAttribute.String(item.Source), sizeAttribute.String(item.Size)))
	if which, known := batch.WhichOf(ctx); known {
		span.SetAttributes(taskAttribute.String(which.Task), itemAttribute.Int(which.Item))
	}
	return ctx, span
}

// endItemSpan ends the span of an attempt, and says why it failed, if it did.
func endItemSpan(span trace.Span, failure *batch.Failure) {
	if failure != nil {
		span.SetAttributes(semconv.ErrorTypeKey.String(failure.Code))
		span.SetStatus(codes.Error, failure.Detail)
	}
	span.End()
}
