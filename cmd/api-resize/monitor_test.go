package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tile is what the monitor says under a title, in JavaScript.
func tile(title string) string {
	return fmt.Sprintf("[...document.querySelectorAll('.tile')].find(t => t.innerText.startsWith(%q)).innerText", title)
}

// TestMonitorIsLive: what happens to requests is seen on a page that was opened
// before, with no reload.
func TestMonitorIsLive(t *testing.T) {
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusInternalServerError)
	}))
	t.Cleanup(broken.Close)
	s := start(t, patient+loopbackAllowed)
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	b := openTab(t)
	b.viewport(1280, 900, false)
	b.open(s.ops + "/")
	value[any](b, "window.notReloaded = true")
	b.eventually("document.getElementById('connection').textContent == 'live'")
	b.eventually(tile("From the cache") + ".includes('no picture was asked for')")
	b.eventually("document.querySelector('#failures + .empty').checkVisibility()")
	b.screenshot("nothing")

	s.picture("/resize/300x/" + id)
	b.eventually(tile("From the cache") + ".includes('made 100 %')")
	b.eventually("document.getElementById('slow-sources').innerText.includes('" + id + "')")
	for range 9 {
		s.picture("/resize/300x/" + id)
	}
	b.eventually(tile("From the cache") + ".includes('memory 90 %')")
	b.eventually("!" + tile("Requests") + `.includes('\n0 ')`)

	secret := "token=very-secret-indeed"
	failed := s.get("/resize/320x/"+strings.NewReplacer(":", "%3A", "/", "%2F", "?", "%3F", "=", "%3D").Replace(broken.URL+"/cat.jpg?"+secret), "X-Request-Id", "look-for-me")
	failed.isProblem(t, http.StatusBadGateway, "origin_error")
	b.eventually("document.getElementById('failures').innerText.includes('look-for-me')")
	b.eventually("document.getElementById('failing-sources').innerText.includes('" + broken.URL + "/cat.jpg')")
	b.eventually("document.getElementById('failing-origins').innerText.includes('" + strings.TrimPrefix(broken.URL, "http://") + "')")
	b.eventually("document.getElementById('codes').innerText.includes('origin_error')")
	b.eventually(tile("Errors") + ".includes('failing')")
	if strings.Contains(value[string](b, "document.documentElement.outerHTML"), "very-secret") {
		t.Error("the page tells the query of a source")
	}
	// The chart has drawn a line of two points.
	b.eventually("document.querySelector('figure path.series').getAttribute('d').split('L').length > 1")
	b.screenshot("light")
	if !value[bool](b, "window.notReloaded") {
		t.Error("the page was reloaded")
	}
	b.asksOnly(s.ops)
}

// TestMonitorIsReadable on a phone, in the dark, and by a keyboard.
func TestMonitorIsReadable(t *testing.T) {
	s := start(t, patient+loopbackAllowed)
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	site := newCountingSite(t, []byte("no image"), "max-age=600")
	for i := range 12 {
		s.picture(fmt.Sprintf("/resize/%dx/%s", 20+i, id))
		s.get(fmt.Sprintf("/resize/320x/%s/a/rather/long/path/that/goes/on/picture-%d.jpg", site.URL, i))
	}
	b := openTab(t)
	b.media("prefers-color-scheme", "dark")
	b.viewport(1280, 900, false)
	b.open(s.ops + "/")
	b.eventually("document.getElementById('more').innerText == 'Show all 12'")
	value[any](b, "document.getElementById('more').focus()")
	b.press("\r")
	b.eventually("document.querySelectorAll('#failures tbody tr').length == 12 && document.activeElement.id == 'more'")
	b.press("\r")
	b.eventually("document.querySelectorAll('#failures tbody tr').length == 10")
	b.eventually("document.querySelectorAll('#failing-sources tbody tr').length == 10")
	b.screenshot("dark")
	b.viewport(390, 844, true)
	b.eventually("innerWidth == 390")
	if over := value[int](b, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
		t.Errorf("%d pixels are beyond a phone's width", over)
	}
	b.screenshot("phone")
	// Every table and every line of a chart has a name.
	for _, unnamed := range []string{"main section table:not(:has(caption)):not(figure table)", "figure:not(:has(figcaption))", "section:not([aria-labelledby])"} {
		if count := value[int](b, fmt.Sprintf("document.querySelectorAll(%q).length", unnamed)); count != 0 {
			t.Errorf("%d of %s", count, unnamed)
		}
	}
}

// TestMonitorComesBack: the page outlives the service, says so, and goes on when
// there is one again.
func TestMonitorComesBack(t *testing.T) {
	port := freeAddress(t)
	first := startAt(t, port)
	b := openTab(t)
	b.open(first.ops + "/")
	b.eventually("document.getElementById('connection').textContent == 'live'")
	b.eventually("document.querySelector('figure path.series').getAttribute('d').length > 0")
	value[any](b, "window.notReloaded = true")
	began := time.Now()
	if err := first.stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("a browser that watches holds up the end: %v", took)
	}
	b.eventually("document.getElementById('connection').textContent == 'connection lost'")
	b.eventually("document.getElementById('lost').checkVisibility()")
	b.screenshot("lost")
	second := startAt(t, port, first.dir)
	second.get("/resize/wrong", "X-Request-Id", "after-the-restart")
	b.eventually("document.getElementById('connection').textContent == 'live'")
	b.eventually("document.getElementById('failures').innerText.includes('after-the-restart')")
	b.eventually("!document.getElementById('lost').checkVisibility()")
	if !value[bool](b, "window.notReloaded") {
		t.Error("the page was reloaded")
	}
}

// freeAddress is one that nobody listens at.
func freeAddress(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

// startAt is start with the operator's listener at an address.
func startAt(t *testing.T, address string, dataDir ...string) *service {
	t.Helper()
	s := launchWith(t, "server: {drain_delay: 0s}\n", func(s *service) {
		flag := slices.Index(s.command.Args, "--ops-address")
		s.command.Args[flag+1] = address
	}, dataDir...)
	s.awaitListening()
	return s
}

// TestMonitorEndsWithTheService: whoever watches is let go when the service stops,
// until then it sees that it does.
func TestMonitorEndsWithTheService(t *testing.T) {
	s := start(t, "server: {drain_delay: 2s}\n")
	response, err := http.Get(s.ops + "/events")
	must(t, err)
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	must(t, s.command.Process.Signal(syscall.SIGTERM))
	draining := false
	for lines.Scan() {
		draining = draining || strings.Contains(lines.Text(), `"state":"draining"`)
	}
	if !draining {
		t.Error("it is not told that the service drains")
	}
	<-s.done
	if s.ended != nil {
		t.Errorf("it ended with %v", s.ended)
	}
}

// TestMonitorIsNotForOtherSites: neither is it read by way of another's name, nor
// does what another's page sends do anything; metrics are for whoever gets there.
func TestMonitorIsNotForOtherSites(t *testing.T) {
	s := start(t, "ops: {hosts: [monitor.internal]}\n")
	ask := func(method, path string, header ...string) int {
		t.Helper()
		request, err := http.NewRequest(method, s.ops+path, nil)
		must(t, err)
		for i := 0; i < len(header); i += 2 {
			request.Header.Set(header[i], header[i+1])
			if header[i] == "Host" {
				request.Host = header[i+1]
			}
		}
		response, err := client.Do(request)
		must(t, err)
		response.Body.Close()
		return response.StatusCode
	}
	for _, one := range []struct {
		method, path string
		header       []string
		want         int
	}{
		{"GET", "/", nil, 200},
		{"GET", "/", []string{"Host", "localhost:9"}, 200},
		{"GET", "/", []string{"Host", "[::1]:5556"}, 200},
		{"GET", "/", []string{"Host", "Monitor.Internal"}, 200},
		{"GET", "/", []string{"Host", "rebound.example"}, 421},
		{"GET", "/monitor.json", []string{"Host", "rebound.example:5556"}, 421},
		{"GET", "/metrics", []string{"Host", "api-resize:5556"}, 200},
		{"POST", "/cancel/x", nil, 404},
		{"POST", "/cancel/x", []string{"Sec-Fetch-Site", "same-origin"}, 404},
		{"POST", "/cancel/x", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"POST", "/cancel/x", []string{"Origin", "https://other.example"}, 403},
	} {
		if got := ask(one.method, one.path, one.header...); got != one.want {
			t.Errorf("%s %s %v: %d, want %d", one.method, one.path, one.header, got, one.want)
		}
	}
}
