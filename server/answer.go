package server

import (
	"fmt"
	"mime"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"api-resize/proxy"
	"api-resize/spec"
)

// Header names that Fiber has no constant for.
const (
	headerCacheStatus  = "Cache-Status"  // RFC 9211
	headerServerTiming = "Server-Timing" // W3C Server Timing
	headerSaveData     = "Save-Data"     // WICG Save Data API
	headerFallback     = "X-Fallback"    // why another picture than the one asked for is sent
	headerDecision     = "X-Image-Decision"
)

// answer is what is said about a body before it is sent.
type answer struct {
	etag        string    // strong, with quotes
	modified    time.Time // zero when unknown
	exactDate   bool      // modified is a strong validator
	contentType string
	fileName    string
	canonical   string        // URL, empty for none
	vary        []string      // the request's headers that had a say
	madeOf      []spec.Source // for caches in front; empty where they are not told
	life        proxy.Lifetime
	download    bool   // to be saved rather than shown
	fallback    string // code of the problem that has this sent instead, empty for none
}

// setHeaders writes all of GET's headers but those of the body itself.
func (a answer) setHeaders(c *fiber.Ctx) {
	c.Set(fiber.HeaderETag, a.etag)
	if !a.modified.IsZero() {
		// RFC 9110, section 8.8.2.1: never later than the answer itself, though
		// a file may come from the future.
		c.Set(fiber.HeaderLastModified, httpDate(earlier(a.modified, time.Now())))
	}
	c.Set(fiber.HeaderCacheControl, cacheControl(a.life))
	c.Vary(a.vary...)
	c.Set(fiber.HeaderContentType, a.contentType)
	c.Set(fiber.HeaderAcceptRanges, "bytes")
	c.Set(fiber.HeaderContentDisposition, disposition(a.download, a.fileName))
	if a.fallback != "" {
		c.Set(headerFallback, a.fallback)
	}
	if tags := tagsOfSources(a.madeOf); len(tags) > 0 {
		c.Set(headerCacheTag, bounded(tags, ","))
		c.Set(headerSurrogateKey, bounded(tags, " "))
	}
	if a.canonical != "" {
		c.Set(fiber.HeaderLink, "<"+a.canonical+`>; rel="canonical"`)
	}
}

func earlier(one, other time.Time) time.Time {
	if one.Before(other) {
		return one
	}
	return other
}

// commonHeaders go with every answer, errors included: pictures may be used by
// pages of any origin, and nothing sent from here is ever run by a browser.
func (s *Server) commonHeaders(c *fiber.Ctx) {
	c.Set(fiber.HeaderXRequestID, storyOf(c).id)
	c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	c.Set(fiber.HeaderAccessControlExposeHeaders, exposedHeaders)
	c.Set("Cross-Origin-Resource-Policy", "cross-origin")
	c.Set("Timing-Allow-Origin", "*")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; style-src 'unsafe-inline'; sandbox")
}

// exposedHeaders are those that scripts of other origins may read.
const exposedHeaders = "Cache-Status, Content-Disposition, Content-Range, ETag, Link, Location, Retry-After, Server-Timing, X-Fallback, X-Image-Decision, X-Request-Id"

func cacheControl(life proxy.Lifetime) string {
	if life.NoStore {
		return "no-store"
	}
	text := "public, max-age=" + strconv.FormatInt(int64(life.MaxAge/time.Second), 10)
	if life.Immutable {
		text += ", immutable"
	}
	return text
}

// disposition names the file for whoever saves it, RFC 6266.
func disposition(download bool, fileName string) string {
	kind := "inline"
	if download {
		kind = "attachment"
	}
	if text := mime.FormatMediaType(kind, map[string]string{"filename": fileName}); text != "" && fileName != "" {
		return text
	}
	return kind
}

// withExtension gives the first name there is the extension of the format in
// which it is sent.
func withExtension(name, fallback, extension string) string {
	if name == "" {
		name = fallback
	}
	if name == "" {
		name = "image"
	}
	return strings.TrimSuffix(name, path.Ext(name)) + "." + extension
}

// cacheStatus tells what the cache did, RFC 9211.
func (s *Server) cacheStatus(result *proxy.Result) string {
	if result.Outcome == proxy.Hit {
		return s.hitStatus(result.Variant, tierOf(result))
	}
	text := s.parts.ServiceName + "; fwd=miss"
	if result.Use == proxy.UsedReplaced {
		text = s.parts.ServiceName + "; fwd=stale"
	}
	if result.Outcome == proxy.Joined {
		text += "; collapsed"
	}
	if result.Stored {
		text += "; stored"
	}
	return text
}

// hitStatus is of a picture that was there. What was asked of its origin counts
// as forwarded, whatever came of it.
func (s *Server) hitStatus(variant *proxy.Variant, detail string) string {
	text := s.parts.ServiceName + "; hit"
	switch variant.Use {
	case proxy.UsedRevalidated:
		text = s.parts.ServiceName + "; fwd=stale; fwd-status=304"
	case proxy.UsedOnError:
		return s.parts.ServiceName + "; fwd=stale; detail=" + variant.Use.String()
	case proxy.UsedWhileRevalidating:
		text += "; ttl=" + strconv.Itoa(int(variant.Left(time.Now()).Seconds()))
	}
	if detail != "" {
		text += "; detail=" + detail
	}
	return text
}

// serverTiming tells where the time of this request went, in milliseconds.
func serverTiming(result *proxy.Result) string {
	if result.Outcome != proxy.Made {
		return "cache;desc=" + result.Outcome.String()
	}
	return fmt.Sprintf("queue;dur=%.3f, fetch;dur=%.3f, decode;dur=%.3f, transform;dur=%.3f, encode;dur=%.3f",
		milliseconds(result.Queue), milliseconds(result.Fetch), milliseconds(result.Timings.Decode),
		milliseconds(result.Timings.Transform), milliseconds(result.Timings.Encode))
}
