package server

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gofiber/fiber/v2"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// maxClients is how many clients' rates are remembered. One costs about 300
// bytes; whoever has not asked for longest is forgotten first, and has its whole
// burst again.
const maxClients = 1 << 16

// clientLimits is how often each client may ask: a bucket of tokens for each,
// of which a request takes one.
type clientLimits struct {
	rate  rate.Limit // tokens a second
	burst int        // most tokens in a bucket
	known *lru.Cache[string, *rate.Limiter]
}

// newClientLimits returns nil where there are none.
func newClientLimits(config Config) *clientLimits {
	if config.ClientRate == 0 {
		return nil
	}
	known, err := lru.New[string, *rate.Limiter](maxClients)
	if err != nil {
		panic(err) // of sizes below 1 only
	}
	return &clientLimits{rate.Limit(config.ClientRate), config.ClientBurst, known}
}

// take lets a client have one request, or says in how long it can.
func (l *clientLimits) take(client string, now time.Time) (wait time.Duration, ok bool) {
	limiter, known := l.known.Get(client)
	if !known {
		limiter = rate.NewLimiter(l.rate, l.burst)
		if other, exists, _ := l.known.PeekOrAdd(client, limiter); exists {
			limiter = other // somebody else was faster
		}
	}
	if limiter.AllowN(now, 1) {
		return 0, true
	}
	missing := max(0, 1-limiter.TokensAt(now))
	return time.Duration(missing / float64(l.rate) * float64(time.Second)), false
}

// rateLimitedError is ErrRateLimited with the time that the client has to wait.
type rateLimitedError struct{ wait time.Duration }

func (e *rateLimitedError) Error() string { return fmt.Sprintf("%v, for %v", ErrRateLimited, e.wait) }
func (e *rateLimitedError) Unwrap() error { return ErrRateLimited }

// RetryAfter is spread, so that a client that has sent many requests does not
// repeat all of them together.
func (e *rateLimitedError) RetryAfter(time.Time) time.Duration {
	return e.wait + rand.N(max(e.wait, time.Second))
}

// limitClients refuses clients that ask too often. Who has an API key may.
func (s *Server) limitClients(c *fiber.Ctx) error {
	if s.limits == nil || s.keys.valid(c.Get(fiber.HeaderAuthorization)) {
		return c.Next()
	}
	if wait, ok := s.limits.take(clientGroup(s.clientAddress(c)), time.Now()); !ok {
		return &rateLimitedError{wait}
	}
	return c.Next()
}
