package main

import (
	"fmt"
	"image"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// longPatience is for what should take milliseconds, on a machine that has much
// else to do.
const longPatience = 10 * time.Second

// hangingSite is an origin that answers no sooner than it is told to, and says
// when requests come and are given up.
type hangingSite struct {
	*httptest.Server
	came    chan string    // paths
	left    chan time.Time // given up by who asked
	release chan struct{}  // closed to have the rest answered
}

func newHangingSite(t *testing.T, content []byte) *hangingSite {
	site := &hangingSite{came: make(chan string, 1000), left: make(chan time.Time, 1000), release: make(chan struct{})}
	site.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site.came <- r.URL.Path
		select {
		case <-r.Context().Done():
			site.left <- time.Now()
		case <-site.release:
			w.Header().Set("Cache-Control", "max-age=600")
			_, _ = w.Write(content)
		}
	}))
	t.Cleanup(site.Close)
	return site
}

// begin sends a request and does not read the answer.
func (s *service) begin(path string) *net.TCPConn {
	s.t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	must(s.t, err)
	s.t.Cleanup(func() { connection.Close() })
	_, err = fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
	must(s.t, err)
	return connection.(*net.TCPConn)
}

// metric is the value of one line of the metrics; -1 when it is not there.
func (s *service) metric(name string) float64 {
	for line := range strings.Lines(metricsOf(s)) {
		if text, found := strings.CutPrefix(line, name+" "); found {
			if value, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil {
				return value
			}
		}
	}
	return -1
}

// TestOriginIsLeftWithTheClient: nobody waits for an origin whose client has
// gone, however it went; a client that has sent its next request has not.
func TestOriginIsLeftWithTheClient(t *testing.T) {
	site := newHangingSite(t, nil)
	s := start(t, patient+loopbackAllowed)
	for name, leave := range map[string]func(*net.TCPConn) error{
		"close":      (*net.TCPConn).Close,
		"half close": (*net.TCPConn).CloseWrite,
		"reset": func(c *net.TCPConn) error {
			if err := c.SetLinger(0); err != nil {
				return err
			}
			return c.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, route := range []string{"/resize/300x/", "/info/", "/srcset/"} {
				connection := s.begin(route + site.URL + "/" + strings.ReplaceAll(name+route, " ", "-"))
				<-site.came
				_, err := io.WriteString(connection, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
				must(t, err)
				select {
				case <-site.left:
					t.Fatal("the next request was taken for a leaving")
				case <-time.After(150 * time.Millisecond):
				}
				begun := time.Now()
				must(t, leave(connection))
				select {
				case left := <-site.left:
					t.Logf("%s: the origin saw it %v after the client left", route, left.Sub(begun))
				case <-time.After(longPatience):
					t.Fatalf("the origin is still asked %v after the client left", longPatience)
				}
			}
		})
	}
	waitFor(t, "the log", func() bool {
		gone := 0
		for _, entry := range s.entries("request") {
			if entry["error.code"] == "client_gone" && entry["http.response.status_code"] == 499.0 && entry["log.level"] == "info" {
				gone++
			}
		}
		return gone == 9
	})
	if !strings.Contains(metricsOf(s), `api_resize_requests_total{outcome="client_gone",route="/resize/*",status="499"} 3`) {
		t.Error("the metrics do not count who has gone")
	}
	s.eventuallyReady()
}

// slowPicture is a path whose picture takes most of a minute to compute.
func (s *service) slowPicture() string {
	return "/resize/max,blur=100,f=png/" + s.upload(encodedPNG(s.t, image.NewGray(image.Rect(0, 0, 8000, 5000))))
}

const oneSlot = "cache: {disk: {min_free_bytes: 0}}\nprocessing: {slots: 1, timeout: 5m, queue_wait: 1m}\nserver: {request_timeout: 5m, drain_delay: 0s}\nlimits: {result_pixels: 50000000}\n"

// TestPlaceIsGivenBack: who leaves the queue makes room in it, and who leaves a
// picture being computed frees the slot.
func TestPlaceIsGivenBack(t *testing.T) {
	s := start(t, oneSlot)
	slow := s.slowPicture()
	other := s.upload(encodedPNG(t, cornered(40, 30)))
	inWork := s.begin(slow)
	waitFor(t, "work", func() bool { return s.metric("api_resize_slots_in_use") == 1 })
	waiting := s.begin("/resize/20x/" + other)
	waitFor(t, "the queue", func() bool { return s.metric("api_resize_queue_depth") == 1 })

	begun := time.Now()
	must(t, waiting.Close())
	waitFor(t, "a shorter queue", func() bool { return s.metric("api_resize_queue_depth") == 0 })
	if took := time.Since(begun); took > longPatience {
		t.Errorf("the place in the queue was free only after %v", took)
	} else {
		t.Logf("the place in the queue was free after %v", took)
	}
	if s.metric("api_resize_slots_in_use") != 1 {
		t.Error("the picture in work was given up too")
	}

	begun = time.Now()
	must(t, inWork.Close())
	waitFor(t, "a free slot", func() bool { return s.metric("api_resize_slots_in_use") == 0 })
	if took := time.Since(begun); took > longPatience {
		t.Errorf("the slot was free only after %v", took)
	} else {
		t.Logf("the slot was free after %v", took)
	}
	s.picture("/resize/20x/" + other)
}

// TestFollowersOutliveTheLeader: a picture that somebody else waits for is made,
// though the one who asked first has gone.
func TestFollowersOutliveTheLeader(t *testing.T) {
	site := newHangingSite(t, encodedPNG(t, cornered(400, 300)))
	s := start(t, patient+loopbackAllowed)
	path := "/resize/320x,f=png/" + site.URL + "/cat.png"
	leader := s.begin(path)
	<-site.came
	followed := make(chan answer, 1)
	go func() { followed <- s.get(path) }()
	time.Sleep(100 * time.Millisecond) // for the follower to join; one that came later would start anew, and be seen below
	must(t, leader.Close())
	waitFor(t, "the leader is gone", func() bool { return strings.Contains(metricsOf(s), `outcome="client_gone"`) })
	close(site.release)
	if got := <-followed; got.status != 200 || got.size(t) != image.Pt(320, 240) {
		t.Errorf("the follower: %d", got.status)
	}
	if len(site.came) > 0 || len(site.left) > 0 {
		t.Errorf("the origin was asked again %d times, left %d times", len(site.came), len(site.left))
	}
}

// usage is what a process holds.
type usage struct{ goroutines, descriptors, sockets int }

func (s *service) usage() usage {
	s.t.Helper()
	client.CloseIdleConnections()
	http.DefaultClient.CloseIdleConnections()
	response, err := http.Get(s.ops + "/debug/pprof/goroutine?debug=1")
	must(s.t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	must(s.t, err)
	var held usage
	_, profile, _ := strings.Cut(string(content), "\n") // without its title
	for group := range strings.SplitSeq(profile, "\n\n") {
		count := 0
		// River begins some of its work only when it has found that it leads.
		if scans(group, "%d @", &count) && !strings.Contains(group, "riverqueue") {
			held.goroutines += count
		}
	}
	if held.goroutines == 0 {
		s.t.Fatalf("no profile: %.100s", content)
	}
	folder := fmt.Sprintf("/proc/%d/fd", s.command.Process.Pid)
	entries, err := os.ReadDir(folder)
	must(s.t, err)
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join(folder, entry.Name()))
		if err != nil {
			continue // closed meanwhile
		}
		held.descriptors++
		if strings.HasPrefix(target, "socket:") {
			held.sockets++
		}
	}
	return held
}

// returnsTo waits for a process to hold no more than it did before, but for
// goroutines of connections and of the runtime that come and go.
func (s *service) returnsTo(before usage) {
	s.t.Helper()
	const passing = 4
	var now usage
	waitFor(s.t, "what was held is given back", func() bool {
		now = s.usage()
		return now.goroutines <= before.goroutines+passing && now.descriptors <= before.descriptors && now.sockets <= before.sockets
	})
	s.t.Logf("goroutines, descriptors, sockets: %v before, %v after", before, now)
}

// TestManyLeaveNothingBehind: after hundreds of clients that left, wherever they
// waited, the process holds what it held before.
func TestManyLeaveNothingBehind(t *testing.T) {
	site := newHangingSite(t, nil)
	s := start(t, patient+loopbackAllowed+"limits: {result_pixels: 50000000}\n")
	slow := s.slowPicture()
	round := func(name string, clients int) {
		var all []*net.TCPConn
		begun := time.Now()
		for i := range clients {
			path := fmt.Sprintf("/resize/300x/%s/%s-%d", site.URL, name, i)
			if i%4 == 3 {
				path = strings.Replace(slow, "blur=100", fmt.Sprintf("blur=%d", 50+i/4), 1)
			}
			all = append(all, s.begin(path))
		}
		waitFor(t, "fetches and work", func() bool {
			return s.metric("api_resize_origin_fetches_open") >= min(32, float64(clients)/2) && s.metric("api_resize_slots_in_use") >= 1
		})
		t.Logf("%s: at work after %v", name, time.Since(begun))
		begun = time.Now()
		for _, one := range all {
			must(t, one.Close())
		}
		defer func() { t.Logf("%s: all gone after %v", name, time.Since(begun)) }()
		waitFor(t, "all gone", func() bool {
			return s.metric("api_resize_origin_fetches_open") == 0 && s.metric("api_resize_queue_depth") == 0 && s.metric("api_resize_slots_in_use") == 0
		})
	}
	round("first", 8)
	time.Sleep(100 * time.Millisecond)
	before := s.usage()
	round("second", 200)
	// Connections to the origin that were made for who left are kept for others;
	// fasthttp keeps goroutines for ten seconds.
	site.CloseClientConnections()
	s.returnsTo(before)
	s.eventuallyReady()
}

// TestSlowReaders: who does not take an answer is cut off at the limit, and what
// is sent from a file as well as what is sent from memory is given back.
func TestSlowReaders(t *testing.T) {
	s := start(t, "cache: {memory: {bytes: 0}, disk: {bytes: 0}}\nserver: {write_timeout: 1s}\n")
	content := encodedPNG(t, noise(2200, 1400))
	if len(content) < 8<<20 {
		t.Fatalf("%d bytes fit into the buffers of a connection", len(content))
	}
	id := s.upload(content)
	for name, path := range map[string]string{"file": "/images/" + id + "/original", "bytes": "/resize/max,f=png,blur=0.3/" + id} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			whole := len(s.picture(path).body)
			before := s.usage()
			const clients = 5
			var all []net.Conn
			for range clients {
				dialer := net.Dialer{Control: smallReceiveBuffer}
				connection, err := dialer.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
				must(t, err)
				t.Cleanup(func() { connection.Close() })
				_, err = fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
				must(t, err)
				must(t, connection.SetDeadline(time.Now().Add(patience)))
				all = append(all, connection)
			}
			for _, one := range all {
				_, err := one.Read(make([]byte, 1)) // the answer has begun
				must(t, err)
			}
			begun := time.Now()
			s.returnsTo(before)
			if took := time.Since(begun); took > longPatience {
				t.Errorf("cut off only after %v", took)
			} else {
				t.Logf("cut off %v after the last answer began", took)
			}
			for _, one := range all {
				if n, _ := io.Copy(io.Discard, one); int(n) >= whole {
					t.Errorf("%d bytes of %d came: nobody was cut off", n, whole)
				}
			}
		})
	}
}

// TestAnswersWithoutBodyCloseTheirFiles: HEAD, 304, 412, 416 and parts open the
// file of a body and send little or nothing of it.
func TestAnswersWithoutBodyCloseTheirFiles(t *testing.T) {
	s := start(t, patient)
	path := "/images/" + s.upload(encodedPNG(t, noise(400, 300))) + "/original"
	requests := [][]string{{"HEAD"}, {"GET", "If-None-Match: *"}, {"GET", `If-Match: "x"`}, {"GET", "Range: bytes=9999999-"}, {"GET", "Range: bytes=5-9"}, {"HEAD", "Range: bytes=5-9"}}
	round := func(times int) {
		for range times {
			for _, one := range requests {
				s.ask(one[0], path, one[1:]...)
			}
		}
	}
	round(1)
	before := s.usage()
	round(50)
	s.returnsTo(before)
}
