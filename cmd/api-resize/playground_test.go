package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"api-resize/spec"
)

// playground is the page at / in a browser, with the service behind it.
type playground struct {
	*tab
	s *service
}

// openPlayground opens the page with a fragment, and enters the key unless told
// otherwise.
func openPlayground(t *testing.T, s *service, fragment string) *playground {
	t.Helper()
	p := &playground{openTab(t), s}
	p.viewport(1360, 900, false)
	p.open(s.url + "/" + fragment)
	p.eventually("document.querySelector('#groups .option')")
	t.Cleanup(func() { p.asksOnly(s.url) })
	return p
}

func (p *playground) enterKey(key string) {
	p.t.Helper()
	p.click("#key")
	p.press(key)
}

// choose gives files to the file input, as a reader's choice does.
func (p *playground) choose(names ...string) {
	p.t.Helper()
	folder, err := resources()
	must(p.t, err)
	var files []string
	for _, name := range names {
		if !filepath.IsAbs(name) {
			name = filepath.Join(folder, name)
		}
		files = append(files, name)
	}
	p.run(chromedp.SetUploadFiles(chromedp.CSS("#file"), files))
}

// showsResult waits until a result is shown for what is chosen now: the numbers
// tell of the picture's size.
func (p *playground) showsResult(width, height int) {
	p.t.Helper()
	p.eventually(fmt.Sprintf(`document.querySelector("#view").ariaBusy == "false" && document.querySelector("#number-pixels b")?.textContent == "%d × %d"`, width, height))
	p.eventually(`[...document.querySelectorAll("#view img")].every(i => i.complete)`)
}

// set writes a value into a field, as typing does.
func (p *playground) set(selector, text string) {
	p.t.Helper()
	value[any](p.tab, fmt.Sprintf(`{ const f = document.querySelector(%q); f.value = %q; f.dispatchEvent(new Event("input", {bubbles: true})); f.dispatchEvent(new Event("change", {bubbles: true})) }`, selector, text))
}

// unfold opens the group of options that an option is in.
func (p *playground) unfold(option string) {
	p.t.Helper()
	value[any](p.tab, fmt.Sprintf(`document.querySelector("[data-option=%s]").closest("details").open = true`, option))
}

// pixel is a colour of the result, at shares of its width and height.
func (p *playground) pixel(x, y float64) [4]int {
	p.t.Helper()
	return value[[4]int](p.tab, fmt.Sprintf(`(async () => {
		const image = document.querySelector("figure.result img");
		await image.decode();
		const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
		const context = canvas.getContext("2d");
		context.drawImage(image, 0, 0);
		return [...context.getImageData(%g * (canvas.width - 1), %g * (canvas.height - 1), 1, 1).data];
	})()`, x, y))
}

func TestPlaygroundLooks(t *testing.T) {
	s := start(t, "presets:\n  thumb: 160x160,fit=cover,format=webp\n")
	p := openPlayground(t, s, "")
	p.eventually("document.querySelector('#view canvas')")
	p.screenshot("first-light")
	p.media("prefers-color-scheme", "dark")
	p.screenshot("first-dark")
	p.media()
	p.enterKey(s.key)
	p.choose("jpg-24bit-icc-iec.jpg")
	p.eventually("!document.querySelector('#use').hidden")
	p.set("#size-width", "600")
	p.showsResult(600, 375)
	p.unfold("blur")
	p.screenshot("result-light")
	p.media("prefers-color-scheme", "dark")
	p.screenshot("result-dark")
	p.media()
	p.click("#modes label:nth-of-type(2)")
	p.eventually("document.querySelector('#compare')")
	p.screenshot("slider-light")
	p.viewport(390, 844, true)
	p.screenshot("phone-light")
	p.media("prefers-color-scheme", "dark")
	p.screenshot("phone-dark")
}

// TestPlaygroundHasEveryOption: a row of the table is a control of the page, of its
// kind, in its group, with its help.
func TestPlaygroundHasEveryOption(t *testing.T) {
	s := start(t, "")
	p := openPlayground(t, s, "")
	type shown struct {
		Name, Group, Help, Label string
		Fields                   int
	}
	rows := value[[]shown](p.tab, `[...document.querySelectorAll(".option")].map(row => ({
		name: row.dataset.option, group: row.closest("details").dataset.group, help: row.querySelector(".help").textContent,
		label: row.querySelector("label, legend").textContent, fields: row.querySelectorAll("input, select, textarea").length}))`)
	if len(rows) != len(spec.Options) {
		t.Errorf("%d controls for %d options", len(rows), len(spec.Options))
	}
	byName := map[string]shown{}
	for _, row := range rows {
		byName[row.Name] = row
	}
	for _, option := range spec.Options {
		row := byName[option.Name]
		if row.Fields == 0 || row.Group != option.Group || row.Label != strings.ReplaceAll(option.Name, "_", " ") ||
			!strings.Contains(row.Help, option.Doc) || !strings.Contains(row.Help, option.Default) {
			t.Errorf("%s is shown as %+v", option.Name, row)
		}
	}

	// Whatever the table gives as an example is what the control writes.
	for _, option := range spec.Options {
		fragment := option.Name + "=" + url.QueryEscape(option.Example)
		value[any](p.tab, fmt.Sprintf(`location.hash = %q`, fragment))
		p.eventually(fmt.Sprintf(`document.querySelector("[data-option=%s]").classList.contains("given") && document.querySelectorAll(".option.given").length == 1`, option.Name))
		p.unfold(option.Name)
		p.click(fmt.Sprintf("[data-option=%s] .reset", option.Name))
		p.eventually(`document.querySelectorAll(".option.given").length == 0 && !location.hash`)
	}
}

func TestPlaygroundSearch(t *testing.T) {
	s := start(t, "")
	p := openPlayground(t, s, "")
	p.set("#search", "corner")
	visible := func() string {
		return value[string](p.tab, `[...document.querySelectorAll(".option:not([hidden])")].map(row => row.dataset.option).join(" ")`)
	}
	if got := visible(); !strings.Contains(got, "round") || strings.Contains(got, "blur") {
		t.Errorf("shown are %s", got)
	}
	p.set("#search", "zebra")
	if got, told := visible(), p.text("#search-none"); got != "" || !strings.Contains(told, "No option") {
		t.Errorf("shown are %q, told is %q", got, told)
	}
	p.set("#search", "")
	if got := len(strings.Fields(visible())); got != len(spec.Options) {
		t.Errorf("%d shown, want all", got)
	}
}

func TestPlaygroundChangesPictures(t *testing.T) {
	s := start(t, "")
	p := openPlayground(t, s, "")
	p.enterKey(s.key)
	p.choose("jpg-24bit-icc-iec.jpg")
	p.eventually(`document.querySelector("#uploads .done")`)
	uploaded := size(t, resource(t, "jpg-24bit-icc-iec.jpg"))
	p.showsResult(uploaded.X, uploaded.Y)
	if got := p.text("#numbers"); !strings.Contains(got, "The original is sent") {
		t.Errorf("a WebP as large would have been longer, and is not said to be: %s", got)
	}

	p.set("#size-width", "200")
	p.showsResult(200, (uploaded.Y*200+uploaded.X/2)/uploaded.X)
	if got := p.text("#number-format"); got != "WebP" {
		t.Errorf("negotiated %s", got)
	}
	p.set("#size-height", "200")
	p.showsResult(200, 200)
	if got := p.text("#number-cache"); !strings.Contains(got, "miss") || !strings.Contains(got, "made for this request") {
		t.Errorf("cache: %s", got)
	}
	if got := p.text("#number-time"); !strings.Contains(got, "encode") {
		t.Errorf("time: %s", got)
	}
	if got := p.text("#number-bytes"); !strings.Contains(got, "%") {
		t.Errorf("bytes: %s", got)
	}

	p.set("#option-fit", "contain")
	p.set("#option-background", "ff0000")
	p.set("#option-format", "png")
	p.eventually(`document.querySelector("#number-format b").textContent == "PNG"`)
	p.showsResult(200, 200)
	if got := p.pixel(0.5, 0); got != [4]int{255, 0, 0, 255} {
		t.Errorf("the background is %v", got)
	}
	sharp := p.pixel(0.3, 0.5)
	canonical := p.text("#snippet-url")
	p.set("#option-blur", "40")
	p.eventually(fmt.Sprintf("document.querySelector('#snippet-url').textContent != %q", canonical))
	p.showsResult(200, 200)
	if blurred := p.pixel(0.3, 0.5); blurred == sharp {
		t.Errorf("the blur changes nothing: %v", blurred)
	}
	if got := p.text("#snippet-url"); !strings.HasPrefix(got, s.url+"/resize/200x200,fit=contain,blur=40,background=ff0000,format=png/") {
		t.Errorf("URL %s", got)
	}

	// Asked for again it comes from the cache, and the page says so.
	p.set("#option-blur", "41")
	p.eventually(`document.querySelector("#snippet-url").textContent.includes("blur=41")`)
	p.set("#option-blur", "40")
	p.eventually(`document.querySelector("#snippet-url").textContent.includes("blur=40,") && document.querySelector("#number-cache b").textContent == "hit"`)
	p.hasNoFault()
}

func size(t *testing.T, content []byte) image.Point {
	t.Helper()
	config, _, err := image.DecodeConfig(bytes.NewReader(content))
	must(t, err)
	return image.Pt(config.Width, config.Height)
}

// TestPlaygroundDrop drops a file as a hand does: the browser itself makes the
// events.
func TestPlaygroundDrop(t *testing.T) {
	s := start(t, "")
	p := openPlayground(t, s, "")
	p.enterKey(s.key)
	folder, err := resources()
	must(t, err)
	type place struct{ X, Y float64 }
	middle := value[place](p.tab, `(() => { const box = document.querySelector("#drop").getBoundingClientRect(); return {x: box.x + box.width / 2, y: box.y + 10} })()`)
	data := &input.DragData{Items: []*input.DragDataItem{}, Files: []string{filepath.Join(folder, "png-24bit.png"), filepath.Join(folder, "jpg-24bit-icc-iec.jpg")}, DragOperationsMask: 1}
	for _, kind := range []input.DispatchDragEventType{input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop} {
		p.run(command(input.DispatchDragEvent, input.DispatchDragEventParams{Type: kind, X: middle.X, Y: middle.Y, Data: data}))
		if kind == input.DispatchDragEventTypeDragOver {
			p.eventually(`document.querySelector("#drop.over")`)
		}
	}
	p.eventually(`document.querySelectorAll("#uploads .done").length == 2 && !document.querySelector("#drop.over")`)
	uploaded := size(t, resource(t, "jpg-24bit-icc-iec.jpg"))
	p.showsResult(uploaded.X, uploaded.Y) // the last one is shown
	p.click("#uploads li:last-child button")
	uploaded = size(t, resource(t, "png-24bit.png"))
	p.showsResult(uploaded.X, uploaded.Y)
}

func TestPlaygroundTellsErrors(t *testing.T) {
	s := start(t, "")
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	p := openPlayground(t, s, "#source="+id+"&size=100x")
	p.eventually(`document.querySelector("#number-pixels b")?.textContent.startsWith("100 ×")`)

	p.set("#option-quality", "500")
	p.eventually(`!document.querySelector("#option-quality-error").hidden`)
	if got := p.text("#option-quality-error"); !strings.Contains(got, "1…100") {
		t.Errorf("beside the control: %s", got)
	}
	if !value[bool](p.tab, `document.querySelector("#option-quality").ariaInvalid == "true" && !document.querySelector("#result-error").hidden && document.querySelector("#use").hidden`) {
		t.Error("the page goes on as if nothing were wrong")
	}
	p.screenshot("error")
	p.click("[data-option=quality] .reset")
	p.eventually(`document.querySelector("#option-quality-error").hidden && !document.querySelector("#use").hidden`)

	p.set("#size-width", "99999")
	p.eventually(`document.querySelector("#size-error").textContent.includes("8192")`)
	p.set("#size-width", "100")
	p.eventually(`document.querySelector("#size-error").hidden`)

	// Two that exclude each other are both told so.
	value[any](p.tab, `location.hash = location.hash + "&focus=0.5:0.5&position=top"`)
	p.eventually(`!document.querySelector("#option-focus-error").hidden && !document.querySelector("#option-position-error").hidden`)
	value[any](p.tab, fmt.Sprintf(`location.hash = "source=%s&size=100x"`, id))
	p.eventually(`document.querySelector("#result-error").hidden`)

	for source, says := range map[string]string{
		"mzxw6ytboi2dsnbrga4dqmjzge":   "no such image",
		"nothing here":                 "",
		"http://other.example/cat.jpg": "not allowed",
		"photos/../etc/passwd":         "",
	} {
		value[any](p.tab, fmt.Sprintf(`location.hash = "source=%s"`, url.QueryEscape(source)))
		p.eventually(fmt.Sprintf(`!document.querySelector("#source-error").hidden && document.querySelector("#source").value == %q && document.querySelector("#source-error").textContent.includes(%q)`, source, says))
	}
}

func TestPlaygroundSlider(t *testing.T) {
	s := start(t, "")
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	p := openPlayground(t, s, "#source="+id+"&size=300x&grayscale=true")
	p.eventually(`document.querySelector("#number-pixels b")`)
	value[any](p.tab, `document.querySelector("#modes input[value=over]").focus()`)
	p.press(" ")
	p.eventually(`document.querySelector("#compare")`)
	value[any](p.tab, `document.querySelector("#compare").focus()`)
	for _, step := range []struct{ key, at string }{
		{kb.ArrowRight, "51"}, {kb.ArrowLeft, "50"}, {kb.PageUp, "60"}, {kb.PageDown, "50"}, {kb.Home, "0"}, {kb.End, "100"},
	} {
		p.press(step.key)
		p.eventually(fmt.Sprintf(`document.querySelector("#compare").value == %q && document.querySelector(".compare").style.getPropertyValue("--at") == "%s%%"`, step.at, step.at))
	}
	roles := p.accessible("slider")
	if got := roles["How much of the original is seen"]; got != "slider" {
		t.Errorf("the sliders are %v", roles)
	}
	if got := value[string](p.tab, `getComputedStyle(document.querySelector(".compare .original")).clipPath`); !strings.HasPrefix(got, "inset(0px 0") {
		t.Errorf("all of the original is seen, but it is clipped by %s", got)
	}
}

func TestPlaygroundSnippets(t *testing.T) {
	s := start(t, "")
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	p := openPlayground(t, s, "#source="+id+"&size=320x&grayscale=true&text=a%26b")
	p.allow(s.url, "clipboard-read")
	p.allow(s.url, "clipboard-write")
	p.eventually(`document.querySelector("#snippet-picture")`)
	for name, title := range map[string]string{"url": "URL", "img": "<img>", "srcset": "<img srcset>", "picture": "<picture>"} {
		p.click(fmt.Sprintf(".snippet:has(#snippet-%s) button", name))
		p.eventually(fmt.Sprintf(`document.querySelector("#live").textContent.startsWith("%s is copied")`, title))
		copied := value[string](p.tab, `navigator.clipboard.readText()`)
		if copied != p.text("#snippet-"+name) {
			t.Errorf("%s: copied %q", name, copied)
		}
		if name == "url" {
			copied = `<img src="` + copied + `">`
		}
		p.loads(name, copied)
	}
}

// loads puts HTML into a page of another origin, and expects the picture in it.
func (p *playground) loads(name, html string) {
	p.t.Helper()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `<!doctype html><title>t</title><link rel="icon" href="data:,">`+html)
	}))
	defer page.Close()
	other := p.another()
	other.open(page.URL + "/")
	other.eventually(`document.querySelector("img")?.complete`)
	if got := value[int](other, `document.querySelector("img").naturalWidth`); got < 160 {
		p.t.Errorf("%s: the picture is %d pixels wide; %s", name, got, html)
	}
	other.asksOnly(p.s.url, page.URL)
}

func TestPlaygroundReload(t *testing.T) {
	s := start(t, "")
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	p := openPlayground(t, s, "#source="+id)
	p.eventually(`document.querySelector("#number-pixels b")`)
	p.enterKey(s.key)
	p.set("#size-width", "160")
	p.unfold("sepia")
	p.click("#option-sepia")
	p.set("#option-crop-unit", "%")
	p.set("[data-option=crop] input", "25")
	p.eventually(`document.querySelector("#snippet-url")?.textContent.includes("sepia=true") && document.querySelector("#snippet-url").textContent.includes("crop=0.25")`)
	before := p.text("#snippet-url")
	p.run(chromedp.Reload())
	p.eventually(fmt.Sprintf(`document.querySelector("#snippet-url")?.textContent == %q`, before))
	if !value[bool](p.tab, `document.querySelector("#option-sepia").checked && document.querySelector("#size-width").value == "160" && document.querySelector("[data-option=crop] input").value == "25"`) {
		t.Error("the controls are not as they were")
	}
	if got := value[string](p.tab, `document.querySelector("#key").value`); got != s.key {
		t.Error("the key is gone with the reload")
	}
	if value[string](p.tab, `JSON.stringify(localStorage) + document.cookie + location.href`) != "{}"+value[string](p.tab, "location.href") || strings.Contains(value[string](p.tab, "location.href"), s.key) {
		t.Error("something is kept beyond the tab")
	}
	p.click("#reset-all")
	p.eventually(fmt.Sprintf(`location.hash == "#source=%s" && document.querySelector("#snippet-url").textContent.includes("/resize/max/")`, id))

	// Places in the page are no state.
	p.click(".steps li:nth-child(2) a")
	p.eventually(fmt.Sprintf(`location.hash == "#source=%s" && scrollY > 0`, id))
}

func TestPlaygroundWrongKey(t *testing.T) {
	s := start(t, "")
	p := openPlayground(t, s, "")
	p.choose("jpg-24bit-icc-iec.jpg")
	p.eventually(`document.querySelector("#key-error").textContent.includes("needs the API key") && document.activeElement.id == "key"`)
	p.press("wrong-key")
	p.choose("jpg-24bit-icc-iec.jpg")
	p.eventually(`document.querySelector("#uploads .failed .state")?.textContent.includes("Authorization") && document.querySelector("#key-error").textContent.includes("does not know")`)
	p.screenshot("wrong-key")
	p.set("#key", s.key)
	p.choose("jpg-24bit-icc-iec.jpg")
	p.eventually(`document.querySelector("#uploads .done") && document.querySelector("#key-error").hidden`)
}

func TestPlaygroundRefusesFiles(t *testing.T) {
	s := start(t, "")
	p := openPlayground(t, s, "")
	p.enterKey(s.key)
	large, broken := filepath.Join(t.TempDir(), "large.jpg"), filepath.Join(t.TempDir(), "broken.jpg")
	must(t, os.WriteFile(large, make([]byte, 20<<20+1), 0o600))
	must(t, os.WriteFile(broken, resource(t, "jpg-24bit-icc-iec.jpg")[:200_000], 0o600))
	p.choose(large, broken)
	p.eventually(`document.querySelectorAll("#uploads .failed").length == 2`)
	for name, says := range map[string]string{"large.jpg": "20,971,521 bytes are more than the 20 MiB", "broken.jpg": "broken or cut short"} {
		got := value[string](p.tab, fmt.Sprintf(`[...document.querySelectorAll("#uploads li")].find(row => row.querySelector(".file").textContent == %q).querySelector(".state").textContent`, name))
		if !strings.Contains(got, says) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestPlaygroundUploadProgress uploads over a slow line, and gives one up.
func TestPlaygroundUploadProgress(t *testing.T) {
	s := start(t, "")
	p := openPlayground(t, s, "")
	p.enterKey(s.key)
	value[any](p.tab, `(window.seen = new Set(), new MutationObserver(() => {
		const bar = document.querySelector("#uploads progress"); if (bar) seen.add(bar.value) }).observe(document.querySelector("#uploads"), {subtree: true, childList: true, characterData: true, attributes: true}))`)
	slow := func(bytesPerSecond float64) {
		p.run(command(network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{Latency: 1, DownloadThroughput: -1, UploadThroughput: bytesPerSecond}},
		}))
	}
	content := resource(t, "jpg-24bit-icc-iec.jpg")
	slow(float64(len(content)) / 3)
	p.choose("jpg-24bit-icc-iec.jpg")
	p.eventually(`document.querySelector("#uploads .done")`)
	if got := value[int](p.tab, `[...seen].filter(value => value > 0 && value < 1).length`); got < 2 {
		t.Errorf("%d steps of progress were seen, of %d bytes in 3 s", got, len(content))
	}
	slow(float64(len(content)) / 60)
	p.choose("png-24bit.png")
	p.eventually(`document.querySelector("#uploads progress")?.value > 0`)
	p.click("#uploads li:first-child button")
	p.eventually(`document.querySelector("#uploads .failed .state")?.textContent == "Cancelled."`)
}

func TestPlaygroundSample(t *testing.T) {
	s := start(t, "auth:\n  open: true\n")
	p := openPlayground(t, s, "")
	p.eventually(`document.querySelector("#view canvas") && document.querySelector("#key-row").hidden`)
	p.click("#view button")
	p.showsResult(1500, 1000)
	if got := p.text("#uploads .file"); got != "sample-evening.jpg" {
		t.Errorf("uploaded as %s", got)
	}
}

// TestPlaygroundSigned: with signatures required the page says so, and has URLs
// signed for who has the key.
func TestPlaygroundSigned(t *testing.T) {
	s := start(t, "security:\n  signature: required\n  keys: [a-key-of-some-length]\n")
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	p := openPlayground(t, s, "#source="+id+"&size=120x90&fit=fill")
	p.eventually(`document.querySelector("#signatures").textContent.includes("signed") && !document.querySelector("#key-error").hidden`)
	p.enterKey(s.key)
	p.showsResult(120, 90)
	signed := p.text("#snippet-url")
	if !strings.Contains(signed, "sig=") {
		t.Fatalf("URL %s", signed)
	}
	s.picture(strings.TrimPrefix(signed, s.url))

	elsewhere := s.get("/explain/resize/100x/http://other.example/cat.jpg", "Authorization", "Bearer "+s.key)
	if told := elsewhere.json(t); told["url"] != nil || told["problem"] == nil {
		t.Errorf("a source that is not allowed is signed: %s", elsewhere.body)
	}
}

func TestPlaygroundSizes(t *testing.T) {
	s := start(t, "sizes:\n  mode: list\n  list: [100x, 64x48]\npresets:\n  gray: 80x,grayscale=true,format=png\n")
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	p := openPlayground(t, s, "#source="+id+"&size=64x48")
	p.showsResult(64, 48)
	p.set("#size-preset", "@gray")
	p.eventually(`document.querySelector("#number-pixels b")?.textContent.startsWith("80 ×") && document.querySelector("#number-format b").textContent == "PNG"`)
	pixel := p.pixel(0.5, 0.5)
	if pixel[0] != pixel[1] || pixel[1] != pixel[2] {
		t.Errorf("not gray: %v", pixel)
	}
}

// accessible are the names of what the page has for assistive technology, with
// their roles; of certain roles.
func (p *playground) accessible(roles ...string) map[string]string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, stepPatience)
	defer cancel()
	tree, err := chromedp.Call(ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	must(p.t, err)
	names := map[string]string{}
	for _, node := range tree.Nodes {
		if node.Ignored || node.Role == nil {
			continue
		}
		role, name := text(node.Role), text(node.Name)
		if slices.Contains(roles, role) {
			names[name] = role
		}
	}
	return names
}

func text(of *accessibility.Value) string {
	var word string
	if of == nil || json.Unmarshal(of.Value, &word) != nil {
		return ""
	}
	return strings.TrimSpace(word)
}

// TestPlaygroundIsAccessible: every control has a name, headings are in order, and no
// text has too little contrast, in both schemes, before and after there is a result.
func TestPlaygroundIsAccessible(t *testing.T) {
	s := start(t, "presets:\n  thumb: 160x160\n")
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	p := openPlayground(t, s, "")
	p.eventually(`document.querySelector("#view canvas")`)
	p.checkAccess("empty")
	p.enterKey(s.key)
	value[any](p.tab, fmt.Sprintf(`location.hash = "source=%s&size=300x&quality=500"`, id))
	p.eventually(`!document.querySelector("#option-quality-error").hidden`)
	p.choose("png-24bit.png")
	p.eventually(`document.querySelector("#uploads .done")`)
	value[any](p.tab, `document.querySelectorAll("details").forEach(one => one.open = true)`)
	p.checkAccess("error")
	value[any](p.tab, fmt.Sprintf(`location.hash = "source=%s&size=300x&blur=2&rotate=10"`, id))
	p.eventually(`document.querySelector("#snippet-picture")`)
	p.checkAccess("result")
	p.viewport(390, 844, true)
	p.checkAccess("phone")
	if got := value[int](p.tab, `document.documentElement.scrollWidth`); got > 390 {
		t.Errorf("a phone has to scroll sideways: the page is %d pixels wide", got)
	}
}

func (p *playground) checkAccess(when string) {
	p.t.Helper()
	controls := []string{"button", "checkbox", "switch", "radio", "textbox", "searchbox", "combobox", "slider", "spinbutton", "ColorWell", "link", "progressbar", "image", "img", "DisclosureTriangle", "Date", "DateTime", "InputTime"}
	if role, nameless := p.accessible(controls...)[""]; nameless {
		p.t.Errorf("%s: a %s has no name", when, role)
	}
	for _, scheme := range []string{"light", "dark"} {
		p.media("prefers-color-scheme", scheme)
		for _, fault := range value[[]string](p.tab, contrastScript) {
			p.t.Errorf("%s, %s: %s", when, scheme, fault)
		}
	}
	p.media()
	if got := value[string](p.tab, `[...document.querySelectorAll("h1, h2, h3")].filter(h => h.checkVisibility()).map(h => h.localName[1]).join("")`); !regexp.MustCompile(`^1(23*)+$`).MatchString(got) {
		p.t.Errorf("%s: levels of headings %s", when, got)
	}
}

// contrastScript finds texts whose contrast with their ground is less than 4.5, or 3
// where they are large: WCAG 2.2, 1.4.3. What is disabled has no such bound.
const contrastScript = `(() => {
	const parse = (text) => { const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number); return [r, g, b, a]; };
	const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
	const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
		.reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
	const ground = (element) => {
		const own = element ? parse(getComputedStyle(element).backgroundColor) : [255, 255, 255, 1];
		return own[3] === 1 ? own : over(own, ground(element.parentElement));
	};
	const faults = new Set();
	const judge = (element, text, color) => {
		const style = getComputedStyle(element);
		const large = parseFloat(style.fontSize) >= 24;
		const under = ground(element);
		const [a, b] = [light(over(parse(color ?? style.color), under)), light(under)];
		const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (contrast < (large ? 3 : 4.5)) faults.add(contrast.toFixed(2) + " " + element.localName + "." + element.className + " " + text.trim().slice(0, 40));
	};
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	let texts = 0;
	while (walker.nextNode()) {
		const element = walker.currentNode.parentElement;
		if (!walker.currentNode.data.trim() || !element.checkVisibility({visibilityProperty: true}) || element.closest(".tag, :disabled, option, datalist")) continue;
		judge(element, walker.currentNode.data);
		texts++;
	}
	for (const field of document.querySelectorAll("input:not([type=checkbox], [type=radio], [type=range], [type=color], [type=file]), select, textarea")) {
		if (field.checkVisibility() && getComputedStyle(field).opacity === "1") judge(field, field.value || field.placeholder || "");
		if (field.placeholder) judge(field, field.placeholder, getComputedStyle(field, "::placeholder").color);
	}
	if (texts < 50) faults.add("only " + texts + " texts were seen");
	return [...faults];
})()`

// TestPlaygroundDropsStaleAnswers: an answer that comes late is not shown over a
// newer one, and its request is given up.
func TestPlaygroundDropsStaleAnswers(t *testing.T) {
	s := start(t, "")
	id := s.upload(resource(t, "jpg-24bit-icc-iec.jpg"))
	p := openPlayground(t, s, "#source="+id)
	p.eventually(`document.querySelector("#snippet-url")`)
	for width := 100; width < 140; width += 10 {
		p.set("#size-width", fmt.Sprint(width))
		time.Sleep(260 * time.Millisecond) // about what it waits for more changes
	}
	p.set("#size-width", "77")
	p.eventually(`document.querySelector("#number-pixels b")?.textContent.startsWith("77 ×")`)
	time.Sleep(time.Second)
	if got := p.text("#number-pixels b"); !strings.HasPrefix(got, "77 ×") {
		t.Errorf("shown is %s", got)
	}
}
