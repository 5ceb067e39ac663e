package origin

import (
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	for _, test := range []struct {
		value string
		wait  time.Duration
		ok    bool
	}{
		{"", 0, true},
		{"0", 0, true},
		{"120", 2 * time.Minute, true},
		{"99999999999999999999", deltaMax, true},
		{at(time.Minute), time.Minute, true},
		{"Monday, 04-May-26 12:01:00 GMT", time.Minute, true},
		{"Mon May  4 12:01:00 2026", time.Minute, true},
		{at(-time.Minute), 0, true},
		{"-1", 0, false},
		{"1.5", 0, false},
		{"1, 2", 0, false},
		{"soon", 0, false},
		{" ", 0, false},
	} {
		if wait, ok := retryAfter(test.value, received); wait != test.wait || ok != test.ok {
			t.Errorf("%q: %v, %v; want %v, %v", test.value, wait, ok, test.wait, test.ok)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"", "0", "99999999999999999999", "-1", at(0), "Fri, 31 Dec 9999 23:59:59 GMT"} {
		f.Add(value, int64(0))
	}
	f.Fuzz(func(t *testing.T, value string, now int64) {
		wait, ok := retryAfter(value, time.Unix(now%(1<<36), 0))
		if wait < 0 || !ok && wait != 0 {
			t.Fatalf("%q: %v, %v", value, wait, ok)
		}
	})
}
