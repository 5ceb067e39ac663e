package main

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// ask sends a request with header lines as they are, several of one name too.
func (s *service) ask(method, path string, lines ...string) answer {
	s.t.Helper()
	request, err := http.NewRequest(method, s.url, nil)
	must(s.t, err)
	request.URL.Opaque = "//" + request.URL.Host + path
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		request.Header.Add(name, strings.TrimSpace(value))
	}
	response, err := client.Do(request)
	if err != nil {
		s.t.Fatalf("%s %s %q: %v\n%s", method, path, lines, err, s.log())
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	must(s.t, err)
	return answer{response.StatusCode, response.Header, content}
}

// kindOfAnswer is a way in which a body comes to a client.
type kindOfAnswer struct {
	name    string
	service *service
	path    func() string // one that is answered so
	warm    bool          // ask once before
	status  string        // Cache-Status, empty for none
}

// noise is a picture that no format makes small.
func noise(width, height int) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	state := uint32(2463534242) // xorshift, by G. Marsaglia
	for i := range picture.Pix {
		state ^= state << 13
		state ^= state >> 17
		state ^= state << 5
		picture.Pix[i] = byte(state)
	}
	for i := 3; i < len(picture.Pix); i += 4 {
		picture.Pix[i] = 255
	}
	return picture
}

// kindsOfAnswers are all there are: bytes and files, made and kept.
func kindsOfAnswers(t *testing.T) []kindOfAnswer {
	memory := start(t, patient)
	disk := start(t, strings.Replace(patient, "cache: {", "cache: {memory: {bytes: 0}, ", 1))
	large, small := encodedPNG(t, noise(400, 300)), encodedPNG(t, cornered(400, 300))
	var next atomic.Int64
	fresh := func(id string) func() string {
		return func() string {
			n := int(next.Add(1))
			return fmt.Sprintf("/resize/%dx%d,f=png,fit=fill/%s", 10+n%80, 10+n/80, id)
		}
	}
	fixed := func(path string) func() string { return func() string { return path } }
	smallID, largeID := memory.upload(small), memory.upload(large)
	disk.upload(small)
	disk.upload(large)
	kinds := []kindOfAnswer{
		{name: "made", service: memory, path: fresh(smallID), status: "api-resize; fwd=miss; stored"},
		{name: "memory", service: memory, path: fixed("/resize/100x,f=png/" + smallID), warm: true, status: "api-resize; hit; detail=memory"},
		{name: "disk, bytes", service: disk, path: fixed("/resize/100x,f=png/" + smallID), warm: true, status: "api-resize; hit; detail=disk"},
		{name: "disk, file", service: disk, path: fixed("/resize/350x,f=png/" + largeID), warm: true, status: "api-resize; hit; detail=disk"},
		{name: "small original", service: memory, path: fixed("/images/" + smallID + "/original")},
		{name: "large original", service: memory, path: fixed("/images/" + largeID + "/original")},
	}
	for _, kind := range kinds {
		if kind.warm {
			kind.service.picture(kind.path())
			waitFor(t, kind.name, func() bool {
				return kind.service.picture(kind.path()).header.Get("Cache-Status") == kind.status
			})
		}
		got := kind.service.picture(kind.path())
		if big := strings.Contains(kind.name, "file") || strings.Contains(kind.name, "large"); got.header.Get("Cache-Status") != kind.status || len(got.body) > 68<<10 != big {
			t.Fatalf("%s: %d bytes, Cache-Status %q", kind.name, len(got.body), got.header.Get("Cache-Status"))
		}
	}
	return kinds
}

// rfc9110 has a row for each rule about conditions and ranges. In its lines
// {etag} and {date} are the answer's own, {before} and {after} a second away
// from the date.
var rfc9110 = []struct {
	rule   string
	lines  []string
	status int
	part   [2]int // of a 206: from and to, counted from the end when negative
}{
	{"5.3 one list in several lines", []string{`If-None-Match: "x"`, `If-None-Match: {etag}`}, 304, [2]int{}},
	{"5.3 one list in several lines", []string{`If-Match: "x", "y"`, `If-Match: {etag}`}, 200, [2]int{}},
	{"5.3 a date in two lines is none", []string{`If-Modified-Since: {date}`, `If-Modified-Since: {date}`}, 200, [2]int{}},
	{"5.3 a date in two lines is none", []string{`If-Unmodified-Since: {before}`, `If-Unmodified-Since: {before}`}, 200, [2]int{}},
	{"5.3 ranges in two lines are several", []string{`Range: bytes=0-1`, `Range: bytes=4-5`}, 200, [2]int{}},
	{"5.3 If-Range in two lines is malformed", []string{`Range: bytes=0-1`, `If-Range: {etag}`, `If-Range: {etag}`}, 200, [2]int{}},
	{"5.6.1 empty elements of a list", []string{`If-None-Match: , ,"x",,{etag},`}, 304, [2]int{}},
	{"5.6.7 IMF-fixdate", []string{`If-Modified-Since: {date}`}, 304, [2]int{}},
	{"5.6.7 RFC 850", []string{`If-Modified-Since: {date850}`}, 304, [2]int{}},
	{"5.6.7 asctime", []string{`If-Modified-Since: {dateC}`}, 304, [2]int{}},
	{"5.6.7 another zone is malformed", []string{`If-Modified-Since: Sun, 06 Nov 2044 08:49:37 PST`}, 200, [2]int{}},
	{"5.6.7 another zone is malformed", []string{`If-Modified-Since: Sunday, 06-Nov-44 08:49:37 PST`}, 200, [2]int{}},
	{"5.6.7 the century of two digits", []string{`If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT`}, 200, [2]int{}},

	{"13.1.1 If-Match, the tag", []string{`If-Match: {etag}`}, 200, [2]int{}},
	{"13.1.1 If-Match, any", []string{`If-Match: *`}, 200, [2]int{}},
	{"13.1.1 If-Match, list", []string{`If-Match: "x", {etag} , "y"`}, 200, [2]int{}},
	{"13.1.1 If-Match, another", []string{`If-Match: "x"`}, 412, [2]int{}},
	{"13.1.1 If-Match compares strongly", []string{`If-Match: W/{etag}`}, 412, [2]int{}},
	{"13.1.1 If-Match, a list of weak ones", []string{`If-Match: "x", W/{etag}`}, 412, [2]int{}},
	{"13.1.1 If-Match, malformed", []string{`If-Match: x`}, 412, [2]int{}},
	{"13.1.1 If-Match, empty", []string{`If-Match:`}, 412, [2]int{}},
	{"13.1.2 If-None-Match, the tag", []string{`If-None-Match: {etag}`}, 304, [2]int{}},
	{"13.1.2 If-None-Match, any", []string{`If-None-Match: *`}, 304, [2]int{}},
	{"13.1.2 If-None-Match, list", []string{`If-None-Match: "x","a,b", {etag}`}, 304, [2]int{}},
	{"13.1.2 If-None-Match compares weakly", []string{`If-None-Match: W/{etag}`}, 304, [2]int{}},
	{"13.1.2 If-None-Match, another", []string{`If-None-Match: "x", W/"y"`}, 200, [2]int{}},
	{"13.1.2 If-None-Match, malformed", []string{`If-None-Match: {bare}`}, 200, [2]int{}},
	{"13.1.2 If-None-Match, unclosed", []string{`If-None-Match: "{bare}`}, 200, [2]int{}},
	{"13.1.2 If-None-Match, lower-case w", []string{`If-None-Match: w/{etag}`}, 200, [2]int{}},
	{"13.1.2 any is no element of a list", []string{`If-None-Match: "x", *`}, 200, [2]int{}},
	{"13.1.3 If-Modified-Since, same second", []string{`If-Modified-Since: {date}`}, 304, [2]int{}},
	{"13.1.3 If-Modified-Since, earlier", []string{`If-Modified-Since: {before}`}, 200, [2]int{}},
	{"13.1.3 If-Modified-Since, later", []string{`If-Modified-Since: {after}`}, 304, [2]int{}},
	{"13.1.3 If-Modified-Since, malformed", []string{`If-Modified-Since: yesterday`}, 200, [2]int{}},
	{"13.1.3 If-Modified-Since, empty", []string{`If-Modified-Since:`}, 200, [2]int{}},
	{"13.1.3 ignored beside If-None-Match", []string{`If-None-Match: "x"`, `If-Modified-Since: {after}`}, 200, [2]int{}},
	{"13.1.3 ignored beside an empty If-None-Match", []string{`If-None-Match:`, `If-Modified-Since: {after}`}, 200, [2]int{}},
	{"13.1.4 If-Unmodified-Since, same second", []string{`If-Unmodified-Since: {date}`}, 200, [2]int{}},
	{"13.1.4 If-Unmodified-Since, earlier", []string{`If-Unmodified-Since: {before}`}, 412, [2]int{}},
	{"13.1.4 If-Unmodified-Since, later", []string{`If-Unmodified-Since: {after}`}, 200, [2]int{}},
	{"13.1.4 If-Unmodified-Since, malformed", []string{`If-Unmodified-Since: yesterday`}, 200, [2]int{}},
	{"13.1.4 ignored beside If-Match", []string{`If-Match: {etag}`, `If-Unmodified-Since: {before}`}, 200, [2]int{}},
	{"13.1.5 If-Range, the tag", []string{`Range: bytes=3-9`, `If-Range: {etag}`}, 206, [2]int{3, 10}},
	{"13.1.5 If-Range, weak", []string{`Range: bytes=3-9`, `If-Range: W/{etag}`}, 200, [2]int{}},
	{"13.1.5 If-Range, another tag", []string{`Range: bytes=3-9`, `If-Range: "x"`}, 200, [2]int{}},
	{"13.1.5 If-Range, any is no tag", []string{`Range: bytes=3-9`, `If-Range: *`}, 200, [2]int{}},
	{"13.1.5 If-Range, a list is no tag", []string{`Range: bytes=3-9`, `If-Range: "x", {etag}`}, 200, [2]int{}},
	{"13.1.5 If-Range, earlier", []string{`Range: bytes=3-9`, `If-Range: {before}`}, 200, [2]int{}},
	{"13.1.5 If-Range, later is not the same", []string{`Range: bytes=3-9`, `If-Range: {after}`}, 200, [2]int{}},
	{"13.1.5 If-Range, malformed", []string{`Range: bytes=3-9`, `If-Range: x`}, 200, [2]int{}},
	{"13.1.5 If-Range, empty", []string{`Range: bytes=3-9`, `If-Range:`}, 200, [2]int{}},
	{"13.1.5 If-Range without a range", []string{`If-Range: "x"`}, 200, [2]int{}},
	{"13.1.5 If-Range, another tag, beyond the end", []string{`Range: bytes=9999999-`, `If-Range: "x"`}, 200, [2]int{}},

	{"14.1.2 first bytes", []string{`Range: bytes=0-0`}, 206, [2]int{0, 1}},
	{"14.1.2 middle", []string{`Range: bytes=10-49`}, 206, [2]int{10, 50}},
	{"14.1.2 open end", []string{`Range: bytes=10-`}, 206, [2]int{10, 0}},
	{"14.1.2 all of it", []string{`Range: bytes=0-`}, 206, [2]int{0, 0}},
	{"14.1.2 last bytes", []string{`Range: bytes=-10`}, 206, [2]int{-10, 0}},
	{"14.1.2 more last bytes than there are", []string{`Range: bytes=-99999999`}, 206, [2]int{0, 0}},
	{"14.1.2 last beyond the end", []string{`Range: bytes=10-99999999`}, 206, [2]int{10, 0}},
	{"14.1.1 last overlong", []string{`Range: bytes=10-99999999999999999999999`}, 206, [2]int{10, 0}},
	{"14.1.1 suffix overlong", []string{`Range: bytes=-99999999999999999999999`}, 206, [2]int{0, 0}},
	{"14.1.1 first overlong", []string{`Range: bytes=99999999999999999999999-`}, 416, [2]int{}},
	{"14.1.1 leading zeros", []string{`Range: bytes=0000000000000000000000010-000000000000000000000000019`}, 206, [2]int{10, 20}},
	{"14.1.2 beyond the end", []string{`Range: bytes=99999999-`}, 416, [2]int{}},
	{"14.1.2 suffix of none", []string{`Range: bytes=-0`}, 416, [2]int{}},
	{"14.1.1 last before first is malformed", []string{`Range: bytes=9-3`}, 200, [2]int{}},
	{"14.1 other unit", []string{`Range: lines=0-1`}, 200, [2]int{}},
	{"14.1 names of units have no case", []string{`Range: BYTES=0-1`}, 206, [2]int{0, 2}},
	{"14.2 several ranges", []string{`Range: bytes=0-1,4-5`}, 200, [2]int{}},
	{"14.2 several ranges with whitespace", []string{`Range: bytes=0-1 , 4-5`}, 200, [2]int{}},
	{"14.2 whitespace inside", []string{`Range: bytes=0 - 1`}, 200, [2]int{}},
	{"14.2 whitespace around", []string{"Range: \t bytes=0-1 \t"}, 206, [2]int{0, 2}},
	{"14.2 signs", []string{`Range: bytes=+0-1`}, 200, [2]int{}},
	{"14.2 no numbers", []string{`Range: bytes=-`}, 200, [2]int{}},
	{"14.2 letters", []string{`Range: bytes=a-b`}, 200, [2]int{}},
	{"14.2 no unit", []string{`Range: 0-1`}, 200, [2]int{}},
	{"14.2 empty", []string{`Range:`}, 200, [2]int{}},
	{"13.2.2 304 goes before a range", []string{`Range: bytes=0-1`, `If-None-Match: {etag}`}, 304, [2]int{}},
	{"13.2.2 304 goes before 416", []string{`Range: bytes=9999999-`, `If-None-Match: {etag}`}, 304, [2]int{}},
	{"13.2.2 412 goes before 304 and a range", []string{`Range: bytes=0-1`, `If-Match: "x"`, `If-None-Match: {etag}`}, 412, [2]int{}},
}

// filled puts an answer's own validators into a row's lines.
func filled(t *testing.T, lines []string, etag, modified string) []string {
	t.Helper()
	date, err := http.ParseTime(modified)
	must(t, err)
	replacer := strings.NewReplacer("{etag}", etag, "{bare}", strings.Trim(etag, `"`), "{date}", modified,
		"{date850}", date.Format("Monday, 02-Jan-06 15:04:05 ")+"GMT", "{dateC}", date.Format(time.ANSIC),
		"{before}", date.Add(-time.Second).Format(http.TimeFormat), "{after}", date.Add(time.Second).Format(http.TimeFormat))
	done := make([]string, len(lines))
	for i, line := range lines {
		done[i] = replacer.Replace(line)
	}
	return done
}

// validators finds an answer's ETag and date without having it made: 412 says
// them.
func (k kindOfAnswer) validators(path string) (etag, modified string) {
	refused := k.service.ask("GET", path, `If-Match: "nothing"`)
	return refused.header.Get("ETag"), refused.header.Get("Last-Modified")
}

func TestRFC9110(t *testing.T) {
	for _, kind := range kindsOfAnswers(t) {
		t.Run(kind.name, func(t *testing.T) {
			kind.service.t = t
			for _, row := range rfc9110 {
				for _, method := range []string{"GET", "HEAD"} {
					path := kind.path()
					etag, modified := kind.validators(path)
					got := kind.service.ask(method, path, filled(t, row.lines, etag, modified)...)
					full := kind.service.picture(path)
					if fault := kind.fault(method, got, full, row.status, row.part); fault != "" {
						t.Errorf("%s: %s with %q: %s", row.rule, method, row.lines, fault)
					}
				}
			}
			path := kind.path()
			etag, modified := kind.validators(path)
			got, full := kind.service.ask("GET", path, "Range: bytes=3-9", "If-Range: "+modified), kind.service.picture(path)
			if fault := kind.fault("GET", got, full, http.StatusPartialContent, [2]int{3, 10}); fault != "" || full.header.Get("ETag") != etag {
				t.Errorf("13.1.5 If-Range with the date: %s", fault)
			}
		})
	}
}

// fault says what is wrong about an answer to a request with conditions, of
// which full is the answer without.
func (k kindOfAnswer) fault(method string, got, full answer, status int, part [2]int) string {
	body := full.body
	if status == http.StatusPartialContent || status == http.StatusRequestedRangeNotSatisfiable {
		if method == "HEAD" {
			status = http.StatusOK // section 14.2: ranges are for GET
		}
	}
	if got.status != status {
		return fmt.Sprintf("%d, want %d", got.status, status)
	}
	want := map[string]string{"ETag": full.header.Get("ETag"), "Date": got.header.Get("Date"), "Vary": full.header.Get("Vary"), "Link": full.header.Get("Link")}
	length := fmt.Sprint(len(body))
	switch status {
	case 200:
		for _, name := range []string{"Last-Modified", "Cache-Control", "Content-Type", "Content-Disposition", "Accept-Ranges"} {
			want[name] = full.header.Get(name)
		}
	case 206:
		from, to := part[0], part[1]
		if from < 0 {
			from += len(body)
		}
		if to <= 0 {
			to += len(body)
		}
		want["Content-Range"] = fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(body))
		want["Content-Type"] = full.header.Get("Content-Type")
		want["Last-Modified"] = full.header.Get("Last-Modified")
		body = body[from:to]
		length = fmt.Sprint(len(body))
	case 304: // section 15.4.5
		want["Cache-Control"] = full.header.Get("Cache-Control")
		for _, none := range []string{"Last-Modified", "Content-Type", "Content-Disposition", "Content-Range"} {
			want[none] = ""
		}
		body, length = nil, ""
	case 412, 416:
		want["Cache-Control"], want["Content-Type"], want["Content-Disposition"] = "no-store", "", ""
		if status == 416 {
			want["Content-Range"] = fmt.Sprintf("bytes */%d", len(body))
		}
		body, length = nil, "0"
	}
	if method == "HEAD" {
		body = nil
		if status == 412 {
			length = got.header.Get("Content-Length") // nobody waits for a body
		}
	}
	want["Content-Length"] = length
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if has := got.header.Get(name); has != want[name] || len(got.header.Values(name)) > 1 {
			return fmt.Sprintf("%s is %q, want %q", name, got.header.Values(name), want[name])
		}
	}
	if got.header.Get("Date") == "" || got.header.Get("ETag") == "" || strings.HasPrefix(got.header.Get("ETag"), "W/") {
		return fmt.Sprintf("Date %q, ETag %q", got.header.Get("Date"), got.header.Get("ETag"))
	}
	if !bytes.Equal(got.body, body) {
		return fmt.Sprintf("%d bytes, not the %d there should be", len(got.body), len(body))
	}
	return ""
}

// TestPreconditionsInAllCombinations asks with all conditions there are, in all combinations,
// and expects what the steps of the RFC come to.
func TestPreconditionsInAllCombinations(t *testing.T) {
	choices := [][]string{
		{"", "If-Match: {etag}", `If-Match: "x"`},
		{"", "If-Unmodified-Since: {date}", "If-Unmodified-Since: {before}"},
		{"", `If-None-Match: "x"`, "If-None-Match: {etag}"},
		{"", "If-Modified-Since: {before}", "If-Modified-Since: {date}"},
		{"", "Range: bytes=2-5"},
		{"", "If-Range: {etag}", `If-Range: "x"`},
		{"GET", "HEAD"},
	}
	combinations := 1
	for _, choice := range choices {
		combinations *= len(choice)
	}
	for _, kind := range kindsOfAnswers(t) {
		t.Run(kind.name, func(t *testing.T) {
			kind.service.t = t
			for n := range combinations {
				var chosen [7]int // of each list
				var lines []string
				for i, choice := range choices {
					chosen[i] = n % len(choice)
					n /= len(choice)
					if line := choice[chosen[i]]; strings.Contains(line, ":") {
						lines = append(lines, line)
					}
				}
				status, method := stepsOf13_2_2(chosen), choices[6][chosen[6]]
				path := kind.path()
				etag, modified := kind.validators(path)
				got := kind.service.ask(method, path, filled(t, lines, etag, modified)...)
				if got.status != status {
					t.Errorf("%s with %q: %d, want %d", method, lines, got.status, status)
				}
			}
		})
	}
}

// stepsOf13_2_2 are those of the section, over the choices of the test: 0 is a
// field that is not there, 1 one that lets pass, 2 one that does not.
func stepsOf13_2_2(chosen [7]int) int {
	match, unmodified, noneMatch, modified, isRange, ifRange, head := chosen[0], chosen[1], chosen[2], chosen[3], chosen[4], chosen[5], chosen[6]
	switch {
	case match == 2:
		return http.StatusPreconditionFailed
	case match == 0 && unmodified == 2:
		return http.StatusPreconditionFailed
	case noneMatch == 2:
		return http.StatusNotModified
	case noneMatch == 0 && modified == 2:
		return http.StatusNotModified
	case head == 0 && isRange == 1 && ifRange != 2:
		return http.StatusPartialContent
	}
	return http.StatusOK
}

// TestHeadEqualsGet: section 9.3.2, for every kind of answer and for errors.
func TestHeadEqualsGet(t *testing.T) {
	kinds := kindsOfAnswers(t)
	for _, path := range []string{"/nowhere", "/resize/0x0/x", "/images/aaaaaaaaaaaaaaaaaaaaaaaaaa/original", "/healthz"} {
		kinds = append(kinds, kindOfAnswer{name: path, service: kinds[0].service, path: func() string { return path }})
	}
	for _, kind := range kinds {
		for _, lines := range [][]string{nil, {"If-None-Match: *"}, {`If-Match: "x"`}, {"Accept: image/webp"}} {
			get, head := kind.service.ask("GET", kind.path(), lines...), kind.service.ask("HEAD", kind.path(), lines...)
			if head.status != get.status || len(head.body) != 0 {
				t.Errorf("%s with %q: %d with %d bytes, GET: %d", kind.name, lines, head.status, len(head.body), get.status)
			}
			own := []string{"Date", "X-Request-Id", "Server-Timing"}
			if kind.name == "made" { // of another picture each time
				own = append(own, "Etag", "Link", "Content-Length")
				if get.status == 200 && head.header.Get("Content-Length") == "" {
					t.Errorf("made: HEAD has no Content-Length")
				}
			}
			if get.status == http.StatusPreconditionFailed || get.status >= 400 && get.header.Get("X-Request-Id") != "" {
				own = append(own, "Content-Length") // of a body with the request's id in it
			}
			for _, header := range []http.Header{get.header, head.header} {
				for _, name := range own {
					header.Del(name)
				}
			}
			if !maps.EqualFunc(get.header, head.header, slices.Equal) {
				t.Errorf("%s with %q: headers of HEAD\n%v\nand of GET\n%v", kind.name, lines, head.header, get.header)
			}
		}
	}
}

// TestOneETag: section 8.8.3.2 wants a strong tag to be of the same bytes, and
// ours is the same in all tiers, after a restart and for all spellings.
func TestOneETag(t *testing.T) {
	s := start(t, strings.Replace(patient, "cache: {", "cache: {memory: {bytes: 0}, ", 1))
	id := s.upload(encodedPNG(t, cornered(400, 300)))
	first := s.picture("/resize/120x90,f=png,q=50/" + id)
	spellings := []string{"/resize/120x90,f=png,q=50/" + id, "/resize/120x90,q=50,f=png/" + id, "/resize/120x90/" + id + "?f=png&q=50", "/resize/120x90,format=png,quality=50/" + id, "/resize/60x45,dpr=2,q=50/" + id + ".png"}
	check := func(s *service, when string) {
		t.Helper()
		for _, path := range spellings {
			got := s.picture(path)
			if got.header.Get("ETag") != first.header.Get("ETag") || !bytes.Equal(got.body, first.body) {
				t.Errorf("%s, %s: ETag %s of %d bytes, want %s of %d", when, path, got.header.Get("ETag"), len(got.body), first.header.Get("ETag"), len(first.body))
			}
		}
	}
	check(s, "disk")
	must(t, s.stop())
	again := start(t, patient, s.dir)
	check(again, "after a restart")
	check(again, "memory")
	must(t, again.stop())
	must(t, os.RemoveAll(filepath.Join(s.dir, "cache")))
	check(start(t, patient, s.dir), "made anew")
}

// TestNotModifiedCostsNothing: a 304 makes no picture, and asks no origin that
// need not be asked.
func TestNotModifiedCostsNothing(t *testing.T) {
	site := newCountingSite(t, encodedPNG(t, cornered(400, 300)), "max-age=600")
	s := start(t, patient+loopbackAllowed)
	path := "/resize/320x,f=png/" + site.URL + "/cat.png"
	etag := s.picture(path).header.Get("ETag")
	phases := func() string {
		var lines []string
		for line := range strings.Lines(metricsOf(s)) {
			if strings.HasPrefix(line, "api_resize_phase_duration_seconds_count") || strings.HasPrefix(line, "api_resize_origin_fetches_total") {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "")
	}
	before := phases()
	if !strings.Contains(before, `{phase="encode"} 1`) || !strings.Contains(before, `{result="ok"} 1`) {
		t.Fatalf("this test sees nothing:\n%s", before)
	}
	for range 3 {
		if got := s.ask("GET", path, "If-None-Match: "+etag); got.status != 304 || got.header.Get("Cache-Status") != "api-resize; hit" {
			t.Errorf("%d, Cache-Status %q", got.status, got.header.Get("Cache-Status"))
		}
		// A size that was never made is not made for a 304 either.
		if got := s.ask("GET", strings.Replace(path, "320x", "640x", 1), "If-None-Match: *"); got.status != 304 {
			t.Errorf("a size not made yet: %d", got.status)
		}
	}
	if after := phases(); after != before || site.total.Load() != 1 {
		t.Errorf("%d fetches, phases before\n%s\nand after\n%s", site.total.Load(), before, after)
	}
}

// TestFutureFile: section 8.8.2.1, no Last-Modified is later than its Date.
func TestFutureFile(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "a.png")
	must(t, os.WriteFile(file, encodedPNG(t, cornered(40, 30)), 0o600))
	must(t, os.Chtimes(file, time.Now(), time.Now().Add(48*time.Hour)))
	s := start(t, patient+"origins: {aliases: {photos: '"+folder+"'}}")
	got := s.picture("/resize/20x,f=png/photos/a.png")
	modified, err := http.ParseTime(got.header.Get("Last-Modified"))
	must(t, err)
	if modified.After(time.Now()) {
		t.Errorf("Last-Modified %v", modified)
	}
}

// TestAcceptInSeveralLines: section 5.3, what decides about the format is the whole
// Accept, however many lines it came in.
func TestAcceptInSeveralLines(t *testing.T) {
	s := start(t, patient)
	id := s.upload(encodedJPEG(t, cornered(40, 30)))
	got := s.ask("GET", "/resize/20x/"+id, "Accept: image/png;q=0.1", "Accept: image/webp")
	if got.header.Get("Content-Type") != "image/webp" || got.header.Get("Vary") != "Accept" {
		t.Errorf("%q, Vary %q", got.header.Get("Content-Type"), got.header.Get("Vary"))
	}
	if got := s.ask("GET", "/srcset/"+id+"?widths=20", "Accept: application/json;q=0.1", "Accept: text/html"); !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
		t.Errorf("srcset: %q", got.header.Get("Content-Type"))
	}
}

// methodsOf are the routes with what Allow has to say of each.
var methodsOf = []struct{ path, allow string }{
	{"/resize/20x/photos/a.png", "GET, HEAD, OPTIONS"},
	{"/info/photos/a.png", "GET, HEAD, OPTIONS"},
	{"/srcset/photos/a.png", "GET, HEAD, OPTIONS"},
	{"/images", "GET, HEAD, POST, OPTIONS"},
	{"/images/aaaaaaaaaaaaaaaaaaaaaaaaaa", "GET, HEAD, DELETE, OPTIONS"},
	{"/images/aaaaaaaaaaaaaaaaaaaaaaaaaa/original", "GET, HEAD, OPTIONS"},
	{"/healthz", "GET, HEAD, OPTIONS"},
	{"/readyz", "GET, HEAD, OPTIONS"},
}

// TestMethods: sections 9.1, 9.3.7, 10.2.1, 15.5.6 and 15.6.2, and the CORS
// preflight of the Fetch standard.
func TestMethods(t *testing.T) {
	s := start(t, patient)
	for _, route := range methodsOf {
		got := s.ask("OPTIONS", route.path)
		if got.status != 204 || got.header.Get("Allow") != route.allow || len(got.body) > 0 || got.header.Get("Content-Length") != "" || got.header.Get("Date") == "" {
			t.Errorf("OPTIONS %s: %d %v, want Allow: %s", route.path, got.status, got.header, route.allow)
		}
		asked := s.ask("OPTIONS", route.path, "Origin: https://page.example", "Access-Control-Request-Method: DELETE", "Access-Control-Request-Headers: authorization,if-none-match,range")
		for _, header := range []string{"authorization", "content-type", "if-none-match", "if-match", "if-range", "range", "x-request-id"} {
			if !strings.Contains(strings.ToLower(asked.header.Get("Access-Control-Allow-Headers")), header) {
				t.Errorf("preflight of %s allows only the headers %q", route.path, asked.header.Get("Access-Control-Allow-Headers"))
			}
		}
		if asked.status != 204 || asked.header.Get("Access-Control-Allow-Methods") != route.allow || asked.header.Get("Access-Control-Max-Age") != "86400" || asked.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("preflight of %s: %d %v", route.path, asked.status, asked.header)
		}
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"} {
			if strings.Contains(route.allow, method) {
				continue
			}
			refused := s.ask(method, route.path)
			if refused.status != 405 || refused.header.Get("Allow") != route.allow || len(refused.header.Values("Allow")) != 1 || refused.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s %s: %d, Allow %q, want %q", method, route.path, refused.status, refused.header.Values("Allow"), route.allow)
			}
		}
	}
	s.ask("OPTIONS", "/nowhere").isProblem(t, 404, "not_found")
	const everything = "GET, HEAD, POST, DELETE, OPTIONS"
	for line, allow := range map[string]string{
		"OPTIONS *": everything, "CONNECT example.com:443": everything, "CONNECT /images": "GET, HEAD, POST, OPTIONS",
		"get /healthz": "GET, HEAD, OPTIONS", "Get /healthz": "GET, HEAD, OPTIONS", "FOO /images": "GET, HEAD, POST, OPTIONS", "FOO /nowhere": everything,
	} {
		got := s.rawAnswer(line + " HTTP/1.1\r\nHost: x\r\n\r\n")
		status := 405
		if strings.HasPrefix(line, "OPTIONS") {
			status = 204
		}
		if got.status != status || got.header.Get("Allow") != allow || got.header.Get("Date") == "" {
			t.Errorf("%s: %d %v, want %d and Allow: %s", line, got.status, got.header, status, allow)
		}
		if status == 405 {
			got.isProblem(t, 405, "method_not_allowed")
		}
	}
}

// TestIfRangeWithDates: a date that is younger than a minute need not tell
// versions apart: RFC 9110, section 8.8.2.2.
func TestIfRangeWithDates(t *testing.T) {
	picture := resource(t, "jpg-24bit-icc-iec.jpg")
	for age, want := range map[time.Duration]int{0: http.StatusOK, time.Hour: http.StatusPartialContent} {
		date := time.Now().Add(-age).UTC().Format(http.TimeFormat)
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Last-Modified", date)
			_, _ = w.Write(picture)
		}))
		t.Cleanup(site.Close)
		s := start(t, patient+loopbackAllowed)
		got := s.ask("GET", "/resize/320x,f=jpeg/"+site.URL+"/cat.jpg", "Range: bytes=3-9", "If-Range: "+date)
		if got.status != want || got.header.Get("Last-Modified") != date {
			t.Errorf("%v old: %d, want %d; Last-Modified %q, want %q", age, got.status, want, got.header.Get("Last-Modified"), date)
		}
	}
}

// rawAnswer sends bytes and reads one answer.
func (s *service) rawAnswer(text string) answer {
	s.t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	must(s.t, err)
	defer connection.Close()
	must(s.t, connection.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(connection, text)
	must(s.t, err)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		s.t.Fatalf("%q: %v", text, err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	must(s.t, err)
	return answer{response.StatusCode, response.Header, content}
}

// TestFramingWithoutBody: sections 6.4.1 and 8.6, answers without a body leave
// nothing on the connection that the next one could be taken for.
func TestFramingWithoutBody(t *testing.T) {
	s := start(t, patient)
	id := s.upload(encodedPNG(t, cornered(40, 30)))
	path := "/resize/20x,f=png/" + id
	etag := s.picture(path).header.Get("ETag")
	connection, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	must(t, err)
	defer connection.Close()
	must(t, connection.SetDeadline(time.Now().Add(patience)))
	reader := bufio.NewReader(connection)
	for _, one := range []struct {
		method, line string
		status       int
	}{
		{"GET", "If-None-Match: " + etag, 304}, {"HEAD", "If-None-Match: " + etag, 304}, {"GET", `If-Match: "x"`, 412}, {"HEAD", `If-Match: "x"`, 412},
		{"GET", "Range: bytes=9999999-", 416}, {"HEAD", "Range: bytes=9999999-", 200}, {"OPTIONS", "X: y", 204}, {"HEAD", "X: y", 200}, {"PUT", "X: y", 405}, {"GET", "X: y", 200},
	} {
		_, err := fmt.Fprintf(connection, "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", one.method, path, one.line)
		must(t, err)
		response, err := http.ReadResponse(reader, &http.Request{Method: one.method})
		if err != nil {
			t.Fatalf("%s with %s: %v", one.method, one.line, err)
		}
		_, err = io.Copy(io.Discard, response.Body)
		must(t, err)
		if response.StatusCode != one.status || reader.Buffered() != 0 {
			t.Errorf("%s with %s: %d, and %d bytes more", one.method, one.line, response.StatusCode, reader.Buffered())
		}
	}
}
