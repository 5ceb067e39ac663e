package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"api-resize/batch"
	"api-resize/proxy"
	"api-resize/spec"
)

// keptTasks remembers what was added, or fails.
type keptTasks struct {
	Tasks
	added [][]batch.Item
	err   error
}

func (k *keptTasks) Add(_ context.Context, order batch.Order) (batch.Task, error) {
	k.added = append(k.added, order.Items)
	return batch.Task{ID: "task7"}, k.err
}

// form has files with these contents.
func form(t *testing.T, contents ...string) (body io.Reader, contentType string) {
	t.Helper()
	var buffer bytes.Buffer
	writer := multipart.NewWriter(&buffer)
	for _, content := range contents {
		part, err := writer.CreateFormFile("file", "cat.jpg")
		must(t, err)
		_, err = io.WriteString(part, content)
		must(t, err)
	}
	must(t, writer.Close())
	return &buffer, writer.FormDataContentType()
}

// TestBackgroundSizes: one task makes the pictures of all files that were
// accepted, and each of them tells of it.
func TestBackgroundSizes(t *testing.T) {
	tasks := &keptTasks{}
	s := newTestServer(t, withList, tasksAre(tasks), func(config *Config, _ *Parts) { config.PublicURL = "https://img.example" })
	body, contentType := form(t, "image one", "none", "image two")
	var several struct{ Images []Image }
	if status := s.posted(t, "?sizes=320x,@thumb&background=true", body, contentType, &several); status != http.StatusCreated {
		t.Fatalf("status %d", status)
	}
	one, two := several.Images[0], several.Images[2]
	want := []batch.Item{{Source: one.ID, Size: "320x"}, {Source: one.ID, Size: "@thumb"}, {Source: two.ID, Size: "320x"}, {Source: two.ID, Size: "@thumb"}}
	if len(tasks.added) != 1 || !slices.Equal(tasks.added[0], want) {
		t.Errorf("added %v, want %v", tasks.added, want)
	}
	for _, image := range []Image{one, two} {
		if image.Task == nil || *image.Task != (UploadTask{ID: "task7", URL: "https://img.example/tasks/task7"}) || image.Variants != nil {
			t.Errorf("told of %+v, with %v", image.Task, image.Variants)
		}
	}
	if several.Images[1].Task != nil {
		t.Error("a refused file tells of a task")
	}
	for _, one := range want {
		if err := s.maker.Check(one); err != nil {
			t.Errorf("%v: %v", one, err)
		}
	}
	// Nothing accepted, nothing to do.
	body, contentType = form(t, "none", "none either")
	s.posted(t, "?sizes=320x&background=true", body, contentType, &several)
	if len(tasks.added) != 1 {
		t.Errorf("added %v for refused files", tasks.added[1:])
	}
}

// TestTaskNotAdded: the upload is stored nonetheless, and says so.
func TestTaskNotAdded(t *testing.T) {
	s := newTestServer(t, withList, tasksAre(&keptTasks{err: errors.New("no connection to 10.0.0.7")}))
	var image Image
	status := s.posted(t, "?sizes=320x&background=true", strings.NewReader("image one"), "image/jpeg", &image)
	if status != http.StatusCreated || image.ID == "" || image.Task == nil || image.Task.ID != "" || image.Task.URL != "" {
		t.Fatalf("%d %+v", status, image)
	}
	if problem := image.Task.Error; problem == nil || problem.Code != "internal" || problem.RequestID == "" || strings.Contains(problem.Detail, "10.0.0.7") {
		t.Errorf("the task's problem: %+v", problem)
	}
}

// TestSizesThatFail: each is told in its place; the upload and the other sizes
// have come about.
func TestSizesThatFail(t *testing.T) {
	s := newTestServer(t, withList, func(_ *Config, parts *Parts) {
		parts.Dialect.Presets["unwritable"] = spec.Preset{Size: "max", Settings: []spec.Setting{{Name: "format", Value: "png"}}}
	})
	var image Image
	status := s.posted(t, "?sizes=320x,@unwritable,@thumb", strings.NewReader("image one"), "image/jpeg", &image)
	if status != http.StatusCreated || len(image.Variants) != 3 {
		t.Fatalf("%d %+v", status, image)
	}
	for i, want := range []UploadVariant{
		{Size: "320x", URL: "/resize/320x/" + image.ID, Format: "jpeg"},
		{Size: "@unwritable"},
		{Size: "@thumb", URL: "/resize/x9,format=jpeg/" + image.ID, Format: "jpeg"},
	} {
		got := image.Variants[i]
		if got.Size != want.Size || got.URL != want.URL || got.Format != want.Format || (got.Bytes > 0) != (want.URL != "") || (got.Error == nil) != (want.URL != "") {
			t.Errorf("%+v with %+v, want %+v", got, got.Error, want)
		}
	}
	if problem := image.Variants[1].Error; problem.Status != 400 || problem.Code != "bad_option" || problem.RequestID == "" {
		t.Errorf("the problem is %+v", problem)
	}
	// With all slots taken, what is there already is told of, and the rest is
	// overload: the file is there all the same.
	for range runtime.GOMAXPROCS(0) {
		release, err := s.proxy.Slots.Acquire(t.Context(), proxy.Need{Bytes: 1})
		must(t, err)
		t.Cleanup(release)
	}
	image = Image{}
	status = s.posted(t, "?sizes=320x,640x,@thumb", strings.NewReader("image one"), "image/jpeg", &image)
	if status != http.StatusOK || !image.Existing || len(image.Variants) != 3 {
		t.Fatalf("%d %+v", status, image)
	}
	if image.Variants[0].Error != nil || image.Variants[2].Error != nil {
		t.Errorf("what is there: %+v", image.Variants)
	}
	if problem := image.Variants[1].Error; problem == nil || problem.Code != "overloaded" || image.Variants[1].URL != "" {
		t.Errorf("the other: %+v", image.Variants[1])
	}
}

// TestSizesThatTakeTooLong: all sizes of all files together have the time of one
// answer, and the files are stored whatever becomes of them.
func TestSizesThatTakeTooLong(t *testing.T) {
	const limit = 300 * time.Millisecond
	s := newTestServer(t, func(config *Config, _ *Parts) { config.RequestTimeout = limit })
	body, contentType := form(t, "image slow", "image two")
	var several struct{ Images []Image }
	begin := time.Now()
	if status := s.posted(t, "?sizes=320x,640x,960x", body, contentType, &several); status != http.StatusCreated {
		t.Fatalf("status %d", status)
	}
	if took := time.Since(begin); took > 10*limit {
		t.Errorf("it took %v", took)
	}
	for i, image := range several.Images {
		if image.ID == "" || len(image.Variants) != 3 {
			t.Fatalf("%+v", image)
		}
		for _, variant := range image.Variants {
			// The quick one may just have been made.
			if made := i == 1 && variant.Error == nil; !made && (variant.Error == nil || variant.Error.Code != "processing_timeout" || variant.URL != "") {
				t.Errorf("%+v with %+v", variant, variant.Error)
			}
		}
	}
}
