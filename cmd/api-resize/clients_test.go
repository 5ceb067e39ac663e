package main

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// withServer is the usual configuration with more keys of server.
func withServer(keys string) string {
	return strings.Replace(patient, "server: {", "server: {"+keys+", ", 1)
}

// TestClientInTheLog: the log names whom a trusted proxy has named, and nobody
// whom a stranger has.
func TestClientInTheLog(t *testing.T) {
	behind := start(t, withServer("trusted_proxies: [127.0.0.0/8, 10.0.0.7]"))
	direct := start(t, patient)
	for i, test := range []struct {
		s    *service
		want string
	}{{behind, "198.51.100.7"}, {direct, "127.0.0.1"}} {
		test.s.ask("GET", "/images/nothing", "X-Request-Id: mine", "X-Forwarded-For: 203.0.113.9, 198.51.100.7", "X-Forwarded-For: 10.0.0.7")
		waitFor(t, "the log", func() bool {
			for _, entry := range test.s.entries("request") {
				if entry["http.request.id"] == "mine" {
					if entry["client.address"] != test.want {
						t.Errorf("%d: client %v, want %s", i, entry["client.address"], test.want)
					}
					return true
				}
			}
			return false
		})
	}
}

// TestRateLimit: one client's requests are bounded, whoever it says it is;
// others, health checks, preflights and holders of a key are not.
func TestRateLimit(t *testing.T) {
	s := start(t, withServer("trusted_proxies: [127.0.0.1], client_rate: 1, client_burst: 5"))
	id := s.upload(encodedPNG(t, cornered(40, 30))) // with the key, so that it takes nothing from anybody
	path := "/resize/20x,f=png/" + id
	one, same, other := "X-Forwarded-For: 2001:db8::1", "X-Forwarded-For: 203.0.113.9, 2001:db8::2", "X-Forwarded-For: 2001:db8:0:1::1"
	var refused answer
	passed := 0
	for begun := time.Now(); time.Since(begun) < patience && refused.status == 0; {
		line := one
		if passed%2 == 1 {
			line = same // the same /64
		}
		if got := s.ask("GET", path, line); got.status != http.StatusOK {
			refused = got
		} else {
			passed++
		}
	}
	if passed < 5 {
		t.Errorf("only %d of a burst of 5 passed", passed)
	}
	refused.isProblem(t, 429, "rate_limited")
	seconds, err := strconv.Atoi(refused.header.Get("Retry-After"))
	if err != nil || seconds < 1 || seconds > 2 || refused.header.Get("Cache-Control") != "no-store" {
		t.Errorf("Retry-After %q, Cache-Control %q", refused.header.Get("Retry-After"), refused.header.Get("Cache-Control"))
	}
	for range 20 { // more than all tokens there can be by then
		if got := s.ask("GET", path, one, "Authorization: Bearer "+s.key); got.status != 200 {
			t.Fatalf("with a key: %d", got.status)
		}
		if got := s.ask("GET", "/healthz", one); got.status != 200 {
			t.Fatalf("healthz: %d", got.status)
		}
		if got := s.ask("GET", "/readyz", one); got.status != 200 {
			t.Fatalf("readyz: %d", got.status)
		}
		if got := s.ask("OPTIONS", path, one); got.status != 204 {
			t.Fatalf("OPTIONS: %d", got.status)
		}
	}
	if got := s.ask("GET", path, other); got.status != 200 {
		t.Errorf("another client: %d", got.status)
	}
	if got := s.ask("GET", path); got.status != 200 {
		t.Errorf("the proxy itself: %d", got.status)
	}
	time.Sleep(time.Duration(seconds) * time.Second)
	if got := s.ask("GET", path, same); got.status != 200 {
		t.Errorf("after the time that it was told: %d", got.status)
	}
	if text := metricsOf(s); !strings.Contains(text, `outcome="rate_limited"`) {
		t.Error("refused requests are not counted")
	}
}

// TestRateLimitOfStrangers: a key that is none opens nothing, and neither does
// auth.open, under which nobody has one.
func TestRateLimitOfStrangers(t *testing.T) {
	for name, auth := range map[string]string{"wrong key": "", "open": "auth: {open: true}\n"} {
		t.Run(name, func(t *testing.T) {
			s := start(t, withServer("client_rate: 0.01, client_burst: 2")+auth)
			statuses := map[int]int{}
			for range 4 {
				statuses[s.ask("GET", "/images/nothing", "Authorization: Bearer wrong").status]++
			}
			if statuses[404] != 2 || statuses[429] != 2 {
				t.Errorf("statuses %v, want two of 404, two of 429", statuses)
			}
		})
	}
}

func TestClientConfigFaults(t *testing.T) {
	_, err := load(t, "server: {trusted_proxies: [10.0.0.0/33], client_rate: -1, client_burst: 0}", nil)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{`server.trusted_proxies: got "10.0.0.0/33", expected addresses or networks`, "server.client_rate: got -1, expected 0 or 0.001…1000000", "server.client_burst: got 0, expected 1…1000000"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no line %q in\n%v", want, err)
		}
	}
	for _, impossible := range []string{"NaN", "+Inf", "0.0001"} {
		if _, err := load(t, "server: {client_rate: '"+impossible+"'}", nil); err == nil {
			t.Errorf("a rate of %s is accepted", impossible)
		}
	}
	config, err := load(t, "server: {trusted_proxies: ['::1', 10.0.0.0/8], client_rate: 2.5, client_burst: 7}", nil)
	if err != nil || len(config.Server.TrustedProxies) != 2 || config.Server.ClientRate != 2.5 || config.Server.ClientBurst != 7 {
		t.Errorf("%v: %+v", err, config.Server)
	}
}
