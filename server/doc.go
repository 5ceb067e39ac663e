// Package server is the HTTP side: routes, headers, statuses, conditional and
// range requests, uploads, health, metrics and logs. It alone knows Fiber.
//
// It decides nothing about pictures and keeps nothing: what is asked goes
// through dialect to proxy, and what comes back is put into HTTP's words. Text
// that outlives a handler is copied where it leaves Fiber, whose strings are
// views into a buffer that later requests reuse.
package server
