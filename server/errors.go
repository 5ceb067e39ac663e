package server

import (
	"context"
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"api-resize/batch"
	"api-resize/origin"
	"api-resize/proxy"
	"api-resize/spec"
	"api-resize/transform"
)

// Errors that HTTP itself has.
var (
	ErrUnauthorized     = errors.New("no or wrong API key")
	ErrRouteNotFound    = errors.New("no such route")
	ErrMethodNotAllowed = errors.New("method not allowed")
	ErrBadRequest       = errors.New("malformed request")
	ErrMalformed        = errors.New("malformed HTTP")
	ErrBadSignature     = errors.New("signature missing or wrong")
	ErrExpired          = errors.New("the URL has expired")
	ErrDraining         = errors.New("the service is stopping")
	ErrFilesLimit       = errors.New("too many files in one upload")
	ErrRequestTimeout   = errors.New("the request did not arrive in time")
	ErrHeaderTooLarge   = errors.New("URL or header too long")
	ErrClientGone       = errors.New("the client has gone")
	ErrRateLimited      = errors.New("too many requests of one client")
	ErrBodyTooLarge     = errors.New("the body is too long")
)

// negativeLife is how long, in seconds, a cache may believe that something does
// not exist.
const negativeLife = 10

// statusClientGone is nginx' status for a client that has left.
const statusClientGone = 499

// problemKind is one row of the table of errors.
type problemKind struct {
	err    error
	status int
	code   string
	title  string
	// detail is what is told where the error's own text is not for clients;
	// empty means that the error's text is.
	detail string
	// retry is a Retry-After in seconds.
	retry int
	// life is how long, in seconds, caches may keep the answer.
	life int
	// replaceable says that the original can't be had or decoded, so that the
	// one named by the option default is answered with.
	replaceable bool
}

// problems is the one table of what errors become. The first row that the
// error is (errors.Is) counts, so the more special stand before the more
// general.
var problems = []problemKind{
	// First, since it may be the cause of any other. Nobody reads the answer: the
	// row is for log and metrics.
	{err: ErrClientGone, status: statusClientGone, code: "client_gone", title: "Client gone", detail: "The client did not wait for the answer."},

	{err: spec.ErrBadSource, status: 400, code: "bad_option", title: "Malformed source"},
	{err: spec.ErrImpossible, status: 400, code: "bad_option", title: "Impossible option"},
	{err: spec.ErrBadOption, status: 400, code: "bad_option", title: "Unknown or impossible option"},
	{err: spec.ErrTooLarge, status: 422, code: "too_large_pixels", title: "Too many pixels"},

	{err: ErrUnauthorized, status: 401, code: "unauthorized", title: "No or wrong API key", detail: "Send the header Authorization: Bearer <key>."},
	{err: ErrBadSignature, status: 403, code: "bad_signature", title: "Signature missing or wrong", detail: "This URL has no valid signature."},
	{err: ErrExpired, status: 403, code: "expired", title: "Expired", detail: "The time of this URL is over."},
	{err: ErrRouteNotFound, status: 404, code: "not_found", title: "No such route", detail: "There is nothing at this URL.", life: negativeLife},
	{err: ErrMethodNotAllowed, status: 405, code: "method_not_allowed", title: "Method not allowed", detail: "The header Allow lists the methods of this route."},
	{err: ErrMalformed, status: 400, code: "bad_option", title: "Malformed request", detail: "This is not an HTTP request as RFC 9112 has it."},
	{err: ErrBadRequest, status: 400, code: "bad_option", title: "Malformed request"},
	{err: ErrFilesLimit, status: 413, code: "too_large_bytes", title: "Too many files"},
	{err: ErrBodyTooLarge, status: 413, code: "too_large_bytes", title: "Too many bytes"},
	{err: ErrRequestTimeout, status: 408, code: "request_timeout", title: "Request too slow", detail: "The request did not arrive in time."},
	{err: ErrHeaderTooLarge, status: 431, code: "bad_option", title: "URL or header too long", detail: "URL and header together are longer than 16 KiB."},
	{err: ErrRateLimited, status: 429, code: "rate_limited", title: "Too many requests", detail: "You send more requests than one client may. Retry-After says when to go on.", retry: 1},
	{err: ErrDraining, status: 503, code: "overloaded", title: "Stopping", detail: "The service is stopping.", retry: 5},

	{err: origin.ErrNotAllowed, status: 403, code: "source_not_allowed", title: "Source not allowed", detail: "This source's host or address is not allowed here."},
	{err: origin.ErrOriginNotFound, status: 404, code: "origin_not_found", title: "Original not found", detail: "The origin says that there is no such original.", life: negativeLife, replaceable: true},
	{err: origin.ErrNotFound, status: 404, code: "not_found", title: "Not found", detail: "There is no such image.", life: negativeLife, replaceable: true},
	{err: origin.ErrTooLarge, status: 413, code: "too_large_bytes", title: "Too many bytes", detail: "The image has more bytes than allowed.", replaceable: true},
	{err: origin.ErrTimeout, status: 504, code: "origin_timeout", title: "Origin too slow", detail: "The origin did not answer in time.", replaceable: true},
	{err: origin.ErrBusy, status: 503, code: "overloaded", title: "Overloaded", detail: "Too many fetches from this origin are under way.", retry: 1},
	{err: origin.ErrStorage, status: 503, code: "overloaded", title: "Storage unavailable", detail: "The image could not be stored or read.", retry: 10},
	{err: origin.ErrFailed, status: 502, code: "origin_error", title: "Origin failed", detail: "The origin did not deliver the original.", replaceable: true},

	{err: batch.ErrNotFound, status: 404, code: "not_found", title: "Not found", detail: "There is no such task, or it is forgotten."},
	{err: batch.ErrTooManyItems, status: 422, code: "too_many_items", title: "Too many items"},
	{err: batch.ErrIdempotencyMismatch, status: 422, code: "idempotency_mismatch", title: "Another task", detail: "This Idempotency-Key was sent with another task before."},
	{err: batch.ErrUnavailable, status: 503, code: "overloaded", title: "Storage unavailable", detail: "The task could not be stored or read.", retry: 10},

	{err: transform.ErrUnsupported, status: 415, code: "unsupported_format", title: "Unsupported format", detail: "By its content this is no image in a format that is read here.", replaceable: true},
	{err: transform.ErrTooManyPixels, status: 422, code: "too_large_pixels", title: "Too many pixels", detail: "The image has more pixels or frames than allowed.", replaceable: true},
	{err: transform.ErrCorrupt, status: 422, code: "corrupt_image", title: "Broken image", detail: "The image is broken or cut short.", replaceable: true},
	{err: transform.ErrTimeout, status: 503, code: "processing_timeout", title: "Processing too slow", detail: "Making the picture took too long.", retry: 10},
	{err: proxy.ErrTimeout, status: 503, code: "processing_timeout", title: "Processing too slow", detail: "Making the picture took too long.", retry: 10},
	{err: proxy.ErrOverloaded, status: 503, code: "overloaded", title: "Overloaded", detail: "Too much is being made just now.", retry: 1},
	{err: context.DeadlineExceeded, status: 503, code: "processing_timeout", title: "Request too slow", detail: "The request took too long.", retry: 10},
	{err: context.Canceled, status: 503, code: "overloaded", title: "Given up", detail: "The work was given up.", retry: 1},
}

// internal is what every error is that is not in the table.
var internal = problemKind{status: 500, code: "internal", title: "Internal error", detail: "Something went wrong here. The request_id finds it in the log."}

// kindOf finds an error's row.
func kindOf(err error) problemKind {
	for _, kind := range problems {
		if errors.Is(err, kind.err) {
			return kind
		}
	}
	return internal
}

// text is what a client is told about err.
func (k problemKind) text(err error) string {
	if k.detail != "" {
		return k.detail
	}
	return strings.TrimPrefix(err.Error(), k.err.Error()+": ")
}

// fromFiber gives Fiber's own errors a place in the table.
func fromFiber(err error) error {
	var own *fiber.Error
	if !errors.As(err, &own) {
		return err
	}
	switch own.Code {
	case fiber.StatusNotFound:
		return ErrRouteNotFound
	case fiber.StatusMethodNotAllowed:
		return ErrMethodNotAllowed
	case fiber.StatusRequestTimeout:
		return ErrRequestTimeout
	case fiber.StatusRequestHeaderFieldsTooLarge:
		return ErrHeaderTooLarge
	}
	if own.Code < 500 {
		// Its own text quotes the request, keys included: it goes nowhere.
		return ErrMalformed
	}
	return err
}
