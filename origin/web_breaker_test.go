package origin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const host = "host.example:443"

func someBreakers(t testing.TB, failures int) *breakers {
	t.Helper()
	b, err := newBreakers(failures, 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// attempts tells b verdicts on a host, one after the other.
func attempts(t testing.TB, b *breakers, host string, verdicts ...error) {
	t.Helper()
	for _, verdict := range verdicts {
		judge, err := b.enter(host)
		if err != nil {
			t.Fatal(err)
		}
		judge(verdict)
	}
}

// refused checks that nothing may be sent to a host, and gives the time left.
func refused(t testing.TB, b *breakers, host string) time.Duration {
	t.Helper()
	_, entering := b.enter(host)
	looking := b.refusal(host)
	for _, err := range []error{entering, looking} {
		var unavailable *Unavailable
		if !errors.As(err, &unavailable) || !errors.Is(err, ErrFailed) {
			t.Fatalf("not refused: %v", err)
		}
	}
	var unavailable *Unavailable
	errors.As(looking, &unavailable)
	if b.open() != 1 {
		t.Fatalf("%d are open", b.open())
	}
	return unavailable.RetryAfter(time.Now())
}

func TestBreakerStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := someBreakers(t, 3)
		attempts(t, b, host, ErrFailed, ErrFailed, nil, ErrFailed, errNoVerdict, ErrFailed)
		late, err := b.enter(host)
		if err != nil {
			t.Fatalf("two failures in a row: %v", err)
		}
		attempts(t, b, host, ErrFailed)
		left := refused(t, b, host)
		if left < 2*time.Second || left > 2500*time.Millisecond {
			t.Errorf("a pause of %v", left)
		}
		attempts(t, b, "other.example:443", nil)
		attempts(t, b, "host.example:80", nil)
		time.Sleep(left / 2)
		if got := refused(t, b, host); got != left-left/2 {
			t.Errorf("%v left, want %v", got, left-left/2)
		}
		time.Sleep(left / 2)
		late(nil) // begun before the pause: it says nothing about now
		refused(t, b, host)
		time.Sleep(10 * time.Millisecond)
		if b.refusal(host) != nil || b.open() != 0 {
			t.Errorf("refused after the pause: %v", b.refusal(host))
		}

		probe, err := b.enter(host)
		if err != nil {
			t.Fatalf("after the pause: %v", err)
		}
		if left := refused(t, b, host); left != 2*time.Second {
			t.Errorf("during a probe: %v", left)
		}
		probe(ErrFailed)
		left = refused(t, b, host)
		time.Sleep(left + 1)

		attempts(t, b, host, errNoVerdict, errNoVerdict) // two probes that left
		attempts(t, b, host, nil)
		attempts(t, b, host, ErrFailed, ErrFailed)
		if err := b.refusal(host); err != nil {
			t.Errorf("old failures count: %v", err)
		}
		attempts(t, b, host, nil)
		if n := b.hosts.Len(); n != 0 {
			t.Errorf("%d hosts that are well are remembered", n)
		}
	})
}

func TestBreakerOff(t *testing.T) {
	b := someBreakers(t, 0)
	for range 100 {
		attempts(t, b, host, ErrFailed)
	}
	if b.refusal(host) != nil || b.hosts.Len() != 0 || b.open() != 0 {
		t.Errorf("%v, %d hosts", b.refusal(host), b.hosts.Len())
	}
}

func TestBreakerMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := someBreakers(t, 3)
		under, err := b.enter("first.example:443")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 * breakerHosts {
			attempts(t, b, fmt.Sprintf("%d.example:443", i), ErrFailed)
		}
		if n := b.hosts.Len(); n != breakerHosts {
			t.Errorf("%d hosts are remembered", n)
		}
		// One that was pushed out while it was asked counts no more, and doesn't
		// take its successor along.
		attempts(t, b, "first.example:443", ErrFailed)
		under(nil)
		if !b.hosts.Contains("first.example:443") {
			t.Error("the failure is forgotten")
		}
		time.Sleep(breakerMemory)
		attempts(t, b, host, ErrFailed)
		if n := b.hosts.Len(); n != 1 {
			t.Errorf("%d hosts are remembered although nobody asked them", n)
		}
		time.Sleep(breakerMemory)
		attempts(t, b, host, ErrFailed, ErrFailed)
		if err := b.refusal(host); err != nil {
			t.Errorf("failures of long ago count: %v", err)
		}
	})
}

func TestBreakerManyAtOnce(t *testing.T) {
	b := someBreakers(t, 3)
	b.pause = time.Millisecond
	var all sync.WaitGroup
	var inside, refused atomic.Int64
	for i := range 32 {
		all.Go(func() {
			for j := range 200 {
				judge, err := b.enter(host)
				if err != nil {
					refused.Add(1)
					time.Sleep(50 * time.Microsecond)
					continue
				}
				inside.Add(1)
				judge([]error{ErrFailed, ErrFailed, ErrFailed, errNoVerdict, nil}[(i+j)%5])
				b.refusal(host)
				b.open()
			}
		})
	}
	all.Wait()
	if inside.Load() == 0 || refused.Load() == 0 {
		t.Errorf("%d let through, %d refused", inside.Load(), refused.Load())
	}
	time.Sleep(5 * time.Millisecond)
	attempts(t, b, host, nil) // not wedged
	if n := b.hosts.Len(); n != 0 {
		t.Errorf("%d hosts are left", n)
	}
}

// closedPort is a URL where nobody listens.
func closedPort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	return "http://" + listener.Addr().String()
}

// TestWebBreaker asks origins that fail in one way each, and then once more.
func TestWebBreaker(t *testing.T) {
	const failures = 4
	answers := func(head string) func(testing.TB) string {
		return func(t testing.TB) string { return serveRaw(t, "HTTP/1.1 "+head) }
	}
	for _, test := range []struct {
		name  string
		serve func(t testing.TB) string
		opens bool
	}{
		{"closed port", closedPort, true},
		{"no such host", func(testing.TB) string { return "http://nowhere.invalid" }, true},
		{"no TLS", func(t testing.TB) string {
			return strings.Replace(serveRaw(t, "HTTP/1.0 400\r\n\r\n"), "http", "https", 1)
		}, true},
		{"untrusted", serveUntrusted, true},
		{"reset before a header", func(t testing.TB) string { return serveRaw(t, "") }, true},
		{"not HTTP", func(t testing.TB) string { return serveRaw(t, "SSH-2.0-OpenSSH\r\n") }, true},
		{"silent", func(t testing.TB) string { return serveConn(t, func(conn net.Conn) { io.Copy(io.Discard, conn) }) }, true},
		{"429", answers("429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"), true},
		{"500", answers("500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"), true},
		{"503", answers("503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"), true},
		{"599", answers("599 Unheard Of\r\nContent-Length: 0\r\n\r\n"), true},

		{"600", answers("600 Unheard Of\r\nContent-Length: 0\r\n\r\n"), false},
		{"403", answers("403 Forbidden\r\nContent-Length: 0\r\n\r\n"), false},
		{"404", answers("404 Not Found\r\nContent-Length: 0\r\n\r\n"), false},
		{"304", answers("304 Not Modified\r\n\r\n"), false},
		{"redirect to itself", answers("302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"), false},
		{"redirect nowhere", answers("302 Found\r\nContent-Length: 0\r\n\r\n"), false},
		{"empty", answers("200 OK\r\nContent-Length: 0\r\n\r\n"), false},
		{"cut short", answers("200 OK\r\nContent-Length: 9\r\n\r\nabc"), false},
		{"too large", answers("200 OK\r\nContent-Length: 9999999\r\n\r\nabc"), false},
		{"not allowed", func(testing.TB) string { return "http://[::2]" }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			url := test.serve(t)
			web := newWeb(t, local(func(c *WebConfig) {
				c.Allow = append(c.Allow, "nowhere.invalid", "::2")
				c.BreakerFailures, c.BreakerPause = failures, time.Minute
				if test.opens {
					c.DNSTimeout, c.FirstByteTimeout, c.TLSTimeout = 50*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond
				}
			}))
			for range failures {
				if _, err := fetch(web, url+"/x.jpg"); err == nil {
					t.Fatal("that went well")
				}
			}
			_, err := fetch(web, url+"/other.jpg")
			var unavailable *Unavailable
			if errors.As(err, &unavailable) != test.opens {
				t.Fatalf("then: %v", err)
			}
			s := web.Stats()
			if test.opens && (!errors.Is(err, ErrFailed) || s.BreakersOpen != 1 || s.Refused == 0 || s.Results["unavailable"] != s.Refused) {
				t.Errorf("%v, %+v", err, s)
			}
			if !test.opens && (s.BreakersOpen != 0 || s.Refused != 0 || web.fetcher.breakers.hosts.Len() != 0) {
				t.Errorf("%+v, %d hosts", s, web.fetcher.breakers.hosts.Len())
			}
			if s.Open != 0 || len(web.fetcher.gates.hosts) != 0 {
				t.Errorf("%+v, %d gates", s, len(web.fetcher.gates.hosts))
			}
		})
	}
}

func serveUntrusted(t testing.TB) string {
	t.Helper()
	server := newTLSServer(t, func(http.ResponseWriter, *http.Request) {})
	return server.URL
}

// TestWebBreakerOpens follows one host through all states.
func TestWebBreakerOpens(t *testing.T) {
	var requests, status atomic.Int64
	status.Store(500)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if r.URL.Path == "/elsewhere" {
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		w.WriteHeader(int(status.Load()))
		io.WriteString(w, "abc")
	})
	web := newWeb(t, local(func(c *WebConfig) { c.BreakerFailures, c.BreakerPause = 3, 400*time.Millisecond }))
	base, err := web.Base(url)
	if err != nil {
		t.Fatal(err)
	}
	fetch(web, url+"/1")
	fetch(base, "2")
	fetch(web, url+"/elsewhere") // the hop speaks for the host, the target against it
	fetch(web, url+"/3")
	if n := requests.Load(); n != 5 {
		t.Fatalf("%d requests", n)
	}
	fetch(base, "4")
	for _, o := range []func() error{
		func() error { _, err := fetch(web, url+"/"); return err },
		func() error { _, err := fetch(base, "a"); return err },
		func() error { _, err := web.OpenAnywhere(context.Background(), url, Validators{}); return err },
	} {
		var unavailable *Unavailable
		if err := o(); !errors.As(err, &unavailable) || unavailable.RetryAfter(time.Now()) > 500*time.Millisecond {
			t.Errorf("%v, want Unavailable", err)
		}
	}
	if n := requests.Load(); n != 6 {
		t.Errorf("%d requests, one that was refused was sent", n)
	}
	time.Sleep(550 * time.Millisecond)
	fetch(web, url) // the probe, which fails
	if _, err := fetch(web, url); resultOf(err) != "unavailable" || requests.Load() != 7 {
		t.Errorf("after a failed probe: %v, %d requests", err, requests.Load())
	}
	status.Store(200)
	time.Sleep(550 * time.Millisecond)
	for range 2 {
		if got, err := fetch(web, url); err != nil || string(got) != "abc" {
			t.Errorf("when it is well again: %q, %v", got, err)
		}
	}
	if s := web.Stats(); s.BreakersOpen != 0 || s.Refused != 4 || web.fetcher.breakers.hosts.Len() != 0 {
		t.Errorf("%+v", s)
	}
}

// A probe holds others off while it is under way, and frees them when its
// caller leaves.
func TestWebBreakerProbeLeaves(t *testing.T) {
	var hang atomic.Bool
	asked := make(chan struct{}, 8)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if hang.Load() {
			asked <- struct{}{}
			<-r.Context().Done()
			return
		}
		w.WriteHeader(500)
	})
	web := newWeb(t, local(func(c *WebConfig) { c.BreakerFailures, c.BreakerPause = 1, 20*time.Millisecond }))
	fetch(web, url)
	hang.Store(true)
	for range 2 {
		time.Sleep(50 * time.Millisecond)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() {
			_, err := web.Open(ctx, url, Validators{})
			ended <- err
		}()
		<-asked
		if _, err := fetch(web, url); resultOf(err) != "unavailable" {
			t.Errorf("a second probe: %v", err)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the probe: %v", err)
		}
	}
	hang.Store(false)
	if _, err := fetch(web, url); !errors.Is(err, ErrFailed) || resultOf(err) == "unavailable" {
		t.Errorf("after the probe left: %v, want another", err)
	}
}

// Callers that leave and places that are taken say nothing about a host.
func TestWebBreakerHasNoVerdict(t *testing.T) {
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	web := newWeb(t, local(func(c *WebConfig) {
		c.BreakerFailures, c.PerHost, c.QueueTimeout = 1, 1, 10*time.Millisecond
	}))
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	ended := make(chan error)
	go func() {
		_, err := web.Open(ctx, url, Validators{})
		ended <- err
	}()
	for web.Stats().Open == 0 {
		time.Sleep(time.Millisecond)
	}
	if _, err := fetch(web, url); !errors.Is(err, ErrBusy) {
		t.Errorf("%v, want ErrBusy", err)
	}
	if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the caller's deadline", err)
	}
	if s := web.Stats(); s.BreakersOpen != 0 || web.fetcher.breakers.hosts.Len() != 0 {
		t.Errorf("%+v", s)
	}
}

// A host that takes all the time before it redirects is to blame itself.
func TestWebBreakerBlamesTheSlow(t *testing.T) {
	var quick string
	slow := serve(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(200 * time.Millisecond)
		http.Redirect(w, r, quick, http.StatusFound)
	})
	quick = serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	web := newWeb(t, local(func(c *WebConfig) { c.BreakerFailures, c.Timeout = 1, 300*time.Millisecond }))
	if _, err := fetch(web, slow); !errors.Is(err, ErrTimeout) {
		t.Errorf("%v, want ErrTimeout", err)
	}
	if s := web.Stats(); s.BreakersOpen != 0 {
		t.Errorf("closed off for the fault of another: %+v", s)
	}
	if _, err := fetch(web, quick); !errors.Is(err, ErrTimeout) {
		t.Errorf("%v, want ErrTimeout", err)
	}
	if s := web.Stats(); s.BreakersOpen != 1 {
		t.Errorf("that had all the time: %+v", s)
	}
}

// The retry is for a host that others can reach.
func TestWebBreakerStopsRetry(t *testing.T) {
	var requests atomic.Int64
	arrived, hold := make(chan struct{}), make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if r.URL.Path == "/slow" {
			close(arrived)
			<-hold
		}
		w.WriteHeader(http.StatusBadGateway)
	})
	web := newWeb(t, local(func(c *WebConfig) { c.BreakerFailures = 1 }))
	ended := make(chan error, 1)
	go func() {
		_, err := fetch(web, url+"/slow")
		ended <- err
	}()
	<-arrived
	if _, err := fetch(web, url+"/quick"); err == nil { // and once more, and that opens it
		t.Error("that went well")
	}
	close(hold)
	err := <-ended
	if s := web.Stats(); resultOf(err) != "unavailable" || requests.Load() != 3 || s.Retries != 1 || s.Refused != 1 {
		t.Errorf("%v after %d requests, %+v", err, requests.Load(), s)
	}
}

// A fetch that is tried again counts once.
func TestWebBreakerCountsFetches(t *testing.T) {
	var requests atomic.Int64
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusBadGateway)
	})
	web := newWeb(t, local(func(c *WebConfig) { c.BreakerFailures = 3 }))
	for fetched := range 3 {
		if web.Stats().BreakersOpen != 0 {
			t.Errorf("open after %d fetches", fetched)
		}
		fetch(web, url)
	}
	if web.Stats().BreakersOpen != 1 || requests.Load() != 6 {
		t.Errorf("%d requests, %+v", requests.Load(), web.Stats())
	}
}

// A fetch that has no time to be tried again counts by its first attempt.
func TestWebBreakerCountsFetchesWithoutARetry(t *testing.T) {
	var requests atomic.Int64
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.Header().Set("Retry-After", "2") // as long as is waited for, and longer than the fetch may take
		w.WriteHeader(http.StatusBadGateway)
	})
	web := newWeb(t, local(func(c *WebConfig) { c.BreakerFailures, c.Timeout = 1, 2*time.Second }))
	fetch(web, url)
	if web.Stats().BreakersOpen != 1 || requests.Load() != 1 {
		t.Errorf("%d requests, %+v", requests.Load(), web.Stats())
	}
}

// One server at a port may be broken while another at the same host isn't.
func TestWebBreakerIsPerPort(t *testing.T) {
	good := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "abc") })
	web := newWeb(t, local(func(c *WebConfig) { c.BreakerFailures = 1 }))
	bad := closedPort(t)
	fetch(web, bad)
	if _, err := fetch(web, bad); resultOf(err) != "unavailable" {
		t.Errorf("%v", err)
	}
	if _, err := fetch(web, good); err != nil {
		t.Error(err)
	}
	plain, err := parseTarget("http://host.example/")
	if err != nil {
		t.Fatal(err)
	}
	secure, err := parseTarget("https://host.example/")
	if err != nil {
		t.Fatal(err)
	}
	if plain.hostPort() != "host.example:80" || secure.hostPort() != "host.example:443" {
		t.Errorf("%s, %s", plain.hostPort(), secure.hostPort())
	}
}
