package server

import (
	"strings"

	"github.com/gofiber/fiber/v2"
)

// field is the value of a request's header field. One that came in several
// lines has the value that they make together, joined by commas: RFC 9110,
// section 5.3. So a list is read whole, and what is no list and came twice is
// malformed. present tells an empty field from none.
func field(c *fiber.Ctx, name string) (value string, present bool) {
	lines := c.Request().Header.PeekAll(name)
	switch len(lines) {
	case 0:
		return "", false
	case 1:
		return string(lines[0]), true
	}
	texts := make([]string, len(lines))
	for i, line := range lines {
		texts[i] = string(line)
	}
	return strings.Join(texts, ", "), true
}

// combine makes one line of a field that came in several, for code of others
// that reads the first one only.
func combine(c *fiber.Ctx, name string) {
	if value, present := field(c, name); present {
		c.Request().Header.Set(name, value)
	}
}
