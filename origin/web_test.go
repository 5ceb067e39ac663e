package origin

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const testLimit = 100_000

// local is a configuration that reaches servers on this machine.
func local(change ...func(*WebConfig)) WebConfig {
	c := DefaultWebConfig()
	c.Allow = []string{"127.0.0.1", "localhost"}
	c.AllowNetworks = []string{"127.0.0.0/8", "::1"}
	c.MaxBytes = testLimit
	for _, f := range change {
		f(&c)
	}
	return c
}

func newWeb(t testing.TB, c WebConfig) *Web {
	t.Helper()
	web, err := NewWeb(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(web.Close)
	return web
}

func serve(t testing.TB, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL
}

// serveRaw answers every connection with the given bytes, then closes it.
func serveRaw(t testing.TB, answer string) string {
	t.Helper()
	return serveConn(t, func(conn net.Conn) { io.WriteString(conn, answer) })
}

// fetch reads a URL to its end or its error.
func fetch(o Opener, path string) ([]byte, error) {
	original, err := o.Open(context.Background(), path, Validators{})
	if err != nil {
		return nil, err
	}
	defer original.Body.Close()
	return io.ReadAll(original.Body)
}

func TestWebSendsNothingOfItsOwnAccord(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	var got http.Header
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		w.Header().Set("Last-Modified", at(0))
		io.WriteString(w, "abc")
	})
	web := newWeb(t, local())
	for range 2 {
		original, err := web.Open(context.Background(), url+"/a/b%20c.jpg?x=1", Validators{})
		if err != nil {
			t.Fatal(err)
		}
		original.Body.Close()
		if original.Name != "b c.jpg" || original.Size != 3 || !original.Modified.Equal(received) {
			t.Errorf("%+v", original)
		}
		want := http.Header{"User-Agent": {"api-resize"}, "Accept": {"image/*,*/*;q=0.1"}, "Accept-Encoding": {"identity"}}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("sent %v, want %v", got, want)
		}
	}
}

func TestWebRevalidates(t *testing.T) {
	const long = "Mon, 03 May 2010 12:00:00 GMT"
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch asked := r.Header.Get("If-None-Match"); {
		case r.URL.Path == "/other" && asked != "":
			w.Header().Set("ETag", `"other"`)
			w.WriteHeader(http.StatusNotModified)
		case r.URL.Path == "/weak" && asked != "":
			w.Header().Set("ETag", `W/"v1"`)
			w.Header().Set("Cache-Control", "max-age=60, stale-while-revalidate=7, stale-if-error=8")
			w.WriteHeader(http.StatusNotModified)
		case r.URL.Path == "/date" && r.Header.Get("If-Modified-Since") == long:
			w.WriteHeader(http.StatusNotModified)
		default:
			w.Header().Set("ETag", `"other"`)
			io.WriteString(w, "abc")
		}
	})
	web := newWeb(t, local())
	for _, test := range []struct {
		path        string
		have, want  Validators
		notModified bool
		maxAge      time.Duration
		windows     [2]time.Duration // StaleWhileRevalidate, StaleIfError
	}{
		{"/weak", Validators{ETag: `"v1"`}, Validators{ETag: `W/"v1"`}, true, time.Minute, [2]time.Duration{7 * time.Second, 8 * time.Second}},
		// The life is guessed by the Last-Modified that we had.
		{"/date", Validators{LastModified: long}, Validators{LastModified: long}, true, heuristicMax, [2]time.Duration{0, 24 * time.Hour}},
		// A 304 about a version we don't have is asked again without validators.
		{"/other", Validators{ETag: `"v1"`}, Validators{ETag: `"other"`}, false, time.Hour, [2]time.Duration{0, 24 * time.Hour}},
	} {
		o, err := web.Open(context.Background(), url+test.path, test.have)
		if err != nil {
			t.Errorf("%s: %v", test.path, err)
			continue
		}
		if o.Body != nil {
			o.Body.Close()
		}
		// The Date of the answer has whole seconds, so up to two are lost.
		if o.NotModified != test.notModified || o.Validators != test.want || test.maxAge-o.Freshness.MaxAge > 2*time.Second {
			t.Errorf("%s: %+v", test.path, o)
		}
		if got := [2]time.Duration{o.Freshness.StaleWhileRevalidate, o.Freshness.StaleIfError}; got != test.windows {
			t.Errorf("%s: windows %v, want %v", test.path, got, test.windows)
		}
	}
}

func TestWebRedirects(t *testing.T) {
	var url string
	forbidden := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a forbidden host was asked") })
	url = serve(t, func(w http.ResponseWriter, r *http.Request) {
		to := map[string]string{
			"/1": "/2", "/2": url + "/3", "/3": "end", "/0": "/1", "/loop": "/loop",
			"/host":    strings.Replace(forbidden, "127.0.0.1", "localhost", 1),
			"/address": "http://169.254.169.254/latest/meta-data",
			"/number":  "http://2130706433/",
			"/scheme":  "file:///etc/passwd",
			"/user":    strings.Replace(url, "http://", "http://a:b@", 1),
			"/long":    "/" + strings.Repeat("a", urlBytes),
		}[r.URL.Path]
		if to == "" {
			io.WriteString(w, "abc")
			return
		}
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	})
	web := newWeb(t, local(func(c *WebConfig) { c.Allow = []string{"127.0.0.1"} }))
	for path, want := range map[string]error{
		"/1": nil, "/0": ErrFailed, "/loop": ErrFailed,
		"/host": ErrNotAllowed, "/address": ErrNotAllowed, "/number": ErrNotAllowed, "/scheme": ErrNotAllowed, "/user": ErrNotAllowed, "/long": ErrNotAllowed,
	} {
		if got, err := fetch(web, url+path); !errors.Is(err, want) || want == nil && string(got) != "abc" {
			t.Errorf("%s: %q, %v; want %v", path, got, err, want)
		}
	}
	base, err := newWeb(t, local(func(c *WebConfig) { c.Allow = nil })).Base(url)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{"1": nil, "host": ErrNotAllowed, "address": ErrNotAllowed} {
		if _, err := fetch(base, path); !errors.Is(err, want) {
			t.Errorf("base %s: %v, want %v", path, err, want)
		}
	}
}

func TestWebRedirectsLimitFreshness(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Last-Modified", "Mon, 03 May 2010 12:00:00 GMT") // no guess for what is temporary
		for path, answer := range map[string]struct {
			status int
			cache  string
		}{
			"/temporary": {302, ""}, "/short": {302, "max-age=10"}, "/never": {307, "no-store"}, "/permanent": {301, ""}, "/day": {308, "max-age=86400"},
		} {
			if r.URL.Path == path {
				w.Header().Set("Location", "/end")
				if answer.cache != "" {
					w.Header().Set("Cache-Control", answer.cache)
				}
				w.WriteHeader(answer.status)
				return
			}
		}
		w.Header().Set("Cache-Control", "max-age=604800")
		io.WriteString(w, "abc")
	})
	web := newWeb(t, local())
	for path, want := range map[string]time.Duration{
		"/temporary": time.Hour, "/short": 10 * time.Second, "/never": 0, "/permanent": 168 * time.Hour, "/day": 24 * time.Hour,
	} {
		o, err := web.Open(context.Background(), url+path, Validators{})
		if err != nil {
			t.Fatal(err)
		}
		o.Body.Close()
		// The Date of the answer has whole seconds, so up to two are lost.
		if lost := want - o.Freshness.MaxAge; lost < 0 || lost > 2*time.Second || o.Freshness.NoStore != (want == 0) {
			t.Errorf("%s: %+v, want %v", path, o.Freshness, want)
		}
	}
}

// What is behind an address that isn't allowed must not show.
func TestWebHidesWhatIsBehind(t *testing.T) {
	open := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the server was asked") })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	listener.Close()
	texts := map[string]bool{}
	for _, url := range []string{open, closed} {
		_, port, _ := strings.Cut(strings.TrimPrefix(url, "http://"), ":")
		web := newWeb(t, local(func(c *WebConfig) {
			c.Allow = []string{"127.0.0.1:" + port, "localhost:" + port}
			c.AllowNetworks = nil
		}))
		for _, host := range []string{"127.0.0.1", "localhost"} {
			_, err := fetch(web, "http://"+host+":"+port+"/")
			if !errors.Is(err, ErrNotAllowed) {
				t.Errorf("%s: %v, want ErrNotAllowed", host, err)
				continue
			}
			texts[host+": "+err.Error()] = true
		}
		if _, err := fetch(newWeb(t, local(func(c *WebConfig) { c.Allow = []string{"*"} })), url); !errors.Is(err, ErrNotAllowed) {
			t.Errorf(`%s by "*": %v, want ErrNotAllowed`, url, err)
		}
		base, err := web.Base(url)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fetch(base, "a"); !errors.Is(err, ErrNotAllowed) {
			t.Errorf("base: %v, want ErrNotAllowed", err)
		}
	}
	if len(texts) != 2 {
		t.Errorf("open and closed ports differ: %v", texts)
	}
}

func TestWebResolvesNames(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "abc") })
	// localhost is ::1 first on many machines, where nobody listens.
	if got, err := fetch(newWeb(t, local()), strings.Replace(url, "127.0.0.1", "LOCALHOST.", 1)); err != nil || string(got) != "abc" {
		t.Errorf("%q, %v", got, err)
	}
}

func gzipped(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(content)
	w.Close()
	return b.Bytes()
}

func zlibbed(content []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(content)
	w.Close()
	return b.Bytes()
}

func flated(content []byte) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 9)
	w.Write(content)
	w.Close()
	return b.Bytes()
}

func TestWebCodings(t *testing.T) {
	whole := bytes.Repeat([]byte("0123456789"), testLimit/10)
	for _, test := range []struct {
		name, coding string
		body         []byte
		want         error
	}{
		{"gzip at the limit", "gzip", gzipped(whole), nil},
		{"x-gzip", "X-GZIP", gzipped(whole), nil},
		{"zlib", "deflate", zlibbed(whole), nil},
		{"raw deflate", "deflate", flated(whole), nil},
		{"identity", "identity", whole, nil},
		{"gzip over the limit", "gzip", gzipped(append(whole, 'x')), ErrTooLarge},
		{"bomb", "gzip", gzipped(make([]byte, 4<<20)), ErrTooLarge},
		{"members without content", "gzip", bytes.Repeat(gzipped(nil), 10_000), ErrTooLarge},
		{"gzip cut", "gzip", gzipped(whole)[:100], ErrFailed},
		{"gzip without its sum", "gzip", gzipped(whole)[:len(gzipped(whole))-4], ErrFailed},
		{"zlib and more", "deflate", append(zlibbed(whole), 'x'), ErrFailed},
		{"flate cut", "deflate", flated(whole)[:50], ErrFailed},
		{"deflate of nothing", "deflate", zlibbed(nil), ErrFailed},
		{"one byte of deflate", "deflate", []byte{0x78}, ErrFailed},
	} {
		t.Run(test.name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", test.coding)
				w.(http.Flusher).Flush() // chunked: nothing is announced
				w.Write(test.body)
			})
			got, err := fetch(newWeb(t, local()), url)
			if !errors.Is(err, test.want) || test.want == nil && !bytes.Equal(got, whole) || len(got) > testLimit {
				t.Errorf("%d bytes, %v; want %v", len(got), err, test.want)
			}
		})
	}
}

func TestWebCountsBytes(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		for { // never ends by itself
			if _, err := w.Write(make([]byte, 10_000)); err != nil {
				return
			}
		}
	})
	web := newWeb(t, local())
	got, err := fetch(web, url)
	if !errors.Is(err, ErrTooLarge) || len(got) != testLimit {
		t.Errorf("%d bytes, %v; want %d and ErrTooLarge", len(got), err, testLimit)
	}
	if s := web.Stats(); s.Bytes != testLimit || s.Open != 0 {
		t.Errorf("%+v", s)
	}
}

func TestWebTimeouts(t *testing.T) {
	release := make(chan struct{})
	hang := func(r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-release:
		}
	}
	t.Cleanup(func() { close(release) })
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/header":
			hang(r)
		case "/body":
			io.WriteString(w, "abc")
			w.(http.Flusher).Flush()
			hang(r)
		case "/drip":
			for r.Context().Err() == nil {
				io.WriteString(w, "a")
				w.(http.Flusher).Flush()
				time.Sleep(5 * time.Millisecond)
			}
		}
	})
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and says nothing to a handshake
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	web := newWeb(t, local(func(c *WebConfig) {
		c.FirstByteTimeout, c.TLSTimeout, c.Timeout = 50*time.Millisecond, 50*time.Millisecond, 200*time.Millisecond
	}))
	for _, url := range []string{url + "/header", url + "/body", url + "/drip", "https://" + silent.Addr().String()} {
		began := time.Now()
		_, err := fetch(web, url)
		if !errors.Is(err, ErrTimeout) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v, want ErrTimeout and nothing else", url, err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: took %v", url, took)
		}
	}
}

func TestWebCallerLeaves(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			io.WriteString(w, "abc")
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	})
	web := newWeb(t, local())
	left := errors.New("the client left")
	for _, path := range []string{"/header", "/body"} {
		ctx, cancel := context.WithCancelCause(context.Background())
		time.AfterFunc(50*time.Millisecond, func() { cancel(left) })
		original, err := web.Open(ctx, url+path, Validators{})
		if path == "/body" {
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.ReadAll(original.Body)
			original.Body.Close()
		}
		if !errors.Is(err, left) || errors.Is(err, ErrFailed) || errors.Is(err, ErrTimeout) {
			t.Errorf("%s: %v, want the cause of the context alone", path, err)
		}
	}
	if s := web.Stats(); s.Open != 0 {
		t.Errorf("%+v", s)
	}
}

func TestWebPlacesPerHost(t *testing.T) {
	release := make(chan struct{})
	var inside, most atomic.Int64
	slow := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		now := inside.Add(1)
		defer inside.Add(-1)
		for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
		}
		io.WriteString(w, "abc")
		w.(http.Flusher).Flush()
		<-release
	})
	quick := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "abc") })
	web := newWeb(t, local(func(c *WebConfig) { c.QueueTimeout = 50 * time.Millisecond }))
	open := make([]*Original, 32)
	for i := range open {
		var err error
		if open[i], err = web.Open(context.Background(), slow, Validators{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := fetch(web, slow); !errors.Is(err, ErrBusy) {
		t.Errorf("the 33rd: %v, want ErrBusy", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := web.Open(ctx, slow, Validators{}); !errors.Is(err, context.Canceled) || errors.Is(err, ErrBusy) {
		t.Errorf("one that left: %v, want Canceled", err)
	}
	if _, err := fetch(web, quick); err != nil {
		t.Errorf("another host: %v", err)
	}
	if s := web.Stats(); s.Open != 32 || s.Results["busy"] != 1 {
		t.Errorf("%+v", s)
	}
	open[0].Body.Close()
	again, err := web.Open(context.Background(), slow, Validators{})
	if err != nil {
		t.Fatalf("after one left: %v", err)
	}
	close(release)
	for _, o := range append(open, again) {
		o.Body.Close()
	}
	if n := len(web.fetcher.gates.hosts); n != 0 || web.Stats().Open != 0 {
		t.Errorf("%d gates left, %+v", n, web.Stats())
	}
	if most.Load() > 33 { // the 33rd came after one had been closed by us
		t.Errorf("%d at once", most.Load())
	}
}

func TestWebRetries(t *testing.T) {
	for _, test := range []struct {
		name     string
		first    func(w http.ResponseWriter)
		requests int64
		want     error
	}{
		{"reset", func(w http.ResponseWriter) { hijack(w, "") }, 2, nil},
		{"502", func(w http.ResponseWriter) { w.WriteHeader(502) }, 2, nil},
		{"503", func(w http.ResponseWriter) { w.WriteHeader(503) }, 2, nil},
		{"503 for a moment", func(w http.ResponseWriter) { w.Header().Set("Retry-After", "0"); w.WriteHeader(503) }, 2, nil},
		{"503 for long", func(w http.ResponseWriter) { w.Header().Set("Retry-After", "60"); w.WriteHeader(503) }, 1, ErrFailed},
		{"503 until a date", func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "Mon, 04 May 2099 12:00:00 GMT")
			w.WriteHeader(503)
		}, 1, ErrFailed},
		{"503 nonsense", func(w http.ResponseWriter) { w.Header().Set("Retry-After", "soon"); w.WriteHeader(503) }, 1, ErrFailed},
		{"500", func(w http.ResponseWriter) { w.WriteHeader(500) }, 1, ErrFailed},
		{"404", func(w http.ResponseWriter) { w.WriteHeader(404) }, 1, ErrOriginNotFound},
		{"broken answer", func(w http.ResponseWriter) { hijack(w, "HTTP/1.1 what\r\n") }, 1, ErrFailed},
		{"short body", func(w http.ResponseWriter) { hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc") }, 1, ErrFailed},
	} {
		t.Run(test.name, func(t *testing.T) {
			var requests atomic.Int64
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if requests.Add(1) == 1 {
					test.first(w)
					return
				}
				io.WriteString(w, "abc")
			})
			web := newWeb(t, local())
			if _, err := fetch(web, url); !errors.Is(err, test.want) || requests.Load() != test.requests {
				t.Errorf("%v after %d requests; want %v after %d", err, requests.Load(), test.want, test.requests)
			}
			if s := web.Stats(); s.Retries != uint64(test.requests-1) {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestWebIsAskedToWait(t *testing.T) {
	for _, test := range []struct {
		status     int
		retryAfter string
		wait       time.Duration // 0: an ordinary failure
		want       error
	}{
		{429, "60", time.Minute, ErrFailed},
		{503, "60", time.Minute, ErrFailed},
		{503, time.Now().Add(time.Minute).UTC().Format(http.TimeFormat), time.Minute, ErrFailed},
		{503, "1", time.Second, ErrFailed}, // asked twice, and still so
		{503, "86400", unavailableMax, ErrFailed},
		{429, "99999999999999999999", unavailableMax, ErrFailed},
		{429, "Mon, 04 May 2099 12:00:00 GMT", unavailableMax, ErrFailed},
		{429, "0", 0, ErrFailed},
		{429, "Mon, 04 May 2015 12:00:00 GMT", 0, ErrFailed},
		{503, "soon", 0, ErrFailed},
		{503, "-1", 0, ErrFailed},
		{503, "", 0, ErrFailed},
		{500, "60", 0, ErrFailed},
		{502, "60", 0, ErrFailed},
		{404, "60", 0, ErrOriginNotFound},
	} {
		t.Run(fmt.Sprint(test.status, " ", test.retryAfter), func(t *testing.T) {
			t.Parallel()
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/moved" {
					http.Redirect(w, r, "/", http.StatusFound)
					return
				}
				if test.retryAfter != "" {
					w.Header().Set("Retry-After", test.retryAfter)
				}
				w.WriteHeader(test.status)
			})
			web := newWeb(t, local())
			for _, path := range []string{"/", "/moved"} {
				_, err := fetch(web, url+path)
				var unavailable *Unavailable
				if !errors.Is(err, test.want) || errors.As(err, &unavailable) != (test.wait > 0) {
					t.Fatalf("%s: %#v, want %v and a wait of %v", path, err, test.want, test.wait)
				}
				if test.wait == 0 {
					continue
				}
				// A date has whole seconds, and time has passed since.
				if got := unavailable.RetryAfter(time.Now()); got > test.wait || got < test.wait-3*time.Second {
					t.Errorf("%s: %v to wait, want %v", path, got, test.wait)
				}
			}
			if n := web.Stats().Results["unavailable"]; (n == 2) != (test.wait > 0) {
				t.Errorf("%d counted as unavailable", n)
			}
		})
	}
}

func TestUnavailable(t *testing.T) {
	e := &Unavailable{Until: received}
	for _, test := range []struct{ now, want time.Duration }{{-time.Second, time.Second}, {0, 0}, {time.Second, 0}} {
		if got := e.RetryAfter(received.Add(test.now)); got != test.want {
			t.Errorf("%v from it: %v, want %v", test.now, got, test.want)
		}
	}
	wrapped := fmt.Errorf("fetching: %w", e)
	if !errors.Is(wrapped, ErrFailed) || errors.Is(wrapped, ErrTimeout) || resultOf(wrapped) != "unavailable" {
		t.Errorf("%v is %s", wrapped, resultOf(wrapped))
	}
	if slow := (&Unavailable{cause: fmt.Errorf("%w: again", ErrTimeout)}); !errors.Is(slow, ErrTimeout) || errors.Is(slow, ErrFailed) {
		t.Errorf("%v", slow)
	}
	var found *Unavailable
	if got := classify(context.Background(), context.Background(), wrapped); !errors.As(got, &found) || found != e {
		t.Errorf("classified as %v", got)
	}
}

func hijack(w http.ResponseWriter, answer string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	io.WriteString(conn, answer)
	conn.Close()
}

func TestWebFailsTwice(t *testing.T) {
	var requests atomic.Int64
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	web := newWeb(t, local())
	if _, err := fetch(web, url); !errors.Is(err, ErrFailed) || requests.Load() != 2 {
		t.Errorf("%v after %d requests", err, requests.Load())
	}
	// No time for a second: what the first said is the answer.
	web = newWeb(t, local(func(c *WebConfig) { c.Timeout = 49 * time.Millisecond }))
	if _, err := fetch(web, url); !errors.Is(err, ErrFailed) && !errors.Is(err, ErrTimeout) || requests.Load() > 3 {
		t.Errorf("%v after %d requests", err, requests.Load())
	}
}

func TestWebTLS(t *testing.T) {
	server := newTLSServer(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "abc%d", r.ProtoMajor) })
	web := newWeb(t, local())
	if _, err := fetch(web, server.URL); !errors.Is(err, ErrFailed) || web.Stats().Retries != 0 {
		t.Errorf("a certificate nobody trusts: %v, %+v", err, web.Stats())
	}
	trusting := newWeb(t, local())
	trusting.fetcher.transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	trusting.fetcher.transport.TLSClientConfig.NextProtos = nil
	if got, err := fetch(trusting, server.URL); err != nil || string(got) != "abc2" {
		t.Errorf("%q, %v; want HTTP/2", got, err)
	}
}

func TestWebRefusesBadBases(t *testing.T) {
	web := newWeb(t, local())
	for _, url := range []string{"", "ftp://h/", "http://user:secret@h/", "/a", "http://127.1/"} {
		if _, err := web.Base(url); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("Base(%q): %v", url, err)
		}
	}
}
