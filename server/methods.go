package server

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// routeMethods are those that some route has, in the order in which they are
// told.
var routeMethods = []string{fiber.MethodGet, fiber.MethodHead, fiber.MethodPost, fiber.MethodDelete}

// allMethods is an Allow header for the service as a whole.
var allMethods = strings.Join(append(slices.Clone(routeMethods), fiber.MethodOptions), ", ")

// serverTarget is what OPTIONS asks when it means no route: RFC 9110, section
// 9.3.7.
const serverTarget = "*"

// allowOf lists the methods of the routes at a path, as Allow has them. It is
// empty for a path at which there is none.
func (s *Server) allowOf(path string) string {
	var methods []string
	for _, method := range routeMethods {
		if slices.ContainsFunc(s.table, func(route fiber.Route) bool {
			return route.Method == method && fiber.RoutePatternMatch(path, route.Path, s.app.Config())
		}) {
			methods = append(methods, method)
		}
	}
	if len(methods) == 0 {
		return ""
	}
	return strings.Join(append(methods, fiber.MethodOptions), ", ")
}

// options answers what a route can do, RFC 9110, section 9.3.7, and with the
// same a browser's question whether a page may send a request (Fetch standard,
// CORS-preflight).
func (s *Server) options(c *fiber.Ctx) error {
	if c.Method() != fiber.MethodOptions {
		return c.Next()
	}
	allow := s.allowOf(c.Path())
	if string(c.Request().Header.RequestURI()) == serverTarget {
		allow = allMethods
	}
	if allow == "" {
		return ErrRouteNotFound
	}
	c.Set(fiber.HeaderAllow, allow)
	c.Set(fiber.HeaderAccessControlAllowMethods, allow)
	c.Set(fiber.HeaderAccessControlAllowHeaders, "Authorization, Content-Type, Idempotency-Key, If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Range, X-Request-Id")
	c.Set(fiber.HeaderAccessControlMaxAge, "86400")
	return c.SendStatus(fiber.StatusNoContent)
}

// onlyKnownMethods answers what Fiber has no words for, and CONNECT, which
// names no route. Names of methods are case-sensitive: RFC 9110, section 9.1,
// which would have 501 for those that nobody knows; here all are told what there
// is.
func (s *Server) onlyKnownMethods(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(request *fasthttp.RequestCtx) {
		method := string(request.Method())
		if slices.Contains(fiber.DefaultMethods, method) && method != fiber.MethodConnect {
			next(request)
			return
		}
		c := s.app.AcquireCtx(request)
		defer s.app.ReleaseCtx(c)
		c.Set(fiber.HeaderAllow, allMethods)
		if err := s.answerError(c, ErrMethodNotAllowed); err != nil {
			s.logger.Error("error not answered", "error", err)
		}
	}
}
