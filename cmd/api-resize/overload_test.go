package main

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestAModestClientIsServedBesideAGreedyOne: however much one asks for, another
// one's turn comes.
func TestAModestClientIsServedBesideAGreedyOne(t *testing.T) {
	s := start(t, "processing: {slots: 1, queue: 40, queue_wait: 1m, timeout: 2m}\ncache: {disk: {min_free_bytes: 0}}\n"+
		"server: {request_timeout: 4m, drain_delay: 0s, trusted_proxies: [127.0.0.1]}\n")
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	var all sync.WaitGroup
	var mu sync.Mutex
	var order []string
	ask := func(client string, width int) {
		all.Go(func() {
			got := s.get(fmt.Sprintf("/resize/%dx,f=jpeg/%s", width, id), "X-Forwarded-For", client)
			mu.Lock()
			defer mu.Unlock()
			if got.status != http.StatusOK {
				t.Errorf("%s: %d %s", client, got.status, got.body)
			}
			order = append(order, client)
		})
	}
	for i := range 20 {
		ask("192.0.2.1", 600+i)
	}
	waitFor(t, "most of them wait", func() bool {
		return metricIs(s, "api_resize_queue_depth", func(depth float64) bool { return depth >= 12 })
	})
	mu.Lock()
	before := len(order)
	mu.Unlock()
	ask("192.0.2.2", 700)
	all.Wait()
	// One may be at work, one may come first, and a few be done before it is asked for.
	if place := slices.Index(order, "192.0.2.2"); place > before+6 {
		t.Errorf("the modest one was the %d. of %d; %d were done before", place+1, len(order), before)
	}
}

// TestRefusalsAreQuick: when it can be foreseen that the wait would be too
// long, it is said at once, with how long to stay away, and hits go on.
func TestRefusalsAreQuick(t *testing.T) {
	const wait = 2 * time.Second
	s := start(t, "processing: {slots: 1, queue: 1000, queue_wait: "+wait.String()+"}\ncache: {disk: {min_free_bytes: 0}}\n")
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	hit := "/resize/20x,f=png/" + id
	s.picture(hit)
	var all sync.WaitGroup
	var mu sync.Mutex
	var refused []time.Duration
	made := 0
	for i := range 100 {
		all.Go(func() {
			began := time.Now()
			got := s.get(fmt.Sprintf("/resize/%dx,f=webp/%s", 1500+i, id))
			took := time.Since(began)
			mu.Lock()
			defer mu.Unlock()
			switch got.status {
			case http.StatusOK:
				made++
			case http.StatusServiceUnavailable:
				refused = append(refused, took)
				after, err := strconv.Atoi(got.header.Get("Retry-After"))
				if err != nil || after < 1 || after > 600 {
					t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
				}
			default:
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	waitFor(t, "somebody waits", func() bool {
		return metricIs(s, "api_resize_queue_depth", func(depth float64) bool { return depth > 0 })
	})
	if got := s.picture(hit); got.header.Get("Cache-Status") != "api-resize; hit; detail=memory" {
		t.Errorf("a hit: %s", got.header.Get("Cache-Status"))
	}
	all.Wait()
	slices.Sort(refused)
	if made == 0 || len(refused) < 50 {
		t.Fatalf("%d made, %d refused", made, len(refused))
	}
	// Where each refusal had waited, half of them would have taken the whole wait.
	if median := refused[len(refused)/2]; median > wait/2 {
		t.Errorf("half of the refusals took more than %v", median)
	}
	if !strings.Contains(metricsOf(s), `api_resize_overload_total{reason="wait too long"}`) {
		t.Error("they are not counted")
	}
	t.Logf("%d made; refused: %d, median %v, the slowest tenth from %v", made, len(refused), refused[len(refused)/2], refused[len(refused)*9/10])
}

// TestOriginsRetryAfterIsPassedOn: who asks is told when to come back, and the
// origin is left alone until then.
func TestOriginsRetryAfterIsPassedOn(t *testing.T) {
	site := newMoodySite(t, nil, "")
	site.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		site.asked.Add(1)
		w.Header().Set("Retry-After", "100")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	s := start(t, patient+loopbackAllowed)
	for range 3 {
		got := s.get("/resize/320x/" + site.URL + "/cat.jpg")
		got.isProblem(t, 502, "origin_error")
		if after, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || after < 90 || after > 130 {
			t.Errorf("Retry-After %q, want about 100", got.header.Get("Retry-After"))
		}
	}
	if asked := site.asked.Load(); asked != 1 {
		t.Errorf("the origin was asked %d times", asked)
	}
}
