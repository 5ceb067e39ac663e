package server

import (
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"api-resize/cache"
	"api-resize/dialect"
	"api-resize/proxy"
	"api-resize/spec"
)

// resize answers GET and HEAD /resize/….
func (s *Server) resize(c *fiber.Ctx) error {
	// Copied: what comes out of them lives on in caches and flights.
	uri := c.Context().URI()
	path, query := string(uri.PathOriginal()), string(uri.QueryString())
	request, err := s.parts.Dialect.Parse(path, query)
	if err != nil {
		return err
	}
	if request, err = s.parts.Sizes.Apply(request); err != nil {
		return err
	}
	current := storyOf(c)
	current.canonical = dialect.Format(request)

	ctx, cancel := context.WithTimeout(c.UserContext(), s.config.RequestTimeout)
	defer cancel()
	variant, err := s.proxy.Locate(ctx, request, clientOf(c))
	if err != nil {
		return err
	}
	answer := s.answerOf(variant, current.canonical)
	switch answer.conditional(c) {
	case fiber.StatusNotModified:
		current.outcome = "not-modified"
		c.Set(headerCacheStatus, s.parts.ServiceName+"; hit")
		return nil
	case fiber.StatusPreconditionFailed:
		return nil
	}
	result, err := s.proxy.Open(ctx, variant)
	if err != nil {
		return err
	}
	return s.send(c, result, current)
}

// clientOf is what a request's headers say that has a say in the picture.
func clientOf(c *fiber.Ctx) spec.Client {
	return spec.Client{
		Accept:   string(c.Request().Header.Peek(fiber.HeaderAccept)),
		SaveData: strings.EqualFold(c.Get(headerSaveData), "on"),
	}
}

// answerOf says what HTTP tells about a variant.
func (s *Server) answerOf(variant *proxy.Variant, canonical string) answer {
	return answer{
		etag:        variant.ETag,
		modified:    variant.Modified,
		contentType: variant.ContentType,
		fileName:    withExtension(variant.Name, variant.Request.Source.Name(), variant.Spec.Output.Format.Extension()),
		canonical:   canonical,
		byAccept:    variant.ByAccept,
		bySaveData:  variant.BySaveData,
		life:        variant.Lifetime(time.Now()),
	}
}

func (s *Server) send(c *fiber.Ctx, result *proxy.Result, current *story) error {
	current.result = result
	current.outcome = result.Outcome.String()
	current.tier = tierOf(result)
	c.Set(headerCacheStatus, s.cacheStatus(result))
	c.Set(headerServerTiming, serverTiming(result))
	// The variant may be another than the one located: the original may have
	// changed in between.
	answer := s.answerOf(result.Variant, current.canonical)
	answer.setHeaders(c)
	return answer.sendBody(c, result.Entry)
}

func tierOf(result *proxy.Result) string {
	if result.Outcome != proxy.Hit {
		return ""
	}
	if tier := result.Entry.Tier(); tier != "" {
		return tier
	}
	return cache.TierMemory
}
