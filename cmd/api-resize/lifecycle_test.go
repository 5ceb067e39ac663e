package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestGracefulStop: readiness goes first, what runs ends well, and the program
// exits with 0.
func TestGracefulStop(t *testing.T) {
	site := newCountingSite(t, resource(t, "jpg-24bit-icc-iec.jpg"), "max-age=600")
	site.hold = make(chan struct{})
	s := start(t, patient+loopbackAllowed)
	var running sync.WaitGroup
	running.Go(func() {
		if got := s.get("/resize/320x,f=jpeg/" + site.URL + "/cat.jpg"); got.status != 200 {
			t.Errorf("the request that was running: %d %s", got.status, got.body)
		}
	})
	waitFor(t, "the fetch", func() bool { return site.total.Load() == 1 })
	must(t, s.command.Process.Signal(syscall.SIGTERM))
	waitFor(t, "draining", func() bool { return s.get("/readyz").status == http.StatusServiceUnavailable })
	if ready := s.get("/readyz"); !strings.Contains(string(ready.body), "draining") {
		t.Errorf("readyz: %s", ready.body)
	}
	if alive := s.get("/healthz"); alive.status != 200 {
		t.Errorf("healthz: %d", alive.status)
	}
	waitFor(t, "new requests are refused", func() bool {
		got := s.get("/resize/10x/aaaaaaaaaaaaaaaaaaaaaaaaaa")
		return got.status == http.StatusServiceUnavailable && got.header.Get("Retry-After") != "" && got.json(t)["code"] == "overloaded"
	})
	close(site.hold)
	running.Wait()
	<-s.done
	if s.ended != nil {
		t.Errorf("it ended with %v\n%s", s.ended, s.log())
	}
	if len(s.entries("stopped")) != 1 {
		t.Error("the log does not say that it stopped")
	}
}

// TestStopDoesNotWaitForEver: a request that does not end is cut off.
func TestStopDoesNotWaitForEver(t *testing.T) {
	hang := make(chan struct{})
	site := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	t.Cleanup(func() { close(hang); site.Close() })
	s := start(t, loopbackAllowed+"server: {drain_delay: 0s, drain_timeout: 200ms}")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/resize/320x/"+site.URL+"/cat.jpg", nil)
	must(t, err)
	go func() {
		if response, err := http.DefaultTransport.RoundTrip(request); err == nil {
			response.Body.Close()
		}
	}()
	waitFor(t, "the request", func() bool { return strings.Contains(metricsOf(s), "api_resize_origin_fetches_open 1") })
	if err := s.stop(); err == nil {
		t.Error("it says that all ended well")
	}
}

func metricsOf(s *service) string {
	response, err := http.Get(s.ops + "/metrics")
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	return string(content)
}

// TestKillUnderLoad: whenever the program dies, what it acknowledged is there
// afterwards and nothing that it serves is wrong.
func TestKillUnderLoad(t *testing.T) {
	const rounds = 6
	dir := filepath.Join(t.TempDir(), "data")
	photograph := encodedJPEG(t, cornered(300, 200))
	want := map[string][]byte{} // by path
	var acknowledged []string
	for round := range rounds {
		s := start(t, patient, dir)
		id := s.upload(photograph)
		for width := 10; width < 40; width++ {
			path := fmt.Sprintf("/resize/%dx,f=png/%s", width, id)
			got := s.picture(path).body
			if known, ok := want[path]; ok && !bytes.Equal(known, got) {
				t.Fatalf("round %d: %s changed", round, path)
			}
			want[path] = got
		}
		for _, known := range acknowledged {
			if got := s.get("/images/" + known + "/original"); got.status != 200 {
				t.Errorf("round %d: the upload %s is gone: %d", round, known, got.status)
			}
		}
		var load sync.WaitGroup
		stop := make(chan struct{})
		var mu sync.Mutex
		for worker := range 4 {
			load.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					picture := encodedPNG(t, cornered(20+worker, 20+round*1000+i))
					if id := tryUpload(s, picture); id != "" {
						mu.Lock()
						acknowledged = append(acknowledged, id)
						mu.Unlock()
					}
				}
			})
		}
		waitFor(t, "some uploads", func() bool { mu.Lock(); defer mu.Unlock(); return len(acknowledged) > 5*(round+1) })
		s.kill()
		close(stop)
		load.Wait()
	}
}

// tryUpload returns the id when the upload was acknowledged, whatever happens
// else.
func tryUpload(s *service, content []byte) string {
	request, err := http.NewRequest(http.MethodPost, s.url+"/images", bytes.NewReader(content))
	if err != nil {
		return ""
	}
	request.Header.Set("Authorization", "Bearer "+s.key)
	response, err := client.Do(request)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	if _, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusCreated {
		return ""
	}
	_, id, _ := strings.Cut(response.Header.Get("Location"), "/images/")
	return id
}

// TestDamagedCache: bits flipped on disk are never served, and never stop the
// start.
func TestDamagedCache(t *testing.T) {
	s := start(t, patient)
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	path := "/resize/600x,f=png/" + id
	first := s.picture(path)
	must(t, s.stop())
	damaged := 0
	must(t, filepath.WalkDir(filepath.Join(s.dir, "cache"), func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		content[len(content)*3/4] ^= 0x10
		damaged++
		return os.WriteFile(file, content, 0o600)
	}))
	if damaged == 0 {
		t.Fatal("there is nothing on disk")
	}
	again := start(t, patient, s.dir)
	second := again.picture(path)
	if second.header.Get("Cache-Status") != "api-resize; fwd=miss; stored" || !bytes.Equal(second.body, first.body) {
		t.Errorf("Cache-Status %q, same picture: %v", second.header.Get("Cache-Status"), bytes.Equal(second.body, first.body))
	}
	if !strings.Contains(metricsOf(again), `api_resize_cache_corrupt_total{tier="disk"} 1`) {
		t.Error("the damage is not counted")
	}
}

func TestOverload(t *testing.T) {
	s := start(t, "processing: {slots: 1, queue: 1, queue_wait: 50ms}\nlimits: {result_pixels: 40000000}\ncache: {disk: {min_free_bytes: 0}}")
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	hit := "/resize/20x,f=png/" + id
	s.picture(hit)
	var all sync.WaitGroup
	var mu sync.Mutex
	outcomes := map[int]int{}
	for i := range 20 {
		all.Go(func() {
			got := s.get(fmt.Sprintf("/resize/%dx,f=webp/%s", 1500+i, id))
			mu.Lock()
			defer mu.Unlock()
			outcomes[got.status]++
			if got.status == 503 && (got.header.Get("Retry-After") == "" || got.json(t)["code"] != "overloaded") {
				t.Errorf("refused with %v %s", got.header, got.body)
			}
		})
	}
	all.Wait()
	if outcomes[200] == 0 || outcomes[503] == 0 || outcomes[200]+outcomes[503] != 20 {
		t.Errorf("outcomes %v", outcomes)
	}
	if got := s.picture(hit); got.header.Get("Cache-Status") != "api-resize; hit; detail=memory" {
		t.Errorf("a hit: %q", got.header.Get("Cache-Status"))
	}
	s.picture("/resize/1400x,f=webp/" + id)
}

func TestProcessingTimeout(t *testing.T) {
	s := start(t, "processing: {timeout: 1ms}")
	created := s.post(resource(t, "jpg-24bit-icc-iec.jpg"))
	created.isProblem(t, 503, "processing_timeout")
	if created.header.Get("Retry-After") == "" {
		t.Error("Retry-After is missing")
	}
	s.eventuallyReady()
}

func TestOpenService(t *testing.T) {
	s := start(t, patient+"auth: {open: true}")
	if s.key != "" || s.stdout.String() != "" {
		t.Errorf("a key was made: %q", s.stdout.String())
	}
	got := s.do(http.MethodPost, "/images", bytes.NewReader(resource(t, "jpg-24bit.jpg")))
	if got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := s.do(http.MethodDelete, got.header.Get("Location"), nil); got.status != http.StatusNoContent {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestConfiguredKeys(t *testing.T) {
	s := start(t, patient+"auth: {keys: [first-secret, second-secret]}")
	for key, status := range map[string]int{"first-secret": 201, "second-secret": 200, "third-secret": 401} {
		s.key = key
		if got := s.post(resource(t, "jpg-24bit.jpg")); got.status != status && got.status != 200+201-status {
			t.Errorf("%s: %d %s", key, got.status, got.body)
		}
	}
}

// runCommand runs the program to its end.
func runCommand(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, os.Args[0], arguments...)
	command.Env = append(os.Environ(), asProgram+"=1")
	output, err := command.CombinedOutput()
	return string(output), err
}

func TestCommands(t *testing.T) {
	output, err := runCommand(t, "version")
	for _, part := range []string{"api-resize ", "go ", "libvips ", "libjpeg ", "libwebp ", "libheif "} {
		if err != nil || !strings.Contains(output, part) {
			t.Errorf("version lacks %s: %v\n%s", part, err, output)
		}
	}
	output, err = runCommand(t, "config", "--address", "127.0.0.1:1234")
	if err != nil || !strings.Contains(output, "address: 127.0.0.1:1234") || !strings.Contains(output, "original_bytes: 20971520") {
		t.Errorf("config: %v\n%s", err, output)
	}
	for _, wrong := range [][]string{{"serve", "--address", "nowhere"}, {"serve", "--tiemout", "3"}, {"sevre"}, {"serve", "more"}} {
		if output, err := runCommand(t, wrong...); err == nil || len(output) == 0 {
			t.Errorf("%v: %v\n%s", wrong, err, output)
		}
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	output, err = runCommand(t, "serve", "--data-dir", t.TempDir(), "--address", taken.Addr().String())
	if err == nil || !strings.Contains(output, "server.address") {
		t.Errorf("an address in use: %v\n%s", err, output)
	}
}

func TestHealthcheck(t *testing.T) {
	s := start(t, patient)
	address := strings.TrimPrefix(s.url, "http://")
	if output, err := runCommand(t, "healthcheck", "--address", address); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	must(t, s.stop())
	if output, err := runCommand(t, "healthcheck", "--address", address); err == nil || !strings.Contains(output, "not healthy") {
		t.Errorf("of a stopped service: %v\n%s", err, output)
	}
}

func waitFor(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if happened() {
			return
		}
	}
	t.Fatalf("did not happen: %s", what)
}
