package server

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"api-resize/spec"
)

// ask sends a request that says for itself which codings it takes.
func (s *testServer) ask(t *testing.T, method, path string, header ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(method, s.url+path, nil)
	must(t, err)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	plain := http.Client{Transport: &http.Transport{DisableCompression: true}}
	response, err := plain.Do(request)
	must(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(t, err)
	return response, string(body)
}

func TestPlaygroundPage(t *testing.T) {
	s := newTestServer(t)
	response, page := s.ask(t, "GET", "/")
	header := response.Header
	if response.StatusCode != 200 || !strings.HasPrefix(header.Get("Content-Type"), "text/html") || !strings.Contains(page, "<h1>") {
		t.Fatalf("%d %s: %s", response.StatusCode, header.Get("Content-Type"), page)
	}
	if got := header.Values("Content-Security-Policy"); !slices.Equal(got, []string{playgroundPolicy}) || strings.Contains(got[0], "unsafe") {
		t.Errorf("policy %q", got)
	}
	for _, inline := range []string{`<script(?:[^>]*)>[^<]`, `<style`, ` style=`, ` on[a-z]+=`, `javascript:`, `https?://[a-z]`} {
		if found := regexp.MustCompile(inline).FindString(page); found != "" {
			t.Errorf("the page has %q in it", found)
		}
	}
	if header.Get("ETag") == "" || !strings.Contains(header.Get("Cache-Control"), "max-age=") {
		t.Errorf("ETag %q, Cache-Control %q", header.Get("ETag"), header.Get("Cache-Control"))
	}
	again, body := s.ask(t, "GET", "/", "If-None-Match", header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified || body != "" || again.Header.Get("Content-Security-Policy") != playgroundPolicy {
		t.Errorf("again: %d %q", again.StatusCode, body)
	}
	head, body := s.ask(t, "HEAD", "/")
	if head.StatusCode != 200 || body != "" || head.ContentLength != int64(len(page)) || head.Header.Get("ETag") != header.Get("ETag") {
		t.Errorf("HEAD: %d, %d bytes, %v", head.StatusCode, head.ContentLength, head.Header)
	}
	packed, body := s.ask(t, "GET", "/", "Accept-Encoding", "gzip, br")
	unpacked, err := gzip.NewReader(strings.NewReader(body))
	must(t, err)
	if got, err := io.ReadAll(unpacked); err != nil || string(got) != page || packed.Header.Get("ETag") == header.Get("ETag") || packed.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("packed: %v, %v", err, packed.Header)
	}
	if refused, _ := s.ask(t, "POST", "/"); refused.StatusCode != http.StatusMethodNotAllowed || refused.Header.Get("Allow") != "GET, HEAD, OPTIONS" {
		t.Errorf("POST: %d, Allow %q", refused.StatusCode, refused.Header.Get("Allow"))
	}
}

// TestPlaygroundFiles: all that the page loads is there, and of the right type.
func TestPlaygroundFiles(t *testing.T) {
	s := newTestServer(t)
	types := map[string]string{".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
	wanted := map[string]bool{}
	for name, file := range playgroundFiles() {
		text, err := file.unpacked()
		must(t, err)
		for _, found := range regexp.MustCompile(`"/playground/([a-z.]+)"|from "\./([a-z.]+)"`).FindAllStringSubmatch(string(text), -1) {
			wanted[found[1]+found[2]] = true
		}
		if name == playgroundIndex {
			continue
		}
		response, body := s.ask(t, "GET", "/playground/"+name)
		if response.StatusCode != 200 || body != string(text) {
			t.Errorf("%s: %d", name, response.StatusCode)
		}
		if got := response.Header.Get("Content-Type"); !strings.HasPrefix(got, types[name[strings.LastIndex(name, "."):]]) {
			t.Errorf("%s is of type %q", name, got)
		}
		if regexp.MustCompile(`https?://[a-z]+\.`).MatchString(strings.ReplaceAll(string(text), "http://www.w3.org", "")) {
			t.Errorf("%s names another host", name)
		}
	}
	for name := range wanted {
		if _, known := playgroundFiles()[name]; !known {
			t.Errorf("%s is loaded, and is not there", name)
		}
	}
	if len(wanted) != len(playgroundFiles())-1 {
		t.Errorf("%d files, of which %d are loaded", len(playgroundFiles())-1, len(wanted))
	}
	for _, path := range []string{"/playground/index.html", "/playground/none.js", "/playground/..%2fplayground.go", "/playground/"} {
		if response, _ := s.ask(t, "GET", path); response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, response.StatusCode)
		}
	}
}

func TestPlaygroundFacts(t *testing.T) {
	s := newTestServer(t)
	response, body := s.ask(t, "GET", "/playground.json")
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v", response.StatusCode, response.Header)
	}
	var facts playgroundTold
	must(t, json.Unmarshal([]byte(body), &facts))
	if facts.Upload.Bytes != 1<<20 || !facts.KeyNeeded || facts.Signature != SignatureOff || facts.Sizes.Mode != spec.SizesAny {
		t.Errorf("facts %+v", facts)
	}
	if len(facts.Options) != len(spec.Options) {
		t.Fatalf("%d options, want %d", len(facts.Options), len(spec.Options))
	}
	for i, option := range spec.Options {
		if got := facts.Options[i]; got.Name != option.Name || got.Kind == "" || got.Group == "" || got.Doc == "" || got.Values == "" {
			t.Errorf("option %+v, want %s", got, option.Name)
		}
	}
	format := facts.Options[slices.IndexFunc(facts.Options, func(o playgroundOption) bool { return o.Name == "format" })]
	if want := []string{"auto", "original", "jpeg"}; !slices.Equal(format.Words, want) {
		t.Errorf("formats %q, want those that can be written: %q", format.Words, want)
	}
	if strings.Contains(body, "null") {
		t.Errorf("the page would have to know what null means: %s", body)
	}
	if strings.Contains(body, "correct-horse") {
		t.Error("a key is told")
	}
}
