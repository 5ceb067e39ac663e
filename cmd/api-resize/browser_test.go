package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// screenshotsVariable names a folder that screenshots are kept in. Without it
// they are gone with the test. The program would refuse a variable of its own
// prefix that it does not know.
const screenshotsVariable = "TEST_SCREENSHOTS"

// Bounds of what a browser does: of one step, and of one test.
const (
	stepPatience = 30 * time.Second
	tabPatience  = 4 * time.Minute
)

// chromium is one browser, which all tests of this binary share; each has a
// profile of its own in it.
var chromium struct {
	once sync.Once
	path string // empty where there is none
	ctx  context.Context
	stop func()
	err  error
}

// startChromium starts the browser when the first test wants it.
func startChromium() {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			chromium.path = found
			break
		}
	}
	if chromium.path == "" {
		return
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium.path),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("no-proxy-server", true),
		// What asks for another host fails, whether this machine could reach it or not.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		// Chromium's own sandbox refuses to be started by root.
		chromedp.Flag("no-sandbox", os.Geteuid() == 0),
	)
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stopBrowser := chromedp.NewContext(allocator)
	chromium.ctx, chromium.stop = ctx, func() { stopBrowser(); stopAllocator() }
	chromium.err = chromedp.Do(ctx)
}

// stopChromium ends the browser if one was started.
func stopChromium() {
	if chromium.stop != nil {
		chromium.stop()
	}
}

// tab is one page of the browser. It hears everything that a page should not do.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	requests   []string // URLs, in the order in which they were asked for
	failures   []string // requests that were answered with an error, as the console tells of them
	errors     []string // of the console, and exceptions that nobody caught
	violations []string // of a Content-Security-Policy
}

// openTab opens a page with a profile of its own: no cookies, storage or cache of
// other tests. When the test ends, the page must have had no fault.
func openTab(t *testing.T) *tab {
	t.Helper()
	chromium.once.Do(startChromium)
	if chromium.path == "" {
		t.Skip("there is no Chromium here: deploy/install chromium")
	}
	if chromium.err != nil {
		t.Fatalf("%s does not start: %v", chromium.path, chromium.err)
	}
	bounded, cancel := context.WithTimeout(chromium.ctx, tabPatience)
	t.Cleanup(cancel)
	return newTab(t, bounded, chromedp.WithNewBrowserContext())
}

// another opens a second page in the same profile.
func (b *tab) another() *tab {
	b.t.Helper()
	return newTab(b.t, b.ctx)
}

func newTab(t *testing.T, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	b := &tab{t: t}
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(b.hear))...)
	b.ctx = ctx
	t.Cleanup(func() {
		b.hasNoFault()
		cancel()
	})
	// The first run is what the page lives as long as: it has no bound of its own.
	must(t, chromedp.Do(ctx, command(audits.Enable, cdp.Empty{}),
		// Every page believes that it is looked at, though only one can be.
		command(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})))
	b.media()
	return b
}

// command makes a step of a command of the protocol whose answer does not matter.
func command[P, R any](name cdp.Command[P, R], parameters P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, name, parameters)
		return err
	})
}

// hear takes down what the page does.
func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, event.Request.URL)
	case *runtime.EventExceptionThrown:
		thrown := event.ExceptionDetails.Text
		if event.ExceptionDetails.Exception != nil {
			thrown += " " + event.ExceptionDetails.Exception.Description
		}
		b.errors = append(b.errors, thrown)
	case *runtime.EventConsoleAPICalled:
		if event.Type == runtime.ConsoleAPICalledTypeError || event.Type == runtime.ConsoleAPICalledTypeWarning {
			b.errors = append(b.errors, consoleText(event.Args))
		}
	case *audits.EventIssueAdded:
		if csp := event.Issue.Details.ContentSecurityPolicyIssueDetails; csp != nil {
			b.violations = append(b.violations, csp.ViolatedDirective+" "+csp.BlockedURL)
		}
	case *log.EventEntryAdded:
		entry := fmt.Sprintf("%s: %s", event.Entry.URL, event.Entry.Text)
		switch {
		case event.Entry.Source == log.EntrySourceNetwork:
			b.failures = append(b.failures, entry)
		case event.Entry.Level == log.EntryLevelError:
			b.errors = append(b.errors, entry)
		}
	}
}

func consoleText(arguments []*runtime.RemoteObject) string {
	var words []string
	for _, argument := range arguments {
		words = append(words, fmt.Sprint(string(argument.Value), argument.Description))
	}
	return strings.Join(words, " ")
}

// heard copies one of the lists.
func (b *tab) heard(list *[]string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(*list)
}

// hasNoFault fails the test for what the page has done wrong until now: errors of
// scripts, and what its Content-Security-Policy forbids. Requests that were
// answered with an error are no fault: tests ask for them.
func (b *tab) hasNoFault() {
	b.t.Helper()
	for _, text := range b.heard(&b.errors) {
		b.t.Errorf("the page has an error: %s", text)
	}
	for _, text := range b.heard(&b.violations) {
		b.t.Errorf("the page does what its policy forbids: %s", text)
	}
}

// asksOnly fails the test when the page has asked for anything at other hosts
// than those of the URLs.
func (b *tab) asksOnly(allowed ...string) {
	b.t.Helper()
	for _, asked := range b.foreign(allowed...) {
		b.t.Errorf("the page asked for %s", asked)
	}
}

// foreign are the requests to other hosts than those of the URLs.
func (b *tab) foreign(allowed ...string) []string {
	return slices.DeleteFunc(b.heard(&b.requests), func(asked string) bool {
		scheme, _, _ := strings.Cut(asked, ":")
		return slices.Contains([]string{"data", "blob", "about"}, scheme) ||
			slices.ContainsFunc(allowed, func(base string) bool { return strings.HasPrefix(asked, base+"/") })
	})
}

// run does steps, each of which must be done in time.
func (b *tab) run(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for i, step := range steps {
		ctx, cancel := context.WithTimeout(b.ctx, stepPatience)
		err := chromedp.Do(ctx, step)
		cancel()
		if err != nil {
			b.screenshot("failed")
			b.t.Fatalf("step %d: %v; errors of the page: %v", i, err, b.heard(&b.errors))
		}
	}
}

// open goes to a URL and returns when the page has loaded.
func (b *tab) open(target string) {
	b.t.Helper()
	b.run(chromedp.Navigate(target))
}

// value evaluates JavaScript, a promise to its end, and returns the result.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepPatience)
	defer cancel()
	result, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.screenshot("failed")
		b.t.Fatalf("%s: %v", expression, err)
	}
	return result
}

// eventually returns when a JavaScript expression is true.
func (b *tab) eventually(expression string) {
	b.t.Helper()
	for deadline := time.Now().Add(stepPatience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if value[bool](b, "Boolean("+expression+")") {
			return
		}
	}
	b.screenshot("failed")
	b.t.Fatalf("never true: %s; errors of the page: %v, failed requests: %v", expression, b.heard(&b.errors), b.heard(&b.failures))
}

// click clicks what a CSS selector finds first, where a hand would.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.run(chromedp.Click(chromedp.CSS(selector)))
}

// text is what a reader sees in what a CSS selector finds first.
func (b *tab) text(selector string) string {
	b.t.Helper()
	return value[string](b, fmt.Sprintf("document.querySelector(%q).innerText", selector))
}

// press types keys, as a keyboard would, into what has the focus; package kb
// of chromedp has those without a letter.
func (b *tab) press(keys string) {
	b.t.Helper()
	b.run(chromedp.KeyEvent(keys))
}

// viewport makes the window so many CSS pixels large; phone also makes it one
// with a touch screen.
func (b *tab) viewport(width, height int64, phone bool) {
	b.t.Helper()
	if phone {
		b.run(chromedp.EmulateViewport(width, height, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulatePortrait))
		return
	}
	b.run(chromedp.EmulateViewport(width, height))
}

// media makes CSS see a feature with a value, such as prefers-color-scheme dark.
// Features that are not named are as usual, but for motion: a page that scrolls
// smoothly has moved away from under the mouse before it clicks.
func (b *tab) media(namesAndValues ...string) {
	b.t.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		features = append(features, &emulation.MediaFeature{Name: namesAndValues[i], Value: namesAndValues[i+1]})
	}
	b.run(command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}))
}

// allow grants the page a permission, such as clipboard-read.
func (b *tab) allow(origin, permission string) {
	b.t.Helper()
	_, err := chromedp.CallBrowser(b.ctx, browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: permission}, Setting: browser.PermissionSettingGranted,
		Origin: origin, BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
	})
	must(b.t, err)
}

// screenshot writes the whole page as a PNG file and returns its name.
func (b *tab) screenshot(name string) string {
	b.t.Helper()
	folder := os.Getenv(screenshotsVariable)
	if folder == "" {
		folder = b.t.TempDir()
	}
	ctx, cancel := context.WithTimeout(b.ctx, stepPatience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Logf("no screenshot: %v", err)
		return ""
	}
	must(b.t, os.MkdirAll(folder, 0o750))
	file := filepath.Join(folder, strings.ReplaceAll(b.t.Name(), "/", "-")+"-"+name+".png")
	must(b.t, os.WriteFile(file, picture, 0o600))
	return file
}
