package origin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"time"
)

const (
	retryPause    = 50 * time.Millisecond  // at least, before the one retry
	retryJitter   = 100 * time.Millisecond // at most, on top
	retryAfterMax = 2 * time.Second        // a longer Retry-After is an answer, not a pause
)

// pauseBeforeRetry says whether the first attempt is worth a second, and after
// what pause. Only where asking again can't do harm and may help: nothing of an
// answer had arrived, or the answer says that it is for the moment.
func pauseBeforeRetry(a *answer, err error, now time.Time) (time.Duration, bool) {
	pause := retryPause + rand.N(retryJitter)
	if err != nil {
		var broken *unanswered
		return pause, errors.As(err, &broken) && passing(broken.cause)
	}
	switch a.resp.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
	default:
		return 0, false
	}
	asked, ok := retryAfter(a.resp.Header.Get("Retry-After"), now)
	return pause + asked, ok && asked <= retryAfterMax
}

// pauseWithin is the pause before a second attempt, 0 where none is worth it or
// there is no time for it.
func pauseWithin(ctx context.Context, a *answer, err error) time.Duration {
	pause, again := pauseBeforeRetry(a, err, time.Now())
	deadline, ok := ctx.Deadline()
	if !again || ctx.Err() != nil || ok && time.Until(deadline) <= pause {
		return 0
	}
	return pause
}

// unanswered is a request that failed before a byte of an answer came.
type unanswered struct{ cause error }

func (u *unanswered) Error() string { return u.cause.Error() }
func (u *unanswered) Unwrap() error { return u.cause }

// passing reports errors that may be gone in a moment. Timeouts aren't retried:
// the second wait would be as long, and slow origins need fewer requests.
func passing(err error) bool {
	var (
		dns       *net.DNSError
		untrusted *tls.CertificateVerificationError
		name      x509.HostnameError
		alert     tls.AlertError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, ErrNotAllowed), errors.Is(err, context.Canceled), isTimeout(err):
		return false
	case errors.As(err, &dns):
		return dns.IsTemporary && !dns.IsNotFound
	case errors.As(err, &untrusted), errors.As(err, &name), errors.As(err, &alert), errors.As(err, &record):
		return false
	}
	return true
}

func isTimeout(err error) bool {
	var slow net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &slow) && slow.Timeout()
}

// retryAfter reads Retry-After, seconds or a date (RFC 9110 §10.2.3); without
// one the answer is 0. What can't be understood forbids a retry.
func retryAfter(value string, now time.Time) (time.Duration, bool) {
	if value == "" {
		return 0, true
	}
	if wait, ok := deltaSeconds(value); ok {
		return wait, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(at.Sub(now), 0), true
}
