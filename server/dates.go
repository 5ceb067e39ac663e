package server

import (
	"net/http"
	"strings"
	"time"
)

func httpDate(t time.Time) string { return t.UTC().Format(http.TimeFormat) }

// centuryAhead bounds years of two digits, in years: RFC 9110, section 5.6.7.
const centuryAhead = 50

// parseDate reads an HTTP-date in any of its three forms, RFC 9110, section
// 5.6.7. What is none is to be ignored wherever conditions have dates.
func parseDate(text string, now time.Time) (time.Time, bool) {
	date, err := http.ParseTime(text)
	if err != nil {
		return time.Time{}, false
	}
	if !strings.Contains(text, "-") {
		return date, true
	}
	// The form of RFC 850. http.ParseTime takes any name of a time zone in it
	// for UTC, and has a rule of its own for years of two digits.
	if !strings.HasSuffix(text, " GMT") {
		return time.Time{}, false
	}
	limit := now.AddDate(centuryAhead, 0, 0)
	if next := date.AddDate(100, 0, 0); !next.After(limit) {
		date = next
	}
	if date.After(limit) {
		date = date.AddDate(-100, 0, 0)
	}
	return date, true
}
