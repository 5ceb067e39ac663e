package origin

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// unavailableMax bounds how long an origin may keep us from asking again: long
// enough for it to recover, short enough that a wrong word does little harm.
const unavailableMax = 5 * time.Minute

// Unavailable is a failure with a time before which it is no use to ask again:
// the origin said so, or its host has failed so often that nothing is sent to
// it for a while. It wraps ErrFailed.
type Unavailable struct {
	Until time.Time
	cause error // nil for ErrFailed alone
}

func (e *Unavailable) Error() string {
	return fmt.Sprintf("%v, asked again from %s", e.Unwrap(), e.Until.UTC().Format(time.RFC3339))
}

func (e *Unavailable) Unwrap() error {
	if e.cause == nil {
		return ErrFailed
	}
	return e.cause
}

// RetryAfter is how long that still is, 0 or more, seen from now.
func (e *Unavailable) RetryAfter(now time.Time) time.Duration {
	return max(e.Until.Sub(now), 0)
}

// errUnavailable stands for every [Unavailable] in tables of errors.
var errUnavailable = errors.New("origin unavailable for a while")

// Is lets errors.Is find an Unavailable by errUnavailable.
func (e *Unavailable) Is(target error) bool { return target == errUnavailable }

// afterRefusal makes an Unavailable of the error for an answer by which the
// origin asks for a pause (RFC 9110 §10.2.3, RFC 6585 §4).
func afterRefusal(a *answer, err error) error {
	switch a.resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
	default:
		return err
	}
	wait, ok := retryAfter(a.resp.Header.Get("Retry-After"), a.received)
	if !ok || wait == 0 {
		return err
	}
	return &Unavailable{Until: a.received.Add(min(wait, unavailableMax)), cause: err}
}
