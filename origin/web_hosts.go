package origin

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// hostList says which hosts may be asked, at which ports, and whether there at
// addresses that are not public.
//
// An entry is a host, "*." and a suffix (any number of labels before it, at
// least one), or "*"; each may be followed by ":" and a port. With a port it
// allows exactly that one. Without, it allows 80 and 443, and any port at an
// address within the allowed networks: who lists a network of their own means
// the services in it. "*" stands for the public hosts and never leads into the
// allowed networks; a host in them is named.
type hostList struct {
	ports    map[string][]uint16 // by entry without its port; 0: named without a port
	networks []netip.Prefix
}

// permit is what the list says of one host and port.
type permit struct {
	port     bool // this very port is listed
	networks bool // may lead into the allowed networks
}

func newHostList(entries, networks []string) (hostList, error) {
	list := hostList{ports: map[string][]uint16{}}
	for _, entry := range entries {
		if err := list.add(entry); err != nil {
			return hostList{}, err
		}
	}
	for _, text := range networks {
		network, err := parseNetwork(text)
		if err != nil {
			return hostList{}, err
		}
		list.networks = append(list.networks, network)
	}
	return list, nil
}

func (l hostList) add(entry string) error {
	name, port, err := splitEntry(strings.TrimSpace(entry))
	if err != nil {
		return err
	}
	l.ports[name] = append(l.ports[name], port)
	return nil
}

// with is the list and one more host, at the given port and, as if named
// without one, at the usual ports.
func (l hostList) with(host string, port uint16) hostList {
	ports := maps.Clone(l.ports)
	ports[host] = append(slices.Clone(ports[host]), 0, port)
	return hostList{ports: ports, networks: l.networks}
}

// withAny is the list and all public hosts.
func (l hostList) withAny() hostList {
	ports := maps.Clone(l.ports)
	ports["*"] = append(slices.Clone(ports["*"]), 0)
	return hostList{ports: ports, networks: l.networks}
}

// permits looks a host (of hostName) and port up; false when nothing allows it.
// A port that is neither usual nor listed is left to the dialler when it may
// turn out to be in an allowed network.
func (l hostList) permits(host string, port uint16) (permit, bool) {
	var p permit
	allowed := false
	consider := func(entry string, networks bool) {
		for _, listed := range l.ports[entry] {
			switch {
			case listed == port:
				p.port = true
			case listed != 0:
				continue
			case !usualPort(port) && (!networks || len(l.networks) == 0):
				continue
			}
			allowed = true
			p.networks = p.networks || networks
		}
	}
	consider(host, true)
	if _, err := netip.ParseAddr(host); err != nil {
		for rest := host; ; {
			_, after, more := strings.Cut(rest, ".")
			if !more {
				break
			}
			consider("*."+after, true)
			rest = after
		}
	}
	consider("*", false)
	return p, allowed
}

// inNetworks reports whether addr is in one of the allowed networks.
func (l hostList) inNetworks(addr netip.Addr) bool {
	return slices.ContainsFunc(l.networks, func(n netip.Prefix) bool { return n.Contains(addr) })
}

// usualPort reports a port that a host named without one may be asked at.
func usualPort(port uint16) bool { return port == 80 || port == 443 }

// splitEntry reads an entry of the list; port 0 when it has none.
func splitEntry(entry string) (name string, port uint16, err error) {
	name = entry
	if addr, err := netip.ParseAddr(strings.Trim(entry, "[]")); err == nil {
		name = addr.String() // an IPv6 address alone has colons, but no port
	} else if i := strings.LastIndexByte(entry, ':'); i >= 0 {
		n, err := strconv.ParseUint(entry[i+1:], 10, 16)
		if err != nil || n == 0 {
			return "", 0, fmt.Errorf("%q, expected a port of 1…65535 after the colon", entry)
		}
		name, port = strings.Trim(entry[:i], "[]"), uint16(n)
	}
	if name == "*" {
		return name, port, nil
	}
	suffix, wild := strings.CutPrefix(name, "*.")
	host, err := hostName(suffix)
	if err != nil {
		return "", 0, fmt.Errorf("%q, expected a host, *.suffix or *, each with or without :port", entry)
	}
	if wild {
		host = "*." + host
	}
	return host, port, nil
}

// parseNetwork reads a network in CIDR notation or a single address.
func parseNetwork(text string) (netip.Prefix, error) {
	text = strings.TrimSpace(text)
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	if err != nil || network.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("%q, expected a network such as 10.0.0.0/8 or fd00::/8", text)
	}
	return network.Masked(), nil
}
