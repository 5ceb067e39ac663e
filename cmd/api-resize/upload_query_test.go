package main

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// accepts is what clients send for a picture in a page.
var accepts = map[string]string{
	"Chrome, Edge": "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
	"Firefox":      "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
	"Safari":       "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
	"curl":         "*/*",
}

// postTo sends an upload with a query.
func (s *service) postTo(query string, body io.Reader, header ...string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, "/images?"+query, body,
		append([]string{"Authorization", "Bearer " + s.key, "Content-Type", "image/jpeg"}, header...)...)
}

// inForm puts files into a form, each with its name.
func inForm(t *testing.T, files ...[2]string) (body *bytes.Buffer, contentType string) {
	t.Helper()
	body = &bytes.Buffer{}
	writer := multipart.NewWriter(body)
	for _, file := range files {
		part, err := writer.CreateFormFile("file", file[0])
		must(t, err)
		_, err = io.WriteString(part, file[1])
		must(t, err)
	}
	must(t, writer.Close())
	return body, writer.FormDataContentType()
}

// TestUploadSizes: what an upload has made is a hit for every browser's first
// request, and for curl's, at the URL that is told, with the size and length that
// are told.
func TestUploadSizes(t *testing.T) {
	for name, config := range map[string]string{
		"as it comes":   patient,
		"AVIF at once":  strings.Replace(patient, "processing: {", "processing: {upgrade: false, ", 1) + "formats: {auto: [avif, webp]}\n",
		"AVIF later":    patient + "formats: {auto: [avif, webp]}\n",
		"own format":    patient + "formats: {auto: []}\n",
		"rounded sizes": patient + "sizes: {mode: ladder}\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, config+`presets: {thumb: "90x60,fit=contain,bg=lime,f=png"}`)
			body, contentType := inForm(t,
				[2]string{"a.jpg", string(resource(t, "jpg-24bit.jpg"))}, [2]string{"b.txt", "no image"}, [2]string{"c.gif", string(resource(t, "gif-animated.gif"))})
			got := s.postTo("sizes=320x,@thumb,100x100", body, "Content-Type", contentType)
			images, _ := got.json(t)["images"].([]any)
			if got.status != http.StatusCreated || len(images) != 3 || images[1].(map[string]any)["error"] == nil || images[1].(map[string]any)["variants"] != nil {
				t.Fatalf("%d %s", got.status, got.body)
			}
			for _, image := range []any{images[0], images[2]} {
				variants, _ := image.(map[string]any)["variants"].([]any)
				if len(variants) != 3 {
					t.Fatalf("%v", image)
				}
				for _, one := range variants {
					checkVariant(t, s, one.(map[string]any))
				}
			}
		})
	}
}

func checkVariant(t *testing.T, s *service, variant map[string]any) {
	t.Helper()
	told := variant["url"].(string)
	for client, accept := range accepts {
		got := s.picture(told, "Accept", accept)
		if !strings.HasPrefix(got.header.Get("Cache-Status"), "api-resize; hit") {
			t.Errorf("%s for %s: %s as %s", told, client, got.header.Get("Cache-Status"), got.header.Get("Content-Type"))
		}
		format, same := strings.TrimPrefix(got.header.Get("Content-Type"), "image/"), float64(len(got.body)) == variant["bytes"]
		better := format == "avif" && variant["format"] == "webp" // it has come meanwhile
		if client != "curl" && !better && (format != variant["format"] || !same) {
			t.Errorf("%s for %s: %s with %d bytes, told was %v", told, client, format, len(got.body), variant)
		}
	}
	if !strings.Contains(told, "format=") {
		told += "?f=png"
	}
	size := s.picture(told).size(t)
	if variant["width"] != float64(size.X) || variant["height"] != float64(size.Y) {
		t.Errorf("%v is %v", variant, size)
	}
}

// TestUploadSizesPolicy: sizes that nobody may ask for are refused before anything
// is stored; where URLs are signed, the signed one of any size is told.
func TestUploadSizesPolicy(t *testing.T) {
	listed := patient + "sizes: {mode: list, list: [64x]}\n"
	s := start(t, listed)
	content := encodedPNG(t, cornered(300, 200))
	s.postTo("sizes=64x,65x", bytes.NewReader(content)).isProblem(t, http.StatusBadRequest, "bad_option")
	if got := s.post(content); got.status != http.StatusCreated {
		t.Errorf("it was stored nonetheless: %d", got.status)
	}
	signed := start(t, listed+strings.Replace(signingKeys, "%MODE%", "required", 1))
	got := signed.postTo("sizes=65x", bytes.NewReader(content))
	variant := got.json(t)["variants"].([]any)[0].(map[string]any)
	hit := signed.picture(variant["url"].(string))
	if !strings.HasPrefix(hit.header.Get("Cache-Status"), "api-resize; hit") || variant["width"] != 65.0 {
		t.Errorf("%v: %v", variant, hit.header)
	}
}

// TestUploadLife: an upload ends, and all that was made of it ends with it;
// before that, no answer is told a longer life.
func TestUploadLife(t *testing.T) {
	s := start(t, patient)
	content := encodedPNG(t, cornered(300, 200))
	before := time.Now()
	got := s.postTo("ttl=3s&sizes=64x", bytes.NewReader(content)).json(t)
	after := time.Now()
	id, path := got["id"].(string), got["variants"].([]any)[0].(map[string]any)["url"].(string)
	end, err := time.Parse(time.RFC3339, got["expires"].(string))
	if err != nil || end.Before(before.Add(3*time.Second)) || end.After(after.Add(3*time.Second)) {
		t.Errorf("expires %v, %v", got["expires"], err)
	}
	for _, one := range []string{path, "/images/" + id + "/original"} {
		switch control := s.picture(one).header.Get("Cache-Control"); control {
		case "public, max-age=3", "public, max-age=2", "public, max-age=1", "public, max-age=0":
		default:
			t.Errorf("%s: %s", one, control)
		}
	}
	if told := s.get("/images/" + id).json(t)["expires"]; told != got["expires"] {
		t.Errorf("expires %v, then %v", got["expires"], told)
	}
	time.Sleep(time.Until(end) + 10*time.Millisecond)
	for _, one := range []string{path, "/resize/65x/" + id, "/images/" + id, "/images/" + id + "/original", "/info/" + id} {
		s.get(one).isProblem(t, http.StatusNotFound, "not_found")
	}
	// It can come again, for longer.
	again := s.postTo("expires="+url.QueryEscape("2034-05-06T07:08:09+02:00"), bytes.NewReader(content))
	if image := again.json(t); again.status != http.StatusCreated || image["id"] != id || image["expires"] != "2034-05-06T05:08:09Z" {
		t.Errorf("again: %d %s", again.status, again.body)
	}
	s.picture(path)
}

// TestUploadIsProlonged: of two ends the later one counts, and none is the
// latest.
func TestUploadIsProlonged(t *testing.T) {
	s := start(t, patient)
	content := encodedPNG(t, cornered(300, 200))
	for _, step := range []struct {
		query, least, most string // hours
	}{{"ttl=2h", "1h", "2h"}, {"ttl=1h", "1h", "2h"}, {"ttl=1d", "23h", "24h"}, {"", "", ""}, {"ttl=1h", "", ""}} {
		got := s.postTo(step.query, bytes.NewReader(content))
		image := got.json(t)
		path := "/images/" + image["id"].(string)
		if told := s.get(path).json(t)["expires"]; told != image["expires"] || got.status == http.StatusCreated == (step.query != "ttl=2h") {
			t.Errorf("%q: %d, told of %v, then of %v", step.query, got.status, image["expires"], told)
		}
		if step.least == "" {
			if image["expires"] != nil {
				t.Errorf("%q: expires %v", step.query, image["expires"])
			}
			continue
		}
		end, err := time.Parse(time.RFC3339, image["expires"].(string))
		must(t, err)
		least, _ := time.ParseDuration(step.least)
		most, _ := time.ParseDuration(step.most)
		if left := time.Until(end); left < least || left > most {
			t.Errorf("%q: %v is left", step.query, left)
		}
	}
}

// TestUploadQueryFirst: a wrong query is told, also to who sends more than an
// upload may have, and nothing is made of the body.
func TestUploadQueryFirst(t *testing.T) {
	s := start(t, patient)
	s.postTo("tll=24h", bytes.NewReader(make([]byte, 30<<20))).isProblem(t, http.StatusBadRequest, "bad_option")
	if detail := s.postTo("tll=24h", nil).json(t)["detail"].(string); !strings.Contains(detail, `did you mean "ttl"?`) {
		t.Errorf("detail %q", detail)
	}
	s.postTo("background=true", bytes.NewReader(encodedPNG(t, cornered(30, 20)))).isProblem(t, http.StatusBadRequest, "bad_option")
}

// TestUploadTimeWithQuery: an upload with a query has the time that uploads have,
// rather than a header's.
func TestUploadTimeWithQuery(t *testing.T) {
	s := start(t, "server: {header_timeout: 300ms, upload_timeout: 10m, drain_delay: 0s}\n")
	content := encodedPNG(t, cornered(30, 20))
	connection, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	must(t, err)
	defer connection.Close()
	_, err = fmt.Fprintf(connection, "POST /images?ttl=1h HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", s.key, len(content))
	must(t, err)
	time.Sleep(600 * time.Millisecond)
	_, err = connection.Write(content)
	must(t, err)
	must(t, connection.SetReadDeadline(time.Now().Add(patience)))
	line := make([]byte, 12)
	if _, err := io.ReadFull(connection, line); err != nil || string(line) != "HTTP/1.1 201" {
		t.Errorf("answered %q, %v", line, err)
	}
}
