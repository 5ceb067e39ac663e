package monitor

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// hosts are the names by which a browser may come. A page of somebody else can
// have its own name lead to this listener (DNS rebinding), and then read what is
// told here; it can do so neither with an address nor with localhost.
type hosts map[string]bool

func newHosts(names []string) hosts {
	known := hosts{"localhost": true}
	for _, name := range names {
		known[strings.ToLower(name)] = true
	}
	return known
}

// ValidateHosts reports what is no name of a host.
func ValidateHosts(names []string) error {
	var faults []error
	for _, name := range names {
		if name == "" || len(name) > 253 || strings.ContainsFunc(name, notOfHost) {
			faults = append(faults, fmt.Errorf("hosts: got %q, expected a host's name without scheme and port", name))
		}
	}
	return errors.Join(faults...)
}

func notOfHost(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_')
}

// allow takes any port.
func (h hosts) allow(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return h[strings.ToLower(strings.TrimSuffix(name, "."))]
}

// guard keeps pages of other sites from reading and from doing anything here.
func (m *Monitor) guard(next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !m.hosts.allow(r.Host) {
			http.Error(w, "This name is not listed in ops.hosts. An address and localhost are always allowed.", http.StatusMisdirectedRequest)
			return
		}
		sameOrigin.ServeHTTP(w, r)
	})
}

// Policies of the pages: ours has its own files alone; that of tasks sets styles
// from its script, and has pictures in its style sheet.
const (
	ownPolicy   = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	tasksPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

// secured sets the headers that every answer to a browser has.
func secured(policy string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}
