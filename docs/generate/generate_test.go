package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"api-resize/spec"
)

// The reference lies in the folder above.
const folder = ".."

var here *studio

func TestMain(m *testing.M) {
	os.Exit(tests(m))
}

// tests starts libvips once, and looks after all tests whether anything of it is
// still open. Without the originals there is nothing to test, which is a
// failure.
func tests(m *testing.M) int {
	engine, err := start()
	if err == nil {
		here, err = openStudio(engine)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	runtime.GC()
	if open := engine.Images(); open != 0 {
		fmt.Fprintf(os.Stderr, "after all tests %d images are open\n", open)
		code = 1
	}
	return code
}

func TestPage(t *testing.T) {
	want, err := page(folder)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(folder, pageFile))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	gotLines, wantLines := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i, line := range wantLines {
		if i >= len(gotLines) || !bytes.Equal(line, gotLines[i]) {
			t.Fatalf("docs/%s is not up to date in line %d, which should be %q; `make docs` writes it", pageFile, i+1, line)
		}
	}
	t.Fatalf("docs/%s is longer than it should be; `make docs` writes it", pageFile)
}

// TestPictures makes every picture and compares it with the one that is stored.
func TestPictures(t *testing.T) {
	files, err := stored(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range pictured() {
		t.Run(e.name(), func(t *testing.T) {
			picture, err := here.make(e)
			if err != nil {
				t.Fatal(err)
			}
			file := e.file(picture.Format)
			if files[e.name()] != file {
				t.Fatalf("stored is %q, expected %q; `make docs` makes it", files[e.name()], file)
			}
			before, err := os.ReadFile(filepath.Join(folder, gallery, file))
			if err != nil {
				t.Fatal(err)
			}
			if err := alike(before, picture.Bytes, e.tolerance(picture.Format)); err != nil {
				t.Errorf("%s gives another picture than docs/%s/%s: %v; when that is meant, `make docs` stores the new one", e.url(), gallery, file, err)
			}
		})
	}
}

// TestAnswers: examples that have no picture to show are answered as well.
func TestAnswers(t *testing.T) {
	for _, e := range examples {
		if e.hasPicture() {
			continue
		}
		if _, err := here.make(e); err != nil {
			t.Error(err)
		}
	}
}

// TestGallery: whatever is stored is named by an example.
func TestGallery(t *testing.T) {
	files, err := stored(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range pictured() {
		delete(files, e.name())
	}
	for _, file := range files {
		t.Errorf("no example has the picture docs/%s/%s; `make docs` removes it", gallery, file)
	}
}

// TestExamples: every option has an example, among them the table's own, and
// every example is of an option and gives it.
func TestExamples(t *testing.T) {
	for _, option := range spec.Options {
		list := examplesOf(option.Name)
		if len(list) == 0 {
			t.Errorf("%s has no example", option.Name)
		}
		if !slices.ContainsFunc(list, func(e example) bool { return e.gives(option, option.Example) }) {
			t.Errorf("%s has no example with the table's own value %q", option.Name, option.Example)
		}
	}
	for _, e := range examples {
		if e.option != sizeOption && !slices.ContainsFunc(spec.Options, func(o spec.Option) bool { return o.Name == e.option }) {
			t.Errorf("%s is an example of %q, which is no option", e.url(), e.option)
		}
		if _, err := e.parsed(); err != nil {
			t.Error(err)
		}
		if !slices.ContainsFunc(originals, func(o original) bool { return o.Name == e.original }) {
			t.Errorf("%s is of an original that is not there", e.url())
		}
	}
}

// TestNames: no two examples share a file that don't share all else.
func TestNames(t *testing.T) {
	urls := map[string]string{}
	for _, e := range examples {
		if url, taken := urls[e.name()]; taken && url != e.url() {
			t.Errorf("%s and %s are both stored as %s", url, e.url(), e.name())
		}
		urls[e.name()] = e.url()
	}
}

func TestChapters(t *testing.T) {
	for option := range chapters {
		if !slices.ContainsFunc(spec.Options, func(o spec.Option) bool { return o.Name == option }) {
			t.Errorf("a chapter begins with %q, which is no option", option)
		}
	}
}
