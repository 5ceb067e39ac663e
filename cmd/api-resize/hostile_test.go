package main

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// raw sends bytes and returns what comes back until the server hangs up or has
// answered once.
func (s *service) raw(text string) string {
	s.t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	must(s.t, err)
	defer connection.Close()
	_, err = io.WriteString(connection, text)
	must(s.t, err)
	must(s.t, connection.SetReadDeadline(time.Now().Add(patience)))
	buffer := make([]byte, 64<<10)
	n, err := connection.Read(buffer)
	if err != nil {
		s.t.Fatalf("%q was not answered: %v", text, err)
	}
	return string(buffer[:n])
}

// TestMalformedRequestsAreNotRepeated: what cannot be parsed is answered with a
// fixed text, counted, and leaves a line in the log, none of which holds what
// was sent.
func TestMalformedRequestsAreNotRepeated(t *testing.T) {
	s := start(t, patient)
	for _, header := range []string{
		"Content-Length: abc", "Content-Length: 1\r\nContent-Length: 2", "Content-Length: -1",
		"Transfer-Encoding: gzip", "Host: y", "X : y", "X: \x00",
	} {
		got := s.raw("POST /images HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.key + "\r\n" + header + "\r\n\r\n")
		if !strings.HasPrefix(got, "HTTP/1.1 400 ") || !strings.Contains(got, `"code":"bad_option"`) || !strings.Contains(got, "X-Request-Id: ") {
			t.Errorf("%q: %s", header, got)
		}
		if strings.Contains(got, s.key) || strings.Contains(got, "fasthttp") || strings.Contains(got, "buffer") {
			t.Errorf("%q: the answer repeats what was sent: %s", header, got)
		}
	}
	if got := s.raw("FOO /images HTTP/1.1\r\nHost: x\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 405 ") || !strings.Contains(got, "Allow: GET, HEAD, POST, OPTIONS") || !strings.Contains(got, "method_not_allowed") {
		t.Errorf("unknown method: %s", got)
	}
	if text := metricsOf(s); !strings.Contains(text, `api_resize_requests_total{outcome="bad_option",route="none",status="400"} 7`) {
		t.Error("refused requests are not counted")
	}
	must(t, s.stop())
	if strings.Contains(s.log(), s.key) {
		t.Error("the key is in the log")
	}
	refused := 0
	for _, entry := range s.entries("request") {
		if entry["http.response.status_code"] == 400.0 {
			refused++
		}
	}
	if refused != 7 {
		t.Errorf("%d of 7 refused requests are in the log", refused)
	}
}

// TestStalledBodies: who announces a body and sends none holds up no stop, and
// without a key has no more time than a header.
func TestStalledBodies(t *testing.T) {
	s := start(t, "server: {header_timeout: 300ms, upload_timeout: 10m, drain_delay: 0s}\n")
	if got := s.raw("POST /images HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 408 ") {
		t.Errorf("without a key: %s", got)
	}
	connection, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	must(t, err)
	defer connection.Close()
	_, err = fmt.Fprintf(connection, "POST /images HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 10\r\n\r\n", s.key)
	must(t, err)
	s.eventuallyReady()
	if err := s.stop(); err != nil {
		t.Errorf("it ended with %v\n%s", err, s.log())
	}
}

func TestBrokenChunks(t *testing.T) {
	s := start(t, patient)
	for _, chunks := range []string{"zz\r\nabc\r\n", "ffffffffffffffff\r\nabc", "3\r\nabcd\r\n0\r\n\r\n"} {
		got := s.raw("POST /images HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.key + "\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
		if !strings.HasPrefix(got, "HTTP/1.1 400 ") {
			t.Errorf("%q: %s", chunks, got)
		}
	}
}

// TestBrokenFrames: an animation of which a later frame is broken is refused
// when it comes.
func TestBrokenFrames(t *testing.T) {
	s := start(t, patient)
	content := bytes.Clone(resource(t, "gif-animated.gif"))
	content[7779] ^= 0xff
	s.post(content).isProblem(t, 422, "corrupt_image")
}

func TestTooManyFiles(t *testing.T) {
	s := start(t, patient)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := range 202 {
		part, err := form.CreateFormFile("file", "small.png")
		must(t, err)
		_, err = part.Write(encodedPNG(t, cornered(1+i%7, 1)))
		must(t, err)
	}
	must(t, form.Close())
	got := s.post(body.Bytes(), "Content-Type", form.FormDataContentType())
	images, _ := got.json(t)["images"].([]any)
	if got.status != 201 || len(images) != 201 {
		t.Fatalf("%d with %d items", got.status, len(images))
	}
	if refused, _ := images[200].(map[string]any)["error"].(map[string]any); refused["code"] != "too_large_bytes" || !strings.Contains(refused["detail"].(string), "200") {
		t.Errorf("the one too many: %v", images[200])
	}
}

// TestDamagedUploadHeals: sending the same bytes again mends what the disk has
// lost.
func TestDamagedUploadHeals(t *testing.T) {
	s := start(t, patient)
	content := resource(t, "copyright.jpeg")
	id := s.upload(content)
	must(t, os.Truncate(filepath.Join(s.dir, "originals", id[:2], id), 1000))
	s.get("/resize/100x/"+id).isProblem(t, 503, "overloaded")
	if s.upload(content) != id {
		t.Error("another id")
	}
	s.picture("/resize/100x/" + id)
	if got := s.get("/images/" + id + "/original"); !bytes.Equal(got.body, content) {
		t.Errorf("the original has %d bytes of %d", len(got.body), len(content))
	}
}

func TestKeyFileIsChecked(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, keyFile)
	must(t, os.WriteFile(file, []byte("correct-horse\n"), 0o644))
	if key, made, err := ensureKey(dir); key != "correct-horse" || made || err != nil {
		t.Errorf("%q, %v, %v", key, made, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	must(t, os.WriteFile(file, []byte("abc\n"), 0o600))
	if _, _, err := ensureKey(dir); err == nil || !strings.Contains(err.Error(), "3 characters") {
		t.Errorf("a short key: %v", err)
	}
}
