package origin

import (
	"net/http"
	"strings"
	"time"
)

// ages are the operator's bounds on how long an answer is fresh, and how long
// it may be used after that. 0 ≤ floor ≤ initial ≤ ceiling.
type ages struct {
	initial time.Duration // when the origin says nothing of a life
	floor   time.Duration // for answers that may be kept at all
	ceiling time.Duration // for lives and for what is added to them

	// When the origin doesn't say how long a stale answer may be used.
	staleWhileRevalidate time.Duration
	staleIfError         time.Duration
}

// heuristicMax bounds a life that is only guessed: a picture that was left alone
// for years may still be exchanged, and that should show within a week.
const heuristicMax = 7 * 24 * time.Hour

// deltaMax is the number that delta-seconds too large to be represented count
// as (RFC 9111 §1.2.2).
const deltaMax = 1 << 31 * time.Second

// freshnessOf says how long an answer with the header h may be used by a
// shared cache (RFC 9111), given when the request was sent and when the
// header had arrived.
//
// The floor lifts an age that the origin gave or that has passed; it doesn't
// overrule no-store, private, no-cache and "Vary: *". Neither does anything
// lift the windows of stale use where the origin forbids that (§4.2.4).
func freshnessOf(h http.Header, sent, received time.Time, a ages) Freshness {
	cc := cacheControlOf(h)
	if cc.has("no-store") || cc.has("private") || variesOnEverything(h) {
		return Freshness{NoStore: true}
	}
	if cc.has("no-cache") {
		return Freshness{MustRevalidate: true}
	}
	var f Freshness
	// §5.2.2.10: s-maxage includes the meaning of proxy-revalidate.
	f.MustRevalidate = cc.has("must-revalidate") || cc.has("proxy-revalidate") || cc.has("s-maxage")

	date := dateOf(h, received)
	age := ageOf(h, date, sent, received)
	left := a.initial
	if life, said := sharedLife(h, cc, date); said {
		left = life - age
	} else {
		left = max(left, heuristicLife(h, date)-age)
	}
	left = min(max(left, a.floor), a.ceiling)
	f.Until = received.Add(left).Round(0) // wall clock alone: it will be stored
	f.MaxAge = left
	// What is for shared caches only (s-maxage) isn't for browsers.
	if life, said := cc.seconds("max-age"); said {
		f.MaxAge = min(left, max(life-age, a.floor))
	}
	if !f.MustRevalidate {
		f.StaleWhileRevalidate = a.window(cc, "stale-while-revalidate", a.staleWhileRevalidate)
		f.StaleIfError = a.window(cc, "stale-if-error", a.staleIfError)
	}
	return f
}

// window is how long past its life an answer may be used by a directive of
// RFC 5861, or, where the origin doesn't give that, by the operator's word. One
// that can't be understood is 0.
func (a ages) window(cc cacheControl, directive string, otherwise time.Duration) time.Duration {
	if given, said := cc.seconds(directive); said {
		return min(given, a.ceiling)
	}
	return min(otherwise, a.ceiling)
}

// heuristicLife is a life for an answer that has none from its origin: a tenth
// of the time that it had been left alone when it was made (RFC 9111 §4.2.2).
// Without a Last-Modified, or with one that was still to come, it is 0.
func heuristicLife(h http.Header, date time.Time) time.Duration {
	changed, err := http.ParseTime(h.Get("Last-Modified"))
	if err != nil {
		return 0
	}
	return min(max(date.Sub(changed)/10, 0), heuristicMax)
}

// sharedLife is the freshness lifetime for a shared cache, and whether the
// origin gave one (RFC 9111 §4.2.1). One that can't be understood is 0.
func sharedLife(h http.Header, cc cacheControl, date time.Time) (time.Duration, bool) {
	for _, name := range []string{"s-maxage", "max-age"} {
		if life, said := cc.seconds(name); said {
			return life, true
		}
	}
	expires := h.Values("Expires")
	if len(expires) == 0 {
		return 0, false
	}
	// §5.3: an invalid date, "0" above all, means already expired.
	at, err := http.ParseTime(expires[0])
	if err != nil {
		return 0, true
	}
	return min(max(at.Sub(date), 0), deltaMax), true
}

// ageOf is corrected_initial_age of RFC 9111 §4.2.3: how old the answer was
// when it arrived, by the clock (Date) or by the caches it came through (Age),
// whichever is more.
func ageOf(h http.Header, date, sent, received time.Time) time.Duration {
	apparent := min(max(received.Sub(date), 0), deltaMax)
	delay := min(max(received.Sub(sent), 0), deltaMax)
	return max(apparent, ageValue(h)+delay)
}

// ageValue reads Age: of a list the first member counts, what isn't a number
// is ignored (RFC 9111 §5.1).
func ageValue(h http.Header) time.Duration {
	first, _, _ := strings.Cut(h.Get("Age"), ",")
	age, ok := deltaSeconds(strings.TrimSpace(first))
	if !ok {
		return 0
	}
	return age
}

// dateOf is when the answer was made; without a valid Date, when it arrived
// (RFC 9110 §6.6.1).
func dateOf(h http.Header, received time.Time) time.Time {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return received
	}
	return date
}

// variesOnEverything reports "Vary: *", which no later request can match
// (RFC 9111 §4.1). Any other Vary is met always: requests to origins carry the
// same header whoever the client is.
func variesOnEverything(h http.Header) bool {
	for _, line := range h.Values("Vary") {
		for member := range strings.SplitSeq(line, ",") {
			if strings.TrimSpace(member) == "*" {
				return true
			}
		}
	}
	return false
}
