package server

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// proxies are networks of those who may say for whom they ask.
type proxies []netip.Prefix

// parseProxies reads addresses and networks in CIDR notation.
func parseProxies(texts []string) (proxies, error) {
	var all proxies
	for _, text := range texts {
		network, err := netip.ParsePrefix(text)
		if address, addressErr := netip.ParseAddr(text); addressErr == nil && address.Zone() == "" {
			network, err = netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen()), nil
		}
		// A network of everybody would have anybody's word taken for it.
		if err != nil || network.Bits() == 0 || network.Addr().Is4In6() {
			return nil, fmt.Errorf("got %q, expected addresses or networks, such as 10.0.0.7 or 10.1.0.0/16", text)
		}
		all = append(all, network.Masked())
	}
	return all, nil
}

func (p proxies) trust(address netip.Addr) bool {
	for _, network := range p {
		if network.Contains(address) {
			return true
		}
	}
	return false
}

// clientAddress is who asks: the other end of the connection or, when that is a
// trusted proxy, whom that has told.
func (s *Server) clientAddress(c *fiber.Ctx) netip.Addr {
	connection := remoteAddress(c.Context().RemoteAddr())
	if !s.trusted.trust(connection) {
		return connection
	}
	forwarded, present := field(c, fiber.HeaderXForwardedFor)
	if !present {
		return connection
	}
	return s.trusted.client(connection, forwarded)
}

func remoteAddress(address net.Addr) netip.Addr {
	if tcp, ok := address.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

// client finds the client in X-Forwarded-For, to whose end every proxy adds
// the address that it was asked from. So only what trusted ones added is to be
// believed: the right-most address that is not itself a trusted proxy's. What
// stands left of that may be anybody's invention. Where all are trusted the
// first one asked; where the field is malformed nobody but the connection is
// known.
func (p proxies) client(connection netip.Addr, forwarded string) netip.Addr {
	client := connection
	for forwarded != "" {
		rest, last := "", forwarded
		if comma := strings.LastIndexByte(forwarded, ','); comma >= 0 {
			rest, last = forwarded[:comma], forwarded[comma+1:]
		}
		address, ok := parseForwarded(strings.Trim(last, " \t"))
		if !ok {
			return connection
		}
		client = address
		if !p.trust(address) {
			break
		}
		forwarded = rest
	}
	return client
}

// parseForwarded reads one address of X-Forwarded-For, which some proxies write
// with a port.
func parseForwarded(text string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(text)
	if withPort, portErr := netip.ParseAddrPort(text); portErr == nil {
		address, err = withPort.Addr(), nil
	}
	if err != nil {
		bare, opened := strings.CutPrefix(text, "[")
		bare, closed := strings.CutSuffix(bare, "]")
		if !opened || !closed {
			return netip.Addr{}, false
		}
		if address, err = netip.ParseAddr(bare); err != nil || !address.Is6() {
			return netip.Addr{}, false
		}
	}
	return address.Unmap().WithZone(""), true
}

// subscriberBits is how much of an IPv6 address tells subscribers apart: each
// gets a network of at least this size (RFC 6177, section 2), and may change
// the rest with every request.
const subscriberBits = 64

// clientGroup names those who are taken for one client.
func clientGroup(address netip.Addr) string {
	address = address.Unmap().WithZone("")
	if network, err := address.Prefix(subscriberBits); err == nil && address.Is6() {
		return network.String()
	}
	return address.String()
}
