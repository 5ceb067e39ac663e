package origin_test

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"api-resize/origin"
	"api-resize/origin/origintest"
	"api-resize/records/recordstest"
)

const limit = 1 << 20

func TestFolder(t *testing.T) {
	origintest.Run(t, func(t *testing.T) origintest.Origin {
		dir := t.TempDir()
		writeFile(t, filepath.Join(filepath.Dir(dir), "secret"), []byte("outside"))
		f, err := origin.NewFolder(dir, origin.FolderConfig{MaxBytes: limit, MaxAge: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return origintest.Origin{Opener: f, Missing: "no/such.jpg", Replaces: true, MaxBytes: limit,
			Put: func(t testing.TB, name string, content []byte) string {
				writeFile(t, filepath.Join(dir, name), content)
				return name
			}}
	})
}

func TestUploads(t *testing.T) {
	origintest.Run(t, func(t *testing.T) origintest.Origin {
		u, err := origin.OpenUploads(t.TempDir(), recordstest.SQLite(t).Uploads(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { u.Close() })
		return origintest.Origin{Opener: u, Missing: "aaaaaaaaaaaaaaaaaaaaaaaaaa",
			Put: func(t testing.TB, name string, content []byte) string {
				in, err := u.Receive(context.Background(), bytes.NewReader(content), limit)
				if err != nil {
					t.Fatal(err)
				}
				record, _, err := in.Commit(context.Background(), origin.Record{Name: name})
				if err != nil {
					t.Fatal(err)
				}
				return record.ID
			}}
	})
}

func TestWeb(t *testing.T) {
	origintest.Run(t, func(t *testing.T) origintest.Origin {
		web, files := webAndServer(t)
		return origintest.Origin{Opener: web, Missing: files.server.URL + "/missing.jpg", Replaces: true, MaxBytes: limit,
			Put: func(_ testing.TB, name string, content []byte) string {
				files.put("/"+name, content)
				return files.server.URL + "/" + name
			}}
	})
}

func TestBase(t *testing.T) {
	origintest.Run(t, func(t *testing.T) origintest.Origin {
		web, files := webAndServer(t)
		files.put("/secret", []byte("outside"))
		base, err := web.Base(files.server.URL + "/photos/")
		if err != nil {
			t.Fatal(err)
		}
		return origintest.Origin{Opener: base, Missing: "missing.jpg", Replaces: true, MaxBytes: limit,
			Put: func(_ testing.TB, name string, content []byte) string {
				files.put("/photos/"+name, content)
				return name
			}}
	})
}

func writeFile(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// fileServer serves what was put, honestly, with validators.
type fileServer struct {
	server *httptest.Server
	mu     sync.Mutex
	files  map[string][]byte
}

func (f *fileServer) put(path string, content []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[path] = content
}

func (f *fileServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	content, ok := f.files[r.URL.Path]
	f.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	hash := fnv.New64a()
	hash.Write(content)
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, hash.Sum64()))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

func webAndServer(t *testing.T) (*origin.Web, *fileServer) {
	files := &fileServer{files: map[string][]byte{}}
	files.server = httptest.NewServer(files)
	t.Cleanup(files.server.Close)
	c := origin.DefaultWebConfig()
	c.Allow = []string{"127.0.0.1"}
	c.AllowNetworks = []string{"127.0.0.0/8"}
	c.MaxBytes = limit
	web, err := origin.NewWeb(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(web.Close)
	return web, files
}
