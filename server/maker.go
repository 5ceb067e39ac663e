package server

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.opentelemetry.io/otel/trace"

	"api-resize/batch"
	"api-resize/dialect"
	"api-resize/proxy"
	"api-resize/spec"
)

// Maker makes pictures ahead of requests, so that those are answered from the
// cache. It works for those who have an API key: they may have any size that the
// policy allows, or, where the URLs that the service tells are signed, any at
// all, as everybody may with such a URL; but originals only from uploads,
// aliases and allowed hosts, whatever the mode of signatures.
type Maker struct {
	parts Parts
	host  string // what stands before the paths of URLs
}

// NewMaker makes a Maker. Of the parts it needs Proxy, Dialect, Sizes, Signing
// and Logger, and Tracer if its work is to be traced.
func NewMaker(config Config, parts Parts) *Maker { return &Maker{parts, config.PublicURL} }

// Maker is what makes pictures for this server ahead of requests.
func (s *Server) Maker() *Maker { return s.maker }

// usualClients are those for whom a picture is made where its format is
// negotiated. The first header is what Chrome, Edge and Opera send for an <img>;
// Firefox and Safari name other formats besides, and are sent the same as these.
// The second is curl's, and that of much else that is no browser: it names
// neither AVIF nor JPEG XL.
var usualClients = []spec.Client{
	{Accept: "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"},
	{Accept: "*/*"},
}

// makersClient is for whom the pictures of all tasks together are made: they get
// one client's share.
const makersClient = "tasks"

// Check judges an item without doing any work for it. Its errors wrap
// spec.ErrBadOption, spec.ErrBadSource, origin.ErrNotAllowed or, for an alias that
// there is not, origin.ErrNotFound.
func (m *Maker) Check(item batch.Item) error {
	request, err := m.request(item)
	if err != nil {
		return err
	}
	if err := m.parts.Proxy.Allows(request.Source); err != nil {
		return err
	}
	if mark := request.Spec.Watermark; mark != (spec.Watermark{}) {
		return m.parts.Proxy.Allows(mark.Source)
	}
	return nil
}

// Make has a picture made and left in the cache. Its errors are *Failure.
func (m *Maker) Make(ctx context.Context, item batch.Item) (batch.Made, error) {
	ctx, span := m.beginSpan(ctx, item)
	made, err := m.make(proxy.InBackground(proxy.WithClient(ctx, makersClient)), item)
	if err == nil {
		endItemSpan(span, nil)
		return made, nil
	}
	failure := failureOf(err, time.Now())
	endItemSpan(span, failure)
	m.logFailure(ctx, item, failure, err)
	return batch.Made{}, failure
}

// logFailure leaves a line in the log, by which the item and its trace are found.
func (m *Maker) logFailure(ctx context.Context, item batch.Item, failure *batch.Failure, err error) {
	attributes := []slog.Attr{
		slog.String("source", item.Source), slog.String("size", item.Size), slog.String("code", failure.Code), slog.Any("error", err),
	}
	if which, known := batch.WhichOf(ctx); known {
		attributes = append(attributes, slog.String("task", which.Task), slog.Int("item", which.Item))
	}
	m.parts.Logger.LogAttrs(ctx, slog.LevelWarn, "item of a task not made", append(attributes, traceAttrs(trace.SpanContextFromContext(ctx))...)...)
}

// failureOf is an error as a Failure.
func failureOf(err error, now time.Time) *batch.Failure {
	kind := kindOf(err)
	problem := newProblem(err, "")
	if problem.Code == internal.code {
		problem.Detail = "Something went wrong here. The log says what." // there is no request_id to find it by
	}
	return &batch.Failure{
		Status: problem.Status, Code: problem.Code, Title: problem.Title, Detail: problem.Detail,
		Final: kind.final(), RetryAfter: time.Duration(retryAfter(err, kind, now)) * time.Second,
	}
}

// request is what an item asks for, and may.
func (m *Maker) request(item batch.Item) (spec.Request, error) {
	switch {
	case strings.ContainsAny(item.Size, ",/"):
		return spec.Request{}, fmt.Errorf("%w: size: expected a size or a preset alone, got %q", spec.ErrBadOption, item.Size)
	case item.Options != "" && !strings.HasPrefix(item.Options, ","), strings.Contains(item.Options, "/"):
		return spec.Request{}, fmt.Errorf("%w: expected ,option=value…, percent-encoded, got %q", spec.ErrBadOption, item.Options)
	}
	request, err := m.parts.Dialect.Parse(dialect.Prefix+item.Size+item.Options+"/"+item.Source, "")
	if err != nil || m.parts.Signing.Signature == SignatureRequired {
		return request, err
	}
	return m.parts.Sizes.Apply(request)
}

// make makes an item for all usual clients. What is told is what the first of
// them gets.
func (m *Maker) make(ctx context.Context, item batch.Item) (batch.Made, error) {
	request, err := m.request(item)
	if err != nil {
		return batch.Made{}, err
	}
	var first batch.Made
	var etag string
	for _, client := range usualClients {
		variant, err := m.parts.Proxy.Locate(ctx, request, client)
		if err != nil {
			return batch.Made{}, err
		}
		if variant.ETag == etag {
			continue
		}
		made, err := m.open(ctx, variant)
		if err != nil {
			return batch.Made{}, err
		}
		if etag == "" {
			first, etag = made, variant.ETag
		}
		if !variant.ByAccept {
			break // everybody gets this one
		}
	}
	return first, nil
}

// open has one variant made, and tells what came of it.
func (m *Maker) open(ctx context.Context, variant *proxy.Variant) (batch.Made, error) {
	result, err := m.parts.Proxy.Open(ctx, variant)
	if err != nil {
		return batch.Made{}, err
	}
	defer result.Entry.Close()
	made := batch.Made{
		URL: m.url(variant.Request), Format: string(result.Spec.Output.Format), Bytes: result.Entry.Size(),
	}
	if format, known := spec.FormatOf(result.Entry.Meta.ContentType); known {
		made.Format = string(format) // it may be the original itself
	}
	facts, err := m.parts.Proxy.Measure(result)
	if err != nil {
		// Not the URL, which may be signed.
		m.parts.Logger.Debug("a picture not measured", slog.String("canonical", dialect.Format(variant.Request)), slog.Any("error", err))
	}
	made.Width, made.Height = facts.Width, facts.Height
	return made, nil
}

// url is where clients get a picture: signed where all are.
func (m *Maker) url(request spec.Request) string {
	if m.parts.Signing.Signature == SignatureRequired {
		return m.host + m.parts.Signing.Sign(request)
	}
	return m.host + dialect.Format(request)
}

// passing are the 4xx statuses that say something of the moment.
var passing = []int{fiber.StatusRequestTimeout, fiber.StatusTooManyRequests, statusClientGone}

// final reports whether what failed so fails again: the fault is the request's
// or the original's, and neither mends itself.
func (k problemKind) final() bool {
	return k.status >= 400 && k.status < 500 && !slices.Contains(passing, k.status)
}
