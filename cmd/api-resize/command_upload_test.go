package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestUploadCommand(t *testing.T) {
	s := start(t, patient)
	folder := t.TempDir()
	for name, content := range map[string][]byte{
		"cat.jpg": resource(t, "jpg-24bit.jpg"), "deep/dog.png": resource(t, "png-24bit.png"),
		"deep/same.jpg": resource(t, "jpg-24bit.jpg"), ".hidden/no.jpg": resource(t, "jpg-24bit.jpg"), ".no.jpg": {},
	} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o700))
		must(t, os.WriteFile(filepath.Join(folder, name), content, 0o600))
	}
	flags := []string{"--address", strings.TrimPrefix(s.url, "http://"), "--data-dir", s.dir}
	output, err := runCommand(t, append([]string{"upload", folder}, flags...)...)
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	lines := strings.Split(strings.TrimSpace(output), "\n")
	ids := map[string]string{}
	for _, line := range lines {
		id, file, _ := strings.Cut(line, "\t")
		name, err := filepath.Rel(folder, file)
		must(t, err)
		ids[name] = id
		if got := s.get("/images/" + id).json(t); got["name"] != filepath.Base(name) && got["name"] != "cat.jpg" && got["name"] != "same.jpg" {
			t.Errorf("%s is called %v", name, got["name"])
		}
	}
	if len(ids) != 3 || ids["cat.jpg"] != ids[filepath.Join("deep", "same.jpg")] || ids["cat.jpg"] == ids[filepath.Join("deep", "dog.png")] {
		t.Errorf("printed %s", output)
	}

	// A broken one is told, harms no other, and is seen in the exit code.
	must(t, os.WriteFile(filepath.Join(folder, "broken.jpg"), resource(t, "jpg-24bit.jpg")[:900], 0o600))
	output, err = runCommand(t, append([]string{"upload", folder}, flags...)...)
	if err == nil || !strings.Contains(output, "broken.jpg: 422") || !strings.Contains(output, "1 of 4 files were not stored") || strings.Count(output, "\t") != 3 {
		t.Errorf("with a broken one: %v: %s", err, output)
	}
}

func TestUploadCommandOfAnotherService(t *testing.T) {
	s := start(t, patient)
	file := filepath.Join(t.TempDir(), "cat.jpg")
	must(t, os.WriteFile(file, resource(t, "jpg-24bit.jpg"), 0o600))
	key := filepath.Join(s.dir, keyFile)
	for _, test := range []struct {
		arguments []string
		want      string // empty for success
	}{
		{[]string{"--server", s.url, "--key", "@" + key}, ""},
		{[]string{"--server", s.url + "/", "--key", s.key}, ""},
		{[]string{"--server", s.url, "--data-dir", s.dir}, "401"}, // the own key goes to nobody else
		{[]string{"--server", s.url, "--key", "@" + key + "-not"}, "--key"},
		{[]string{"--server", "img.example"}, "--server"},
		{[]string{"--server", "http://user@img.example"}, "--server"},
		{[]string{"--server", "http://127.0.0.1:1"}, "does not answer"},
	} {
		output, err := runCommand(t, append([]string{"upload", file}, test.arguments...)...)
		if (err == nil) != (test.want == "") || !strings.Contains(output, test.want) {
			t.Errorf("%v: %v: %s, want %q", test.arguments, err, output, test.want)
		}
	}
	if output, err := runCommand(t, "upload", file+"-not", "--server", s.url); err == nil || !strings.Contains(output, "no such file") {
		t.Errorf("a file that is not there: %v: %s", err, output)
	}
	if output, err := runCommand(t, "upload", t.TempDir(), "--server", s.url); err == nil || !strings.Contains(output, "no file") {
		t.Errorf("an empty folder: %v: %s", err, output)
	}
}

// TestUploadCommandWaits: an overloaded service is asked again when it says.
func TestUploadCommandWaits(t *testing.T) {
	var asked []string
	answers := []int{http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusCreated}
	overloaded := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		must(t, r.ParseMultipartForm(1<<20))
		asked = append(asked, r.URL.RawQuery+" "+r.MultipartForm.File["file"][0].Filename)
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(answers[len(asked)-1])
		_, _ = w.Write([]byte(`{"id": "abc"}`))
	}))
	defer overloaded.Close()
	file := filepath.Join(t.TempDir(), "cat.jpg")
	must(t, os.WriteFile(file, []byte("bytes"), 0o600))
	output, err := runCommand(t, "upload", file, "--server", overloaded.URL, "--ttl", "24h", "--sizes", "320x,640x")
	if err != nil || output != "abc\t"+file+"\n" {
		t.Errorf("%v: %s", err, output)
	}
	const once = "sizes=320x%2C640x&ttl=24h cat.jpg"
	if !slices.Equal(asked, []string{once, once, once}) {
		t.Errorf("asked %q", asked)
	}
}
