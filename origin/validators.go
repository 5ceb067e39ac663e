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

// renew completes the header of a 304: the validators that it leaves out are
// those we had (RFC 9111 §3.2). A life may be guessed by Last-Modified, so it
// has to be there before.
func renew(h http.Header, had Validators) {
	for name, value := range map[string]string{"ETag": had.ETag, "Last-Modified": had.LastModified} {
		if h.Get(name) == "" && value != "" {
			h.Set(name, value)
		}
	}
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
