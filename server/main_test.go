package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"api-resize/cache"
	"api-resize/dialect"
	"api-resize/origin"
	"api-resize/proxy"
	"api-resize/records/recordstest"
	"api-resize/server/monitor"
	"api-resize/spec"
)

// fakeTransformer makes texts of texts: what HTTP does around the pictures is
// tested without libvips.
type fakeTransformer struct{}

func (fakeTransformer) InspectPage(original []byte, _ int) (spec.Facts, error) {
	if !bytes.HasPrefix(original, []byte("image ")) {
		return spec.Facts{}, errors.New("no image")
	}
	return spec.Facts{Format: spec.JPEG, Width: 1200, Height: 800, Frames: 1}, nil
}

// Transform never ends with a text that says slow.
func (fakeTransformer) Transform(ctx context.Context, order spec.Order) (spec.Picture, error) {
	if bytes.Contains(order.Original.Bytes, []byte("slow")) {
		<-ctx.Done()
		return spec.Picture{}, ctx.Err()
	}
	return spec.Picture{Bytes: fmt.Appendf(nil, "%s of %s", order.Want, order.Original.Bytes), Format: order.Want.Output.Format}, nil
}

func (fakeTransformer) Describe(context.Context, spec.Original) (spec.Description, error) {
	return spec.Description{}, nil
}

func (fakeTransformer) DescribeCost(spec.Original) spec.Cost { return spec.Cost{Bytes: 1 << 20} }
func (fakeTransformer) Cost(spec.Order) spec.Cost            { return spec.Cost{Bytes: 1 << 20} }
func (fakeTransformer) Fingerprint() string                  { return "fake" }

// testServer is a running Server, and the HTTP origin that it may ask.
type testServer struct {
	*Server
	url  string
	site *httptest.Server
}

// newTestServer runs a Server whose parts may be changed before.
func newTestServer(t testing.TB, change ...func(*Config, *Parts)) *testServer {
	t.Helper()
	s := &testServer{}
	s.site = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=600")
		if status, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/status/")); err == nil {
			w.Header().Set("Retry-After", "100")
			w.WriteHeader(status)
			return
		}
		fmt.Fprint(w, "image ", r.URL.Path)
	}))
	memory, err := cache.NewMemory(cache.DefaultMemoryConfig())
	must(t, err)
	onDisk := cache.DefaultDiskConfig()
	onDisk.Dir, onDisk.MinFree = t.TempDir(), 0
	disk, err := cache.OpenDisk(onDisk)
	must(t, err)
	tiers := cache.NewTiers(memory, disk, cache.DefaultTiersConfig())
	uploads, err := origin.OpenUploads(t.TempDir(), recordstest.SQLite(t).Uploads(), slog.New(slog.DiscardHandler))
	must(t, err)
	fromWeb := origin.DefaultWebConfig()
	fromWeb.MaxBytes, fromWeb.Allow, fromWeb.AllowNetworks = 1<<20, []string{"127.0.0.1"}, []string{"127.0.0.0/8"}
	web, err := origin.NewWeb(fromWeb)
	must(t, err)
	limits := proxy.DefaultConfig()
	limits.MemoryBytes = 1 << 30
	core, err := proxy.New(limits, proxy.Parts{
		Origins: proxy.Origins{Uploads: uploads, Web: web}, Store: tiers, Transformer: fakeTransformer{},
		Resolver: spec.Resolver{Writable: []spec.Format{spec.JPEG}, Quality: map[spec.Format]int{spec.JPEG: 80}},
		Limits:   spec.ResultLimits{Pixels: 25e6, Side: 8192}, Logger: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	config := DefaultConfig()
	config.DrainDelay = 0
	parts := Parts{
		Proxy: core, Uploads: uploads, Auth: Auth{Keys: []string{"correct-horse"}}, Dialect: dialect.Native{},
		Sizes: spec.SizePolicy{Mode: "any"}, Signing: SigningConfig{Signature: SignatureOff}, SaveBytes: 1 << 20,
		Metrics: NewMetrics(), Events: monitor.NewEvents(), Logger: slog.New(slog.DiscardHandler), ServiceName: "test",
	}
	for _, one := range change {
		one(&config, &parts)
	}
	s.Server = New(config, parts)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s.url = "http://" + listener.Addr().String()
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	t.Cleanup(func() {
		must(t, errors.Join(s.Stop(), <-served))
		s.site.Close()
		web.Close()
		must(t, errors.Join(core.Close(), tiers.Close(), uploads.Close()))
	})
	eventually(t, "it answers", func() bool {
		response, err := http.Get(s.url + "/readyz")
		return err == nil && response.Body.Close() == nil && response.StatusCode == http.StatusOK
	})
	return s
}

// withList gives a server a list of sizes, and a preset.
func withList(_ *Config, parts *Parts) {
	parts.Sizes = spec.SizePolicy{Mode: spec.SizesList, List: []string{"320x", "640x", "x9", "max"}}
	parts.Dialect.Presets = spec.Presets{"thumb": {Size: "x9", Settings: []spec.Setting{{Name: "format", Value: "jpeg"}}}}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits for something that happens in the background.
func eventually(t testing.TB, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if happened() {
			return
		}
	}
	t.Fatalf("did not happen: %s", what)
}
