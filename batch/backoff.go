package batch

import (
	"math/rand/v2"
	"time"
)

const (
	// firstBackoff is before the second attempt; each further one is four times
	// as long, up to maxBackoff.
	firstBackoff = time.Second
	maxBackoff   = 5 * time.Minute
	// maxRetryAfter bounds what a Failure may ask for.
	maxRetryAfter = time.Hour
)

// backoff is how long to wait after so many attempts, spread by a quarter to
// both sides: what failed together does not come back together.
func backoff(attempts int) time.Duration {
	wait := firstBackoff
	for range attempts - 1 {
		wait = min(4*wait, maxBackoff)
	}
	return wait*3/4 + rand.N(wait/2)
}
