package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
)

// What the tests of pages rely on is tested itself: a page that does everything
// it should not is seen to do it.
func TestBrowserHearsFaults(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		switch request.URL.Path {
		case "/":
			w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; img-src *")
			io.WriteString(w, `<!doctype html><title>t</title><p>hello</p><img src="http://other.example/x.png"><script>1</script><script src="/s.js"></script>`)
		case "/s.js":
			w.Header().Set("Content-Type", "text/javascript")
			io.WriteString(w, `console.error("said", 7); setTimeout(() => { throw new Error("thrown") }); window.done = true`)
		default:
			http.NotFound(w, request)
		}
	}))
	defer page.Close()

	b := openTab(t)
	b.open(page.URL + "/")
	b.eventually("window.done")
	b.eventually("performance.getEntriesByName('http://other.example/x.png').length")
	if got := b.text("p"); got != "hello" {
		t.Errorf("text %q", got)
	}
	if picture, err := os.ReadFile(b.screenshot("faults")); err != nil || !strings.HasPrefix(string(picture), "\x89PNG") {
		t.Errorf("no screenshot: %v", err)
	}
	errors := strings.Join(b.heard(&b.errors), "\n")
	for _, expected := range []string{`"said" 7`, "thrown"} {
		if !strings.Contains(errors, expected) {
			t.Errorf("not heard: %s in %s", expected, errors)
		}
	}
	if violations := b.heard(&b.violations); len(violations) != 1 || !strings.HasPrefix(violations[0], "script-src") {
		t.Errorf("violations %q", violations)
	}
	if foreign := b.foreign(page.URL); !slices.Equal(foreign, []string{"http://other.example/x.png"}) {
		t.Errorf("requests to others %q", foreign)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.errors, b.violations = nil, nil // which this test wanted
}

// A page without fault is used with hand and keyboard, on a phone and in the dark.
func TestBrowserUsesPages(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		io.WriteString(w, `<!doctype html><title>t</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width"><input autofocus>
<button onclick="this.textContent = document.querySelector('input').value">copy</button>`)
	}))
	defer page.Close()

	b := openTab(t)
	b.open(page.URL + "/")
	b.viewport(1000, 700, false)
	if got := value[int](b, "innerWidth"); got != 1000 {
		t.Errorf("%d pixels wide", got)
	}
	b.viewport(390, 844, true)
	b.media("prefers-color-scheme", "dark")
	if !value[bool](b, "innerWidth == 390 && devicePixelRatio == 2 && matchMedia('(prefers-color-scheme: dark)').matches") {
		t.Error("no phone in the dark")
	}
	b.allow(page.URL, "clipboard-read")
	if got := value[string](b, "navigator.permissions.query({name: 'clipboard-read'}).then(p => p.state)"); got != "granted" {
		t.Errorf("permission %s", got)
	}
	b.click("input")
	b.press("typed")
	b.click("button")
	b.eventually("document.querySelector('button').textContent == 'typed'")

	value[any](b, "localStorage.setItem('kept', 'yes')")
	second := b.another()
	second.open(page.URL + "/")
	if got := value[string](second, "localStorage.getItem('kept')"); got != "yes" {
		t.Errorf("the second page of the profile has %q", got)
	}
	stranger := openTab(t)
	stranger.open(page.URL + "/")
	if got := value[*string](stranger, "localStorage.getItem('kept')"); got != nil {
		t.Errorf("another profile has %q", *got)
	}
	b.asksOnly(page.URL)
}
