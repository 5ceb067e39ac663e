package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"api-resize/batch"
	"api-resize/origin"
	"api-resize/proxy"
	"api-resize/spec"
)

func withSigning(mode string) func(*Config, *Parts) {
	return func(config *Config, parts *Parts) {
		config.PublicURL = "https://img.example"
		parts.Signing = SigningConfig{Signature: mode, Keys: []string{"a key of some length"}}
	}
}

// posted sends an upload, and decodes the answer into told.
func (s *testServer) posted(t *testing.T, query string, body io.Reader, contentType string, told any) int {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, s.url+"/images"+query, body)
	must(t, err)
	request.Header.Set("Authorization", "Bearer correct-horse")
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close()
	must(t, json.NewDecoder(response.Body).Decode(told))
	return response.StatusCode
}

// uploaded stores a text that is an image, and returns its id.
func (s *testServer) uploaded(t *testing.T, content string) string {
	t.Helper()
	var image Image
	if status := s.posted(t, "", strings.NewReader(content), "image/jpeg", &image); status != http.StatusCreated {
		t.Fatalf("status %d", status)
	}
	return image.ID
}

// TestMaker: what it has made is a hit for whoever asks, at the URL that it
// tells.
func TestMaker(t *testing.T) {
	s := newTestServer(t, withList)
	id := s.uploaded(t, "image one")
	for item, url := range map[batch.Item]string{
		{Source: id, Size: "320x", Options: ""}:                                 "/resize/320x/" + id,
		{Source: id, Size: "640x", Options: ",q=50,fit=contain,grayscale=true"}: "/resize/640x,grayscale=true,quality=50/" + id,
		{Source: id, Size: "@thumb", Options: ",q=40"}:                          "/resize/x9,format=jpeg,quality=40/" + id,
		{Source: id + ".jpg", Size: "x9", Options: ""}:                          "/resize/x9,format=jpeg/" + id,
		{Source: s.site.URL + "/a.jpg?v=1", Size: "x9", Options: ""}:            "/resize/x9/" + strings.NewReplacer(":", "%3A", "/", "%2F").Replace(s.site.URL) + "%2Fa.jpg%3Fv%3D1",
	} {
		if err := s.maker.Check(item); err != nil {
			t.Errorf("%v: %v", item, err)
		}
		for range 2 { // the second time it is there
			made, err := s.maker.Make(t.Context(), item)
			if err != nil || made.URL != url || made.Format != "jpeg" || made.Bytes == 0 {
				t.Fatalf("%v: %+v, %v; want %s", item, made, err, url)
			}
		}
		response, err := http.Get(s.url + url)
		must(t, err)
		must(t, response.Body.Close())
		if status := response.Header.Get("Cache-Status"); response.StatusCode != http.StatusOK || !strings.HasPrefix(status, "test; hit") {
			t.Errorf("%s: %d, %s", url, response.StatusCode, status)
		}
	}
}

// TestMakerChecks: what can be known to be wrong is known without any work, and
// says what.
func TestMakerChecks(t *testing.T) {
	s := newTestServer(t, withList)
	id := s.uploaded(t, "image one")
	for item, want := range map[batch.Item]error{
		{Source: id, Size: "321x", Options: ""}:                                     spec.ErrBadOption, // not on the list
		{Source: id, Size: "320", Options: ""}:                                      spec.ErrBadOption,
		{Source: id, Size: "", Options: ""}:                                         spec.ErrBadOption,
		{Source: id, Size: "320x,q=5", Options: ""}:                                 spec.ErrBadOption,
		{Source: "evil/" + id, Size: "320x/a", Options: ""}:                         spec.ErrBadOption,
		{Source: id, Size: "320x", Options: "0"}:                                    spec.ErrBadOption,
		{Source: id, Size: "320x", Options: ",q=0"}:                                 spec.ErrBadOption,
		{Source: id, Size: "320x", Options: ",sig=AAAA"}:                            spec.ErrBadOption,
		{Source: id, Size: "320x", Options: ",wm=a/b"}:                              spec.ErrBadOption,
		{Source: "", Size: "320x", Options: ""}:                                     spec.ErrBadSource,
		{Source: "a b", Size: "320x", Options: ""}:                                  spec.ErrBadSource,
		{Source: "http://user:word@127.0.0.1/a", Size: "320x", Options: ""}:         spec.ErrBadSource,
		{Source: "http://elsewhere.example/a", Size: "320x", Options: ""}:           origin.ErrNotAllowed,
		{Source: id, Size: "320x", Options: ",wm=http:%2F%2Felsewhere.example%2Fa"}: origin.ErrNotAllowed,
		{Source: "photos/a.jpg", Size: "320x", Options: ""}:                         origin.ErrNotFound, // no such alias
	} {
		if err := s.maker.Check(item); !errors.Is(err, want) {
			t.Errorf("%v: %v, want %v", item, err, want)
		}
		var failure *batch.Failure
		if _, err := s.maker.Make(t.Context(), item); !errors.As(err, &failure) || !failure.Final || failure.Status != kindOf(want).status || failure.Detail == "" {
			t.Errorf("made %v: %v", item, err)
		}
	}
}

// TestMakerFailures: which of them are worth another attempt, and when.
func TestMakerFailures(t *testing.T) {
	s := newTestServer(t)
	id := s.uploaded(t, "image one")
	gone, leave := context.WithCancel(t.Context())
	leave()
	soon, end := context.WithTimeout(t.Context(), time.Second)
	defer end()
	var full []func()
	for name, test := range map[string]struct {
		source string
		ctx    context.Context
		status int
		code   string
		final  bool
		wait   time.Duration // at least
	}{
		"no upload":        {strings.Repeat("a", 26), t.Context(), 404, "not_found", true, 0},
		"nothing there":    {s.site.URL + "/status/404", t.Context(), 404, "origin_not_found", true, 0},
		"origin broken":    {s.site.URL + "/status/500", t.Context(), 502, "origin_error", false, 0},
		"origin away":      {s.site.URL + "/status/503", t.Context(), 502, "origin_error", false, 90 * time.Second},
		"nobody waits":     {id, gone, 503, "overloaded", false, time.Second},
		"too much is made": {id, soon, 503, "processing_timeout", false, time.Second}, // it waits as long as it may
	} {
		if name == "too much is made" {
			for range runtime.GOMAXPROCS(0) {
				release, err := s.proxy.Slots.Acquire(t.Context(), proxy.Need{Bytes: 1})
				must(t, err)
				full = append(full, release)
			}
		}
		_, err := s.maker.Make(test.ctx, batch.Item{Source: test.source, Size: "320x"})
		var failure *batch.Failure
		if !errors.As(err, &failure) {
			t.Fatalf("%s: %v", name, err)
		}
		if failure.Status != test.status || failure.Code != test.code || failure.Final != test.final || failure.RetryAfter < test.wait || failure.Title == "" {
			t.Errorf("%s: %+v", name, *failure)
		}
		for _, release := range full {
			release()
		}
		full = nil
	}
	for status, final := range map[int]bool{400: true, 413: true, 415: true, 422: true, 408: false, 429: false, 499: false, 500: false, 504: false} {
		if got := (problemKind{status: status}).final(); got != final {
			t.Errorf("%d: final is %v", status, got)
		}
	}
}

// TestMakerSigns: where URLs are signed, a key holder is told of one for any
// size, and for no source that is not allowed.
func TestMakerSigns(t *testing.T) {
	s := newTestServer(t, withList, withSigning(SignatureRequired))
	made, err := s.maker.Make(t.Context(), batch.Item{Source: s.uploaded(t, "image one"), Size: "321x", Options: ""})
	must(t, err)
	path, ours := strings.CutPrefix(made.URL, "https://img.example")
	response, err := http.Get(s.url + path)
	must(t, err)
	must(t, response.Body.Close())
	if !ours || response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Cache-Status"), "test; hit") {
		t.Errorf("%s: %d %v", made.URL, response.StatusCode, response.Header)
	}
	if err := s.maker.Check(batch.Item{Source: "http://elsewhere.example/a", Size: "321x", Options: ""}); !errors.Is(err, origin.ErrNotAllowed) {
		t.Errorf("another host: %v", err)
	}
	optional := newTestServer(t, withList, withSigning(SignatureOptional))
	if err := optional.maker.Check(batch.Item{Source: strings.Repeat("a", 26), Size: "321x", Options: ""}); !errors.Is(err, spec.ErrBadOption) {
		t.Errorf("URLs that are not signed: %v", err)
	}
}
