package origin

import (
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

func TestFreshness(t *testing.T) {
	const none = -1 // Until is zero
	bounds := ages{initial: time.Hour, floor: 0, ceiling: 24 * time.Hour}
	for _, test := range []struct {
		name   string
		header []string
		until  time.Duration // after received
		maxAge time.Duration
		strict bool // MustRevalidate
		store  bool
	}{
		{"nothing said", nil, time.Hour, time.Hour, false, true},
		{"nothing said, old", []string{"Date: " + at(-5*time.Hour)}, time.Hour, time.Hour, false, true},
		{"only public", []string{"Cache-Control: public"}, time.Hour, time.Hour, false, true},
		{"Last-Modified is no heuristic", []string{"Last-Modified: " + at(-1000*time.Hour)}, time.Hour, time.Hour, false, true},

		{"max-age", []string{"Cache-Control: max-age=60"}, time.Minute, time.Minute, false, true},
		{"any case, spaces", []string{"Cache-Control:  Public ,\tMAX-AGE=60"}, time.Minute, time.Minute, false, true},
		{"quoted", []string{`Cache-Control: max-age="60"`}, time.Minute, time.Minute, false, true},
		{"two lines", []string{"Cache-Control: public", "Cache-Control: max-age=60"}, time.Minute, time.Minute, false, true},
		{"first of two counts", []string{"Cache-Control: max-age=60, max-age=600"}, time.Minute, time.Minute, false, true},
		{"not a number is stale", []string{"Cache-Control: max-age=soon"}, 0, 0, false, true},
		{"negative is stale", []string{"Cache-Control: max-age=-5"}, 0, 0, false, true},
		{"no argument is stale", []string{"Cache-Control: max-age"}, 0, 0, false, true},
		{"a directive in a quoted string is none", []string{`Cache-Control: x="no-store, max-age=1", max-age=60`}, time.Minute, time.Minute, false, true},
		{"an escaped quote", []string{`Cache-Control: x="\", no-store", max-age=60`}, time.Minute, time.Minute, false, true},
		{"a quote never closed", []string{`Cache-Control: max-age=60, x="no-store`}, time.Minute, time.Minute, false, true},
		{"empty members", []string{"Cache-Control: ,,max-age=60,,"}, time.Minute, time.Minute, false, true},
		{"ceiling", []string{"Cache-Control: max-age=31536000"}, 24 * time.Hour, 24 * time.Hour, false, true},
		{"beyond 64 bits", []string{"Cache-Control: max-age=99999999999999999999999999"}, 24 * time.Hour, 24 * time.Hour, false, true},

		{"s-maxage over max-age", []string{"Cache-Control: max-age=60, s-maxage=600"}, 10 * time.Minute, time.Minute, true, true},
		{"s-maxage under max-age", []string{"Cache-Control: max-age=600, s-maxage=60"}, time.Minute, time.Minute, true, true},
		{"s-maxage over Expires", []string{"Cache-Control: s-maxage=60", "Expires: " + at(time.Hour)}, time.Minute, time.Minute, true, true},
		{"max-age over Expires", []string{"Cache-Control: max-age=60", "Expires: " + at(time.Hour)}, time.Minute, time.Minute, false, true},

		{"Expires", []string{"Expires: " + at(10*time.Minute), "Date: " + at(0)}, 10 * time.Minute, 10 * time.Minute, false, true},
		{"Expires by the origin's clock", []string{"Expires: " + at(70*time.Minute), "Date: " + at(time.Hour)}, 10 * time.Minute, 10 * time.Minute, false, true},
		{"Expires without Date", []string{"Expires: " + at(10*time.Minute)}, 10 * time.Minute, 10 * time.Minute, false, true},
		{"Expires 0", []string{"Expires: 0"}, 0, 0, false, true},
		{"Expires empty", []string{"Expires:"}, 0, 0, false, true},
		{"Expires past", []string{"Expires: " + at(-time.Hour)}, 0, 0, false, true},
		{"Expires in RFC 850", []string{"Expires: Monday, 04-May-26 12:10:00 GMT"}, 10 * time.Minute, 10 * time.Minute, false, true},

		{"Age", []string{"Cache-Control: max-age=600", "Age: 60"}, 9 * time.Minute, 9 * time.Minute, false, true},
		{"Age over the life", []string{"Cache-Control: s-maxage=60", "Age: 600"}, 0, 0, true, true},
		{"Age list", []string{"Cache-Control: max-age=600", "Age: 60, 300"}, 9 * time.Minute, 9 * time.Minute, false, true},
		{"Age nonsense", []string{"Cache-Control: max-age=600", "Age: -60"}, 10 * time.Minute, 10 * time.Minute, false, true},
		{"Date long ago", []string{"Cache-Control: s-maxage=60", "Date: " + at(-40*time.Minute)}, 0, 0, true, true},
		{"Date and Age, the more counts", []string{"Cache-Control: max-age=600", "Date: " + at(-time.Minute), "Age: 120"}, 8 * time.Minute, 8 * time.Minute, false, true},
		{"Date in the future", []string{"Cache-Control: max-age=600", "Date: " + at(time.Hour)}, 10 * time.Minute, 10 * time.Minute, false, true},

		{"no-store", []string{"Cache-Control: no-store, max-age=60"}, none, 0, false, false},
		{"private", []string{"Cache-Control: private"}, none, 0, false, false},
		{"private field", []string{`Cache-Control: private="set-cookie", max-age=60`}, none, 0, false, false},
		{"no-cache", []string{"Cache-Control: no-cache, max-age=60"}, none, 0, true, true},
		{"must-revalidate", []string{"Cache-Control: must-revalidate, max-age=60"}, time.Minute, time.Minute, true, true},
		{"proxy-revalidate", []string{"Cache-Control: proxy-revalidate"}, time.Hour, time.Hour, true, true},
		{"Vary *", []string{"Vary: Accept, *", "Cache-Control: max-age=60"}, none, 0, false, false},
		{"Vary Accept", []string{"Vary: Accept", "Cache-Control: max-age=60"}, time.Minute, time.Minute, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
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
	f.Add("max-age=60, s-maxage=\"7\"", "0", at(0), "5", "*", int64(0), int64(1))
	f.Add(`private="a\",b", no-cache`, at(time.Hour), "Mon", "9999999999999999999", "Accept", int64(-1<<62), int64(1<<62))
	f.Fuzz(func(t *testing.T, cc, expires, date, age, vary string, sent, got int64) {
		h := http.Header{"Cache-Control": {cc}, "Expires": {expires}, "Date": {date}, "Age": {age}, "Vary": {vary}}
		bounds := ages{initial: time.Hour, floor: time.Minute, ceiling: 24 * time.Hour}
		arrived := time.Unix(got%(1<<36), 0)
		fresh := freshnessOf(h, time.Unix(sent%(1<<36), 0), arrived, bounds)
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
