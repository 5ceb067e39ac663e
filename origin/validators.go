package origin

import (
	"net/http"
	"strings"
	"time"
)

// validatorBytes bounds what is kept of an origin's validators; a longer one
// is none.
const validatorBytes = 1024

// validatorsOf reads ETag and Last-Modified as they are spelled.
func validatorsOf(h http.Header) Validators {
	v := Validators{ETag: h.Get("ETag"), LastModified: h.Get("Last-Modified")}
	if len(v.ETag) > validatorBytes {
		v.ETag = ""
	}
	if len(v.LastModified) > validatorBytes {
		v.LastModified = ""
	}
	return v
}

// renewed are the validators after a 304: those it gives replace those we had
// (RFC 9111 §3.2).
func renewed(had, got Validators) Validators {
	if got.ETag == "" {
		got.ETag = had.ETag
	}
	if got.LastModified == "" {
		got.LastModified = had.LastModified
	}
	return got
}

// contradicts reports a 304 that names another version than the one asked
// about.
func contradicts(a *answer, have Validators) bool {
	got := a.resp.Header.Get("ETag")
	return a.resp.StatusCode == http.StatusNotModified && have.ETag != "" && got != "" && !sameTag(got, have.ETag)
}

// sameTag is the weak comparison of RFC 9110 §8.8.3.2.
func sameTag(a, b string) bool {
	return strings.TrimPrefix(a, "W/") == strings.TrimPrefix(b, "W/")
}

// modified is the time in Last-Modified, zero when there is none.
func modified(v Validators) time.Time {
	at, err := http.ParseTime(v.LastModified)
	if err != nil {
		return time.Time{}
	}
	return at
}
