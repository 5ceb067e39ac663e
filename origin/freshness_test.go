package origin

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

var received = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func at(offset time.Duration) string { return received.Add(offset).Format(http.TimeFormat) }

func headerOf(lines ...string) http.Header {
	h := http.Header{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		h.Add(name, strings.TrimSpace(value))
	}
	return h
}

// TestFreshness names for each row the section that it follows: of RFC 9111, or
// of what is named with it.
func TestFreshness(t *testing.T) {
	const none = -1 // Until is zero
	bounds := ages{initial: time.Hour, floor: 0, ceiling: 24 * time.Hour}
	for _, test := range []struct {
		section string
		name    string
		header  []string
		until   time.Duration // after received
		maxAge  time.Duration
		strict  bool // MustRevalidate
		store   bool
	}{
		{"4.2.2", "nothing said", nil, time.Hour, time.Hour, false, true},
		{"4.2.2", "nothing said, old", []string{"Date: " + at(-5*time.Hour)}, time.Hour, time.Hour, false, true},
		{"4.2.2", "only public", []string{"Cache-Control: public"}, time.Hour, time.Hour, false, true},
		{"4.2.2", "a tenth of the time since the change", []string{"Last-Modified: " + at(-100*time.Hour)}, 10 * time.Hour, 10 * time.Hour, false, true},
		{"4.2.2", "by the origin's clock", []string{"Date: " + at(time.Hour), "Last-Modified: " + at(-99*time.Hour)}, 10 * time.Hour, 10 * time.Hour, false, true},
		{"4.2.2", "less the age", []string{"Last-Modified: " + at(-100*time.Hour), "Age: 3600"}, 9 * time.Hour, 9 * time.Hour, false, true},
		{"4.2.2", "less the age by the clock", []string{"Date: " + at(-2*time.Hour), "Last-Modified: " + at(-102*time.Hour)}, 8 * time.Hour, 8 * time.Hour, false, true},
		{"4.2.2", "changed just now", []string{"Last-Modified: " + at(-time.Minute)}, time.Hour, time.Hour, false, true},
		{"4.2.2", "older than its guessed life", []string{"Last-Modified: " + at(-100*time.Hour), "Age: 360000"}, time.Hour, time.Hour, false, true},
		{"4.2.2", "a guess under the ceiling", []string{"Last-Modified: " + at(-1000*time.Hour)}, 24 * time.Hour, 24 * time.Hour, false, true},
		{"4.2.2", "changed in the future", []string{"Last-Modified: " + at(100*time.Hour)}, time.Hour, time.Hour, false, true},
		{"4.2.2", "changed after it was made", []string{"Date: " + at(-200*time.Hour), "Last-Modified: " + at(-100*time.Hour)}, time.Hour, time.Hour, false, true},
		{"4.2.2", "Last-Modified is no date", []string{"Last-Modified: yesterday"}, time.Hour, time.Hour, false, true},
		{"4.2.2", "no guess where a life is given", []string{"Last-Modified: " + at(-100*time.Hour), "Cache-Control: max-age=60"}, time.Minute, time.Minute, false, true},
		{"4.2.2", "no guess where one is given badly", []string{"Last-Modified: " + at(-100*time.Hour), "Expires: 0"}, 0, 0, false, true},
		{"4.2.2", "a guess, to be asked again after it", []string{"Last-Modified: " + at(-100*time.Hour), "Cache-Control: must-revalidate"}, 10 * time.Hour, 10 * time.Hour, true, true},

		{"5.2.2.1", "max-age", []string{"Cache-Control: max-age=60"}, time.Minute, time.Minute, false, true},
		{"5.2", "any case, spaces", []string{"Cache-Control:  Public ,\tMAX-AGE=60"}, time.Minute, time.Minute, false, true},
		{"5.2", "quoted", []string{`Cache-Control: max-age="60"`}, time.Minute, time.Minute, false, true},
		{"RFC 9110 5.3", "two lines", []string{"Cache-Control: public", "Cache-Control: max-age=60"}, time.Minute, time.Minute, false, true},
		{"4.2.1", "first of two counts", []string{"Cache-Control: max-age=60, max-age=600"}, time.Minute, time.Minute, false, true},
		{"4.2.1", "first of two lines counts", []string{"Cache-Control: max-age=60", "Cache-Control: max-age=600"}, time.Minute, time.Minute, false, true},
		{"4.2.1", "not a number is stale", []string{"Cache-Control: max-age=soon"}, 0, 0, false, true},
		{"4.2.1", "a fraction is stale", []string{"Cache-Control: max-age=60.5"}, 0, 0, false, true},
		{"4.2.1", "negative is stale", []string{"Cache-Control: max-age=-5"}, 0, 0, false, true},
		{"4.2.1", "no argument is stale", []string{"Cache-Control: max-age"}, 0, 0, false, true},
		{"4.2.1", "s-maxage that is no number is stale", []string{"Cache-Control: s-maxage=soon, max-age=60"}, 0, 0, true, true},
		{"5.2", "a directive in a quoted string is none", []string{`Cache-Control: x="no-store, max-age=1", max-age=60`}, time.Minute, time.Minute, false, true},
		{"5.2", "an escaped quote", []string{`Cache-Control: x="\", no-store", max-age=60`}, time.Minute, time.Minute, false, true},
		{"5.2", "a quote never closed", []string{`Cache-Control: max-age=60, x="no-store`}, time.Minute, time.Minute, false, true},
		{"RFC 9110 5.6.1", "empty members", []string{"Cache-Control: ,,max-age=60,,"}, time.Minute, time.Minute, false, true},
		{"5.2.3", "directives nobody knows", []string{"Cache-Control: community=UCI, max-age=60, immutable"}, time.Minute, time.Minute, false, true},
		{"4.2", "ceiling", []string{"Cache-Control: max-age=31536000"}, 24 * time.Hour, 24 * time.Hour, false, true},
		{"1.2.2", "beyond 32 bits", []string{"Cache-Control: max-age=4294967296"}, 24 * time.Hour, 24 * time.Hour, false, true},
		{"1.2.2", "beyond 64 bits", []string{"Cache-Control: max-age=99999999999999999999999999"}, 24 * time.Hour, 24 * time.Hour, false, true},

		{"5.2.2.10", "s-maxage over max-age", []string{"Cache-Control: max-age=60, s-maxage=600"}, 10 * time.Minute, time.Minute, true, true},
		{"5.2.2.10", "s-maxage under max-age", []string{"Cache-Control: max-age=600, s-maxage=60"}, time.Minute, time.Minute, true, true},
		{"5.2.2.10", "s-maxage over Expires", []string{"Cache-Control: s-maxage=60", "Expires: " + at(time.Hour)}, time.Minute, time.Minute, true, true},
		{"5.3", "max-age over Expires", []string{"Cache-Control: max-age=60", "Expires: " + at(time.Hour)}, time.Minute, time.Minute, false, true},

		{"5.3", "Expires", []string{"Expires: " + at(10*time.Minute), "Date: " + at(0)}, 10 * time.Minute, 10 * time.Minute, false, true},
		{"4.2.1", "Expires by the origin's clock", []string{"Expires: " + at(70*time.Minute), "Date: " + at(time.Hour)}, 10 * time.Minute, 10 * time.Minute, false, true},
		{"RFC 9110 6.6.1", "Expires without Date", []string{"Expires: " + at(10*time.Minute)}, 10 * time.Minute, 10 * time.Minute, false, true},
		{"RFC 9110 6.6.1", "Expires and a Date that is none", []string{"Expires: " + at(10*time.Minute), "Date: today"}, 10 * time.Minute, 10 * time.Minute, false, true},
		{"5.3", "Expires 0", []string{"Expires: 0"}, 0, 0, false, true},
		{"5.3", "Expires empty", []string{"Expires:"}, 0, 0, false, true},
		{"5.3", "Expires past", []string{"Expires: " + at(-time.Hour)}, 0, 0, false, true},
		{"4.2.1", "first of two Expires counts", []string{"Expires: " + at(10*time.Minute), "Expires: " + at(time.Hour)}, 10 * time.Minute, 10 * time.Minute, false, true},
		{"RFC 9110 5.6.7", "Expires in RFC 850", []string{"Expires: Monday, 04-May-26 12:10:00 GMT"}, 10 * time.Minute, 10 * time.Minute, false, true},
		{"RFC 9110 5.6.7", "Expires in asctime", []string{"Expires: Mon May  4 12:10:00 2026"}, 10 * time.Minute, 10 * time.Minute, false, true},

		{"5.1", "Age", []string{"Cache-Control: max-age=600", "Age: 60"}, 9 * time.Minute, 9 * time.Minute, false, true},
		{"4.2.3", "Age over the life", []string{"Cache-Control: s-maxage=60", "Age: 600"}, 0, 0, true, true},
		{"5.1", "Age list", []string{"Cache-Control: max-age=600", "Age: 60, 300"}, 9 * time.Minute, 9 * time.Minute, false, true},
		{"5.1", "Age nonsense", []string{"Cache-Control: max-age=600", "Age: -60"}, 10 * time.Minute, 10 * time.Minute, false, true},
		{"1.2.2", "Age beyond 64 bits", []string{"Cache-Control: max-age=600", "Age: 99999999999999999999999999"}, 0, 0, false, true},
		{"4.2.3", "Date long ago", []string{"Cache-Control: s-maxage=60", "Date: " + at(-40*time.Minute)}, 0, 0, true, true},
		{"4.2.3", "Date and Age, the more counts", []string{"Cache-Control: max-age=600", "Date: " + at(-time.Minute), "Age: 120"}, 8 * time.Minute, 8 * time.Minute, false, true},
		{"4.2.3", "Date in the future", []string{"Cache-Control: max-age=600", "Date: " + at(time.Hour)}, 10 * time.Minute, 10 * time.Minute, false, true},

		{"5.2.2.5", "no-store", []string{"Cache-Control: no-store, max-age=60"}, none, 0, false, false},
		{"5.2.2.7", "private", []string{"Cache-Control: private"}, none, 0, false, false},
		{"5.2.2.7", "private field", []string{`Cache-Control: private="set-cookie", max-age=60`}, none, 0, false, false},
		{"5.2.2.4", "no-cache", []string{"Cache-Control: no-cache, max-age=60"}, none, 0, true, true},
		{"5.2.2.4", "no-cache field", []string{`Cache-Control: no-cache="set-cookie", max-age=60`}, none, 0, true, true},
		{"5.2.2.2", "must-revalidate", []string{"Cache-Control: must-revalidate, max-age=60"}, time.Minute, time.Minute, true, true},
		{"5.2.2.8", "proxy-revalidate", []string{"Cache-Control: proxy-revalidate"}, time.Hour, time.Hour, true, true},
		{"4.1", "Vary *", []string{"Vary: Accept, *", "Cache-Control: max-age=60"}, none, 0, false, false},
		{"4.1", "Vary Accept", []string{"Vary: Accept", "Cache-Control: max-age=60"}, time.Minute, time.Minute, false, true},
	} {
		t.Run(test.section+" "+test.name, func(t *testing.T) {
			want := Freshness{MaxAge: test.maxAge, NoStore: !test.store, MustRevalidate: test.strict}
			if test.until != none {
				want.Until = received.Add(test.until)
			}
			if got := freshnessOf(headerOf(test.header...), received, received, bounds); got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

// A guess is no longer than a week, whatever the ceiling is.
func TestFreshnessGuessedForYears(t *testing.T) {
	bounds := ages{initial: time.Hour, ceiling: 30 * 24 * time.Hour}
	for _, changed := range []string{at(-10 * 365 * 24 * time.Hour), "Mon, 01 Jan 0001 00:00:00 GMT"} {
		got := freshnessOf(headerOf("Last-Modified: "+changed), received, received, bounds)
		if got.MaxAge != heuristicMax || !got.Until.Equal(received.Add(heuristicMax)) {
			t.Errorf("changed %s: %+v, want a week", changed, got)
		}
	}
}

// TestStaleWindows names sections of RFC 5861, or of what is named with it.
func TestStaleWindows(t *testing.T) {
	const minute, day = time.Minute, 24 * time.Hour
	bounds := ages{initial: time.Hour, ceiling: 2 * day, staleWhileRevalidate: minute, staleIfError: day}
	for _, test := range []struct {
		section, name, cacheControl string
		whileRevalidate, ifError    time.Duration
	}{
		{"RFC 9111 4.2.4", "nothing said", "", minute, day},
		{"RFC 9111 4.2.4", "nothing said of them", "max-age=60", minute, day},
		{"RFC 9111 4.2.4", "no life left, nothing said of them", "max-age=0", minute, day},
		{"3", "while revalidating", "max-age=600, stale-while-revalidate=30", 30 * time.Second, day},
		{"4", "if error", "max-age=600, stale-if-error=1200", minute, 20 * minute},
		{"3, 4", "both", "max-age=600, stale-while-revalidate=30, stale-if-error=1200", 30 * time.Second, 20 * minute},
		{"3, 4", "without a life", "stale-while-revalidate=30, stale-if-error=1200", 30 * time.Second, 20 * minute},
		{"3, 4", "any case, quoted", `Stale-While-Revalidate="30", STALE-IF-ERROR="1200"`, 30 * time.Second, 20 * minute},
		{"3, 4", "explicitly none", "stale-while-revalidate=0, stale-if-error=0", 0, 0},
		{"3, 4", "not a number", "stale-while-revalidate=long, stale-if-error=-1", 0, 0},
		{"3, 4", "no argument", "stale-while-revalidate, stale-if-error", 0, 0},
		{"RFC 9111 4.2.1", "first of two counts", "stale-if-error=60, stale-if-error=600, stale-while-revalidate=0, stale-while-revalidate=60", 0, minute},
		{"RFC 9111 1.2.2", "beyond 64 bits", "stale-while-revalidate=99999999999999999999, stale-if-error=99999999999999999999", 2 * day, 2 * day},
		{"RFC 9111 4.2.4", "ceiling", "stale-while-revalidate=604800, stale-if-error=604800", 2 * day, 2 * day},
		{"4; RFC 9111 5.2.2.2", "must-revalidate", "must-revalidate, stale-while-revalidate=30, stale-if-error=1200", 0, 0},
		{"RFC 9111 5.2.2.8", "proxy-revalidate", "proxy-revalidate, stale-while-revalidate=30, stale-if-error=1200", 0, 0},
		{"RFC 9111 5.2.2.10", "s-maxage", "s-maxage=60, stale-while-revalidate=30, stale-if-error=1200", 0, 0},
		{"RFC 9111 5.2.2.4", "no-cache", "no-cache, stale-while-revalidate=30, stale-if-error=1200", 0, 0},
		{"RFC 9111 5.2.2.5", "no-store", "no-store, stale-while-revalidate=30, stale-if-error=1200", 0, 0},
		{"RFC 9111 5.2.2.7", "private", "private, stale-while-revalidate=30, stale-if-error=1200", 0, 0},
	} {
		t.Run(test.section+" "+test.name, func(t *testing.T) {
			got := freshnessOf(headerOf("Cache-Control: "+test.cacheControl), received, received, bounds)
			if got.StaleWhileRevalidate != test.whileRevalidate || got.StaleIfError != test.ifError {
				t.Errorf("%v and %v, want %v and %v", got.StaleWhileRevalidate, got.StaleIfError, test.whileRevalidate, test.ifError)
			}
		})
	}
	bounds.ceiling = time.Hour // what the operator says is under it too
	if got := freshnessOf(nil, received, received, bounds); got.StaleWhileRevalidate != minute || got.StaleIfError != time.Hour {
		t.Errorf("over the ceiling: %+v", got)
	}
}

func TestFreshnessEarlier(t *testing.T) {
	long := Freshness{Until: received.Add(time.Hour), MaxAge: time.Hour, StaleWhileRevalidate: time.Second, StaleIfError: time.Hour, Immutable: true}
	short := Freshness{Until: received.Add(time.Minute), MaxAge: time.Minute, StaleWhileRevalidate: time.Minute, StaleIfError: time.Second, MustRevalidate: true}
	want := Freshness{Until: short.Until, MaxAge: time.Minute, StaleWhileRevalidate: time.Second, StaleIfError: time.Second, MustRevalidate: true}
	if got := long.earlier(short); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := short.earlier(long); got != want {
		t.Errorf("the other way round: got  %+v\nwant %+v", got, want)
	}
}

// Whoever keeps a Freshness may keep it as JSON.
func TestFreshnessAsJSON(t *testing.T) {
	bounds := ages{initial: time.Hour, ceiling: 24 * time.Hour}
	for _, cacheControl := range []string{"max-age=60, stale-while-revalidate=30, stale-if-error=1200", "s-maxage=60", "no-cache", "no-store"} {
		want := freshnessOf(headerOf("Cache-Control: "+cacheControl), received, received, bounds)
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Freshness
		if err := json.Unmarshal(text, &got); err != nil || got != want {
			t.Errorf("%s: %v, got %+v\nwant %+v", text, err, got, want)
		}
	}
}

func TestFreshnessFloorAndDelay(t *testing.T) {
	bounds := ages{initial: time.Hour, floor: 5 * time.Minute, ceiling: 24 * time.Hour}
	for _, test := range []struct {
		header string
		until  time.Duration
	}{
		{"Cache-Control: max-age=60", 5 * time.Minute},
		{"Cache-Control: max-age=0", 5 * time.Minute},
		{"Expires: 0", 5 * time.Minute},
		{"Cache-Control: max-age=3600", 50 * time.Minute}, // the answer took ten minutes
	} {
		got := freshnessOf(headerOf(test.header), received.Add(-10*time.Minute), received, bounds)
		if want := received.Add(test.until); !got.Until.Equal(want) || got.MaxAge != test.until {
			t.Errorf("%s: %+v, want until %v", test.header, got, want)
		}
	}
	if got := freshnessOf(headerOf("Cache-Control: no-cache"), received, received, bounds); !got.Until.IsZero() {
		t.Errorf("the floor overruled no-cache: %+v", got)
	}
}

func FuzzFreshness(f *testing.F) {
	f.Add("max-age=60, s-maxage=\"7\"", "0", at(0), "5", "*", at(-time.Hour), int64(0), int64(1))
	f.Add(`private="a\",b", no-cache`, at(time.Hour), "Mon", "9999999999999999999", "Accept", "", int64(-1<<62), int64(1<<62))
	f.Add("stale-if-error=99999999999, stale-while-revalidate=-1", "", "", "", "", "Mon, 01 Jan 0001 00:00:00 GMT", int64(0), int64(1<<35))
	f.Add("must-revalidate, stale-if-error=60", "", "Fri, 31 Dec 9999 23:59:59 GMT", "", "", at(0), int64(0), int64(0))
	f.Fuzz(func(t *testing.T, cc, expires, date, age, vary, changed string, sent, got int64) {
		h := http.Header{"Cache-Control": {cc}, "Date": {date}, "Age": {age}, "Vary": {vary}, "Last-Modified": {changed}}
		if expires != "" {
			h.Set("Expires", expires)
		}
		bounds := ages{initial: time.Hour, floor: time.Minute, ceiling: 24 * time.Hour, staleWhileRevalidate: time.Minute, staleIfError: 48 * time.Hour}
		arrived := time.Unix(got%(1<<36), 0)
		fresh := freshnessOf(h, time.Unix(sent%(1<<36), 0), arrived, bounds)
		for _, window := range []time.Duration{fresh.StaleWhileRevalidate, fresh.StaleIfError} {
			if window < 0 || window > bounds.ceiling || window > 0 && (fresh.MustRevalidate || fresh.NoStore) {
				t.Fatalf("a window of %v: %+v", window, fresh)
			}
		}
		if fresh.NoStore || fresh.Until.IsZero() {
			if fresh.MaxAge != 0 || !fresh.Until.IsZero() {
				t.Fatalf("a life for what may not be used: %+v", fresh)
			}
			return
		}
		left := fresh.Until.Sub(arrived)
		if left < bounds.floor || left > bounds.ceiling || fresh.MaxAge < bounds.floor || fresh.MaxAge > left {
			t.Fatalf("out of bounds: %v left, %+v", left, fresh)
		}
	})
}

func BenchmarkFreshness(b *testing.B) {
	h := headerOf("Cache-Control: public, max-age=600, s-maxage=86400", "Date: "+at(-time.Minute), "Age: 30", "Vary: Accept")
	for b.Loop() {
		freshnessOf(h, received, received, ages{initial: time.Hour, ceiling: 24 * time.Hour})
	}
}
