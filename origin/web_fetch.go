package origin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

// headerBytes bounds the header of an answer.
const headerBytes = 64 << 10

// errOurTimeout marks the end of our own deadline, to tell it from the caller's.
var errOurTimeout = errors.New("the time for one original is over")

// fetcher gets one URL from the hosts of a list. Web and every Base have their
// own, since they allow different hosts and so can't share connections; places
// and breakers per host and the counters are common.
type fetcher struct {
	config    WebConfig
	hosts     hostList
	transport *http.Transport
	gates     *gates
	breakers  *breakers
	counters  *counters
}

func newFetcher(c WebConfig, hosts hostList, g *gates, b *breakers, n *counters) *fetcher {
	return &fetcher{config: c, hosts: hosts, gates: g, breakers: b, counters: n, transport: &http.Transport{
		// A proxy from the environment would be what the guard sees.
		Proxy:                  nil,
		DialContext:            newDialer(hosts, c).dialContext,
		TLSHandshakeTimeout:    c.TLSTimeout,
		ResponseHeaderTimeout:  c.FirstByteTimeout,
		MaxResponseHeaderBytes: headerBytes,
		// Decoding is done in content_coding.go, under the byte limit.
		DisableCompression:  true,
		ForceAttemptHTTP2:   true,
		HTTP2:               &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: c.FirstByteTimeout},
		MaxIdleConns:        256,
		MaxIdleConnsPerHost: c.PerHost,
		IdleConnTimeout:     60 * time.Second,
	}}
}

// answer is a response whose body is still to be read. done gives the place at
// the host back and must be called.
type answer struct {
	resp     *http.Response
	leave    func()
	sent     time.Time
	received time.Time
}

func (a *answer) done() {
	a.resp.Body.Close()
	a.leave()
}

// open fetches t. The time-out covers the body, so cancel travels with it.
func (f *fetcher) open(parent context.Context, t target, name string, have Validators) (*Original, error) {
	ctx, cancel := context.WithTimeoutCause(parent, f.config.Timeout, errOurTimeout)
	original, err := f.original(ctx, cancel, parent, t, have)
	if err != nil {
		cancel()
		err = classify(parent, ctx, err)
		f.counters.ended(err)
		return nil, err
	}
	original.Name = name
	return original, nil
}

func (f *fetcher) original(ctx context.Context, cancel func(), parent context.Context, t target, have Validators) (*Original, error) {
	a, hops, err := f.follow(ctx, t, have)
	if err != nil {
		return nil, err
	}
	if contradicts(a, have) {
		// The 304 is about a version we don't have (RFC 9111 §4.3.4).
		a.done()
		have = Validators{}
		if a, hops, err = f.follow(ctx, t, have); err != nil {
			return nil, err
		}
	}
	if err := checkStatus(a, have); err != nil {
		a.done()
		return nil, err
	}
	notModified := a.resp.StatusCode == http.StatusNotModified
	if notModified {
		renew(a.resp.Header, have)
	}
	original := &Original{NotModified: notModified, Size: -1, Validators: validatorsOf(a.resp.Header)}
	original.Modified = modified(original.Validators)
	original.Freshness = hops.over(freshnessOf(a.resp.Header, a.sent, a.received, f.config.ages()))
	if notModified {
		a.done()
		cancel()
		f.counters.results["not_modified"].Add(1)
		return original, nil
	}
	original.Body, original.Size, err = f.newBody(ctx, cancel, parent, a)
	if err != nil {
		a.done()
		return nil, err
	}
	return original, nil
}

// checkStatus: RFC 9110 has many ways to succeed, but only 200 is all of an
// image, as is 203, a 200 that a proxy on the way has changed (§15.3.4), and 304
// only for who asked conditionally.
func checkStatus(a *answer, have Validators) error {
	status := a.resp.StatusCode
	switch {
	case status == http.StatusOK || status == http.StatusNonAuthoritativeInfo:
		return nil
	case status == http.StatusNotModified && have != Validators{}:
		return nil
	case status == http.StatusNotFound || status == http.StatusGone:
		return fmt.Errorf("%w: status %d", ErrOriginNotFound, status)
	}
	return afterRefusal(a, &StatusError{status})
}

// hops is what the redirects on the way say about freshness.
type hops struct {
	any   bool
	fresh Freshness
}

func (h *hops) add(f Freshness) {
	if h.any {
		f = h.fresh.earlier(f)
	}
	h.any, h.fresh = true, f
}

func (h hops) over(f Freshness) Freshness {
	if !h.any {
		return f
	}
	return h.fresh.earlier(f)
}

// allows reports whether the list lets t be asked.
func (f *fetcher) allows(t target) error {
	if _, ok := f.hosts.permits(t.host, t.port); !ok {
		return fmt.Errorf("%w: host or port is not in the list", ErrNotAllowed)
	}
	return nil
}

// follow asks for t and whatever it redirects to, each target checked like the
// first.
func (f *fetcher) follow(ctx context.Context, t target, have Validators) (*answer, hops, error) {
	var passed hops
	for hop := 0; ; hop++ {
		if err := f.allows(t); err != nil {
			return nil, passed, err
		}
		a, err := f.ask(ctx, t, have)
		if err != nil {
			return nil, passed, err
		}
		if !isRedirect(a.resp.StatusCode) {
			return a, passed, nil
		}
		a.done()
		if hop == f.config.Redirects {
			return nil, passed, fmt.Errorf("%w: more than %d redirects", ErrFailed, f.config.Redirects)
		}
		f.heed(&passed, a)
		if t, err = redirected(t, a.resp); err != nil {
			return nil, passed, err
		}
	}
}

// heed takes the freshness of a redirect into account: what it leads to may
// change before the target does. A permanent one without a life limits nothing
// (RFC 9110 §15.4: 301 and 308 are cacheable by themselves). For the others
// nothing longer than the operator's word is guessed (RFC 9111 §4.2.2).
func (f *fetcher) heed(passed *hops, a *answer) {
	h := a.resp.Header
	permanent := a.resp.StatusCode == http.StatusMovedPermanently || a.resp.StatusCode == http.StatusPermanentRedirect
	if permanent && len(h.Values("Cache-Control")) == 0 && len(h.Values("Expires")) == 0 {
		return
	}
	if !permanent {
		h.Del("Last-Modified")
	}
	passed.add(freshnessOf(h, a.sent, a.received, f.config.ages()))
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// redirected is the target of a Location, which may be relative.
func redirected(from target, resp *http.Response) (target, error) {
	location := resp.Header.Get("Location")
	if location == "" {
		return target{}, fmt.Errorf("%w: status %d without Location", ErrFailed, resp.StatusCode)
	}
	reference, err := url.Parse(location)
	if err != nil {
		return target{}, fmt.Errorf("%w: Location is not a URL", ErrFailed)
	}
	return parseTarget(from.url.ResolveReference(reference).String())
}

// ask makes one request and, where that is safe, one more. Between them the
// place at the host is free for others.
func (f *fetcher) ask(ctx context.Context, t target, have Validators) (*answer, error) {
	a, pause, err := f.attempt(ctx, t, have, true)
	if pause == 0 {
		return a, err
	}
	if a != nil {
		a.done()
	}
	wait := time.NewTimer(pause)
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-wait.C:
	}
	if err := f.refusal(t); err != nil {
		return nil, err // others have found the host broken meanwhile
	}
	f.counters.retries.Add(1)
	a, _, err = f.attempt(ctx, t, have, false)
	return a, err
}

// refusal is why nothing may be sent to t's host now, if so.
func (f *fetcher) refusal(t target) error {
	err := f.breakers.refusal(t.hostPort())
	if err != nil {
		f.counters.refused.Add(1)
	}
	return err
}

// admit waits for a place at t's host. An open breaker is looked at before, so
// that nobody waits for nothing, and asked after, since waiting takes time.
func (f *fetcher) admit(ctx context.Context, t target) (judge func(error), leave func(), err error) {
	if err := f.refusal(t); err != nil {
		return nil, nil, err
	}
	place, err := f.gates.enter(ctx, t.url.Host)
	if err != nil {
		return nil, nil, err
	}
	judge, err = f.breakers.enter(t.hostPort())
	if err != nil {
		f.counters.refused.Add(1)
		place()
		return nil, nil, err
	}
	f.counters.open.Add(1)
	return judge, func() {
		f.counters.open.Add(-1)
		place()
	}, nil
}

// attempt sends one request. Nothing of the client's request goes into it. It
// returns a pause when the request is worth another after that, and may have one:
// then it says nothing of the host, since a fetch speaks once, by its last
// attempt.
func (f *fetcher) attempt(ctx context.Context, t target, have Validators, mayRepeat bool) (a *answer, pause time.Duration, err error) {
	judge, leave, err := f.admit(ctx, t)
	if err != nil {
		return nil, 0, err
	}
	ctx, span := attemptSpan(ctx, t, !mayRepeat)
	var heard atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotFirstResponseByte: func() { heard.Store(true) },
	})
	req := (&http.Request{Method: http.MethodGet, URL: t.url, Host: t.url.Host, Header: f.header(have)}).WithContext(ctx)
	if f.config.PassTrace {
		passOn(ctx, req.Header)
	}
	sent := time.Now()
	resp, err := f.transport.RoundTrip(req) //nolint:bodyclose // the caller gets the body
	verdict := f.verdict(ctx, sent, resp, err)
	answered(span, resp, err)
	if err == nil {
		a = &answer{resp: resp, leave: func() { span.End(); leave() }, sent: sent, received: time.Now()}
	} else if !heard.Load() {
		err = &unanswered{err}
	}
	if mayRepeat {
		pause = pauseWithin(ctx, a, err)
	}
	if pause > 0 {
		verdict = errNoVerdict
	}
	judge(verdict)
	if err != nil {
		span.End()
		leave()
	}
	return a, pause, err
}

func (f *fetcher) header(have Validators) http.Header {
	h := http.Header{
		"User-Agent": {f.config.UserAgent},
		"Accept":     {"image/*,*/*;q=0.1"},
		// Images are compressed already; a coding only hides their length.
		"Accept-Encoding": {"identity"},
	}
	if have.ETag != "" {
		h.Set("If-None-Match", have.ETag)
	}
	if have.LastModified != "" {
		h.Set("If-Modified-Since", have.LastModified)
	}
	return h
}

// classify turns what went wrong into one of the package's errors, or, when
// the caller's context ended, into its cause. Other causes are flattened into
// text, so that none of them is mistaken for the caller's.
func classify(parent, ctx context.Context, err error) error {
	for _, own := range []error{ErrNotAllowed, ErrTooLarge, ErrBusy, ErrOriginNotFound, ErrFailed, ErrTimeout} {
		if errors.Is(err, own) {
			return err
		}
	}
	switch {
	case parent.Err() != nil:
		return fmt.Errorf("fetching the original: %w", context.Cause(parent))
	case errors.Is(context.Cause(ctx), errOurTimeout) || isTimeout(err):
		return fmt.Errorf("%w: %v", ErrTimeout, err)
	}
	return fmt.Errorf("%w: %v", ErrFailed, err)
}
