package server

import (
	"testing"
	"time"
)

func TestMatches(t *testing.T) {
	const etag = `"abc"`
	for _, test := range []struct {
		list         string
		weak, strong bool
	}{
		{`"abc"`, true, true},
		{`W/"abc"`, true, false},
		{`*`, true, true},
		{` * `, true, true},
		{`"x", "abc"`, true, true},
		{`"x",W/"abc" , "y"`, true, false},
		{`"a,b", "abc"`, true, true}, // a comma may stand in a tag
		{`, ,"abc",`, true, true},    // empty elements are allowed
		{`"x"`, false, false},
		{`abc`, false, false},
		{`"abc`, false, false},
		{`"abcd"`, false, false},
		{`w/"abc"`, false, false}, // the W is case-sensitive
		{`"x" *`, false, false},
		{`"x""abc"`, false, false},
		{`"abc" x`, false, false},
		{`*, "abc"`, false, false},
		{``, false, false},
	} {
		if got := matches(test.list, etag, true); got != test.weak {
			t.Errorf("%s weakly: %v, want %v", test.list, got, test.weak)
		}
		if got := matches(test.list, etag, false); got != test.strong {
			t.Errorf("%s strongly: %v, want %v", test.list, got, test.strong)
		}
	}
}

func TestRangeOf(t *testing.T) {
	for _, test := range []struct {
		header      string
		want        span
		ok          bool
		satisfiable bool
	}{
		{"bytes=0-9", span{0, 10}, true, true},
		{"bytes=90-", span{90, 10}, true, true},
		{"bytes=90-1000", span{90, 10}, true, true},
		{"bytes=-10", span{90, 10}, true, true},
		{"bytes=-1000", span{0, 100}, true, true},
		{"Bytes = 5-5", span{5, 1}, true, true},
		{"bytes=100-", span{100, 0}, true, false},
		{"bytes=-0", span{100, 0}, true, false},
		{"bytes=0-1,3-4", span{}, false, true},
		{"bytes=5-4", span{}, false, true},
		{"bytes=a-b", span{}, false, true},
		{"bytes=+1-2", span{}, false, true},
		{"bytes=--2", span{}, false, true},
		{"bytes=-", span{}, false, true},
		{"bytes=99999999999999999999-", span{}, true, false},
		{"bytes=90-99999999999999999999", span{90, 10}, true, true},
		{"bytes=-99999999999999999999", span{0, 100}, true, true},
		{"lines=0-9", span{}, false, true},
		{"bytes", span{}, false, true},
	} {
		part, ok, satisfiable := rangeOf(test.header, 100)
		if ok != test.ok || satisfiable != test.satisfiable || ok && satisfiable && part != test.want {
			t.Errorf("%s: got %+v %v %v, want %+v %v %v", test.header, part, ok, satisfiable, test.want, test.ok, test.satisfiable)
		}
	}
}

func FuzzMatches(f *testing.F) {
	f.Add(`W/"a", "b"`)
	f.Add(`"abc" ,, *`)
	f.Fuzz(func(t *testing.T, list string) {
		if matches(list, `"abc"`, false) && !matches(list, `"abc"`, true) {
			t.Fatalf("%q matches strongly but not weakly", list)
		}
	})
}

func FuzzRangeOf(f *testing.F) {
	f.Add("bytes=0-9", int64(100))
	f.Add("bytes=-5", int64(3))
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size < 0 {
			return
		}
		part, ok, satisfiable := rangeOf(header, size)
		if ok && satisfiable && (part.start < 0 || part.length < 1 || part.start+part.length > size) {
			t.Fatalf("%q of %d bytes gives %+v", header, size, part)
		}
	})
}

func TestParseDate(t *testing.T) {
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	want := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"Sun, 06 Nov 1994 08:49:37 GMT":  want,
		"Sunday, 06-Nov-94 08:49:37 GMT": want,
		"Sun Nov  6 08:49:37 1994":       want,
		"Friday, 06-Nov-70 08:49:37 GMT": time.Date(2070, 11, 6, 8, 49, 37, 0, time.UTC), // less than 50 years ahead
		"Friday, 06-Nov-68 08:49:37 GMT": time.Date(2068, 11, 6, 8, 49, 37, 0, time.UTC),
		"Friday, 01-May-76 00:00:00 GMT": time.Date(2076, 5, 1, 0, 0, 0, 0, time.UTC), // just 50
		"Friday, 01-May-76 00:00:01 GMT": time.Date(1976, 5, 1, 0, 0, 1, 0, time.UTC), // more
		"Friday, 06-Nov-26 08:49:37 GMT": time.Date(2026, 11, 6, 8, 49, 37, 0, time.UTC),
		"Sunday, 06-Nov-94 08:49:37 PST": {},
		"Sun, 06 Nov 1994 08:49:37 PST":  {},
		"Sun, 06 Nov 1994 08:49:37":      {},
		"1994-11-06T08:49:37Z":           {},
		"784111777":                      {},
		"":                               {},
		"Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT": {},
	} {
		got, ok := parseDate(text, now)
		if ok == want.IsZero() || !got.Equal(want) {
			t.Errorf("%q: got %v, %v; want %v", text, got, ok, want)
		}
	}
}

func FuzzParseDate(f *testing.F) {
	f.Add("Sunday, 06-Nov-94 08:49:37 GMT", int64(1_700_000_000))
	f.Add("Sun Nov  6 08:49:37 1994", int64(0))
	f.Fuzz(func(t *testing.T, text string, seconds int64) {
		if seconds < 0 || seconds > 1<<36 {
			return
		}
		now := time.Unix(seconds, 0).UTC()
		date, ok := parseDate(text, now)
		if !ok {
			return
		}
		if again, ok := parseDate(httpDate(date), now); !ok || again.Unix() != date.Unix() {
			t.Fatalf("%q is %v, which reads back as %v, %v", text, date, again, ok)
		}
	})
}
