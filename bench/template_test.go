package main

import "testing"

func TestTemplate(t *testing.T) {
	for _, test := range []struct{ text, address, path string }{
		{"http://127.0.0.1:8080/insecure/rs:fit:{width}:{height}/plain/local:///{id}@{format}", "127.0.0.1:8080", "/insecure/rs:fit:300:200/plain/local:///cat.jpg@webp"},
		{"http://images.example/{width}x,q=80/{id}", "images.example:80", "/300x,q=80/cat.jpg"},
		{"http://[::1]:8000/?url={id}&w={width}&h={height}&twice={width}", "[::1]:8000", "/?url=cat.jpg&w=300&h=200&twice=300"},
	} {
		parsed, err := parseTemplate(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		got := parsed.fill(picture{source{id: "cat.jpg"}, 300, 200, "webp"})
		if parsed.address != test.address || got != test.path {
			t.Errorf("%s: %s at %s, want %s at %s", test.text, got, parsed.address, test.path, test.address)
		}
	}
	for _, text := range []string{
		"", "https://images.example/{width}", "http:///{width}", "http://images.example/{id}",
		"http://images.example/{width}/{quality}", "http://images.example:port/{width}", "/resize/{width}",
	} {
		if parsed, err := parseTemplate(text); err == nil {
			t.Errorf("%q is taken as %+v", text, parsed)
		}
	}
}

func TestSource(t *testing.T) {
	got, err := parseSource("photos/cat.jpg,4000,3000,/tmp/a,b.jpg")
	want := source{"photos/cat.jpg", 4000, 3000, "/tmp/a,b.jpg", "photos/cat.jpg"}
	if err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	for _, text := range []string{"", "cat", "cat,1", ",1,1", "cat,0,1", "cat,1,x"} {
		if got, err := parseSource(text); err == nil {
			t.Errorf("%q is taken as %+v", text, got)
		}
	}
	for width, height := range map[int]int{300: 225, 299: 224, 1: 1} {
		if p := want.at(width, "jpeg"); p.width != width || p.height != height {
			t.Errorf("%d wide is %dx%d, want a height of %d", width, p.width, p.height, height)
		}
	}
	if flat := (source{width: 1000, height: 1}).at(10, "jpeg"); flat.height != 1 {
		t.Errorf("a flat picture has height %d", flat.height)
	}
}
