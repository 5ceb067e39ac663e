package origin

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// hostile is an origin that lies, hangs or cuts off.
type hostile struct {
	name  string
	serve func(conn net.Conn)
	want  error // of opening or reading; nil: the body is "abc"
}

// says answers with the given bytes and ends the connection.
func says(answer string) func(net.Conn) {
	return func(conn net.Conn) { io.WriteString(conn, answer) }
}

// saysAndResets answers with the given bytes and breaks the connection.
func saysAndResets(answer string) func(net.Conn) {
	return func(conn net.Conn) {
		io.WriteString(conn, answer)
		time.Sleep(20 * time.Millisecond) // a reset overtakes what isn't read yet
		conn.(*net.TCPConn).SetLinger(0)
	}
}

// saysAndHangs answers with the given bytes and nothing more.
func saysAndHangs(answer string) func(net.Conn) {
	return func(conn net.Conn) {
		io.WriteString(conn, answer)
		io.Copy(io.Discard, conn)
	}
}

// repeats goes on saying the same after a pause, until nobody listens.
func repeats(before, again string, pause time.Duration) func(net.Conn) {
	return func(conn net.Conn) {
		_, err := io.WriteString(conn, before)
		for err == nil {
			time.Sleep(pause)
			_, err = io.WriteString(conn, again)
		}
	}
}

const drip = 5 * time.Millisecond

var hostiles = []hostile{
	// What is announced isn't what comes.
	{"short body", says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), ErrFailed},
	{"no body", says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"), ErrFailed},
	{"huge length", says("HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\nabc"), ErrTooLarge},
	{"length beyond 64 bits", says("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nabc"), ErrFailed},
	{"negative length", says("HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc"), ErrFailed},
	{"signed length", says("HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc"), ErrFailed},
	{"two lengths", says("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), ErrFailed},
	{"two lengths in one line", says("HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\nabcd"), ErrFailed},
	{"the same length twice", says("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc"), nil},
	// net/http takes what is announced and closes the connection.
	{"long body", says("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef"), nil},
	{"empty", says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), ErrFailed},
	{"empty, but not quite", says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nabc"), ErrFailed},
	{"empty chunked", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), ErrFailed},
	{"empty until close", says("HTTP/1.1 200 OK\r\n\r\n"), ErrFailed},

	// Chunks.
	{"chunked", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), nil},
	{"cut chunk", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"), ErrFailed},
	{"cut after a chunk", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc"), ErrFailed},
	{"no last chunk", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), ErrFailed},
	{"no end of the last chunk", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"), ErrFailed},
	{"cut trailer", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n3\r\nabc\r\n0\r\nX: a"), ErrFailed},
	{"chunk without size", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n"), ErrFailed},
	{"chunk of a negative size", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n"), ErrFailed},
	{"chunk beyond 64 bits", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc\r\n0\r\n\r\n"), ErrFailed},
	{"chunk longer than its size", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n"), ErrFailed},
	{"size of a chunk without end", repeats("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", strings.Repeat("0", 1000), 0), ErrFailed},
	{"trailer without end", repeats("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n", "X: abc\r\n", 0), ErrFailed},
	{"another coding below the chunks", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), ErrFailed},
	// RFC 9112 §6.3: the chunks overrule the length.
	{"chunked with a length", says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), nil},
	{"chunked with a length, cut", says("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc"), ErrFailed},

	// Bodies without a length end where the connection does.
	{"until close", says("HTTP/1.1 200 OK\r\n\r\nabc"), nil},
	{"HTTP/1.0 until close", says("HTTP/1.0 200 OK\r\n\r\nabc"), nil},
	{"HTTP/1.0 with a length, cut", says("HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nabc"), ErrFailed},
	{"HTTP/1.0 until it breaks", saysAndResets("HTTP/1.0 200 OK\r\n\r\nabc"), ErrFailed},
	{"HTTP/0.9", says("abc"), ErrFailed},

	// Statuses.
	{"201", says("HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nabc"), ErrFailed},
	{"203", says("HTTP/1.1 203 Non-Authoritative Information\r\nContent-Length: 3\r\n\r\nabc"), nil},
	{"204", says("HTTP/1.1 204 No Content\r\n\r\n"), ErrFailed},
	{"205", says("HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"), ErrFailed},
	{"206", says("HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\nContent-Range: bytes 0-2/9\r\n\r\nabc"), ErrFailed},
	{"206 of all", says("HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\nContent-Range: bytes 0-2/3\r\n\r\nabc"), ErrFailed},
	{"300", says("HTTP/1.1 300 Multiple Choices\r\nContent-Length: 3\r\n\r\nabc"), ErrFailed},
	{"304 nobody asked for", says("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n"), ErrFailed},
	{"403", says("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), ErrFailed},
	{"404", says("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), ErrOriginNotFound},
	{"404 cut short", says("HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nabc"), ErrOriginNotFound},
	{"410", says("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"), ErrOriginNotFound},
	{"redirect without Location", says("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"), ErrFailed},
	{"redirect to nonsense", says("HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n"), ErrFailed},
	{"redirect to itself", says("HTTP/1.1 302 Found\r\nLocation: /x.jpg\r\nContent-Length: 0\r\n\r\n"), ErrFailed},
	{"redirect with a body without end", repeats("HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n", "abc", 0), ErrFailed},

	// Answers before the answer.
	{"100 first", says("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"), nil},
	{"103 first", says(strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 3) + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"), nil},
	{"101", says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nabc"), ErrFailed},
	{"100 and no more", says("HTTP/1.1 100 Continue\r\n\r\n"), ErrFailed},
	{"flood of 100", repeats("", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100), 0), ErrFailed},
	{"flood of 103", repeats("", "HTTP/1.1 103 Early Hints\r\nLink: </"+strings.Repeat("a", 1000)+">\r\n\r\n", 0), ErrFailed},
	{"drip of 103", repeats("", "HTTP/1.1 103 Early Hints\r\n\r\n", 10*drip), ErrTimeout},

	// Headers.
	{"nothing", says(""), ErrFailed},
	{"not HTTP", says("SSH-2.0-OpenSSH\r\n"), ErrFailed},
	{"a status that is none", says("HTTP/1.1 2x0 OK\r\n\r\nabc"), ErrFailed},
	{"a line without colon", says("HTTP/1.1 200 OK\r\nContent-Length\r\n\r\nabc"), ErrFailed},
	{"cut header", says("HTTP/1.1 200 OK\r\nContent-Len"), ErrFailed},
	{"huge header", says("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", headerBytes) + "\r\n\r\nabc"), ErrFailed},
	{"header without end", repeats("HTTP/1.1 200 OK\r\n", strings.Repeat("X: abc\r\n", 100), 0), ErrFailed},
	{"line without end", repeats("HTTP/1.1 200 OK\r\nX: ", strings.Repeat("x", 1000), 0), ErrFailed},
	{"header that drips", repeats("HTTP/1.1 200 OK\r\nX: ", "x", drip), ErrTimeout},
	{"status that drips", repeats("", "H", drip), ErrTimeout},
	{"hangs before the header", saysAndHangs(""), ErrTimeout},
	{"hangs in the header", saysAndHangs("HTTP/1.1 200 OK\r\nContent-Le"), ErrTimeout},
	{"resets at once", saysAndResets(""), ErrFailed},
	{"resets in the header", saysAndResets("HTTP/1.1 200 OK\r\nContent-Le"), ErrFailed},

	// Bodies.
	{"hangs before the body", saysAndHangs("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), ErrTimeout},
	{"hangs in the body", saysAndHangs("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), ErrTimeout},
	{"hangs after the last chunk but one", saysAndHangs("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), ErrTimeout},
	{"body that drips", repeats("HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n", "a", drip), ErrTimeout},
	{"chunks that drip", repeats("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n", drip), ErrTimeout},
	{"body without end", repeats("HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("a", 1000), 0), ErrTooLarge},
	{"chunks without end", repeats("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", strings.Repeat("3\r\nabc\r\n", 100), 0), ErrTooLarge},
	{"resets in the body", saysAndResets("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), ErrFailed},
	{"resets in a chunk", saysAndResets("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"), ErrFailed},

	// Codings, all of which nobody asked for; more of them in TestWebCodings.
	{"unknown coding", says("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabc"), ErrFailed},
	{"two codings", says("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"), ErrFailed},
	{"gzip", says(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(gzipped([]byte("abc"))), gzipped([]byte("abc")))), nil},
	{"not gzip", says("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 30\r\n\r\n" + strings.Repeat("abc", 10)), ErrFailed},
	{"gzip and garbage", says("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + string(gzipped([]byte("abc"))) + "garbage"), ErrFailed},
	{"gzip of garbage", says("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + string(gzipped([]byte("abc"))[:10]) + "\xff\xff\xff\xffgarbage"), ErrFailed},
	{"gzip that hangs", saysAndHangs("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + string(gzipped([]byte("abc"))[:12])), ErrTimeout},
}

// TestWebHostileOrigins: a body ends in io.EOF only when it is whole, whatever
// the origin does, and nothing is left of the fetch.
func TestWebHostileOrigins(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("each", func(t *testing.T) {
		for _, test := range hostiles {
			t.Run(test.name, func(t *testing.T) {
				web := newWeb(t, local(func(c *WebConfig) {
					if errors.Is(test.want, ErrTimeout) {
						c.FirstByteTimeout, c.Timeout = 200*time.Millisecond, 400*time.Millisecond
					}
				}))
				url := serveConn(t, test.serve)
				got, err := fetch(web, url+"/x.jpg")
				if test.want == nil && (err != nil || string(got) != "abc") || !errors.Is(err, test.want) {
					t.Errorf("got %.100q, %v; want %v", got, err, test.want)
				}
				s := web.Stats()
				if s.Open != 0 || s.Results[resultOf(test.want)] != 1 || len(web.fetcher.gates.hosts) != 0 {
					t.Errorf("stats %+v, want one %s; %d gates", s, resultOf(test.want), len(web.fetcher.gates.hosts))
				}
			})
		}
	})
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// Two hosts that redirect to each other are a loop as well.
func TestWebRedirectsInACircle(t *testing.T) {
	var there string
	here := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, there, http.StatusMovedPermanently) })
	there = serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, here, http.StatusFound) })
	web := newWeb(t, local())
	if _, err := fetch(web, here); !errors.Is(err, ErrFailed) {
		t.Errorf("%v, want ErrFailed", err)
	}
	if s := web.Stats(); s.Open != 0 || s.Retries != 0 {
		t.Errorf("%+v", s)
	}
}

// Over TLS and HTTP/2 the same holds: an end that isn't told is none.
func TestWebHostileOverTLS(t *testing.T) {
	server := newTLSServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/length" {
			w.Header().Set("Content-Length", "9")
		}
		io.WriteString(w, "abc")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	for _, protocol := range []string{"h2", "http/1.1"} {
		web := newWeb(t, local())
		transport := web.fetcher.transport
		transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
		transport.TLSClientConfig.NextProtos = []string{protocol}
		for _, path := range []string{"/", "/length"} {
			if got, err := fetch(web, server.URL+path); !errors.Is(err, ErrFailed) {
				t.Errorf("%s %s: %q, %v; want ErrFailed", protocol, path, got, err)
			}
		}
		if s := web.Stats(); s.Open != 0 {
			t.Errorf("%s: %+v", protocol, s)
		}
	}
}
