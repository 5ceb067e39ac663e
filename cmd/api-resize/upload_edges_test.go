package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// framed is an animation of frames that differ.
func framed(t *testing.T, width, height, frames int) []byte {
	t.Helper()
	animation := &gif.GIF{}
	for i := range frames {
		frame := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.Black, color.White})
		frame.SetColorIndex(i%width, 0, 1)
		animation.Image, animation.Delay = append(animation.Image, frame), append(animation.Delay, 10)
	}
	var buffer bytes.Buffer
	must(t, gif.EncodeAll(&buffer, animation))
	return buffer.Bytes()
}

// stretched is content with as many bytes behind it as it takes to have length of
// them: what comes after a JPEG's end is no part of it.
func stretched(content []byte, length int) []byte {
	return append(bytes.Clone(content), make([]byte, length-len(content))...)
}

// stored are the files of uploads on the disk.
func (s *service) stored() (files []string) {
	s.t.Helper()
	must(s.t, filepath.WalkDir(filepath.Join(s.dir, "originals"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, path)
		}
		return err
	}))
	return files
}

// TestOnePixel: the least there is, in every format, can be had in every size.
func TestOnePixel(t *testing.T) {
	s := start(t, patient)
	pixel := plainPicture(1, 1, color.NRGBA{200, 100, 50, 255})
	originals := map[string][]byte{"png": encodedPNG(t, pixel), "jpeg": encodedJPEG(t, pixel), "gif": framed(t, 1, 1, 1), "animated": framed(t, 1, 1, 3)}
	id := s.upload(originals["png"])
	originals["webp"] = s.picture("/resize/max,f=webp/" + id).body
	originals["avif"] = s.picture("/resize/max,f=avif/" + id).body
	for name, content := range originals {
		got := s.postTo("sizes=max,320x", bytes.NewReader(content))
		described := got.json(t)
		if described["width"] != 1.0 || described["height"] != 1.0 || described["bytes"] != float64(len(content)) {
			t.Fatalf("%s: %d %s", name, got.status, got.body)
		}
		for _, one := range described["variants"].([]any) {
			if variant := one.(map[string]any); variant["width"] != 1.0 || variant["height"] != 1.0 {
				t.Errorf("%s: %v", name, variant)
			}
		}
		id := described["id"].(string)
		for options, want := range map[string]image.Point{
			"max": {1, 1}, "300x200": {1, 1}, "1x": {1, 1}, "x8192": {1, 1}, "300x200,enlarge=true": {300, 200},
			"300x200,fit=fill,enlarge=true": {300, 200}, "8192x1,enlarge=true": {8192, 1}, "1x1,rotate=45": {1, 1}, "1x1,pad=2": {5, 5},
			"1x1,blur=5,sharpen=1,round=max": {1, 1}, "1x1,p=attention": {1, 1},
		} {
			for _, format := range []string{"png", "jpeg", "gif"} {
				got := s.get("/resize/" + options + ",f=" + format + "/" + id)
				if got.status != http.StatusOK {
					t.Errorf("%s, %s as %s: %d %s", name, options, format, got.status, got.body)
					continue
				}
				if size := got.size(t); size != want && !strings.Contains(options, "rotate") {
					t.Errorf("%s, %s as %s: %v, want %v", name, options, format, size, want)
				}
			}
		}
	}
}

// TestLongAndThin: pictures that are one pixel wide, or high, and as long as
// formats go.
func TestLongAndThin(t *testing.T) {
	s := start(t, patient)
	const long = 60_000
	for _, shape := range []image.Point{{1, long}, {long, 1}} {
		picture := plainPicture(shape.X, shape.Y, color.NRGBA{200, 100, 50, 255})
		tall := shape.Y == long
		for name, content := range map[string][]byte{"png": encodedPNG(t, picture), "jpeg": encodedJPEG(t, picture), "gif": framed(t, shape.X, shape.Y, 1)} {
			got := s.postTo("sizes=100x100,max", bytes.NewReader(content))
			described := got.json(t)
			if got.status != http.StatusCreated || described["width"] != float64(shape.X) || described["height"] != float64(shape.Y) {
				t.Fatalf("%s, %v: %d %s", name, shape, got.status, got.body)
			}
			variants := described["variants"].([]any)
			if small := variants[0].(map[string]any); small["width"] != 1.0 || small["height"] != 1.0 {
				t.Errorf("%s, %v: %v", name, shape, small)
			}
			if refused, _ := variants[1].(map[string]any)["error"].(map[string]any); refused["code"] != "too_large_pixels" {
				t.Errorf("%s, %v, longer than results may be: %v", name, shape, variants[1])
			}
			id := described["id"].(string)
			for options, want := range map[string]image.Point{
				"200x200,fit=inside": {1, 200}, "8192x8192,fit=inside": {1, 8192}, "200x200,fit=fill": {1, 200},
				"12x8,fit=cover,enlarge=true": {12, 8}, "100x100,fit=contain,enlarge=true": {100, 100},
			} {
				if !tall && want.X < want.Y {
					want = image.Pt(want.Y, want.X)
				}
				if got := s.picture("/resize/" + options + ",f=png/" + id).size(t); got != want {
					t.Errorf("%s, %v, %s: %v, want %v", name, shape, options, got, want)
				}
			}
			s.get("/resize/max,f=png/"+id).isProblem(t, 422, "too_large_pixels")
			s.get("/resize/300x200,enlarge=true,f=png/"+id).isProblem(t, 422, "too_large_pixels") // 18,000,000 long before the crop
			if got := s.get("/images/" + id + "/original"); !bytes.Equal(got.body, content) {
				t.Errorf("%s, %v: the original has %d bytes of %d", name, shape, len(got.body), len(content))
			}
		}
	}
}

// TestLimitsMetAndCrossed: each limit, met to the last and crossed by one, through
// the whole program. Those of files by transform's tests.
func TestLimitsMetAndCrossed(t *testing.T) {
	s := start(t, patient+"limits: {original_bytes: 200000, original_pixels: 1000000, original_frames: 5, result_pixels: 600000, result_side: 2000}")
	picture := encodedJPEG(t, cornered(900, 600))
	for name, test := range map[string]struct {
		content []byte
		status  int
		code    string
	}{
		"bytes met":            {stretched(picture, 200_000), 201, ""},
		"bytes crossed":        {stretched(picture, 200_001), 413, "too_large_bytes"},
		"pixels met":           {encodedPNG(t, image.NewGray(image.Rect(0, 0, 1000, 1000))), 201, ""},
		"pixels crossed":       {encodedPNG(t, image.NewGray(image.Rect(0, 0, 101, 9901))), 422, "too_large_pixels"}, // 1,000,001
		"frames met":           {framed(t, 400, 500, 5), 201, ""},                                                    // and pixels
		"frames crossed":       {framed(t, 4, 5, 6), 422, "too_large_pixels"},
		"pixels of all frames": {framed(t, 400, 501, 5), 422, "too_large_pixels"},
	} {
		body, contentType := inForm(t, [2]string{"a.jpg", string(test.content)}, [2]string{"b.jpg", string(picture)})
		inTurn := s.post(body.Bytes(), "Content-Type", contentType).json(t)["images"].([]any)
		refused, _ := inTurn[0].(map[string]any)["error"].(map[string]any)
		if code, _ := refused["code"].(string); code != test.code || inTurn[1].(map[string]any)["id"] == nil {
			t.Errorf("%s, in a form: %v", name, inTurn)
		}
		got := s.post(test.content)
		if test.code != "" {
			got.isProblem(t, test.status, test.code)
		} else if got.status != http.StatusOK { // the form has brought it
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	id := s.upload(picture)
	for options, status := range map[string]int{
		"1000x600,enlarge=true,fit=fill": 200, "1000x601,enlarge=true,fit=fill": 422, // pixels
		"2000x300,enlarge=true,fit=fill": 200, "2001x1,enlarge=true,fit=fill": 422, "1x2001,enlarge=true,fit=fill": 422, // side
		"1999x1,enlarge=true,fit=fill,pad=0:0:0:1": 200, "2000x1,enlarge=true,fit=fill,pad=0:0:0:1": 422,
	} {
		if got := s.get("/resize/" + options + ",f=png/" + id); got.status != status {
			t.Errorf("%s: %d, want %d: %.200s", options, got.status, status, got.body)
		}
	}
}

// TestTwentyMebibytes: the limit that is shipped, for real.
func TestTwentyMebibytes(t *testing.T) {
	s := start(t, patient)
	const limit = 20 << 20
	noise := rand.NewChaCha8([32]byte{})
	picture := image.NewNRGBA(image.Rect(0, 0, 2200, 2200))
	_, err := noise.Read(picture.Pix)
	must(t, err)
	for i := 3; i < len(picture.Pix); i += 4 {
		picture.Pix[i] = 255
	}
	content := encodedPNG(t, picture) // 14.5 MB of noise
	if len(content) < limit/2 || len(content) > limit {
		t.Fatalf("the picture has %d bytes", len(content))
	}
	s.picture("/resize/100x,f=png/" + s.upload(content))
	met := stretched(encodedJPEG(t, cornered(900, 600)), limit)
	id := s.upload(met)
	s.picture("/resize/100x/" + id)
	if got := s.get("/images/" + id + "/original"); !bytes.Equal(got.body, met) {
		t.Errorf("the original has %d bytes of %d", len(got.body), len(met))
	}
	s.post(append(met, 0)).isProblem(t, 413, "too_large_bytes")
	// Of unknown length, too: counted as it comes.
	s.postTo("", io.MultiReader(bytes.NewReader(met), strings.NewReader("x"))).isProblem(t, 413, "too_large_bytes")
	if files := s.stored(); len(files) > 6 { // bodies and records of at most three
		t.Errorf("stored: %v", files)
	}
}

// TestTwoHundredFiles in one request are taken, each in its place; of one more
// that is told.
func TestTwoHundredFiles(t *testing.T) {
	s := start(t, patient)
	var files [][2]string
	for i := range 201 {
		files = append(files, [2]string{fmt.Sprintf("%d.png", i), string(encodedPNG(t, cornered(1+i%20, 1+i/20)))})
	}
	for _, count := range []int{200, 201} {
		body, contentType := inForm(t, files[:count]...)
		got := s.post(body.Bytes(), "Content-Type", contentType)
		images, _ := got.json(t)["images"].([]any)
		if got.status != http.StatusCreated || len(images) != count {
			t.Fatalf("%d with %d of %d", got.status, len(images), count)
		}
		for i, one := range images[:200] {
			described := one.(map[string]any)
			if described["name"] != files[i][0] || described["width"] != float64(1+i%20) || described["height"] != float64(1+i/20) || described["id"] == nil {
				t.Errorf("file %d: %v", i, one)
			}
			if existing := described["existing"] == true; existing != (count == 201) {
				t.Errorf("file %d of %d: existing is %v", i, count, existing)
			}
		}
		if count == 200 {
			continue
		}
		if refused, _ := images[200].(map[string]any)["error"].(map[string]any); refused["code"] != "too_large_bytes" || refused["status"] != 413.0 {
			t.Errorf("the one too many: %v", images[200])
		}
	}
}

// TestOtherTypes: the content decides, whatever name and media type it has.
func TestOtherTypes(t *testing.T) {
	s := start(t, patient)
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	inside, err := writer.Create("cat.jpg")
	must(t, err)
	photograph := resource(t, "jpg-24bit.jpg")
	_, err = inside.Write(photograph)
	must(t, err)
	must(t, writer.Close())
	pixel := string(encodedPNG(t, cornered(1, 1)))
	for name, content := range map[string]string{
		"nothing": "", "one byte": "x", "text": "no image\n", "HTML": "<!DOCTYPE html><html><body><img src=cat.jpg></body></html>",
		"PDF": string(resource(t, "pdf.pdf")), "ZIP": archive.String(), "zeros": strings.Repeat("\x00", 4096), "JPEG's beginning": "\xff\xd8\xff",
		"behind a space": " " + string(photograph), "script": "#!/bin/sh\n", "MP4": "\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41",
		"JSON": `{"image": "` + strings.Repeat("A", 1000) + `"}`, "WAV": "RIFF\x24\x00\x00\x00WAVEfmt ",
	} {
		got := s.post([]byte(content))
		if got.status != 415 && !(got.status == 422 && name == "JPEG's beginning") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		body, contentType := inForm(t, [2]string{"cat.jpg", content}, [2]string{"b.png", pixel})
		inTurn := s.post(body.Bytes(), "Content-Type", contentType).json(t)["images"].([]any)
		if refused, _ := inTurn[0].(map[string]any)["error"].(map[string]any); refused == nil || refused["status"] != float64(got.status) || inTurn[1].(map[string]any)["id"] == nil {
			t.Errorf("%s, in a form: %v", name, inTurn)
		}
	}
	body, contentType := inForm(t, [2]string{"cat.png", string(photograph)})
	described := s.post(body.Bytes(), "Content-Type", contentType).json(t)
	if described["format"] != "jpeg" || described["name"] != "cat.png" {
		t.Errorf("a JPEG with a PNG's name: %v", described)
	}
	original := s.get("/images/" + described["id"].(string) + "/original")
	if original.header.Get("Content-Type") != "image/jpeg" || original.header.Get("Content-Disposition") != "inline; filename=cat.jpg" {
		t.Errorf("the original is told as %v", original.header)
	}
	for _, contentType := range []string{"image/png", "application/octet-stream", "text/html", "", "nonsense"} {
		if got := s.post(photograph, "Content-Type", contentType); got.status != http.StatusOK || got.json(t)["format"] != "jpeg" {
			t.Errorf("sent as %q: %d %s", contentType, got.status, got.body)
		}
	}
}

// TestCutAnywhere: an upload that is cut short, wherever, is refused and leaves
// nothing.
func TestCutAnywhere(t *testing.T) {
	s := start(t, patient)
	for _, name := range []string{"jpg-24bit.jpg", "png-8bit+alpha.png", "gif-animated.gif", "webp+alpha.webp", "heic-24bit.heic", "avif-8bit.avif", "tif.tif", "bmp.bmp"} {
		whole := resource(t, name)
		var files [][2]string
		add := func(length int) { files = append(files, [2]string{fmt.Sprint(length), string(whole[:length])}) }
		for _, length := range []int{0, 1, 2, 3, 4, 8, 11, 12, 13, 16, 20, 30, 40, 64, 100, 200} {
			add(length)
		}
		for percent := 3; percent < 98; percent += 7 {
			add(len(whole) * percent / 100)
		}
		body, contentType := inForm(t, files...)
		images := s.post(body.Bytes(), "Content-Type", contentType).json(t)["images"].([]any)
		if len(images) != len(files) {
			t.Fatalf("%s: %d answers for %d files", name, len(images), len(files))
		}
		for i, one := range images {
			refused, _ := one.(map[string]any)["error"].(map[string]any)
			if code := refused["code"]; code != "corrupt_image" && code != "unsupported_format" && code != "too_large_pixels" {
				t.Errorf("%s, %s of %d bytes: %v", name, files[i][0], len(whole), one)
			}
		}
	}
	if files := s.stored(); len(files) > 0 {
		t.Errorf("left: %v", files)
	}
}

// TestLengthsThatLie: a body that is not as long as it says is no upload.
func TestLengthsThatLie(t *testing.T) {
	s := start(t, patient)
	content := string(resource(t, "jpg-24bit.jpg"))
	exchange := func(header, body string) string {
		t.Helper()
		connection, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		must(t, err)
		defer connection.Close()
		_, err = fmt.Fprintf(connection, "POST /images HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\n%s\r\n\r\n%s", s.key, header, body)
		must(t, err)
		must(t, connection.(*net.TCPConn).CloseWrite())
		must(t, connection.SetReadDeadline(time.Now().Add(patience)))
		line := make([]byte, 12)
		n, err := io.ReadFull(connection, line)
		if err != nil && n > 0 {
			t.Errorf("answered %q, %v", line[:n], err)
		}
		return string(line[:n]) // empty where it only hung up
	}
	for name, test := range map[string]struct{ header, body, want string }{
		"longer than it is":  {fmt.Sprintf("Content-Length: %d", len(content)+1), content, "HTTP/1.1 400"},
		"much longer":        {"Content-Length: 9000000000000000000", content, "HTTP/1.1 400"},
		"shorter than it is": {fmt.Sprintf("Content-Length: %d", len(content)/2), content, "HTTP/1.1 422"},
		"nothing":            {"Content-Length: 0", content, "HTTP/1.1 415"},
		"no length":          {"X: y", content, "HTTP/1.1 415"},
		"cut chunk":          {"Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s", len(content), content[:len(content)/2]), "HTTP/1.1 400"},
		"no last chunk":      {"Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s\r\n", len(content), content), "HTTP/1.1 400"},
	} {
		if got := exchange(test.header, test.body); got != test.want {
			t.Errorf("%s: answered %q, want %q", name, got, test.want)
		}
		if files := s.stored(); len(files) > 0 {
			t.Fatalf("%s: stored %v", name, files)
		}
	}
	if got := exchange("Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(content), content)); got != "HTTP/1.1 201" {
		t.Errorf("in one chunk: %q", got)
	}
}
