package main

import (
	"fmt"
	"image"
	"image/color"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"api-resize/records"
	"api-resize/records/recordstest"
)

// tinyPNG is a picture like no other of this number.
func tinyPNG(t *testing.T, number int) []byte {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	for i := range 6 {
		picture.SetNRGBA(i%3, i/3, color.NRGBA{uint8(number), uint8(number >> 8), uint8(40 * i), 255})
	}
	return encodedPNG(t, picture)
}

func (s *service) list(query string) answer {
	s.t.Helper()
	return s.get("/images"+query, "Authorization", "Bearer "+s.key)
}

// page is a page of the list that must be one: its ids, and what comes next.
func (s *service) page(query string) (ids []string, next string) {
	s.t.Helper()
	got := s.list(query)
	if got.status != http.StatusOK || got.header.Get("Cache-Control") != "no-store" {
		s.t.Fatalf("%s: %d %v %s", query, got.status, got.header, got.body)
	}
	listed := got.json(s.t)
	for _, one := range listed["images"].([]any) {
		ids = append(ids, one.(map[string]any)["id"].(string))
	}
	link := got.header.Get("Link")
	cursor, more := listed["next_cursor"].(string)
	if !more {
		if _, present := listed["next_cursor"]; !present || link != "" {
			s.t.Errorf("the last page: %s, Link %q", got.body, link)
		}
		return ids, ""
	}
	target, isNext := strings.CutSuffix(link, `>; rel="next"`)
	_, next, _ = strings.Cut(strings.TrimPrefix(target, "<"), "?")
	values, err := url.ParseQuery(next)
	if err != nil || !isNext || values.Get("cursor") != cursor {
		s.t.Errorf("Link %q, next_cursor %q", link, cursor)
	}
	return ids, "?" + next
}

// eachDatabase runs a test on SQLite and on PostgreSQL.
func eachDatabase(t *testing.T, test func(t *testing.T, database records.Config)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, records.DefaultConfig()) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, records.Config{URL: recordstest.PostgreSQL(t).New(t)}) })
}

// using is a configuration with this database.
func using(database records.Config) string { return fmt.Sprintf("database: {url: %q}\n", database.URL) }

// expire has an upload end at a moment.
func expire(t *testing.T, s *service, config records.Config, id string, end time.Time) {
	t.Helper()
	database, err := records.Open(t.Context(), config, filepath.Join(s.dir, "tasks"), slog.New(slog.DiscardHandler))
	must(t, err)
	defer database.Close()
	record, err := database.Uploads().Get(t.Context(), id)
	must(t, err)
	record.Expires = &end
	must(t, database.Uploads().Put(t.Context(), record))
}

// TestExpiredUploadsGo from the disk, with their pictures, also when the program
// was away when they ended.
func TestExpiredUploadsGo(t *testing.T) {
	eachDatabase(t, func(t *testing.T, database records.Config) {
		config := using(database) + "data: {expiry_interval: 1s}\ncache: {disk: {min_free_bytes: 0}}\n"
		s := start(t, config)
		ids := []string{s.upload(tinyPNG(t, 1)), s.upload(tinyPNG(t, 2)), s.upload(tinyPNG(t, 3))}
		for _, id := range ids {
			s.picture("/resize/2x,f=png/" + id)
		}
		waitFor(t, "pictures are on disk", func() bool { return s.cacheFiles() >= 3 })
		gone := func(id string) bool {
			_, err := os.Stat(filepath.Join(s.dir, "originals", id[:2], id))
			return os.IsNotExist(err)
		}
		expire(t, s, database, ids[0], time.Now())
		waitFor(t, "it is gone", func() bool { return gone(ids[0]) })
		s.get("/resize/2x,f=png/"+ids[0]).isProblem(t, http.StatusNotFound, "not_found")
		s.get("/images/"+ids[0]).isProblem(t, http.StatusNotFound, "not_found")
		waitFor(t, "it is counted", func() bool { return s.metric("api_resize_uploads_expired_total") == 1 })
		waitFor(t, "the log tells of it", func() bool { return len(s.entries("expired uploads removed")) == 1 })
		must(t, s.stop())
		expire(t, s, database, ids[1], time.Now())
		s = start(t, config, s.dir)
		waitFor(t, "the other one is gone too", func() bool { return gone(ids[1]) && s.cacheFiles() == 1 })
		s.picture("/resize/2x,f=png/" + ids[2])
	})
}

// TestListOfUploads reads 250 uploads page by page while others come and go.
func TestListOfUploads(t *testing.T) {
	eachDatabase(t, func(t *testing.T, database records.Config) {
		s := start(t, using(database))
		const count = 250
		want := make([]string, count)
		for i := range count {
			want[count-1-i] = s.upload(tinyPNG(t, i)) // the newest first
		}
		if ids, next := s.page(""); len(ids) != 100 || next == "" {
			t.Errorf("without a limit: %d, %q", len(ids), next)
		}
		if ids, next := s.page("?limit=250"); strings.Join(ids, " ") != strings.Join(want, " ") || next != "" {
			t.Errorf("all in one page: %d, %q", len(ids), next)
		}
		expire(t, s, database, want[200], time.Now())
		want = slices.Delete(want, 200, 201)
		remove := func(id string) {
			if gone := s.delete(id); gone.status != http.StatusNoContent {
				t.Fatalf("%d %s", gone.status, gone.body)
			}
		}
		var got []string
		for query, pages := "?limit=30", 0; query != ""; pages++ {
			var ids []string
			ids, query = s.page(query)
			got = append(got, ids...)
			// The one that the cursor names goes, and one that was seen, and one that
			// is still to come; and a new one comes.
			last := len(got) - 1
			remove(want[last])
			remove(want[last-5])
			if next := last + 7; next < len(want) {
				remove(want[next])
				want = slices.Delete(want, next, next+1)
			}
			s.upload(tinyPNG(t, count+pages))
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("got %d, want %d:\n%v\n%v", len(got), len(want), got, want)
		}
		for _, query := range []string{"?limit=0", "?limit=1001", "?cursor=x", "?cursor=", "?page=2", "?limit=1&limit=1"} {
			s.list(query).isProblem(t, http.StatusBadRequest, "bad_option")
		}
		s.get("/images").isProblem(t, http.StatusUnauthorized, "unauthorized")
		if head := s.do(http.MethodHead, "/images", nil, "Authorization", "Bearer "+s.key); head.status != http.StatusOK {
			t.Errorf("HEAD: %d", head.status)
		}
		if allowed := s.do(http.MethodPut, "/images", nil); allowed.status != http.StatusMethodNotAllowed || !strings.Contains(allowed.header.Get("Allow"), "GET") || !strings.Contains(allowed.header.Get("Allow"), "POST") {
			t.Errorf("PUT: %d, Allow %q", allowed.status, allowed.header.Get("Allow"))
		}
	})
}

// TestUploadsOutliveTheDatabase: files that an older version left, and bodies
// whose records are lost, are taken in; pictures of them are the same as before.
func TestUploadsOutliveTheDatabase(t *testing.T) {
	s := start(t, "")
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	before := s.get("/images/" + id).json(t)
	picture := s.picture("/resize/50x,f=png/" + id)
	must(t, s.stop())
	must(t, os.RemoveAll(filepath.Join(s.dir, "tasks")))
	damaged := filepath.Join(s.dir, "originals", "aa", strings.Repeat("a", 26))
	must(t, os.MkdirAll(filepath.Dir(damaged), 0o700))
	must(t, os.WriteFile(damaged, []byte("not what its name says"), 0o600))

	s = start(t, "", s.dir)
	after := s.get("/images/" + id).json(t)
	for _, key := range []string{"format", "width", "height", "bytes", "dominant_color", "thumbhash", "profile"} {
		if before[key] != after[key] {
			t.Errorf("%s: %v, before %v", key, after[key], before[key])
		}
	}
	if again := s.picture("/resize/50x,f=png/" + id); again.header.Get("ETag") != picture.header.Get("ETag") {
		t.Errorf("ETag %s, before %s", again.header.Get("ETag"), picture.header.Get("ETag"))
	}
	waitFor(t, "it has said what it left", func() bool { return len(s.entries("a body without a record is left as it is")) == 1 })
	if _, err := os.Stat(damaged); err != nil {
		t.Errorf("the damaged one: %v", err)
	}
}

// TestDatabaseGoesAndComes: without it uploads are refused and /readyz says why,
// while pictures of what is known are served; then all works again.
func TestDatabaseGoesAndComes(t *testing.T) {
	server := recordstest.OwnPostgreSQL(t)
	config := using(records.Config{URL: server.New(t)})
	s := start(t, config)
	id := s.upload(tinyPNG(t, 1))
	path := "/resize/2x,f=png/" + id
	s.picture(path)
	must(t, server.Stop())
	waitFor(t, "it is not ready", func() bool {
		got := s.get("/readyz")
		return got.status == http.StatusServiceUnavailable && strings.Contains(string(got.body), "the database does not answer")
	})
	s.post(tinyPNG(t, 2)).isProblem(t, http.StatusServiceUnavailable, "overloaded")
	s.list("").isProblem(t, http.StatusServiceUnavailable, "overloaded")
	s.delete(id).isProblem(t, http.StatusServiceUnavailable, "overloaded")
	if again := s.picture(path); !strings.Contains(again.header.Get("Cache-Status"), "hit") {
		t.Errorf("%s", again.header.Get("Cache-Status"))
	}
	must(t, server.Start())
	s.eventuallyReady()
	s.upload(tinyPNG(t, 2))
	if ids, _ := s.page(""); len(ids) != 2 {
		t.Errorf("%v", ids)
	}
	if status := s.delete(id).status; status != http.StatusNoContent {
		t.Errorf("delete: %d", status)
	}
	s.get(path).isProblem(t, http.StatusNotFound, "not_found")
}

// TestNoDatabaseNoStart: one line says what is wrong, and no password is in it.
func TestNoDatabaseNoStart(t *testing.T) {
	s := launch(t, "database: {url: 'postgres://somebody:hunter2@127.0.0.1:1/images'}\n")
	select {
	case <-s.done:
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	said := 0
	for _, line := range strings.Split(s.log(), "\n") {
		if strings.HasPrefix(line, "database: ") && strings.Contains(line, "refused") {
			said++
		}
	}
	if s.ended == nil || said != 1 || strings.Contains(s.log(), "hunter2") || strings.Contains(s.stdout.String(), "hunter2") {
		t.Errorf("%v\n%s", s.ended, s.log())
	}
}

// TestTwoProcessesShareUploads: what one deletes the other does not have for long.
func TestTwoProcessesShareUploads(t *testing.T) {
	config := using(records.Config{URL: recordstest.PostgreSQL(t).New(t)})
	one := start(t, config)
	// Its own data folder, but for the originals.
	folder := filepath.Join(t.TempDir(), "data")
	must(t, os.MkdirAll(folder, 0o700))
	must(t, os.Symlink(filepath.Join(one.dir, "originals"), filepath.Join(folder, "originals")))
	other := start(t, config, folder)
	id := one.upload(tinyPNG(t, 1))
	path := "/resize/2x,f=png/" + id
	other.picture(path)
	if ids, _ := other.page(""); len(ids) != 1 || ids[0] != id {
		t.Errorf("%v", ids)
	}
	if status := one.delete(id).status; status != http.StatusNoContent {
		t.Fatalf("delete: %d", status)
	}
	one.get(path).isProblem(t, http.StatusNotFound, "not_found")
	deleted := time.Now()
	for other.get(path).status != http.StatusNotFound {
		if time.Since(deleted) > 15*time.Second {
			t.Fatal("the other one still has it")
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Logf("noticed after %v", time.Since(deleted))
}
