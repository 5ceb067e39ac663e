package main

import (
	"context"
	"fmt"
	"image"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// countingSite serves one picture, and counts the requests by their raw URL.
type countingSite struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[string]int
	total atomic.Int64
	hold  chan struct{} // when not nil, answers wait for it to close
}

func newCountingSite(t *testing.T, content []byte, control string) *countingSite {
	site := &countingSite{asked: map[string]int{}}
	site.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site.total.Add(1)
		site.mu.Lock()
		site.asked[r.RequestURI]++
		site.mu.Unlock()
		if site.hold != nil {
			<-site.hold
		}
		w.Header().Set("Cache-Control", control)
		_, _ = w.Write(content)
	}))
	t.Cleanup(site.Close)
	return site
}

func scans(text, format string, into ...any) bool {
	count, err := fmt.Sscanf(text, format, into...)
	return err == nil && count == len(into)
}

const loopbackAllowed = "origins: {http: {allow: [127.0.0.1], allow_networks: [127.0.0.0/8]}}\n"

func TestWebSource(t *testing.T) {
	site := newCountingSite(t, resource(t, "jpg-24bit-icc-iec.jpg"), "max-age=600")
	s := start(t, patient+loopbackAllowed)
	first := s.picture("/resize/300x200,f=jpeg/" + site.URL + "/a//b%2Fc.jpg")
	// Sizes of strangers' sources go up to the next step of the ladder.
	if size := first.size(t); size != image.Pt(320, 213) {
		t.Errorf("size %v", size)
	}
	if got, want := first.header.Get("Link"), "</resize/320x213,format=jpeg/"+site.URL+`/a//b%2Fc.jpg>; rel="canonical"`; got != want {
		t.Errorf("Link %q, want %q", got, want)
	}
	var age int
	if control := first.header.Get("Cache-Control"); !scans(control, "public, max-age=%d", &age) || age > 600 || age < 300 {
		t.Errorf("Cache-Control %q", control)
	}
	if got := first.header.Get("Content-Disposition"); got != "inline; filename=c.jpg" && got != `inline; filename="b/c.jpg"` {
		t.Errorf("Content-Disposition %q", got)
	}
	s.picture("/resize/310x200,f=jpeg/" + site.URL + "/a//b%2Fc.jpg")
	s.picture("/resize/1000x,f=jpeg/" + site.URL + "/a//b%2Fc.jpg")
	if site.asked["/a//b%2Fc.jpg"] != 1 || site.total.Load() != 1 {
		t.Errorf("the origin was asked %v", site.asked)
	}
	// With a query of its own.
	s.picture("/resize/300x/http%3A%2F%2F" + site.Listener.Addr().String() + "%2Fcat%3Fv%3D1%26w%3D2")
	if site.asked["/cat?v=1&w=2"] != 1 {
		t.Errorf("the origin was asked %v", site.asked)
	}
	must(t, s.stop())
	again := start(t, patient+loopbackAllowed, s.dir)
	second := again.picture("/resize/300x200,f=jpeg/" + site.URL + "/a//b%2Fc.jpg")
	if second.header.Get("Cache-Status") != "api-resize; hit; detail=disk" || site.asked["/a//b%2Fc.jpg"] != 1 {
		t.Errorf("after a restart: %q, the origin was asked %v", second.header.Get("Cache-Status"), site.asked)
	}
	// The original is on disk too: another size needs no fetch.
	again.picture("/resize/640x,f=jpeg/" + site.URL + "/a//b%2Fc.jpg")
	if site.asked["/a//b%2Fc.jpg"] != 1 {
		t.Errorf("for another size the origin was asked %v", site.asked)
	}
}

// TestHundredAtOnce: equal requests cost one fetch and one picture, even when
// the first of them leaves.
func TestHundredAtOnce(t *testing.T) {
	site := newCountingSite(t, resource(t, "jpg-24bit-icc-iec.jpg"), "max-age=600")
	site.hold = make(chan struct{})
	s := start(t, patient+loopbackAllowed)
	path := "/resize/640x480,f=jpeg/" + site.URL + "/cat.jpg"
	left := make(chan struct{})
	go func() {
		defer close(left)
		leader := &http.Client{Timeout: 2 * time.Second}
		if response, err := leader.Get(s.url + path); err == nil {
			response.Body.Close()
			t.Error("the leader was answered before the origin")
		}
	}()
	waitFor(t, "the leader's fetch", func() bool { return site.total.Load() == 1 })
	var all sync.WaitGroup
	var mu sync.Mutex
	outcomes := map[string]int{}
	for range 100 {
		all.Go(func() {
			got := s.get(path)
			mu.Lock()
			defer mu.Unlock()
			outcomes[fmt.Sprintf("%d %s", got.status, got.header.Get("Cache-Status"))]++
		})
	}
	<-left
	time.Sleep(100 * time.Millisecond) // longer than it takes to notice that
	close(site.hold)
	all.Wait()
	if site.total.Load() != 1 {
		t.Errorf("%d fetches", site.total.Load())
	}
	made := outcomes["200 api-resize; fwd=miss; stored"]
	if made > 1 || made+outcomes["200 api-resize; fwd=miss; collapsed; stored"]+outcomes["200 api-resize; hit; detail=memory"] != 100 {
		t.Errorf("outcomes: %v", outcomes)
	}
}

func TestFolderAlias(t *testing.T) {
	folder := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(folder, "2024"), 0o755))
	file := filepath.Join(folder, "2024", "a b.png")
	must(t, os.WriteFile(file, encodedPNG(t, cornered(200, 100)), 0o600))
	secret := filepath.Join(t.TempDir(), "secret.png")
	must(t, os.WriteFile(secret, encodedPNG(t, cornered(10, 10)), 0o600))
	must(t, os.Symlink(secret, filepath.Join(folder, "link.png")))
	s := start(t, patient+"origins: {aliases: {photos: '"+folder+"'}}")

	first := s.picture("/resize/50x,f=png/photos/2024/a%20b.png")
	if first.size(t) != image.Pt(50, 25) || first.header.Get("Cache-Control") != "public, max-age=3600" {
		t.Errorf("%v, Cache-Control %q", first.size(t), first.header.Get("Cache-Control"))
	}
	second := s.picture("/resize/50x,f=png/Photos%2F2024%2Fa%20b.png")
	if second.header.Get("Cache-Status") != "api-resize; hit; detail=memory" || second.header.Get("ETag") != first.header.Get("ETag") {
		t.Errorf("another spelling: %v", second.header)
	}
	for path, status := range map[string]int{
		"/resize/50x/photos/link.png":                404,
		"/resize/50x/photos/2024":                    404,
		"/resize/50x/photos/nothing.png":             404,
		"/resize/50x/photos/../secret.png":           400,
		"/resize/50x/photos/%2e%2e%2fsecret.png":     400,
		"/resize/50x/photos/2024/..%2f..%2f" + "x":   400,
		"/resize/50x/photos//2024/a%20b.png":         400,
		"/resize/50x/photos/%00":                     400,
		"/resize/50x/photos/%252e%252e%252fsecret.x": 404,
	} {
		if got := s.get(path); got.status != status {
			t.Errorf("%s: %d, want %d: %s", path, got.status, status, got.body)
		}
	}
	// A changed file is another picture at once.
	must(t, os.WriteFile(file, encodedPNG(t, cornered(300, 100)), 0o600))
	changed := s.picture("/resize/60x,f=png/photos/2024/a%20b.png")
	if changed.size(t) != image.Pt(60, 20) {
		t.Errorf("changed: %v", changed.size(t))
	}
	if again := s.picture("/resize/50x,f=png/photos/2024/a%20b.png"); again.header.Get("ETag") == first.header.Get("ETag") {
		t.Error("the changed file has the old ETag")
	}
}

func TestBaseAlias(t *testing.T) {
	site := newCountingSite(t, encodedPNG(t, cornered(200, 100)), "max-age=600")
	s := start(t, patient+"origins: {aliases: {shop: '"+site.URL+"/media/'}, http: {allow_networks: [127.0.0.0/8]}}")
	got := s.picture("/resize/50x50,f=png/shop/a%20b/c.png")
	if got.size(t) != image.Pt(50, 50) || site.asked["/media/a%20b/c.png"] != 1 {
		t.Errorf("%v, the origin was asked %v", got.size(t), site.asked)
	}
	s.get("/resize/50x50/"+site.URL+"/media/a.png").isProblem(t, 403, "source_not_allowed")
	// Without its network being listed, the same base is out of reach.
	closed := start(t, patient+"origins: {aliases: {shop: '"+site.URL+"/media/'}}")
	closed.get("/resize/50x50/shop/c.png").isProblem(t, 403, "source_not_allowed")
}

func TestSizeModes(t *testing.T) {
	list := start(t, patient+"sizes: {mode: list, list: [30x20, 40x]}")
	id := list.upload(encodedPNG(t, cornered(200, 100)))
	list.picture("/resize/30x20/" + id)
	list.picture("/resize/15x10,dpr=2/" + id)
	list.get("/resize/31x20/"+id).isProblem(t, 400, "bad_option")
	ladder := start(t, patient+"sizes: {mode: ladder, ladder: [50, 100]}")
	id = ladder.upload(encodedPNG(t, cornered(200, 100)))
	one, other := ladder.picture("/resize/51x,f=png/"+id), ladder.picture("/resize/99x,f=png/"+id)
	if one.size(t) != image.Pt(100, 50) || one.header.Get("ETag") != other.header.Get("ETag") {
		t.Errorf("%v, ETags %s and %s", one.size(t), one.header.Get("ETag"), other.header.Get("ETag"))
	}
}

// TestASlowHostDelaysNobody: while one host keeps more fetches waiting than it
// may have, others are fetched from, and hits answered.
func TestASlowHostDelaysNobody(t *testing.T) {
	slow := newCountingSite(t, nil, "")
	slow.hold = make(chan struct{})
	t.Cleanup(func() { close(slow.hold) })
	quick := newCountingSite(t, resource(t, "jpg-24bit.jpg"), "max-age=600")
	s := start(t, strings.Replace(loopbackAllowed, "http: {", "http: {per_host: 4, first_byte_timeout: 1m, timeout: 1m, queue_timeout: 1m, ", 1)+
		"processing: {slots: 1}\nserver: {request_timeout: 4m, drain_delay: 0s}\n")
	hit := "/resize/320x,f=jpeg/" + quick.URL + "/hit.jpg"
	s.picture(hit)
	ctx, cancel := context.WithCancel(context.Background())
	var waiting sync.WaitGroup
	for i := range 20 {
		waiting.Go(func() {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/resize/320x/%s/%d.jpg", s.url, slow.URL, i), nil)
			if err != nil {
				t.Error(err)
				return
			}
			if response, err := client.Do(request); err == nil {
				t.Errorf("a host that says nothing: %d", response.StatusCode)
				response.Body.Close()
			}
		})
	}
	waitFor(t, "all places at the slow host are taken", func() bool { return slow.total.Load() == 4 })
	if got := s.picture(hit); got.header.Get("Cache-Status") != "api-resize; hit; detail=memory" {
		t.Errorf("a hit: %s", got.header.Get("Cache-Status"))
	}
	for i := range 5 {
		s.picture(fmt.Sprintf("/resize/320x,f=jpeg/%s/%d.jpg", quick.URL, i))
	}
	if slow.total.Load() != 4 {
		t.Errorf("the slow host was asked %d times at once", slow.total.Load())
	}
	cancel()
	waiting.Wait()
}
