package origin

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestParseTarget(t *testing.T) {
	for raw, want := range map[string]string{
		"http://example.com":                          "http://example.com/",
		"https://EXAMPLE.com./a?b=c#d":                "https://example.com/a?b=c",
		"http://example.com:80/":                      "http://example.com/",
		"http://example.com:/":                        "http://example.com/",
		"https://example.com:80/":                     "https://example.com:80/",
		"HTTPS://example.com:443/":                    "https://example.com/",
		"http://bücher.example/ü":                     "http://xn--bcher-kva.example/%C3%BC",
		"http://BÜCHER.example/":                      "http://xn--bcher-kva.example/",
		"http://例え.テスト/":                              "http://xn--r8jz45g.xn--zckzah/",
		"http://[::1]:8080/x":                         "http://[::1]:8080/x",
		"http://[0:0::1]/x":                           "http://[::1]/x",
		"http://[::ffff:127.0.0.1]/":                  "http://127.0.0.1/",
		"http://example.com/a%2Fb/..//c":              "http://example.com/a%2Fb/..//c",
		"http://example.com/?a b\u00e9":               "http://example.com/?a%20b%C3%A9",
		"http://a_b.example/":                         "http://a_b.example/",
		"http://127.0.0.1:9/":                         "http://127.0.0.1:9/",
		"http://xn--bcher-kva.example/":               "http://xn--bcher-kva.example/",
		"http://example.com:65535/" + "%41/%ff%00abc": "http://example.com:65535/%41/%ff%00abc",
	} {
		got, err := parseTarget(raw)
		if err != nil || got.url.String() != want {
			t.Errorf("parseTarget(%q) = %v, %v; want %s", raw, got.url, err, want)
		}
	}
}

var refusedURLs = []string{
	"", "/a", "example.com", "//example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com:70/_",
	"http:example.com", "http:///a", "http://", "http://:80/", "http://user@example.com/", "http://user:pw@example.com/", "http://@example.com/",
	"http://example.com:0/", "http://example.com:65536/", "http://example.com:x/", "http://a..b/", "http://.a/",
	"http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://017700000001/", "http://127.0.0.0x1/", "http://127.0.0.1.1/",
	"http://[fe80::1%25eth0]/", "http://[::1/", "http://exa mple.com/", "http://example.com\r\nX: y/", "http://example.com\x00/", "http://ex%61mple.com/",
	"http://example.com\\@127.0.0.1/", "http://" + strings.Repeat("a", 64) + ".example/", "http://" + strings.Repeat("a.", 130) + "example/",
	"http://example.com/" + strings.Repeat("a", urlBytes), "http://a*b/", "http://*.example/", "http://１２７.０.０.１/", "http://127。0。0。1/\xff",
}

func TestParseTargetRefuses(t *testing.T) {
	for _, raw := range refusedURLs {
		got, err := parseTarget(raw)
		// Full-width digits may stay: such a name resolves to nothing.
		if err == nil && strings.HasPrefix(got.host, "xn--") {
			continue
		}
		if !errors.Is(err, ErrNotAllowed) {
			t.Errorf("parseTarget(%.80q) = %v, %v; want ErrNotAllowed", raw, got.url, err)
		}
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, raw := range refusedURLs {
		f.Add(raw)
	}
	f.Add("http://bücher.example:8080/a b?c d#e")
	list, err := newHostList([]string{"allowed.example", "*.suffix.example:8080"}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := parseTarget(raw)
		if err != nil {
			if !errors.Is(err, ErrNotAllowed) {
				t.Fatal(err)
			}
			return
		}
		text := got.url.String()
		again, err := parseTarget(text)
		if err != nil || again.url.String() != text || again.host != got.host || again.port != got.port {
			t.Fatalf("%q became %q, and that %v, %v", raw, text, again.url, err)
		}
		u, err := url.Parse(text)
		if err != nil || u.User != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() != got.host {
			t.Fatalf("%q became %q with host %q, %v", raw, text, got.host, err)
		}
		if strings.ContainsFunc(u.RequestURI(), func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("%q gives the request line %q", raw, u.RequestURI())
		}
		if _, ok := list.permits(got.host, got.port); ok && got.host != "allowed.example" && !strings.HasSuffix(got.host, ".suffix.example") {
			t.Fatalf("%q is permitted as %q", raw, got.host)
		}
	})
}

func TestPunycode(t *testing.T) {
	// From RFC 3492 §7.1, and names in use.
	for label, want := range map[string]string{
		"ليهمابتكلموشعربي؟":            "egbpdaj6bu4bxfgehfvwxn",
		"他们为什么不说中文":                    "ihqwcrb4cv8a8dqg056pqjye",
		"pročprostěnemluvíčesky":       "proprostnemluvesky-uyb24dma41a",
		"почемужеонинеговорятпорусски": "b1abfaaepdrnnbgefbadotcwatmq2g4l",
		"3年b組金八先生":                     "3b-ww4c5e180e575a65lsy2b",
		"münchen":                      "mnchen-3ya",
		"ü":                            "tda",
	} {
		if got, err := punycode(label); err != nil || got != want {
			t.Errorf("punycode(%q) = %q, %v; want %q", label, got, err, want)
		}
	}
}

func TestHostList(t *testing.T) {
	list, err := newHostList([]string{
		"Example.com.", "*.cdn.example", "only.example:8080", "127.0.0.1", "[::1]", "[fd00::1]:9000", "bücher.example", " spaced.example ",
	}, []string{"127.0.0.0/8", "10.1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		host string
		port uint16
		want permit
		ok   bool
	}{
		{"example.com", 80, permit{networks: true}, true},
		{"example.com", 443, permit{networks: true}, true},
		{"example.com", 8080, permit{networks: true}, true}, // the dialler decides: in an allowed network or not
		{"www.example.com", 80, permit{}, false},
		{"badexample.com", 80, permit{}, false},
		{"a.cdn.example", 443, permit{networks: true}, true},
		{"a.b.cdn.example", 443, permit{networks: true}, true},
		{"cdn.example", 443, permit{}, false},
		{"xcdn.example", 443, permit{}, false},
		{"only.example", 8080, permit{port: true, networks: true}, true},
		{"only.example", 80, permit{}, false},
		{"127.0.0.1", 5000, permit{networks: true}, true},
		{"127.0.0.2", 80, permit{}, false},
		{"::1", 80, permit{networks: true}, true},
		{"fd00::1", 9000, permit{port: true, networks: true}, true},
		{"fd00::1", 80, permit{}, false},
		{"xn--bcher-kva.example", 80, permit{networks: true}, true},
		{"spaced.example", 80, permit{networks: true}, true},
	} {
		if got, ok := list.permits(test.host, test.port); got != test.want || ok != test.ok {
			t.Errorf("permits(%s, %d) = %+v, %v; want %+v, %v", test.host, test.port, got, ok, test.want, test.ok)
		}
	}
}

func TestHostListEveryPublicHost(t *testing.T) {
	list, err := newHostList([]string{"*", "media.internal"}, []string{"10.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		host    string
		port    uint16
		ok      bool
		private bool // may lead to 10.0.0.1
	}{
		{"example.com", 443, true, false},
		{"example.com", 8443, false, false},
		{"10.0.0.1", 80, true, false},
		{"media.internal", 9000, true, true},
	} {
		got, ok := list.permits(test.host, test.port)
		d := dialer{hosts: list}
		private := ok && d.check(got, "tcp4", netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), test.port).String()) == nil
		if ok != test.ok || private != test.private {
			t.Errorf("%s:%d: allowed %v, into the network %v; want %v, %v", test.host, test.port, ok, private, test.ok, test.private)
		}
	}
}

func TestGuardAddresses(t *testing.T) {
	d := dialer{}
	for _, address := range []string{
		"127.0.0.1:80", "127.8.9.1:80", "0.0.0.0:80", "10.0.0.1:80", "172.16.0.1:80", "192.168.1.1:80", "169.254.169.254:80",
		"100.64.0.1:80", "224.0.0.1:80", "255.255.255.255:80", "[::]:80", "[::1]:80", "[fe80::1]:80", "[fd00::1]:80", "[ff02::1]:80",
		"[::ffff:10.0.0.1]:80", "[64:ff9b::7f00:1]:80", "[2002:7f00:1::]:80", "8.8.8.8:22", "[2606:4700::1111]:8080",
	} {
		if err := d.check(permit{}, "tcp4", address); !errors.Is(err, ErrNotAllowed) {
			t.Errorf("%s: %v, want ErrNotAllowed", address, err)
		}
	}
	for _, address := range []string{"8.8.8.8:80", "[2606:4700::1111]:443"} {
		if err := d.check(permit{}, "tcp6", address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	if err := d.check(permit{}, "udp4", "8.8.8.8:80"); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("udp: %v", err)
	}
}

func TestWebConfigValidate(t *testing.T) {
	if err := DefaultWebConfig().Validate(); err != nil {
		t.Fatal(err)
	}
	c := WebConfig{
		Allow:         []string{"http://x/", "a:0", "", "*.", "ok.example"},
		AllowNetworks: []string{"10.0.0.0/33", "::ffff:10.0.0.0/104", "fe80::1%eth0"},
		Redirects:     11, DefaultAge: -1, MinAge: 1, UserAgent: "a\nb",
		StaleWhileRevalidate: -1, StaleIfError: -1, BreakerFailures: 1001, BreakerPause: time.Hour,
	}
	err := c.Validate()
	for _, want := range []string{
		`allow: got "http://x/"`, `allow: got "a:0"`, `allow: got ""`, `allow: got "*."`, `allow_networks: got "10.0.0.0/33"`, `allow_networks: got "::ffff`, `allow_networks: got "fe80`,
		"dns_timeout: got 0s", "connect_timeout", "tls_timeout", "first_byte_timeout", "queue_timeout", "http.timeout", "redirects: got 11", "per_host: got 0",
		"max_bytes: got 0", "max_age: got 0s", "default_age: got -1ns", "stale_while_revalidate: got -1ns", "stale_if_error: got -1ns", "breaker_failures: got 1001", "breaker_pause: got 1h0m0s", `user_agent: got "a\nb"`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
	if _, err := NewWeb(c); err == nil {
		t.Error("NewWeb took it")
	}
}

func TestBaseJoin(t *testing.T) {
	for _, test := range []struct{ base, path, want string }{
		{"http://h/img/", "a/b c.jpg", "http://h/img/a/b%20c.jpg"},
		{"http://h", "a.jpg", "http://h/a.jpg"},
		{"http://h/i?sig=x%2F", "a?b#c%41.jpg", "http://h/i/a%3Fb%23c%2541.jpg?sig=x%2F"},
		{"http://h/a%2Fb", "ü;v=1/@x:y", "http://h/a%2Fb/%C3%BC%3Bv=1/@x:y"},
	} {
		base, err := parseTarget(test.base)
		if err != nil {
			t.Fatal(err)
		}
		if got := joined(base.url, test.path).String(); got != test.want {
			t.Errorf("%s + %s = %s, want %s", test.base, test.path, got, test.want)
		}
	}
}

func TestStaysBelowTwice(t *testing.T) {
	for _, path := range []string{"a", "a/b.jpg", "..a/b..", "a%", "100%.jpg", "a%20b", "...", "ü"} {
		if !staysBelowTwice(path) {
			t.Errorf("%q refused", path)
		}
	}
	for _, path := range []string{
		"", "/", "..", "../a", "a/../b", "a/..", `..\a`, `a\..\b`, `\a`, "%2e%2e/a", "%2E./a", "%252e%252e/a", "a/%2e%2e%2fb", "%2fetc", "..%5ca", "a%00", "a\x00", "%25252525",
	} {
		if staysBelowTwice(path) {
			t.Errorf("%q taken", path)
		}
	}
}
