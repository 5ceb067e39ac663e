package server

import (
	"errors"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"api-resize/cache"
	"api-resize/origin"
	"api-resize/proxy"
	"api-resize/server/monitor"
	"api-resize/spec"
)

// watch leaves for the monitor what a request was. One that is answered from the
// cache, which is most of them, costs two additions.
func (s *Server) watch(c *fiber.Ctx, current *story, route string, took time.Duration) {
	if route == "/healthz" || route == "/readyz" {
		return
	}
	outcome := outcomeOf(current, c.Response().StatusCode())
	s.events.Answered(outcome, bodySize(c))
	if outcome == monitor.Made {
		s.events.Worked(current.subject(), monitor.Work{Took: took, Queue: current.result.Queue, Fetch: current.result.Fetch})
	}
	err := current.err
	if err == nil {
		err = current.replaced
	}
	if err != nil {
		kind := kindOf(err)
		s.events.Failed(current.subject(), monitor.Failure{
			Route: route, Status: c.Response().StatusCode(), Code: kind.code, Took: took,
			BySource: ofSource(kind), ByOrigin: ofOrigin(err),
		})
	}
}

// outcomeOf says how a request was answered.
func outcomeOf(current *story, status int) monitor.Outcome {
	switch {
	case status >= 500:
		return monitor.ServerError
	case status >= 400:
		return monitor.ClientError
	case status == fiber.StatusNotModified:
		return monitor.NotModified
	case current.result == nil:
		return monitor.Other
	}
	switch current.result.Outcome {
	case proxy.Made:
		return monitor.Made
	case proxy.Joined:
		return monitor.Joined
	}
	if current.tier == cache.TierDisk {
		return monitor.FromDisk
	}
	return monitor.FromMemory
}

// ofSource reports whether it is this source that can't be made into pictures,
// rather than the request or how much there is to do.
func ofSource(kind problemKind) bool {
	return kind.replaceable || kind.code == internal.code || kind.code == "processing_timeout"
}

// ofOrigin reports whether it is the origin that did not give an original.
func ofOrigin(err error) bool {
	for _, fault := range []error{origin.ErrOriginNotFound, origin.ErrTimeout, origin.ErrBusy, origin.ErrFailed} {
		if errors.Is(err, fault) {
			return true
		}
	}
	return false
}

// subject is what the monitor tells of a request: the source without its query,
// which may hold a key, and where that is.
func (current *story) subject() monitor.Subject {
	subject := monitor.Subject{RequestID: current.id, At: current.started}
	source := current.source
	switch source.Kind {
	case spec.SourceUpload:
		if source.Path != "" {
			subject.Source, subject.Origin = source.Path, "uploads"
		}
	case spec.SourceAlias:
		subject.Source, subject.Origin = source.String(), source.Alias
	case spec.SourceWeb:
		if address, err := url.Parse(source.Path); err == nil {
			subject.Origin = address.Host
			subject.Source = (&url.URL{Scheme: address.Scheme, Host: address.Host, Path: address.Path, RawPath: address.RawPath}).String()
		}
	}
	return subject
}
