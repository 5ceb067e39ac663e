package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// photosOf is a service with a folder of two pictures and a broken one, and the
// flags that lead commands to it.
func photosOf(t *testing.T) (s *service, flags []string) {
	t.Helper()
	folder := t.TempDir()
	for name, content := range map[string][]byte{
		"cat.jpg": resource(t, "jpg-24bit-icc-iec.jpg"), "dog.png": resource(t, "png-24bit.png"), "broken.jpg": resource(t, "jpg-24bit-icc-iec.jpg")[:5000],
	} {
		must(t, os.WriteFile(filepath.Join(folder, name), content, 0o600))
	}
	s = start(t, patient+"origins: {aliases: {photos: "+folder+"}}")
	return s, []string{"--address", strings.TrimPrefix(s.url, "http://"), "--data-dir", s.dir}
}

func TestWarmCommand(t *testing.T) {
	s, flags := photosOf(t)
	list := filepath.Join(t.TempDir(), "list")
	must(t, os.WriteFile(list, []byte("\n photos/dog.png \n\n"), 0o600))
	output, err := runCommand(t, append([]string{"warm", "photos/cat.jpg", "--from", list, "--sizes", "64x,32x32", "--options", "f=webp,q=50"}, flags...)...)
	if err != nil || output != "4 pictures were made\n" {
		t.Fatalf("%v: %s", err, output)
	}
	for _, path := range []string{"64x,f=webp,q=50/photos/cat.jpg", "32x32,f=webp,q=50/photos/dog.png"} {
		if got := s.picture("/resize/" + path).header.Get("Cache-Status"); !strings.HasPrefix(got, "api-resize; hit") {
			t.Errorf("%s: %s", path, got)
		}
	}

	// What fails is told, and is seen in the exit code.
	output, err = runCommand(t, append([]string{"warm", "photos/cat.jpg", "photos/broken.jpg", "--sizes", "40x"}, flags...)...)
	if err == nil || !strings.Contains(output, "40x/photos/broken.jpg: corrupt_image: ") || !strings.Contains(output, "1 of 2 pictures were made") {
		t.Errorf("with a broken one: %v: %s", err, output)
	}
	for _, test := range []struct {
		arguments []string
		want      string
	}{
		{[]string{"warm", "--sizes", "64x"}, "expected at least one SOURCE"},
		{[]string{"warm", "photos/cat.jpg"}, "expected --sizes"},
		{[]string{"warm", "photos/cat.jpg", "--sizes", "64x", "--options", "webp"}, "expected name=value"},
		{[]string{"warm", "photos/cat.jpg", "--sizes", "64y"}, "sizes[0]"},
		{[]string{"warm", "photos/cat.jpg", "--sizes", "64x", "--options", "q=700"}, "options.q"},
		{[]string{"warm", "--from", list + "-not", "--sizes", "64x"}, "no such file"},
		{[]string{"warm", "photos/cat.jpg", "--sizes", "64x", "--key", "wrong-horse"}, "401"},
	} {
		if output, err := runCommand(t, append(test.arguments, flags...)...); err == nil || !strings.Contains(output, test.want) {
			t.Errorf("%v: %v: %s, want %q", test.arguments, err, output, test.want)
		}
	}
}

func TestTasksCommand(t *testing.T) {
	_, flags := photosOf(t)
	run := func(arguments ...string) string {
		t.Helper()
		output, err := runCommand(t, append(arguments, flags...)...)
		if err != nil {
			t.Fatalf("%v: %v: %s", arguments, err, output)
		}
		return output
	}
	id := strings.TrimSpace(run("warm", "photos/cat.jpg", "photos/dog.png", "--sizes", "64x", "--detach"))
	if output := run("tasks", "watch", id); output != "2 pictures were made\n" {
		t.Errorf("watched: %s", output)
	}
	lines := strings.Split(strings.TrimSpace(run("tasks")), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "ID ") || !strings.HasPrefix(lines[1], id+" ") || !strings.Contains(lines[1], " done ") || !strings.HasSuffix(lines[1], " 100 %") {
		t.Errorf("listed: %q", lines)
	}
	if output := run("tasks", "--state", "outstanding"); strings.Count(output, "\n") != 1 {
		t.Errorf("outstanding: %s", output)
	}
	var shown struct {
		ID    string
		Items []struct{ State, URL string }
	}
	if err := json.Unmarshal([]byte(run("tasks", "show", id)), &shown); err != nil || shown.ID != id || len(shown.Items) != 2 || shown.Items[1].State != "done" || shown.Items[1].URL == "" {
		t.Errorf("shown: %+v, %v", shown, err)
	}
	if output := run("tasks", "cancel", id); output != "done: 2 of 2 items were done\n" {
		t.Errorf("cancelled: %s", output)
	}
	for _, arguments := range [][]string{{"tasks", "show", "nothing"}, {"tasks", "watch", "nothing"}, {"tasks", "cancel", "nothing"}} {
		if output, err := runCommand(t, append(arguments, flags...)...); err == nil || !strings.Contains(output, "404") {
			t.Errorf("%v: %v: %s", arguments, err, output)
		}
	}
	if output, err := runCommand(t, append([]string{"tasks", "--state", "lost"}, flags...)...); err == nil || !strings.Contains(output, "outstanding") {
		t.Errorf("an unknown state: %v: %s", err, output)
	}
}
