package origin

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// urlBytes bounds the URLs we ask for; the usual limit of servers is 8 KiB.
const urlBytes = 8 << 10

// target is a URL that may be looked up in the list of hosts: http or https,
// host in its one spelling, nothing in it that could be read in two ways.
type target struct {
	url  *url.URL
	host string // of hostName
	port uint16 // the scheme's own when the URL names none
}

// parseTarget reads an absolute http(s) URL. Its error says what is wrong; it
// wraps ErrNotAllowed, since such a source never is.
func parseTarget(raw string) (target, error) {
	refuse := func(why string) (target, error) {
		return target{}, fmt.Errorf("%w: %s", ErrNotAllowed, why)
	}
	if len(raw) > urlBytes {
		return refuse("a URL of more than 8192 bytes")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return refuse("not a URL")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return refuse("a scheme other than http and https")
	case u.User != nil:
		return refuse("a URL with user information")
	case u.Opaque != "" || u.Host == "":
		return refuse("a URL without a host")
	}
	host, err := hostName(u.Hostname())
	if err != nil {
		return refuse(err.Error())
	}
	port, err := portOf(u)
	if err != nil {
		return refuse(err.Error())
	}
	clean := &url.URL{Scheme: u.Scheme, Host: hostPort(host, port, u.Scheme), Path: u.Path, RawPath: u.RawPath, RawQuery: cleanQuery(u.RawQuery)}
	if clean.Path == "" {
		clean.Path = "/"
	}
	return target{url: clean, host: host, port: port}, nil
}

// portOf is the port a URL names or its scheme implies.
func portOf(u *url.URL) (uint16, error) {
	text := u.Port()
	if text == "" {
		return defaultPort(u.Scheme), nil
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("a port that is not 1…65535")
	}
	return uint16(port), nil
}

func defaultPort(scheme string) uint16 {
	if scheme == "https" {
		return 443
	}
	return 80
}

// hostPort writes host and port as in a URL, the scheme's own port left out.
func hostPort(host string, port uint16, scheme string) string {
	if port != defaultPort(scheme) {
		return net.JoinHostPort(host, strconv.Itoa(int(port)))
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// hostPort names the server that a URL leads to.
func (t target) hostPort() string {
	return net.JoinHostPort(t.host, strconv.Itoa(int(t.port)))
}

// cleanQuery encodes what url.Parse lets through in a query, but a request line
// can't hold: spaces and bytes that are not printable ASCII.
func cleanQuery(query string) string {
	var out strings.Builder
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c > '~' {
			fmt.Fprintf(&out, "%%%02X", c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}
