package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// moodySite is an origin that does what its fields say.
type moodySite struct {
	*httptest.Server
	content atomic.Pointer[[]byte]
	control atomic.Value // Cache-Control
	status  atomic.Int64
	asked   atomic.Int64
}

func newMoodySite(t *testing.T, content []byte, control string) *moodySite {
	site := &moodySite{}
	site.content.Store(&content)
	site.control.Store(control)
	site.status.Store(http.StatusOK)
	site.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site.asked.Add(1)
		status, body := int(site.status.Load()), *site.content.Load()
		etag := fmt.Sprintf(`"%x"`, len(body))
		w.Header().Set("Cache-Control", site.control.Load().(string))
		switch {
		case status != http.StatusOK:
			w.WriteHeader(status)
			return
		case r.Header.Get("If-None-Match") == etag:
			w.Header().Set("ETag", etag)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", etag)
		_, _ = w.Write(body)
	}))
	t.Cleanup(site.Close)
	return site
}

func (s *service) purge(body string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, "/purge", strings.NewReader(body), "Authorization", "Bearer "+s.key)
}

// purged purges what must be purged, and returns how many entries went.
func (s *service) purged(body string) float64 {
	s.t.Helper()
	got := s.purge(body)
	if got.status != http.StatusOK {
		s.t.Fatalf("purge %s: %d %s", body, got.status, got.body)
	}
	return got.json(s.t)["purged"].(float64)
}

// cacheFiles counts what is kept on disk.
func (s *service) cacheFiles() (count int) {
	s.t.Helper()
	must(s.t, filepath.WalkDir(filepath.Join(s.dir, "cache"), func(_ string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			count++
		}
		return err
	}))
	return count
}

func TestPurge(t *testing.T) {
	folder := t.TempDir()
	picture := resource(t, "jpg-24bit-icc-iec.jpg")
	for _, name := range []string{"a/one.jpg", "a/two.jpg", "b/one.jpg"} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o700))
		must(t, os.WriteFile(filepath.Join(folder, name), picture, 0o600))
	}
	site := newMoodySite(t, picture, "max-age=600")
	s := start(t, patient+"origins: {aliases: {photos: "+folder+"}, http: {allow: [127.0.0.1], allow_networks: [127.0.0.0/8]}}")
	id := s.upload(picture)
	remote := site.URL + "/cat.jpg"
	paths := map[string]string{}
	for _, source := range []string{id, remote, "photos/a/one.jpg", "photos/a/two.jpg", "photos/b/one.jpg"} {
		paths[source] = "/resize/320x,f=jpeg/" + source
	}
	status := func(source string) string {
		t.Helper()
		text, _, _ := strings.Cut(strings.TrimPrefix(s.picture(paths[source]).header.Get("Cache-Status"), "api-resize; "), ";")
		return text
	}
	fill := func() {
		t.Helper()
		for source := range paths {
			s.picture(paths[source])
			if got := status(source); got != "hit" {
				t.Fatalf("%s: %s", source, got)
			}
		}
	}
	for _, test := range []struct {
		name, body string
		gone       []string
	}{
		{"an upload's pictures", `{"source": "` + id + `"}`, []string{id}},
		{"a remote source", `{"source": "` + remote + `"}`, []string{remote}},
		{"a folder", `{"prefix": "photos/a/"}`, []string{"photos/a/one.jpg", "photos/a/two.jpg"}},
		{"an alias", `{"prefix": "photos/"}`, []string{"photos/a/one.jpg", "photos/a/two.jpg", "photos/b/one.jpg"}},
		{"a host", `{"prefix": "` + site.URL + `/"}`, []string{remote}},
		{"everything", `{"all": true}`, []string{id, remote, "photos/a/one.jpg", "photos/a/two.jpg", "photos/b/one.jpg"}},
		{"what begins like anything", `{"prefix": ""}`, []string{id, remote, "photos/a/one.jpg", "photos/a/two.jpg", "photos/b/one.jpg"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			fill()
			if n := s.purged(test.body); n < float64(len(test.gone)) {
				t.Errorf("%v entries went", n)
			}
			for source := range paths {
				want := "hit"
				for _, gone := range test.gone {
					if gone == source {
						want = "fwd=miss"
					}
				}
				if got := status(source); got != want {
					t.Errorf("%s: %s, want %s", source, got, want)
				}
			}
		})
	}
	fill()
	waitFor(t, "all is on disk", func() bool { return s.cacheFiles() >= len(paths) })
	s.purged(`{"all": true}`)
	if n := s.cacheFiles(); n != 0 {
		t.Errorf("%d files are left of everything", n)
	}
	if got := s.get("/images/" + id + "/original"); got.status != http.StatusOK {
		t.Errorf("the upload itself: %d", got.status)
	}
	s.kill()
	again := start(t, patient+"origins: {aliases: {photos: "+folder+"}, http: {allow: [127.0.0.1], allow_networks: [127.0.0.0/8]}}", s.dir)
	for source, path := range paths {
		if got := again.picture(path).header.Get("Cache-Status"); got != "api-resize; fwd=miss; stored" {
			t.Errorf("after a restart, %s: %s", source, got)
		}
	}
}

// TestPurgeReachesRefusals: what could not be had is asked for again.
func TestPurgeReachesRefusals(t *testing.T) {
	site := newMoodySite(t, resource(t, "jpg-24bit-icc-iec.jpg"), "max-age=600")
	site.status.Store(http.StatusNotFound)
	s := start(t, patient+loopbackAllowed)
	path := "/resize/320x/" + site.URL + "/cat.jpg"
	for range 3 {
		s.get(path).isProblem(t, 404, "origin_not_found")
	}
	if n := site.asked.Load(); n != 1 {
		t.Errorf("the origin was asked %d times", n)
	}
	site.status.Store(http.StatusOK)
	s.purged(`{"source": "` + site.URL + `/cat.jpg"}`)
	s.picture(path)
}

func TestPurgeErrors(t *testing.T) {
	s := start(t, patient)
	for _, body := range []string{
		"", "{", "[]", "{}", `{"source": "a", "prefix": "b"}`, `{"all": false}`, `{"sources": []}`, `{"source": 1}`, `{"source": "a"} {"source": "b"}`,
		`{"source": ""}`, `{"source": "photos/../etc"}`, `{"prefix": "%"}`, `{"source": "` + strings.Repeat("a", 70_000) + `"}`,
	} {
		s.purge(body).isProblem(t, 400, "bad_option")
	}
	s.do(http.MethodPost, "/purge", strings.NewReader(`{"all": true}`)).isProblem(t, 401, "unauthorized")
	s.get("/purge").isProblem(t, 405, "method_not_allowed")
	if n := s.purged(`{"source": "aaaaaaaaaaaaaaaaaaaaaaaaaa"}`); n != 0 {
		t.Errorf("%v entries of something unknown", n)
	}
}

func TestPurgeCommand(t *testing.T) {
	s := start(t, patient)
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	flags := []string{"--address", strings.TrimPrefix(s.url, "http://"), "--data-dir", s.dir}
	for _, arguments := range [][]string{{"purge", id}, {"purge", "--prefix", id[:3]}, {"purge", "--all"}} {
		s.picture("/resize/32x/" + id)
		output, err := runCommand(t, append(arguments, flags...)...)
		if err != nil || strings.HasPrefix(output, "0 ") || !strings.HasSuffix(output, " entries purged\n") {
			t.Errorf("%v: %v: %s", arguments, err, output)
		}
		if got := s.picture("/resize/32x/" + id).header.Get("Cache-Status"); got != "api-resize; fwd=miss; stored" {
			t.Errorf("after %v: %s", arguments, got)
		}
	}
	for _, test := range []struct {
		arguments []string
		want      string
	}{
		{[]string{"purge"}, "expected SOURCE"},
		{[]string{"purge", "--all", id}, "expected SOURCE"},
		{[]string{"purge", "a/../b"}, "400"},
		{[]string{"purge", "--all", "--data-dir", t.TempDir()}, "401"},
		{[]string{"purge", "--all", "--address", "127.0.0.1:1"}, "does not answer"},
	} {
		if output, err := runCommand(t, append(flags, test.arguments...)...); err == nil || !strings.Contains(output, test.want) {
			t.Errorf("%v: %v: %s, want %q", test.arguments, err, output, test.want)
		}
	}
}

func TestCacheTags(t *testing.T) {
	folder := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(folder, "a, b"), 0o700))
	must(t, os.WriteFile(filepath.Join(folder, "a, b", "c.jpg"), resource(t, "jpg-24bit-icc-iec.jpg"), 0o600))
	s := start(t, patient+"origins: {aliases: {photos: "+folder+"}}")
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	got := s.picture("/resize/32x,f=jpeg,watermark=" + id + "/photos/a%2C%20b/c.jpg")
	const want = "api-resize photos/ photos/a%2C%20b/ photos/a%2C%20b/c.jpg "
	if tags := got.header.Get("Surrogate-Key"); tags != want+id {
		t.Errorf("Surrogate-Key %q, want %q", tags, want+id)
	}
	if tags := got.header.Get("Cache-Tag"); tags != strings.ReplaceAll(want+id, " ", ",") {
		t.Errorf("Cache-Tag %q", tags)
	}
	// What a purge answers is what stands there.
	for _, body := range []string{`{"prefix": "photos/a, b/"}`, `{"source": "photos/a, b/c.jpg"}`, `{"source": "` + id + `"}`, `{"all": true}`} {
		tags := s.purge(body).json(t)["tags"].([]any)
		if len(tags) != 1 || !strings.Contains(","+got.header.Get("Cache-Tag")+",", ","+tags[0].(string)+",") {
			t.Errorf("%s: tags %v", body, tags)
		}
	}
	for _, path := range []string{"/images/" + id + "/original", "/info/" + id, "/srcset/" + id} {
		if tags := s.get(path).header.Get("Cache-Tag"); tags != "api-resize,"+id {
			t.Errorf("%s: %q", path, tags)
		}
	}
	silent := start(t, strings.Replace(patient, "server: {", "server: {cache_tags: false, ", 1))
	id = silent.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	if header := silent.picture("/resize/32x/" + id).header; header.Get("Cache-Tag")+header.Get("Surrogate-Key") != "" {
		t.Error("tags although they are switched off")
	}
}

// TestOriginDownAfterARestart: what is stale is answered with, and said to be.
func TestOriginDownAfterARestart(t *testing.T) {
	site := newMoodySite(t, resource(t, "jpg-24bit-icc-iec.jpg"), "max-age=0, stale-if-error=600")
	s := start(t, patient+loopbackAllowed)
	path := "/resize/320x,f=jpeg/" + site.URL + "/cat.jpg"
	first := s.picture(path)
	if got := s.picture(path).header.Get("Cache-Status"); got != "api-resize; fwd=stale; fwd-status=304; detail=memory" {
		t.Errorf("unchanged: %s", got)
	}
	must(t, s.stop())
	site.status.Store(http.StatusBadGateway)
	again := start(t, patient+loopbackAllowed, s.dir)
	second := again.picture(path)
	if got := second.header.Get("Cache-Status"); got != "api-resize; fwd=stale; detail=stale-if-error" || !bytes.Equal(first.body, second.body) {
		t.Errorf("%s, the same picture: %v", got, bytes.Equal(first.body, second.body))
	}
	if got := second.header.Get("Cache-Control"); got != "public, max-age=10" && got != "public, max-age=0" {
		t.Errorf("Cache-Control %q", got)
	}
	if got := again.get(path, "If-None-Match", first.header.Get("ETag")); got.status != http.StatusNotModified {
		t.Errorf("with its ETag: %d", got.status)
	}
	// What has changed is seen, and the old one is gone.
	changed := resource(t, "jpg-24bit.jpg")
	site.content.Store(&changed)
	site.status.Store(http.StatusOK)
	third := again.picture(path)
	if third.header.Get("ETag") == first.header.Get("ETag") || third.header.Get("Cache-Status") != "api-resize; fwd=stale; stored" {
		t.Errorf("changed: ETag %s, %s", third.header.Get("ETag"), third.header.Get("Cache-Status"))
	}
}

func TestExplain(t *testing.T) {
	site := newMoodySite(t, resource(t, "jpg-24bit-icc-iec.jpg"), "max-age=600")
	s := start(t, patient+loopbackAllowed+"security: {signature: optional, keys: [a key of some length]}")
	explain := func(path string) map[string]any {
		t.Helper()
		got := s.get(path, "Authorization", "Bearer "+s.key, "Accept", "image/webp")
		if got.status != http.StatusOK || got.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%s: %d %s", path, got.status, got.body)
		}
		return got.json(t)
	}
	at := func(told map[string]any, path string) any {
		t.Helper()
		var value any = told
		for _, name := range strings.Split(path, ".") {
			inner, ok := value.(map[string]any)
			if !ok {
				return nil
			}
			value = inner[name]
		}
		return value
	}
	path := "/resize/300x200/" + site.URL + "/cat.jpg"
	before := explain("/explain" + path)
	for name, want := range map[string]any{
		"would": "miss", "tiers": "[map[has:false tier:memory] map[has:false tier:disk]]", "format.chosen": "webp", "format.asked": "auto", "sizes.asked": "300x200", "sizes.answered": "320x213",
		"plan.result": "320x213", "plan.decoded": "1280x800", "original.width": 2560.0, "original.tiers": "[memory disk]", "signature.given": false,
		"canonical": "/resize/320x213/" + site.URL + "/cat.jpg", "headers.vary": "Accept", "freshness.use": "new", "freshness.stale_if_error_seconds": 86400.0,
	} {
		if got := at(before, name); fmt.Sprint(got) != fmt.Sprint(want) && !(name == "original.tiers" && fmt.Sprint(got) == "[memory]") {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if strings.Contains(metricsOf(s), `outcome="made"`) {
		t.Error("a picture was made")
	}
	got := s.picture(path, "Accept", "image/webp")
	after := explain("/explain/300x200/" + site.URL + "/cat.jpg")
	if at(after, "would") != "hit" || !strings.HasPrefix(fmt.Sprint(at(after, "tiers")), "[map[has:true tier:memory]") || at(after, "etag") != got.header.Get("ETag") || at(after, "freshness.use") != "fresh" {
		t.Errorf("after it was made: %v", after)
	}
	for _, test := range []struct{ path, code, why string }{
		{"/explain/resize/300x,fitt=cover/" + site.URL + "/cat.jpg", "bad_option", ""},
		{"/explain/resize/300x/" + site.URL + "/cat.jpg?sig=AAAA", "bad_signature", "sig is not"},
		{"/explain/resize/300x/" + site.URL + "/cat.jpg?expires=1", "expired", "time"},
		{"/explain/resize/300x/http://elsewhere.example/cat.jpg", "source_not_allowed", "none is needed"},
		{"/explain/resize/300x/aaaaaaaaaaaaaaaaaaaaaaaaaa", "not_found", "none is needed"},
		{"/explain/resize/8000x8000,enlarge=true/" + site.URL + "/cat.jpg", "", ""},
		{"/explain/resize/max,crop=9000:0:10:10/" + site.URL + "/cat.jpg", "bad_option", ""},
		{"/explain/", "bad_option", ""},
	} {
		told := explain(test.path)
		if got, _ := at(told, "problem.code").(string); got != test.code {
			t.Errorf("%s: problem %q, want %q", test.path, got, test.code)
		}
		if why, _ := at(told, "signature.why").(string); !strings.Contains(why, test.why) {
			t.Errorf("%s: signature: %q, want %q in it", test.path, why, test.why)
		}
	}
	s.get("/explain"+path).isProblem(t, 401, "unauthorized")
}
