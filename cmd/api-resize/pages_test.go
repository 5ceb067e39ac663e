package main

import (
	"bytes"
	"image/color"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// What a page wants to know of an upload and of any other source is told in the
// same words.
func TestInfo(t *testing.T) {
	folder := t.TempDir()
	content := encodedPNG(t, cornered(400, 300))
	must(t, os.WriteFile(filepath.Join(folder, "cat.png"), content, 0o600))
	s := start(t, patient+"origins: {aliases: {photos: "+folder+"}}")
	id := s.upload(content)
	upload, file := s.get("/info/"+id).json(t), s.get("/info/photos/cat.png")
	if file.status != http.StatusOK {
		t.Fatalf("%d %s", file.status, file.body)
	}
	other := file.json(t)
	for _, same := range []string{"format", "width", "height", "bytes", "frames", "pages", "has_alpha", "dominant_color", "thumbhash"} {
		if upload[same] == nil || upload[same] != other[same] {
			t.Errorf("%s is %v of the upload and %v of the file", same, upload[same], other[same])
		}
	}
	if upload["id"] != id || other["source"] != "photos/cat.png" || other["id"] != nil || upload["width"] != 400.0 || upload["format"] != "png" {
		t.Errorf("upload %v, file %v", upload, other)
	}
	stored := s.get("/images/" + id).json(t)
	if stored["thumbhash"] != upload["thumbhash"] || stored["dominant_color"] != upload["dominant_color"] {
		t.Errorf("/images says %v, /info %v", stored, upload)
	}
	for _, url := range upload["urls"].(map[string]any) {
		if got := s.get(url.(string)); got.status != http.StatusOK {
			t.Errorf("%s: %d", url, got.status)
		}
	}
	if got := s.get("/info/photos/cat.png", "If-None-Match", file.header.Get("ETag")); got.status != http.StatusNotModified {
		t.Errorf("with its ETag: %d", got.status)
	}
	if got := s.do(http.MethodHead, "/info/photos/cat.png", nil); got.status != http.StatusOK || got.header.Get("ETag") != file.header.Get("ETag") || len(got.body) > 0 {
		t.Errorf("HEAD: %d with %d bytes", got.status, len(got.body))
	}
	s.get("/info/photos/dog.png").isProblem(t, http.StatusNotFound, "not_found")
	s.get("/info/").isProblem(t, http.StatusBadRequest, "bad_option")
	s.get("/info/"+id+"?width=3").isProblem(t, http.StatusBadRequest, "bad_option")
}

// Nothing that tells where or with which camera a photograph was taken.
func TestInfoIsHarmless(t *testing.T) {
	s := start(t, patient)
	id := s.upload(resource(t, "heic-24bit-exif.heic"))
	info := s.get("/info/" + id)
	exif, _ := info.json(t)["exif"].(map[string]any)
	if exif["model"] == nil {
		t.Errorf("no camera in %s", info.body)
	}
	if found := regexp.MustCompile(`(?i)gps|serial|latitude|owner`).Find(info.body); found != nil {
		t.Errorf("%s is in %s", found, info.body)
	}
}

func TestSrcset(t *testing.T) {
	s := start(t, "formats: {auto: [avif, webp]}\nserver: {public_url: \"https://img.example\"}")
	id := s.upload(encodedJPEG(t, cornered(900, 600)))
	got := s.get("/srcset/" + id + "?widths=300,600,1200&sizes=(min-width:%20600px)%2050vw,%20100vw&quality=60").json(t)
	var widths []float64
	for _, one := range got["images"].([]any) {
		image := one.(map[string]any)
		widths = append(widths, image["width"].(float64))
		path, found := strings.CutPrefix(image["url"].(string), "https://img.example")
		if !found {
			t.Fatalf("%v is not below the public URL", image["url"])
		}
		if size := s.picture(path, "Accept", "image/jpeg").size(t); float64(size.X) != image["width"] || float64(size.Y) != image["height"] {
			t.Errorf("%s is %v, not %v x %v", path, size, image["width"], image["height"])
		}
	}
	// What is wider than the original is as wide as that.
	if len(widths) != 3 || widths[0] != 300 || widths[1] != 600 || widths[2] != 900 {
		t.Errorf("widths are %v", widths)
	}
	if got["sizes"] != "(min-width: 600px) 50vw, 100vw" || got["width"] != 900.0 || got["height"] != 600.0 {
		t.Errorf("got %v", got)
	}
	if sources := got["sources"].([]any); len(sources) != 2 || sources[0].(map[string]any)["type"] != "image/avif" || sources[1].(map[string]any)["type"] != "image/webp" {
		t.Errorf("sources are %v", sources)
	}
	if !strings.HasPrefix(got["placeholder"].(string), "data:image/png;base64,") {
		t.Errorf("the placeholder is %.40v", got["placeholder"])
	}
	for _, bad := range []string{"widths=", "widths=0", "widths=300,x", "widths=9000", "sizes=%3Cscript%3E", "dpr=2", "fot=1", "widths=1&widths=2", "crop=5000:0:1:1"} {
		s.get("/srcset/"+id+"?"+bad).isProblem(t, http.StatusBadRequest, "bad_option")
	}
}

func TestSrcsetAsHTML(t *testing.T) {
	s := start(t, patient)
	id := s.upload(encodedPNG(t, cornered(500, 400)))
	page := s.get("/srcset/"+id, "Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	html := string(page.body)
	if page.header.Get("Content-Type") != "text/html; charset=utf-8" || page.header.Get("Vary") != "Accept" {
		t.Errorf("%s, varies by %s", page.header.Get("Content-Type"), page.header.Get("Vary"))
	}
	for _, says := range []string{"<picture>", `type="image/webp"`, `width="500"`, `height="400"`, `alt=""`, "format=jpeg", "500w", "320w", "background:#"} {
		if !strings.Contains(html, says) {
			t.Errorf("%s is not in %s", says, html)
		}
	}
	json := s.get("/srcset/" + id)
	if json.header.Get("ETag") == page.header.Get("ETag") || json.json(t)["html"].(string)+"\n" != html {
		t.Error("JSON and HTML are one, or differ in what they say")
	}
}

// A picture that can't be had or decoded is replaced, for a short time and
// saying so.
func TestFallback(t *testing.T) {
	site := newCountingSite(t, encodedJPEG(t, cornered(60, 40))[:700], "max-age=3600")
	down := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(down.Close)
	s := start(t, patient+loopbackAllowed)
	id := s.upload(encodedPNG(t, cornered(300, 200)))
	want := s.picture("/resize/64x32,format=png/" + id)
	for source, code := range map[string]string{
		site.URL + "/cut.jpg":        "corrupt_image",
		down.URL + "/gone.jpg":       "origin_not_found",
		"aaaaaaaaaaaaaaaaaaaaaaaaaa": "not_found",
		"http://127.0.0.1:9/refused": "origin_error",
	} {
		got := s.get("/resize/64x32,format=png,default=" + id + "/" + source)
		if got.status != http.StatusOK || got.header.Get("X-Fallback") != code {
			t.Errorf("%s: %d, X-Fallback %q, want %s: %.200s", source, got.status, got.header.Get("X-Fallback"), code, got.body)
			continue
		}
		if got.header.Get("Cache-Control") != "public, max-age=10" {
			t.Errorf("%s lives %s", source, got.header.Get("Cache-Control"))
		}
		if size := got.size(t); size.X != want.size(t).X {
			t.Errorf("%s is %v", source, size)
		}
	}
	ok := s.get("/resize/64x32,format=png,default=aaaaaaaaaaaaaaaaaaaaaaaaaa/" + id)
	if ok.status != http.StatusOK || ok.header.Get("X-Fallback") != "" || ok.header.Get("ETag") != want.header.Get("ETag") {
		t.Errorf("a default that is not needed: %d, %q, ETag %s", ok.status, ok.header.Get("X-Fallback"), ok.header.Get("ETag"))
	}
	// Where the default can't be had either, the first error is told.
	s.get("/resize/64x32,default=bbbbbbbbbbbbbbbbbbbbbbbbbb/"+down.URL+"/gone.jpg").isProblem(t, http.StatusNotFound, "origin_not_found")
	// What is not allowed is not allowed, with or without.
	s.get("/resize/64x32,default="+id+"/http://elsewhere.example/cat.jpg").isProblem(t, http.StatusForbidden, "source_not_allowed")
	s.get("/resize/64x32,default=../x/"+id).isProblem(t, http.StatusBadRequest, "bad_option")
}

func TestDownload(t *testing.T) {
	s := start(t, patient)
	id := s.upload(encodedPNG(t, cornered(30, 20)))
	plain := s.picture("/resize/30x,format=png/" + id)
	for asked, want := range map[string]string{
		"cat.png":                 `attachment; filename=cat.png`,
		"my%20cat":                `attachment; filename="my cat.png"`,
		"Gr%C3%BC%C3%9Fe.jpg":     `attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.jpg`,
		"a%22b%3B.webp":           `attachment; filename="a\"b;.webp"`,
		"archive.tar":             `attachment; filename=archive.tar.png`,
		"x%0D%0ASet-Cookie%3A%20": "",
		"..%2F..%2Fetc%2Fpasswd":  "",
		"":                        "",
	} {
		got := s.get("/resize/30x,format=png,download=" + asked + "/" + id)
		if want == "" {
			got.isProblem(t, http.StatusBadRequest, "bad_option")
			continue
		}
		if got.header.Get("Content-Disposition") != want || got.header.Get("ETag") != plain.header.Get("ETag") {
			t.Errorf("%s: %d %s", asked, got.status, got.header.Get("Content-Disposition"))
		}
	}
	if got := plain.header.Get("Content-Disposition"); !strings.HasPrefix(got, "inline") {
		t.Errorf("without download: %s", got)
	}
}

func TestPresets(t *testing.T) {
	s := start(t, patient+`presets: {thumb: "80x80,fit=contain,bg=lime", wide: "300x"}`+"\nsizes: {mode: list, list: [64x64]}")
	id := s.upload(encodedPNG(t, cornered(300, 200)))
	got := s.picture("/resize/@Thumb,format=png/" + id)
	if size := got.size(t); size.X != 80 || size.Y != 80 {
		t.Errorf("the preset makes %v", size)
	}
	if link := got.header.Get("Link"); link != "</resize/80x80,fit=contain,background=00ff00,format=png/"+id+`>; rel="canonical"` {
		t.Errorf("Link: %s", link)
	}
	if other := s.picture("/resize/@thumb,format=png,bg=red,q=3/" + id); other.header.Get("ETag") == got.header.Get("ETag") {
		t.Error("an option beside the preset changes nothing")
	}
	s.picture("/resize/64x64/" + id)
	s.get("/resize/65x65/"+id).isProblem(t, http.StatusBadRequest, "bad_option")
	unknown := s.get("/resize/@thum/" + id)
	unknown.isProblem(t, http.StatusBadRequest, "bad_option")
	if !bytes.Contains(unknown.body, []byte("thumb")) {
		t.Errorf("%s names no preset that there is", unknown.body)
	}
}

// Save-Data lowers the quality where none is asked for, and only there.
func TestSaveData(t *testing.T) {
	s := start(t, patient)
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	const chrome = "image/avif,image/webp,image/apng,image/*,*/*;q=0.8"
	full := s.picture("/resize/400x/"+id, "Accept", chrome)
	less := s.picture("/resize/400x/"+id, "Accept", chrome, "Save-Data", "on")
	if len(less.body) >= len(full.body) || less.header.Get("ETag") == full.header.Get("ETag") {
		t.Errorf("%d bytes with Save-Data, %d without", len(less.body), len(full.body))
	}
	if full.header.Get("Vary") != "Accept" || less.header.Get("Vary") != "Accept, Save-Data" {
		t.Errorf("Vary is %q without and %q with it", full.header.Get("Vary"), less.header.Get("Vary"))
	}
	for _, path := range []string{"/resize/400x,quality=50/" + id, "/resize/400x,format=png/" + id} {
		with, without := s.picture(path, "Save-Data", "on"), s.picture(path)
		if with.header.Get("ETag") != without.header.Get("ETag") || strings.Contains(with.header.Get("Vary"), "Save-Data") {
			t.Errorf("%s is another picture with Save-Data", path)
		}
	}
}

// The AVIF comes when it is made; until then nobody waits for it.
func TestProgressiveUpgrade(t *testing.T) {
	s := start(t, patient+"formats: {auto: [avif, webp]}")
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	const chrome = "image/avif,image/webp,*/*"
	first := s.picture("/resize/300x/"+id, "Accept", chrome)
	if first.header.Get("Content-Type") != "image/webp" || first.header.Get("Cache-Control") != "public, max-age=30" {
		t.Fatalf("first comes %s, %s", first.header.Get("Content-Type"), first.header.Get("Cache-Control"))
	}
	waitFor(t, "the AVIF", func() bool {
		return s.picture("/resize/300x/"+id, "Accept", chrome).header.Get("Content-Type") == "image/avif"
	})
	// A client that has the WebP learns of the AVIF.
	again := s.get("/resize/300x/"+id, "Accept", chrome, "If-None-Match", first.header.Get("ETag"))
	if again.status != http.StatusOK || again.header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Errorf("with the WebP's ETag: %d, %s", again.status, again.header.Get("Cache-Control"))
	}
	if by := s.picture("/resize/301x,format=avif/"+id, "Accept", chrome); by.header.Get("Content-Type") != "image/avif" {
		t.Errorf("by name: %s", by.header.Get("Content-Type"))
	}
}

// A watermark's end is the end of every picture with it.
func TestWatermarkIsForgotten(t *testing.T) {
	s := start(t, patient)
	photo := s.upload(encodedPNG(t, cornered(200, 100)))
	mark := s.upload(encodedPNG(t, plainPicture(20, 20, color.NRGBA{0, 0, 255, 255})))
	path := "/resize/200x,format=png,watermark=" + mark + "/" + photo
	s.picture(path)
	waitFor(t, "the disk", func() bool { return s.picture(path).header.Get("Cache-Status") != "" })
	if got := s.delete(mark); got.status != http.StatusNoContent {
		t.Fatalf("%d %s", got.status, got.body)
	}
	s.get(path).isProblem(t, http.StatusNotFound, "not_found")
	time.Sleep(300 * time.Millisecond) // of the queue of writes, which must not bring it back
	found := ""
	must(t, filepath.WalkDir(filepath.Join(s.dir, "cache"), func(name string, _ os.DirEntry, err error) error {
		content, readErr := os.ReadFile(name)
		if readErr == nil && bytes.Contains(content, []byte("watermark=")) {
			found = name
		}
		return err
	}))
	if found != "" {
		t.Errorf("%s still has the watermark in it", found)
	}
	s.picture("/resize/200x,format=png/" + photo)
}
