package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	sdkresource "go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"api-resize/server"
)

// TracingConfig says where traces go. What it does not say the environment can,
// by OpenTelemetry's own variables: OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES,
// OTEL_BSP_SCHEDULE_DELAY, OTEL_SPAN_….
type TracingConfig struct {
	// Endpoint is a collector that takes OTLP by HTTP, such as
	// http://collector:4318; /v1/traces is added to it. Empty: nothing is traced.
	Endpoint string `mapstructure:"endpoint"`
	// SampleRatio is how much is traced of what comes without a traceparent, 0…1;
	// with one the client has decided.
	SampleRatio float64 `mapstructure:"sample_ratio"`
	// Headers go to the collector: keys of services that want one.
	Headers map[string]string `mapstructure:"headers"`
	// Timeout is for a batch to be taken, and for the last ones at the end.
	Timeout time.Duration `mapstructure:"timeout"`
	// ToOrigins tells HTTP origins the trace that a fetch belongs to.
	ToOrigins bool `mapstructure:"to_origins"`
}

func defaultTracingConfig() TracingConfig {
	return TracingConfig{SampleRatio: 1, Headers: map[string]string{}, Timeout: 3 * time.Second}
}

func (c TracingConfig) validate() error {
	var faults []error
	if c.Endpoint != "" {
		// It is not repeated: it may hold a password.
		if at, err := url.Parse(c.Endpoint); err != nil || !isURL(c.Endpoint) || at.Host == "" || at.User != nil || at.RawQuery != "" || at.Fragment != "" {
			faults = append(faults, errors.New("endpoint: expected an http(s) URL without user, query and fragment, such as http://collector:4318"))
		}
	}
	if !(c.SampleRatio >= 0 && c.SampleRatio <= 1) {
		faults = append(faults, fmt.Errorf("sample_ratio: got %v, expected 0…1", c.SampleRatio))
	}
	if c.Timeout <= 0 || c.Timeout > time.Minute {
		faults = append(faults, fmt.Errorf("timeout: got %v, expected above 0, at most 1m", c.Timeout))
	}
	return errors.Join(faults...)
}

// maxSpans bounds the spans that wait to be sent, some 2 KiB each; further ones
// are dropped, since no request may wait for a collector.
const maxSpans = 4096

// tracing makes spans and sends them, in batches and behind the requests.
type tracing struct {
	provider *sdktrace.TracerProvider
	timeout  time.Duration
	logger   *slog.Logger

	waiting                   atomic.Int64 // not sent yet
	exported, failed, dropped atomic.Uint64
	told                      atomic.Int64 // when the log was told last that some are lost, in Unix nanoseconds
}

// startTracing returns nil where nothing is traced.
func startTracing(config TracingConfig, logger *slog.Logger) (*tracing, error) {
	if config.Endpoint == "" {
		return nil, nil
	}
	client := &otlpClient{config: config, url: strings.TrimSuffix(config.Endpoint, "/") + "/v1/traces"}
	client.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the headers are for one host
	exporter, err := otlptrace.New(context.Background(), client)
	if err != nil {
		return nil, err
	}
	about, err := sdkresource.New(context.Background(),
		sdkresource.WithTelemetrySDK(), sdkresource.WithHost(),
		sdkresource.WithAttributes(semconv.ServiceName(serviceName), semconv.ServiceVersion(server.Version())),
		sdkresource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	t := &tracing{timeout: config.Timeout, logger: logger}
	// What the SDK itself has to say, of which there is no other way to hear.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(t.tell))
	t.provider = sdktrace.NewTracerProvider(
		sdktrace.WithResource(about),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(config.SampleRatio))),
		sdktrace.WithSpanProcessor(&boundedSpans{t, sdktrace.NewBatchSpanProcessor(countedSpans{t, exporter}, sdktrace.WithMaxQueueSize(maxSpans))}),
	)
	return t, nil
}

// tracer is what the server makes its spans with; nil where nothing is traced.
func (t *tracing) tracer() trace.Tracer {
	if t == nil {
		return nil
	}
	return t.provider.Tracer("api-resize/server")
}

// watch shows what became of the spans.
func (t *tracing) watch(metrics *server.Metrics) {
	if t == nil {
		return
	}
	for result, count := range map[string]*atomic.Uint64{"exported": &t.exported, "failed": &t.failed, "dropped": &t.dropped} {
		metrics.Counter("api_resize_trace_spans_total", "Spans by what became of them: exported, failed (the collector did not take them), dropped (too many wait).",
			func() float64 { return float64(count.Load()) }, map[string]string{"result": result})
	}
}

// close sends what waits, no longer than the time-out.
func (t *tracing) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), t.timeout)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.logger.Warn("spans not sent", "spans", t.waiting.Load(), "error", err)
	}
	return nil
}

// silence is between two lines of the log about lost spans.
const silence = time.Minute

// tell tells the log that spans are lost, and why, at most once a minute.
func (t *tracing) tell(err error) {
	now, last := time.Now().UnixNano(), t.told.Load()
	if last != 0 && now-last < int64(silence) || !t.told.CompareAndSwap(last, now) {
		return
	}
	t.logger.Warn("spans lost", "failed", t.failed.Load(), "dropped", t.dropped.Load(), "error", err)
}

var errTooManySpans = errors.New("too many spans wait to be sent")

// boundedSpans drops, and counts, what the next processor would drop without a
// word: its queue is no longer than what waits in all.
type boundedSpans struct {
	*tracing
	sdktrace.SpanProcessor
}

// OnEnd takes a span that has ended.
func (b *boundedSpans) OnEnd(span sdktrace.ReadOnlySpan) {
	if b.waiting.Add(1) > maxSpans {
		b.waiting.Add(-1)
		b.dropped.Add(1)
		b.tell(errTooManySpans)
		return
	}
	b.SpanProcessor.OnEnd(span)
}

// countedSpans counts what becomes of the spans that are sent.
type countedSpans struct {
	*tracing
	sdktrace.SpanExporter
}

// ExportSpans sends a batch. It returns no error: it has told already.
func (c countedSpans) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := c.SpanExporter.ExportSpans(ctx, spans)
	c.waiting.Add(-int64(len(spans)))
	if err != nil {
		c.failed.Add(uint64(len(spans)))
		c.tell(err)
		return nil
	}
	c.exported.Add(uint64(len(spans)))
	return nil
}

// otlpClient posts batches to a collector: OTLP 1 with protobuf over HTTP. The
// client that OpenTelemetry has brings gRPC along, which adds more than half to
// the program's size. A batch that is not taken is not sent again: what it would
// keep waiting is worth more.
type otlpClient struct {
	config TracingConfig
	url    string
	http   http.Client
}

// Start has nothing to do: connections are made when they are needed.
func (c *otlpClient) Start(context.Context) error { return nil }

// Stop closes connections.
func (c *otlpClient) Stop(context.Context) error {
	c.http.CloseIdleConnections()
	return nil
}

// maxCollectorAnswer bounds what is read of an answer, in bytes.
const maxCollectorAnswer = 64 << 10

// UploadTraces sends one batch.
func (c *otlpClient) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	// The same bytes as ExportTraceServiceRequest, whose package brings gRPC.
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for name, value := range c.config.Headers {
		request.Header.Set(name, value)
	}
	request.Header.Set("Content-Type", "application/x-protobuf")
	request.Header.Set("User-Agent", serviceName+"/"+server.Version())
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.CopyN(io.Discard, response.Body, maxCollectorAnswer); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the collector answers %s", response.Status)
	}
	return nil
}
