package main

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// patient is a configuration for machines that have much else to do: what tests
// do not ask for must not come from a time limit.
const patient = "cache: {disk: {min_free_bytes: 0}}\nprocessing: {timeout: 2m, queue_wait: 1m}\nserver: {request_timeout: 4m, drain_delay: 0s}\n"

// TestMainJob is the first thing that a person does: upload a photograph, ask
// for it in a size, ask again.
func TestMainJob(t *testing.T) {
	s := start(t, patient)
	if len(s.key) < 20 {
		t.Errorf("the key is %q", s.key)
	}
	waitFor(t, "the key is shown, and where to try it", func() bool {
		return strings.Contains(s.stdout.String(), s.key) && strings.Contains(s.stdout.String(), "http://127.0.0.1:"+s.url[strings.LastIndex(s.url, ":")+1:]+"/\n")
	})
	info, err := os.Stat(filepath.Join(s.dir, keyFile))
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file has mode %v", info.Mode())
	}

	created := s.post(resource(t, "jpg-24bit-icc-iec.jpg"))
	if created.status != http.StatusCreated {
		t.Fatalf("upload: %d %s", created.status, created.body)
	}
	image := created.json(t)
	id := image["id"].(string)
	if created.header.Get("Location") != "/images/"+id || len(id) != 26 || image["format"] != "jpeg" {
		t.Errorf("Location %q, %s", created.header.Get("Location"), created.body)
	}

	path := "/resize/300x200/" + id
	first := s.picture(path, "Accept", "image/jpeg")
	if size := first.size(t); size.X != 300 || size.Y != 200 {
		t.Errorf("size %v", size)
	}
	for name, want := range map[string]string{
		"Content-Type":                 "image/jpeg",
		"Cache-Status":                 "api-resize; fwd=miss; stored",
		"Cache-Control":                "public, max-age=31536000, immutable",
		"Vary":                         "Accept",
		"Accept-Ranges":                "bytes",
		"Link":                         "<" + path + `>; rel="canonical"`,
		"Access-Control-Allow-Origin":  "*",
		"Cross-Origin-Resource-Policy": "cross-origin",
		"Timing-Allow-Origin":          "*",
		"X-Content-Type-Options":       "nosniff",
		"Content-Security-Policy":      "default-src 'none'; style-src 'unsafe-inline'; sandbox",
		"Content-Disposition":          "inline; filename=" + id + ".jpg",
	} {
		if got := first.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, phase := range []string{"queue;dur=", "fetch;dur=", "decode;dur=", "transform;dur=", "encode;dur="} {
		if timing := first.header.Get("Server-Timing"); !strings.Contains(timing, phase) {
			t.Errorf("Server-Timing %q lacks %s", timing, phase)
		}
	}
	if first.header.Get("Last-Modified") == "" || first.header.Get("X-Request-Id") == "" {
		t.Errorf("Last-Modified or X-Request-Id is missing: %v", first.header)
	}

	second := s.picture(path, "Accept", "image/jpeg")
	if got := second.header.Get("Cache-Status"); got != "api-resize; hit; detail=memory" {
		t.Errorf("the second answer: Cache-Status %q", got)
	}
	if !bytes.Equal(first.body, second.body) || first.header.Get("ETag") != second.header.Get("ETag") {
		t.Error("the second answer is another picture")
	}
}

// TestRestart: what was made is still there, on disk; the key too.
func TestRestart(t *testing.T) {
	s := start(t, patient)
	id := s.upload(resource(t, "jpg-24bit.jpg"))
	path := "/resize/300x200,format=png/" + id
	first := s.picture(path)
	if err := s.stop(); err != nil {
		t.Fatalf("it did not end well: %v\n%s", err, s.log())
	}
	again := start(t, patient, s.dir)
	if again.key != s.key || strings.Contains(again.stdout.String(), s.key) {
		t.Errorf("key %q after %q, shown: %q", again.key, s.key, again.stdout.String())
	}
	second := again.picture(path)
	if got := second.header.Get("Cache-Status"); got != "api-resize; hit; detail=disk" {
		t.Errorf("Cache-Status %q", got)
	}
	if !bytes.Equal(first.body, second.body) || first.header.Get("ETag") != second.header.Get("ETag") || first.header.Get("Last-Modified") != second.header.Get("Last-Modified") {
		t.Error("the restarted service answers with another picture")
	}
}

func TestSpellingsShareOnePicture(t *testing.T) {
	s := start(t, patient)
	id := s.upload(resource(t, "jpg-24bit.jpg"))
	canonical := s.picture("/resize/300x200,format=webp/" + id)
	for _, path := range []string{
		"/resize/300x200/" + id + ".webp",
		"/resize/300x200,fit=cover,f=webp/" + id,
		"/resize/150x100,dpr=2,f=webp/" + id,
		"/resize/300x200/" + id + "?format=webp",
		"/resize/300x200,q=79/" + id + "?f=WebP",
	} {
		got := s.picture(path)
		if got.header.Get("ETag") != canonical.header.Get("ETag") || got.header.Get("Cache-Status") != "api-resize; hit; detail=memory" {
			t.Errorf("%s: ETag %s, Cache-Status %s", path, got.header.Get("ETag"), got.header.Get("Cache-Status"))
		}
		if got.header.Get("Vary") != "" {
			t.Errorf("%s: Vary %q", path, got.header.Get("Vary"))
		}
	}
	negotiated := s.picture("/resize/300x200/"+id, "Accept", "image/avif,image/webp,*/*;q=0.8")
	if negotiated.header.Get("ETag") != canonical.header.Get("ETag") || negotiated.header.Get("Vary") != "Accept" {
		t.Errorf("negotiated: ETag %s, Vary %q", negotiated.header.Get("ETag"), negotiated.header.Get("Vary"))
	}
}

func TestUploadAgainIsTheSame(t *testing.T) {
	s := start(t, patient)
	content := resource(t, "png-24bit.png")
	id := s.upload(content)
	again := s.post(content)
	if again.status != http.StatusOK || again.json(t)["id"] != id || again.json(t)["existing"] != true || again.header.Get("Location") != "/images/"+id {
		t.Errorf("again: %d %s", again.status, again.body)
	}
}

func TestImageRoutes(t *testing.T) {
	s := start(t, patient)
	content := resource(t, "webp-animated.webp")
	id := s.upload(content)
	described := s.get("/images/" + id)
	image := described.json(t)
	if described.status != http.StatusOK || image["frames"].(float64) < 2 || image["bytes"] != float64(len(content)) || image["format"] != "webp" || image["expires"] != nil {
		t.Errorf("%d %s", described.status, described.body)
	}
	for name, path := range image["urls"].(map[string]any) {
		if got := s.get(path.(string)); got.status != http.StatusOK {
			t.Errorf("%s %s: %d %s", name, path, got.status, got.body)
		}
	}
	original := s.get("/images/" + id + "/original")
	if !bytes.Equal(original.body, content) || original.header.Get("Content-Type") != "image/webp" {
		t.Errorf("original: %d, %d bytes of %d, %v", original.status, len(original.body), len(content), original.header)
	}
	part := s.get("/images/"+id+"/original", "Range", "bytes=100-199")
	if part.status != http.StatusPartialContent || !bytes.Equal(part.body, content[100:200]) {
		t.Errorf("part: %d, %d bytes", part.status, len(part.body))
	}
	same := s.get("/images/"+id+"/original", "If-None-Match", original.header.Get("ETag"))
	if same.status != http.StatusNotModified || len(same.body) != 0 {
		t.Errorf("unchanged: %d", same.status)
	}
	s.get("/images/aaaaaaaaaaaaaaaaaaaaaaaaaa").isProblem(t, 404, "not_found")
	s.get("/images/no-id").isProblem(t, 404, "not_found")
	s.get("/images/aaaaaaaaaaaaaaaaaaaaaaaaaa/original").isProblem(t, 404, "not_found")
}

func TestDeleteRemovesAll(t *testing.T) {
	s := start(t, patient)
	content := resource(t, "jpg-24bit.jpg")
	id := s.upload(content)
	path := "/resize/300x200/" + id
	first := s.picture(path)
	s.picture("/resize/x100/" + id)

	s.do(http.MethodDelete, "/images/"+id, nil).isProblem(t, 401, "unauthorized")
	if got := s.delete(id); got.status != http.StatusNoContent || len(got.body) != 0 {
		t.Fatalf("delete: %d %s", got.status, got.body)
	}
	s.delete(id).isProblem(t, 404, "not_found")
	s.get(path).isProblem(t, 404, "not_found")
	s.get(path, "If-None-Match", first.header.Get("ETag")).isProblem(t, 404, "not_found")
	s.get("/images/"+id).isProblem(t, 404, "not_found")
	s.get("/images/"+id+"/original").isProblem(t, 404, "not_found")
	must(t, s.stop())
	var left []string
	must(t, filepath.WalkDir(s.dir, func(file string, entry os.DirEntry, err error) error {
		if err == nil && entry.IsDir() && (entry.Name() == "locks" || entry.Name() == "tasks") {
			return filepath.SkipDir
		}
		if err == nil && !entry.IsDir() && entry.Name() != keyFile {
			left = append(left, file)
		}
		return err
	}))
	if len(left) > 0 {
		t.Errorf("left on disk: %v", left)
	}
	again := start(t, patient, s.dir)
	again.get(path).isProblem(t, 404, "not_found")
	if again.upload(content) != id {
		t.Error("the same bytes have another id")
	}
	if got := again.picture(path); got.header.Get("Cache-Status") != "api-resize; fwd=miss; stored" || got.header.Get("ETag") != first.header.Get("ETag") {
		t.Errorf("after uploading again: %v", got.header)
	}
}

func TestUploadForm(t *testing.T) {
	s := start(t, patient)
	form := func(files ...[]byte) answer {
		var body bytes.Buffer
		writer := multipart.NewWriter(&body)
		must(t, writer.WriteField("comment", "is no file"))
		for i, content := range files {
			part, err := writer.CreateFormFile("file", []string{"cat.jpg", `C:\pictures\dog.png`, "über alles.gif"}[i%3])
			must(t, err)
			_, err = part.Write(content)
			must(t, err)
		}
		must(t, writer.Close())
		return s.post(body.Bytes(), "Content-Type", writer.FormDataContentType())
	}
	one := form(resource(t, "jpg-24bit.jpg"))
	if one.status != http.StatusCreated || one.json(t)["name"] != "cat.jpg" {
		t.Errorf("one file: %d %s", one.status, one.body)
	}
	id := one.json(t)["id"].(string)
	if got := s.picture("/resize/100x/" + id + ".png").header.Get("Content-Disposition"); got != "inline; filename=cat.png" {
		t.Errorf("Content-Disposition %q", got)
	}
	several := form(resource(t, "jpg-24bit.jpg"), []byte("no image"), resource(t, "gif-animated.gif"))
	images, _ := several.json(t)["images"].([]any)
	if several.status != http.StatusCreated || len(images) != 3 {
		t.Fatalf("three files: %d %s", several.status, several.body)
	}
	if first := images[0].(map[string]any); first["id"] != id || first["existing"] != true {
		t.Errorf("the first: %v", first)
	}
	if bad := images[1].(map[string]any)["error"].(map[string]any); bad["code"] != "unsupported_format" {
		t.Errorf("the second: %v", bad)
	}
	if third := images[2].(map[string]any); third["name"] != "über alles.gif" || third["format"] != "gif" {
		t.Errorf("the third: %v", third)
	}
	form([]byte("no image")).isProblem(t, 415, "unsupported_format")
	form().isProblem(t, 400, "bad_option")
	s.post([]byte("--x\r\nContent-Disposition: form-data; name=file"), "Content-Type", "multipart/form-data; boundary=x").isProblem(t, 400, "bad_option")
	s.post([]byte("x"), "Content-Type", "multipart/form-data").isProblem(t, 400, "bad_option")
}

// cornered is a picture with a corner of each colour.
func cornered(width, height int) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			corner := color.NRGBA{255, 0, 0, 255}
			switch {
			case x >= width/2 && y < height/2:
				corner = color.NRGBA{0, 255, 0, 255}
			case x < width/2 && y >= height/2:
				corner = color.NRGBA{0, 0, 255, 255}
			case x >= width/2:
				corner = color.NRGBA{255, 255, 255, 255}
			}
			picture.SetNRGBA(x, y, corner)
		}
	}
	return picture
}

func encodedPNG(t *testing.T, picture image.Image) []byte {
	t.Helper()
	var buffer bytes.Buffer
	must(t, png.Encode(&buffer, picture))
	return buffer.Bytes()
}

func encodedJPEG(t *testing.T, picture image.Image) []byte {
	t.Helper()
	var buffer bytes.Buffer
	must(t, jpeg.Encode(&buffer, picture, &jpeg.Options{Quality: 90}))
	return buffer.Bytes()
}

func plainPicture(width, height int, colour color.NRGBA) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.Draw(picture, picture.Bounds(), image.NewUniform(colour), image.Point{}, draw.Src)
	return picture
}
