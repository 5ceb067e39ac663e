package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Problem is an error as it is told to clients, RFC 9457.
type Problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Code      string `json:"code"`
	RequestID string `json:"request_id,omitempty"`
}

func newProblem(err error, requestID string) Problem {
	kind := kindOf(err)
	return Problem{
		Type: "urn:api-resize:problem:" + kind.code, Title: kind.title, Status: kind.status,
		Detail: kind.text(err), Code: kind.code, RequestID: requestID,
	}
}

// timed is an error that knows itself how long it lasts.
type timed interface {
	error
	// RetryAfter is how long it is no use to ask again; 0 when that is unknown.
	RetryAfter(now time.Time) time.Duration
}

// retryAfter is the Retry-After of an error in seconds, 0 for none: what the
// error itself knows, else what is usual for its kind.
func retryAfter(err error, kind problemKind, now time.Time) int64 {
	var own timed
	if errors.As(err, &own) {
		if wait := own.RetryAfter(now); wait > 0 {
			return int64((wait-1)/time.Second) + 1 // rounded up
		}
	}
	if kind.retry == 0 {
		return 0
	}
	// Spread, so that all who were refused do not come back together.
	return int64(kind.retry + rand.IntN(kind.retry+1))
}

// answerError is Fiber's ErrorHandler: whatever goes wrong ends here.
func (s *Server) answerError(c *fiber.Ctx, err error) error {
	err = fromFiber(err)
	kind := kindOf(err)
	story := storyOf(c)
	story.err, story.code = err, kind.code

	// What a handler has said before it failed is not true of the error.
	allow := string(c.Response().Header.Peek(fiber.HeaderAllow))
	c.Response().Reset()
	s.commonHeaders(c)
	if kind.status == fiber.StatusMethodNotAllowed {
		if own := s.allowOf(c.Path()); own != "" {
			allow = own
		}
		c.Set(fiber.HeaderAllow, allow)
	}
	if kind.status == fiber.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="api-resize"`)
	}
	if seconds := retryAfter(err, kind, time.Now()); seconds > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.FormatInt(seconds, 10))
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	if kind.life > 0 && (c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead) {
		c.Set(fiber.HeaderCacheControl, fmt.Sprintf("public, max-age=%d", kind.life))
	}
	body, encodeErr := json.Marshal(newProblem(err, story.id))
	if encodeErr != nil {
		s.logger.Error("problem not encoded", slog.String("request_id", story.id), slog.Any("error", encodeErr))
	}
	c.Status(kind.status).Set(fiber.HeaderContentType, "application/problem+json")
	if err := c.Send(body); err != nil {
		return err
	}
	if story.unread {
		s.finish(c, story, unrouted)
	}
	return nil
}
