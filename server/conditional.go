package server

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// conditional answers a request whose conditions need no body to be sent, and
// returns its status: 304 or 412. 0 is a request that has to be answered in
// full: RFC 9110, section 13.2.2.
func (a answer) conditional(c *fiber.Ctx) int {
	status := 0
	switch {
	case a.preconditionFailed(c):
		status = fiber.StatusPreconditionFailed
	case a.notModified(c):
		status = fiber.StatusNotModified
	default:
		return status
	}
	a.setHeaders(c)
	if status == fiber.StatusPreconditionFailed {
		noStore(c) // what it says of the picture is not for caches
	} else {
		// Section 15.4.5: where there is an ETag, no other metadata is needed.
		c.Response().Header.Del(fiber.HeaderLastModified)
		// Only here: without a Content-Length, a client waits for the body of
		// any other status.
		c.Response().SkipBody = true
	}
	withoutBody(c.Status(status))
	return status
}

// notModified reports whether the client has the current picture already:
// steps 3 and 4 there.
func (a answer) notModified(c *fiber.Ctx) bool {
	if tags, present := field(c, fiber.HeaderIfNoneMatch); present {
		return matches(tags, a.etag, true)
	}
	since, ok := dateIn(c, fiber.HeaderIfModifiedSince)
	return ok && !a.modified.IsZero() && !a.modified.Truncate(time.Second).After(since)
}

// preconditionFailed reports whether the client wants the picture only in a
// version that is not current: steps 1 and 2 there.
func (a answer) preconditionFailed(c *fiber.Ctx) bool {
	if tags, present := field(c, fiber.HeaderIfMatch); present {
		return !matches(tags, a.etag, false)
	}
	since, ok := dateIn(c, fiber.HeaderIfUnmodifiedSince)
	return ok && !a.modified.IsZero() && a.modified.Truncate(time.Second).After(since)
}

// dateIn reads a date from a header; one that is no date counts as none.
func dateIn(c *fiber.Ctx, header string) (time.Time, bool) {
	text, present := field(c, header)
	if !present {
		return time.Time{}, false
	}
	return parseDate(text, time.Now())
}

// matches looks for etag in a list of entity tags, RFC 9110, section 8.8.3.2.
// A weak tag counts only in a weak comparison. What follows something that is
// no tag is not read.
func matches(list, etag string, weak bool) bool {
	if strings.TrimSpace(list) == "*" {
		return true
	}
	for list = strings.TrimLeft(list, " \t,"); list != ""; list = strings.TrimLeft(list, " \t,") {
		rest, isWeak := strings.CutPrefix(list, "W/")
		if !strings.HasPrefix(rest, `"`) {
			return false // not a list of tags
		}
		end := strings.Index(rest[1:], `"`)
		if end < 0 {
			return false
		}
		tag := rest[:end+2]
		list = strings.TrimLeft(rest[end+2:], " \t")
		if list != "" && list[0] != ',' {
			return false
		}
		if tag == etag && (weak || !isWeak) {
			return true
		}
	}
	return false
}

// withoutBody takes back what was said about a body.
func withoutBody(c *fiber.Ctx) {
	c.Response().Header.Del(fiber.HeaderContentType)
	c.Response().Header.SetNoDefaultContentType(true)
	c.Response().Header.Del(fiber.HeaderContentDisposition)
}
