package main

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestConditionalAndRange(t *testing.T) {
	s := start(t, patient)
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	path := "/resize/300x200,f=jpeg/" + id
	full := s.picture(path)
	etag, modified := full.header.Get("ETag"), full.header.Get("Last-Modified")
	date, err := http.ParseTime(modified)
	must(t, err)
	before, after := date.Add(-time.Second).Format(http.TimeFormat), date.Add(time.Second).Format(http.TimeFormat)
	for name, test := range map[string]struct {
		header []string
		status int
	}{
		"same tag":                        {[]string{"If-None-Match", etag}, 304},
		"weak tag":                        {[]string{"If-None-Match", "W/" + etag}, 304},
		"list":                            {[]string{"If-None-Match", `"other", ` + etag}, 304},
		"any":                             {[]string{"If-None-Match", "*"}, 304},
		"other tag":                       {[]string{"If-None-Match", `"other"`}, 200},
		"same second":                     {[]string{"If-Modified-Since", modified}, 304},
		"later":                           {[]string{"If-Modified-Since", after}, 304},
		"earlier":                         {[]string{"If-Modified-Since", before}, 200},
		"tag goes before date":            {[]string{"If-None-Match", `"other"`, "If-Modified-Since", after}, 200},
		"nonsense date":                   {[]string{"If-Modified-Since", "yesterday"}, 200},
		"must match, does":                {[]string{"If-Match", etag}, 200},
		"must match, weakly":              {[]string{"If-Match", "W/" + etag}, 412},
		"must match, does not":            {[]string{"If-Match", `"other"`}, 412},
		"unmodified since":                {[]string{"If-Unmodified-Since", modified}, 200},
		"modified since":                  {[]string{"If-Unmodified-Since", before}, 412},
		"must match goes before none":     {[]string{"If-Match", `"other"`, "If-None-Match", etag}, 412},
		"part":                            {[]string{"Range", "bytes=10-19"}, 206},
		"part of this version":            {[]string{"Range", "bytes=10-19", "If-Range", etag}, 206},
		"part of this date":               {[]string{"Range", "bytes=10-19", "If-Range", modified}, 206},
		"part of another version":         {[]string{"Range", "bytes=10-19", "If-Range", `"other"`}, 200},
		"part of a weak version":          {[]string{"Range", "bytes=10-19", "If-Range", "W/" + etag}, 200},
		"several parts":                   {[]string{"Range", "bytes=0-1,5-6"}, 200},
		"beyond the end":                  {[]string{"Range", "bytes=99999999-"}, 416},
		"304 goes before a part":          {[]string{"Range", "bytes=10-19", "If-None-Match", etag}, 304},
		"a part in words we do not speak": {[]string{"Range", "lines=1-2"}, 200},
	} {
		got := s.get(path, test.header...)
		if got.status != test.status {
			t.Errorf("%s: %d, want %d", name, got.status, test.status)
			continue
		}
		control := full.header.Get("Cache-Control")
		if test.status > 304 {
			control = "no-store"
			if got.header.Get("Content-Type") != "" || len(got.body) > 0 {
				t.Errorf("%s: %d bytes of %q", name, len(got.body), got.header.Get("Content-Type"))
			}
		}
		if got.header.Get("ETag") != etag || got.header.Get("Cache-Control") != control || got.header.Get("Link") == "" {
			t.Errorf("%s: headers %v", name, got.header)
		}
		switch test.status {
		case 304, 412:
			if test.status == 304 && (len(got.body) != 0 || got.header.Get("Content-Type") != "") {
				t.Errorf("%s: a 304 with %d bytes of %q", name, len(got.body), got.header.Get("Content-Type"))
			}
		case 206:
			if !bytes.Equal(got.body, full.body[10:20]) || !strings.HasPrefix(got.header.Get("Content-Range"), "bytes 10-19/") {
				t.Errorf("%s: %q, Content-Range %q", name, got.body, got.header.Get("Content-Range"))
			}
		case 200:
			if !bytes.Equal(got.body, full.body) {
				t.Errorf("%s: another body", name)
			}
		}
	}
}

func TestHeadHasTheHeadersOfGet(t *testing.T) {
	s := start(t, patient)
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	for _, path := range []string{"/resize/300x200,f=jpeg/" + id, "/images/" + id + "/original", "/images/" + id} {
		s.get(path)
		get, head := s.get(path), s.do(http.MethodHead, path, nil)
		if head.status != get.status || len(head.body) != 0 {
			t.Errorf("%s: %d with %d bytes", path, head.status, len(head.body))
		}
		for _, header := range []http.Header{get.header, head.header} {
			for _, own := range []string{"Date", "X-Request-Id"} {
				header.Del(own)
			}
		}
		for name := range get.header {
			if get.header.Get(name) != head.header.Get(name) {
				t.Errorf("%s: %s is %q for HEAD, %q for GET", path, name, head.header.Get(name), get.header.Get(name))
			}
		}
	}
	// A picture that is not there yet is made: its length is not known before.
	if head := s.do(http.MethodHead, "/resize/77x,f=jpeg/"+id, nil); head.status != 200 || head.header.Get("Content-Length") == "0" || head.header.Get("Content-Length") == "" {
		t.Errorf("cold: %d %v", head.status, head.header)
	}
}

func TestNegotiation(t *testing.T) {
	s := start(t, strings.Replace(patient, "processing: {", "processing: {upgrade: false, ", 1)+"formats: {auto: [avif, webp]}")
	id := s.upload(resource(t, "jpg-24bit.jpg"))
	for accept, want := range map[string]string{
		"image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8": "image/avif",
		"image/webp,*/*;q=0.5":        "image/webp",
		"image/avif;q=0,image/webp":   "image/webp",
		"image/jpeg":                  "image/jpeg",
		"image/webp;q=0, image/jpeg":  "image/jpeg",
		"text/html":                   "image/jpeg",
		"image/webp;q=0.3,image/jpeg": "image/jpeg",
	} {
		got := s.picture("/resize/50x/"+id, "Accept", accept)
		if got.header.Get("Content-Type") != want || got.header.Get("Vary") != "Accept" {
			t.Errorf("Accept %q: %q, Vary %q; want %q", accept, got.header.Get("Content-Type"), got.header.Get("Vary"), want)
		}
	}
}

func TestPreflight(t *testing.T) {
	s := start(t, patient)
	got := s.do(http.MethodOptions, "/images", nil, "Origin", "https://page.example", "Access-Control-Request-Method", "POST")
	if got.status != http.StatusNoContent || got.header.Get("Access-Control-Allow-Origin") != "*" ||
		!strings.Contains(got.header.Get("Access-Control-Allow-Methods"), "POST") || !strings.Contains(got.header.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("%d %v", got.status, got.header)
	}
}

// TestLog: one line a request, with what an operator looks for and without
// what nobody may read there.
func TestLog(t *testing.T) {
	s := start(t, patient)
	id := s.upload(resource(t, "jpg-24bit.jpg"))
	s.picture("/resize/50x,f=png/"+id+"?dpr=1.5", "X-Request-Id", "my-own.id_1")
	s.picture("/resize/75x,f=png/"+id, "X-Request-Id", "second")
	s.get("/resize/50x/"+id, "X-Request-Id", "spaces are not good\tat all")
	must(t, s.stop())
	byID := map[string]map[string]any{}
	for _, entry := range s.entries("request") {
		byID[entry["http.request.id"].(string)] = entry
	}
	made, hit := byID["my-own.id_1"], byID["second"]
	if made["http.response.status_code"] != 200.0 || made["url.path"] != "/resize/75x,format=png/"+id || made["api_resize.cache"] != "made" ||
		made["http.response.body.bytes"].(float64) < 100 || made["api_resize.encode_ns"] == nil || made["api_resize.route"] != "/resize/*" {
		t.Errorf("made: %v", made)
	}
	if hit["api_resize.cache"] != "hit" || hit["api_resize.tier"] != "memory" || hit["http.response.body.bytes"] != made["http.response.body.bytes"] {
		t.Errorf("hit: %v", hit)
	}
	if strings.Contains(s.log(), s.key) {
		t.Error("the key is in the log")
	}
	if strings.Contains(s.log(), "spaces are") {
		t.Error("a client's text is in the log as a request's id")
	}
}

func TestMetrics(t *testing.T) {
	s := start(t, patient)
	id := s.upload(resource(t, "jpg-24bit.jpg"))
	s.picture("/resize/50x,f=png/" + id)
	s.picture("/resize/50x,f=png/" + id)
	s.get("/resize/50x,f=pgn/" + id)
	public := s.url
	s.url = s.ops
	defer func() { s.url = public }()
	text := string(s.get("/metrics").body)
	for _, line := range []string{
		`api_resize_requests_total{outcome="made",route="/resize/*",status="200"} 1`,
		`api_resize_requests_total{outcome="hit",route="/resize/*",status="200"} 1`,
		`api_resize_requests_total{outcome="bad_option",route="/resize/*",status="400"} 1`,
		`api_resize_phase_duration_seconds_count{phase="encode"} 1`,
		`api_resize_cache_hits_total{tier="memory"} 1`,
		`api_resize_cache_entries{tier="memory"} 1`,
		`api_resize_cache_corrupt_total{tier="disk"} 0`,
		`api_resize_cache_evictions_total{tier="disk"} 0`,
		`api_resize_queue_depth 0`,
		`api_resize_slots_in_use 0`,
		`api_resize_origin_fetches_total{result="ok"} 0`,
		`go_goroutines`,
		`api_resize_vips_memory_bytes`,
		`process_resident_memory_bytes`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("the metrics lack %s", line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
	if got := s.get("/debug/pprof/goroutine?debug=1"); got.status != 200 || !bytes.Contains(got.body, []byte("goroutine profile")) {
		t.Errorf("pprof: %d", got.status)
	}
	s.url = public
	for _, path := range []string{"/metrics", "/debug/pprof/"} {
		s.get(path).isProblem(t, 404, "not_found")
	}
}
