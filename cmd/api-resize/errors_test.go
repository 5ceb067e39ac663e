package main

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestErrors walks what can be asked wrongly. After each the service answers
// the next request.
func TestErrors(t *testing.T) {
	s := start(t, patient+"limits: {original_bytes: 200000, original_pixels: 1000000, original_frames: 5, result_pixels: 600000}")
	id := s.upload(encodedJPEG(t, cornered(900, 600)))
	photograph := resource(t, "jpg-24bit.jpg")
	for name, test := range map[string]struct {
		got    answer
		status int
		code   string
	}{
		"no such route":         {s.get("/nowhere"), 404, "not_found"},
		"root":                  {s.get("/resize"), 400, "bad_option"},
		"method":                {s.do(http.MethodPut, "/resize/1x1/"+id, nil), 405, "method_not_allowed"},
		"no source":             {s.get("/resize/300x200"), 400, "bad_option"},
		"size":                  {s.get("/resize/0x0/" + id), 400, "bad_option"},
		"side":                  {s.get("/resize/8193x/" + id), 400, "bad_option"},
		"option":                {s.get("/resize/300x200,fti=cover/" + id), 400, "bad_option"},
		"preset":                {s.get("/resize/@thumb/" + id), 400, "bad_option"},
		"id":                    {s.get("/resize/300x200/aaaaaaaaaaaaaaaaaaaaaaaaaa"), 404, "not_found"},
		"no id":                 {s.get("/resize/300x200/cat"), 404, "not_found"},
		"no alias":              {s.get("/resize/300x200/photos/cat.jpg"), 404, "not_found"},
		"host not allowed":      {s.get("/resize/300x200/http://127.0.0.1:1/cat.jpg"), 403, "source_not_allowed"},
		"result over pixels":    {s.get("/resize/1000x1000,enlarge=1,fit=fill/" + id), 422, "too_large_pixels"},
		"no key":                {s.do(http.MethodPost, "/images", bytes.NewReader(photograph)), 401, "unauthorized"},
		"wrong key":             {s.post(photograph, "Authorization", "Bearer wrong"), 401, "unauthorized"},
		"basic key":             {s.post(photograph, "Authorization", "Basic "+s.key), 401, "unauthorized"},
		"empty":                 {s.post(nil), 415, "unsupported_format"},
		"text":                  {s.post([]byte("<html>no image</html>")), 415, "unsupported_format"},
		"SVG":                   {s.post([]byte(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`)), 415, "unsupported_format"},
		"PDF":                   {s.post(resource(t, "pdf.pdf")), 415, "unsupported_format"},
		"over the bytes":        {s.post(make([]byte, 200_001)), 413, "too_large_bytes"},
		"far over the bytes":    {s.post(make([]byte, 5_000_000)), 413, "too_large_bytes"},
		"over the pixels":       {s.post(encodedPNG(t, image.NewGray(image.Rect(0, 0, 1001, 1000)))), 422, "too_large_pixels"},
		"over the frames":       {s.post(resource(t, "gif-animated.gif")), 422, "too_large_pixels"},
		"truncated":             {s.post(photograph[:len(photograph)*2/3]), 422, "corrupt_image"},
		"options for an upload": {s.do(http.MethodPost, "/images?q=5", bytes.NewReader(photograph), "Authorization", "Bearer "+s.key), 400, "bad_option"},
	} {
		t.Run(name, func(t *testing.T) {
			test.got.isProblem(t, test.status, test.code)
			if control := test.got.header.Get("Cache-Control"); test.status != 404 && control != "no-store" || test.status == 404 && control != "public, max-age=10" {
				t.Errorf("Cache-Control %q", control)
			}
			if test.status == 401 && test.got.header.Get("WWW-Authenticate") == "" {
				t.Error("WWW-Authenticate is missing")
			}
			if test.status == 405 && test.got.header.Get("Allow") == "" {
				t.Error("Allow is missing")
			}
			s.picture("/resize/30x20/" + id)
		})
	}
	if detail := s.get("/resize/300x200,fti=cover/" + id).json(t)["detail"].(string); !strings.Contains(detail, `did you mean "fit"?`) {
		t.Errorf("no suggestion: %s", detail)
	}
	// Just inside the limits.
	s.upload(encodedPNG(t, image.NewGray(image.Rect(0, 0, 1000, 1000))))
	s.picture("/resize/1000x600,enlarge=1,fit=fill/" + id)
	if got := s.delete(id); got.status != http.StatusNoContent {
		t.Errorf("delete: %d", got.status)
	}
}

// TestOriginErrors: whatever an origin does becomes a clear answer, and is not
// kept.
func TestOriginErrors(t *testing.T) {
	photograph := resource(t, "jpg-24bit.jpg")
	hang := make(chan struct{})
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/missing.jpg":
			http.NotFound(w, r)
		case "/broken.jpg":
			w.WriteHeader(http.StatusInternalServerError)
		case "/slow.jpg":
			<-hang
		case "/short.jpg":
			w.Header().Set("Content-Length", fmt.Sprint(len(photograph)))
			_, _ = w.Write(photograph[:len(photograph)/2])
		case "/large.jpg":
			_, _ = w.Write(make([]byte, 300_000))
		case "/text.jpg":
			_, _ = io.WriteString(w, "no image")
		case "/truncated.jpg":
			_, _ = w.Write(photograph[:len(photograph)*2/3])
		case "/away.jpg":
			http.Redirect(w, r, "http://localhost:1/cat.jpg", http.StatusFound)
		case "/loop.jpg":
			http.Redirect(w, r, "/loop.jpg", http.StatusFound)
		default:
			_, _ = w.Write(photograph)
		}
	}))
	t.Cleanup(func() { close(hang); site.Close() })
	s := start(t, patient+"limits: {original_bytes: 200000}\norigins: {http: {allow: [127.0.0.1, 'dead.invalid'], allow_networks: [127.0.0.0/8], first_byte_timeout: 300ms}}")
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, closed.Close())
	for source, want := range map[string]struct {
		status int
		code   string
	}{
		site.URL + "/missing.jpg":                       {404, "origin_not_found"},
		site.URL + "/broken.jpg":                        {502, "origin_error"},
		site.URL + "/short.jpg":                         {502, "origin_error"},
		site.URL + "/loop.jpg":                          {502, "origin_error"},
		site.URL + "/slow.jpg":                          {504, "origin_timeout"},
		site.URL + "/large.jpg":                         {413, "too_large_bytes"},
		site.URL + "/text.jpg":                          {415, "unsupported_format"},
		site.URL + "/truncated.jpg":                     {422, "corrupt_image"},
		site.URL + "/away.jpg":                          {403, "source_not_allowed"},
		"http://" + closed.Addr().String() + "/cat.jpg": {502, "origin_error"},
		"http://dead.invalid/cat.jpg":                   {502, "origin_error"},
		"http://user:word@127.0.0.1/cat.jpg":            {400, "bad_option"},
		"http://169.254.169.254/cat.jpg":                {403, "source_not_allowed"},
	} {
		t.Run(source, func(t *testing.T) {
			for range 2 {
				got := s.get("/resize/300x/" + source)
				got.isProblem(t, want.status, want.code)
				if strings.Contains(string(got.body), "127.0.0.1") || strings.Contains(string(got.body), "refused") {
					t.Errorf("the answer tells too much: %s", got.body)
				}
			}
			s.picture("/resize/300x/" + site.URL + "/cat.jpg")
		})
	}
}

// TestSlowClients are cut off at the header limit.
func TestSlowClients(t *testing.T) {
	s := start(t, "server: {header_timeout: 200ms, upload_timeout: 300ms}")
	for name, sent := range map[string]string{
		"header": "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"body":   "POST /images HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.key + "\r\nContent-Length: 1000\r\n\r\nhalf",
	} {
		t.Run(name, func(t *testing.T) {
			connection, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			must(t, err)
			defer connection.Close()
			_, err = io.WriteString(connection, sent)
			must(t, err)
			must(t, connection.SetReadDeadline(time.Now().Add(patience)))
			told, err := io.ReadAll(connection)
			if err != nil {
				t.Fatalf("not cut off: %v", err)
			}
			if !bytes.HasPrefix(told, []byte("HTTP/1.1 408")) {
				t.Errorf("told %q", told)
			}
		})
	}
	s.eventuallyReady()
}
