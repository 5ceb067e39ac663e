package main

import (
	"fmt"
	"strings"
	"testing"
)

// operation selects one operation of the documentation, by its id.
func operation(id string) string { return fmt.Sprintf("[id^=operations-][id$=-%s]", id) }

// TestDocumentationInABrowser: who reads the documentation can try what it shows,
// with the key, and nothing comes from anywhere else.
func TestDocumentationInABrowser(t *testing.T) {
	s := start(t, "")
	id := s.upload(resource(t, "jpg-24bit.jpg"))

	b := openTab(t)
	b.open(s.url + "/docs")
	b.eventually("document.querySelectorAll('.opblock').length > 10")
	if text := b.text(".info"); !strings.Contains(text, "unsupported_format") || !strings.Contains(text, "429") {
		t.Errorf("the introduction has no table of errors: %s", text)
	}
	b.screenshot("light")

	b.click(".auth-wrapper .authorize")
	b.eventually("document.querySelector('.auth-container input')")
	b.click(".auth-container input")
	b.press(s.key)
	b.click(".auth-container button.authorize")
	b.eventually("document.querySelector('.auth-container button:not(.authorize)')")
	b.click(".modal-ux .close-modal")

	// Nothing but what is required is filled in.
	b.try("getPicture", s.url, map[string]string{"source": id})
	b.eventually("document.querySelector('" + operation("getPicture") + " .responses-wrapper img')?.naturalWidth > 0")
	b.eventually("document.querySelector('" + operation("getPicture") + " .request-url').innerText.trim().endsWith('/resize/300x200/" + id + "')")

	// This one needs the key.
	b.try("explainPicture", s.url, map[string]string{"source": id})
	b.eventually("document.querySelector('" + operation("explainPicture") + " .live-responses-table .response .response-col_description').innerText.includes('\"would\": \"hit\"')")
	b.screenshot("tried")

	// The key stays with the tab, and with nothing else.
	b.open(s.url + "/docs")
	b.eventually("document.querySelector('.auth-wrapper .authorize.locked')")
	if kept := value[int](b, "localStorage.length"); kept != 0 {
		t.Errorf("%d things are kept for ever", kept)
	}
	b.asksOnly(s.url)
}

// try sends the example of an operation with some parameters of one's own, and
// returns when it was answered with 200.
func (b *tab) try(id, base string, parameters map[string]string) {
	b.t.Helper()
	if strings.Contains(b.text(operation(id)), "Parameters") {
		b.t.Fatalf("%s is open already", id)
	}
	b.click(operation(id) + " .opblock-summary-control")
	b.eventually(fmt.Sprintf("document.querySelector(%q)", operation(id)+" .try-out__btn"))
	b.click(operation(id) + " .try-out__btn")
	for name, text := range parameters {
		field := fmt.Sprintf("%s tr[data-param-name=%q] input", operation(id), name)
		b.eventually(fmt.Sprintf("document.querySelector(%q)", field))
		b.click(field)
		b.eventually(fmt.Sprintf("(document.activeElement === document.querySelector(%q)) && (document.activeElement.select(), true)", field))
		b.press(text)
	}
	b.click(operation(id) + " .execute")
	b.eventually(fmt.Sprintf("document.querySelector(%q)?.innerText.startsWith('200')", operation(id)+" .live-responses-table .response .response-col_status"))
}

// TestDocumentationLooks: in dark colours, and as wide as a phone.
func TestDocumentationLooks(t *testing.T) {
	s := start(t, "")
	b := openTab(t)
	b.media("prefers-color-scheme", "dark")
	b.open(s.url + "/docs")
	b.eventually("document.querySelectorAll('.opblock').length > 10")
	dark := value[string](b, "getComputedStyle(document.body).backgroundColor")
	b.screenshot("dark")
	b.media("prefers-color-scheme", "light")
	b.eventually(fmt.Sprintf("getComputedStyle(document.body).backgroundColor !== %q", dark))

	b.viewport(390, 844, true)
	b.open(s.url + "/docs")
	b.eventually("document.querySelectorAll('.opblock').length > 10")
	b.screenshot("phone")
	if wide := value[int](b, "document.documentElement.scrollWidth"); wide > 390 {
		t.Errorf("the page is %d pixels wide on a screen of 390", wide)
	}
}
