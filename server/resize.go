package server

import (
	"context"
	"path"
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
	request, err := s.parts.Dialect.Parse(string(uri.PathOriginal()), string(uri.QueryString()))
	if err != nil {
		return err
	}
	if request.Trusted, err = s.parts.Signing.check(request, time.Now()); err != nil {
		return err
	}
	if request, err = s.allowed(request); err != nil {
		return err
	}
	current := storyOf(c)
	current.canonical, current.source = dialect.Format(request), request.Source

	ctx, end := s.context(c)
	defer end()
	err = s.answerPicture(ctx, c, request, "")
	if kind := kindOf(err); err != nil && kind.replaceable && request.Delivery.HasFallback() {
		instead := request
		instead.Source = request.Delivery.Fallback
		if s.answerPicture(ctx, c, instead, kind.code) == nil {
			current.replaced = err
			return nil
		}
	}
	return err
}

// allowed is the request that is answered instead, by what sizes are allowed.
func (s *Server) allowed(request spec.Request) (spec.Request, error) {
	if request.Trusted {
		return request, nil
	}
	return s.parts.Sizes.Apply(request)
}

// answerPicture answers with the picture that is asked for. instead is the code
// of the problem that has this one sent instead of another. An error has
// answered nothing yet.
func (s *Server) answerPicture(ctx context.Context, c *fiber.Ctx, request spec.Request, instead string) error {
	variant, err := s.proxy.Locate(ctx, request, clientOf(c))
	if err != nil {
		return err
	}
	current := storyOf(c)
	answer := s.answerOf(variant, current.canonical, instead)
	switch answer.conditional(c) {
	case fiber.StatusNotModified:
		current.outcome = "not-modified"
		c.Set(headerCacheStatus, s.hitStatus(variant, ""))
		return nil
	case fiber.StatusPreconditionFailed:
		return nil
	}
	result, err := s.proxy.Open(ctx, variant)
	if err != nil {
		return err
	}
	return s.send(c, result, current, instead)
}

// clientOf is what a request's headers say that has a say in the picture.
func clientOf(c *fiber.Ctx) spec.Client {
	accept, _ := field(c, fiber.HeaderAccept)
	return spec.Client{
		Accept:   accept,
		SaveData: strings.EqualFold(c.Get(headerSaveData), "on"),
	}
}

// answerOf says what HTTP tells about a variant.
func (s *Server) answerOf(variant *proxy.Variant, canonical, instead string) answer {
	format := variant.Spec.Output.Format
	answer := answer{
		etag:        variant.ETag,
		modified:    variant.Modified,
		exactDate:   isExact(variant, time.Now()),
		contentType: format.ContentType(),
		fileName:    withExtension(variant.Name, variant.Request.Source.Name(), format.Extension()),
		canonical:   canonical,
		vary:        varyOf(variant),
		madeOf:      s.madeOf(variant.Request),
		life:        variant.Lifetime(time.Now()),
		fallback:    instead,
	}
	if name := variant.Request.Delivery.Download; name != "" {
		answer.download, answer.fileName = true, downloadName(name, format.Extension())
	}
	if instead != "" {
		answer.life = answer.life.AtMost(negativeLife * time.Second)
	}
	return answer
}

// isExact reports whether a picture's date tells its versions apart: that of
// an upload, which never changes, and one that is a minute old, since no second
// version can have come in its second (RFC 9110, section 8.8.2.2). What else the
// bytes depend on, negotiation and the version of who makes them, only the ETag
// tells.
func isExact(variant *proxy.Variant, now time.Time) bool {
	const settled = time.Minute
	return variant.Request.Source.Kind == spec.SourceUpload || now.Sub(variant.Modified) >= settled
}

// varyOf names the request's headers that had a say in a variant.
func varyOf(variant *proxy.Variant) []string {
	var names []string
	if variant.ByAccept {
		names = append(names, fiber.HeaderAccept)
	}
	if variant.BySaveData {
		names = append(names, headerSaveData)
	}
	return names
}

// downloadName gives a name that a client chose an extension when it has none.
func downloadName(name, extension string) string {
	if _, known := spec.ParseFormat(strings.TrimPrefix(path.Ext(name), ".")); known {
		return name
	}
	return name + "." + extension
}

func (s *Server) send(c *fiber.Ctx, result *proxy.Result, current *story, instead string) error {
	current.result = result
	current.outcome = result.Outcome.String()
	current.tier = tierOf(result)
	c.Set(headerCacheStatus, s.cacheStatus(result))
	c.Set(headerServerTiming, serverTiming(result))
	if result.Decision != "" {
		c.Set(headerDecision, result.Decision)
	}
	// The variant may be another than the one located: the original may have
	// changed in between. And the file may be the original itself.
	variant := *result.Variant
	if format, known := spec.FormatOf(result.Entry.Meta.ContentType); known {
		variant.Spec.Output.Format = format
	}
	answer := s.answerOf(&variant, current.canonical, instead)
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
