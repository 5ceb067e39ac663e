package server

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// span is a part of a body: length bytes from start.
type span struct {
	start, length int64
}

// rangeOf reads a Range header for a body of size bytes: RFC 9110, section
// 14. ok is false when the whole body is to be sent: without a range, with one
// that is not understood, and with several. A range outside the body is not
// satisfiable.
func rangeOf(header string, size int64) (part span, ok, satisfiable bool) {
	unit, text, found := strings.Cut(header, "=")
	if !found || !strings.EqualFold(strings.TrimSpace(unit), "bytes") || strings.Contains(text, ",") {
		return span{}, false, true
	}
	first, last, found := strings.Cut(strings.TrimSpace(text), "-")
	if !found {
		return span{}, false, true
	}
	if first == "" { // the last n bytes
		count, err := parseOffset(last)
		if err != nil {
			return span{}, false, true
		}
		count = min(count, size)
		return span{size - count, count}, true, count > 0
	}
	start, err := parseOffset(first)
	if err != nil {
		return span{}, false, true
	}
	end := size - 1
	if last != "" {
		if end, err = parseOffset(last); err != nil || end < start {
			return span{}, false, true
		}
		end = min(end, size-1)
	}
	return span{start, end - start + 1}, true, start < size
}

// parseOffset reads digits only: ParseInt's signs are no part of a range. A
// number that is too large for int64 is beyond every body, and as good as the
// largest: section 14.1.1 forbids it to be taken for a fault.
func parseOffset(text string) (int64, error) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, strconv.ErrSyntax
	}
	offset, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return math.MaxInt64, nil //nolint:nilerr // out of range is all that is left
	}
	return offset, nil
}

// wantsRange reports whether If-Range allows to send a part: RFC 9110, section
// 13.1.5. A weak tag does not, nor does a date that is not known to change
// whenever the bytes do.
func (a answer) wantsRange(c *fiber.Ctx) bool {
	condition, present := field(c, fiber.HeaderIfRange)
	if !present {
		return true
	}
	if strings.HasSuffix(condition, `"`) {
		return condition == a.etag
	}
	date, ok := parseDate(condition, time.Now())
	return ok && a.exactDate && httpDate(a.modified) == httpDate(date)
}

// choose decides which part of a body is sent, and says so in the headers. It
// returns false after it has answered 416.
func (a answer) choose(c *fiber.Ctx, size int64) (span, bool) {
	header, present := field(c, fiber.HeaderRange)
	if !present || c.Method() != fiber.MethodGet || !a.wantsRange(c) {
		return span{0, size}, true
	}
	part, ok, satisfiable := rangeOf(header, size)
	if !ok {
		return span{0, size}, true
	}
	if !satisfiable {
		c.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes */%d", size))
		withoutBody(noStore(c).Status(fiber.StatusRequestedRangeNotSatisfiable))
		return span{}, false
	}
	c.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes %d-%d/%d", part.start, part.start+part.length-1, size))
	c.Status(fiber.StatusPartialContent)
	return part, true
}
