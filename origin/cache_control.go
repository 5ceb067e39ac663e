package origin

import (
	"net/http"
	"strings"
	"time"
)

// cacheControl holds the directives of a Cache-Control field: lower-case name
// to argument, the first occurrence of each (RFC 9111 §4.2.1).
type cacheControl map[string]string

// cacheControlOf reads Cache-Control by the grammar of RFC 9111 §5.2: a list of
// names, each with an optional argument as a token or a quoted string.
func cacheControlOf(h http.Header) cacheControl {
	cc := cacheControl{}
	rest := strings.Join(h.Values("Cache-Control"), ",")
	for rest != "" {
		var name, argument string
		name, rest = cutAny(rest, ",=")
		if strings.HasPrefix(rest, "=") {
			argument, rest = cutArgument(rest[1:])
		}
		_, rest = cutAny(rest, ",")
		rest = strings.TrimPrefix(rest, ",")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := cc[name]; name != "" && !twice {
			cc[name] = argument
		}
	}
	return cc
}

func (cc cacheControl) has(name string) bool {
	_, ok := cc[name]
	return ok
}

// seconds is the argument of a directive that is an age, and whether the
// directive is there. One that isn't a number is 0, stale, as RFC 9111 §4.2.1
// encourages.
func (cc cacheControl) seconds(name string) (time.Duration, bool) {
	argument, ok := cc[name]
	if !ok {
		return 0, false
	}
	age, _ := deltaSeconds(argument)
	return age, true
}

// cutArgument takes a token or a quoted string off the front.
func cutArgument(s string) (argument, rest string) {
	s = strings.TrimLeft(s, " \t")
	if !strings.HasPrefix(s, `"`) {
		argument, rest = cutAny(s, ",")
		return strings.TrimSpace(argument), rest
	}
	var text strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return text.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		text.WriteByte(s[i])
	}
	return text.String(), "" // never closed: it takes all the rest
}

// cutAny cuts before the first of the given bytes, which stays in rest.
func cutAny(s, bytes string) (before, rest string) {
	if i := strings.IndexAny(s, bytes); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// deltaSeconds reads a number of seconds of any length, no more than deltaMax
// (RFC 9111 §1.2.2).
func deltaSeconds(s string) (time.Duration, bool) {
	if s == "" {
		return 0, false
	}
	total := int64(0)
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		total = min(total*10+int64(s[i]-'0'), int64(deltaMax/time.Second))
	}
	return time.Duration(total) * time.Second, true
}
