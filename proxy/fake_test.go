package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"api-resize/cache"
	"api-resize/origin"
	"api-resize/records/recordstest"
	"api-resize/spec"
)

var errBroken = errors.New("broken original")

// fakeTransformer makes texts of texts: what a proxy does around the making is
// tested without libvips.
type fakeTransformer struct {
	made      atomic.Int64
	described atomic.Int64
	running   atomic.Int64
	most      atomic.Int64
	hold      chan struct{} // when not nil, Transform waits for it to close
	panics    atomic.Bool
	ignores   bool // does not stop when told to
	found     int  // quality that it says it found
	cannot    spec.Format
	refused   atomic.Int64 // orders for that
}

func (f *fakeTransformer) InspectPage(original []byte, _ int) (spec.Facts, error) {
	if !bytes.HasPrefix(original, []byte("image ")) {
		return spec.Facts{}, errBroken
	}
	return spec.Facts{Format: spec.JPEG, Width: 1200, Height: 800, Frames: 1}, nil
}

func (f *fakeTransformer) Transform(ctx context.Context, order spec.Order) (spec.Picture, error) {
	now := f.running.Add(1)
	defer f.running.Add(-1)
	for most := f.most.Load(); now > most && !f.most.CompareAndSwap(most, now); most = f.most.Load() {
	}
	if f.panics.Load() {
		panic("the transformer is out of its mind")
	}
	if f.hold != nil {
		if f.ignores {
			<-f.hold
		}
		select {
		case <-f.hold:
		case <-ctx.Done():
			return spec.Picture{}, ctx.Err()
		}
	}
	if bytes.Contains(order.Original.Bytes, []byte("broken")) {
		return spec.Picture{}, errBroken
	}
	if order.Want.Output.Format == f.cannot {
		f.refused.Add(1)
		return spec.Picture{}, errBroken
	}
	f.made.Add(1)
	return spec.Picture{Quality: f.found, Bytes: fmt.Appendf(nil, "%s of %s", order.Want, order.Original.Bytes), Format: order.Want.Output.Format}, nil
}

func (f *fakeTransformer) Describe(_ context.Context, original spec.Original) (spec.Description, error) {
	f.described.Add(1)
	if bytes.Contains(original.Bytes, []byte("broken")) {
		return spec.Description{}, errBroken
	}
	return spec.Description{Profile: string(original.Bytes)}, nil
}

func (f *fakeTransformer) DescribeCost(spec.Original) spec.Cost { return fakeCost }
func (f *fakeTransformer) Cost(spec.Order) spec.Cost            { return fakeCost }
func (f *fakeTransformer) Fingerprint() string                  { return "fake" }

var fakeCost = spec.Cost{Bytes: 1 << 20, Work: time.Millisecond}

// site is an origin that counts, and says what its fields say.
type site struct {
	*httptest.Server
	fetches atomic.Int64
	content atomic.Value // string
	header  atomic.Value // http.Header
	status  atomic.Int64
	hold    atomic.Value // chan struct{}
}

func newSite(t testing.TB) *site {
	s := &site{}
	s.content.Store("image one")
	s.header.Store(http.Header{"Cache-Control": {"max-age=3600"}, "Etag": {`"v1"`}})
	s.status.Store(http.StatusOK)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fetches.Add(1)
		if hold, ok := s.hold.Load().(chan struct{}); ok && hold != nil {
			<-hold
		}
		for name, values := range s.header.Load().(http.Header) {
			w.Header()[name] = values
		}
		if r.Header.Get("If-None-Match") != "" && r.Header.Get("If-None-Match") == w.Header().Get("Etag") {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.WriteHeader(int(s.status.Load()))
		fmt.Fprint(w, s.content.Load())
	}))
	t.Cleanup(s.Close)
	return s
}

// bench is a proxy with all that belongs to it.
type bench struct {
	*Proxy
	t     testing.TB
	fake  *fakeTransformer
	site  *site
	tiers *cache.Tiers
	ups   *origin.Uploads

	folder  string // of ups
	records *watchedRecords
}

// watchedRecords are Records that count questions, and fail when told to.
type watchedRecords struct {
	origin.Records
	asked atomic.Int64
	down  atomic.Bool
}

func (w *watchedRecords) Get(ctx context.Context, id string) (origin.Record, error) {
	w.asked.Add(1)
	if w.down.Load() {
		return origin.Record{}, fmt.Errorf("%w: the database is down", origin.ErrStorage)
	}
	return w.Records.Get(ctx, id)
}

func newBench(t testing.TB, configure ...func(*Config)) *bench {
	t.Helper()
	config := DefaultConfig()
	config.Slots, config.MemoryBytes = 2, 1<<30
	for _, change := range configure {
		change(&config)
	}
	memoryConfig := cache.DefaultMemoryConfig()
	memoryConfig.Bytes, memoryConfig.EntryBytes = 16<<20, 1<<20
	memory, err := cache.NewMemory(memoryConfig)
	must(t, err)
	diskConfig := cache.DefaultDiskConfig()
	diskConfig.Dir, diskConfig.Bytes, diskConfig.MinFree = t.TempDir(), 64<<20, 0
	disk, err := cache.OpenDisk(diskConfig)
	must(t, err)
	tiers := cache.NewTiers(memory, disk, cache.DefaultTiersConfig())
	records, folder := &watchedRecords{Records: recordstest.SQLite(t).Uploads()}, t.TempDir()
	uploads, err := origin.OpenUploads(folder, records, slog.New(slog.DiscardHandler))
	must(t, err)
	webConfig := origin.DefaultWebConfig()
	webConfig.MaxBytes = 1 << 20
	webConfig.Allow, webConfig.AllowNetworks = []string{"127.0.0.1"}, []string{"127.0.0.0/8"}
	web, err := origin.NewWeb(webConfig)
	must(t, err)
	t.Cleanup(func() {
		web.Close()
		must(t, errors.Join(tiers.Close(), uploads.Close()))
	})
	b := &bench{t: t, fake: &fakeTransformer{}, site: newSite(t), tiers: tiers, ups: uploads, folder: folder, records: records}
	b.Proxy, err = New(config, Parts{
		Origins: Origins{Uploads: uploads, Web: web}, Store: tiers, Transformer: b.fake,
		Resolver: spec.Resolver{Auto: []spec.Format{spec.WebP}, Writable: []spec.Format{spec.JPEG, spec.WebP}, Quality: map[spec.Format]int{spec.JPEG: 80, spec.WebP: 75}},
		Limits:   spec.ResultLimits{Pixels: 25e6, Side: 8192},
		Logger:   slog.New(slog.DiscardHandler),
	})
	must(t, err)
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// request is a picture of the site's original.
func (b *bench) request(options string) spec.Request {
	b.t.Helper()
	source, err := spec.ParseSource(b.site.URL + "/cat.jpg")
	must(b.t, err)
	wanted, err := spec.Parse(options)
	must(b.t, err)
	return spec.Request{Source: source, Spec: wanted}
}

func (b *bench) get(ctx context.Context, request spec.Request) (*Result, string, error) {
	variant, err := b.Locate(ctx, request, spec.Client{Accept: "image/webp"})
	if err != nil {
		return nil, "", err
	}
	result, err := b.Open(ctx, variant)
	if err != nil {
		return nil, "", err
	}
	defer result.Entry.Close()
	body, err := result.Entry.Bytes()
	return result, string(body), err
}

// mustGet is get with a bound on how long it may take and no errors.
func (b *bench) mustGet(options string) (*Result, string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	result, body, err := b.get(ctx, b.request(options))
	must(b.t, err)
	return result, body
}

func (b *bench) put(content string) spec.Request {
	b.t.Helper()
	return b.putUntil(content, nil)
}

// putUntil uploads something that expires.
func (b *bench) putUntil(content string, end *time.Time) spec.Request {
	b.t.Helper()
	incoming, err := b.ups.Receive(context.Background(), bytes.NewReader([]byte(content)), 1<<20)
	must(b.t, err)
	record, _, err := incoming.Commit(context.Background(), origin.Record{Format: "jpeg", Width: 1200, Height: 800, Frames: 1, Expires: end})
	must(b.t, err)
	return spec.Request{Source: spec.Source{Kind: spec.SourceUpload, Path: record.ID}, Spec: spec.Spec{Size: spec.Size{Width: 300}}}
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
