package origin

import (
	"errors"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// hostName gives the one spelling of a host that is checked, dialled and sent:
// lower case, without a trailing dot, Unicode labels in Punycode, addresses as
// netip writes them (IPv4-mapped ones as IPv4).
//
// Only the case of Unicode names is folded; the rest of IDNA's mapping
// (UTS #46) is left out. A name that needs it is another name here, both when
// it is checked and when it is dialled, so nothing gets past a list.
func hostName(host string) (string, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Zone() != "" {
			return "", errors.New("an address with a zone")
		}
		return addr.Unmap().String(), nil
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	labels := strings.Split(host, ".")
	for i, label := range labels {
		ascii, err := labelName(label)
		if err != nil {
			return "", err
		}
		labels[i] = ascii
	}
	// Resolvers of the C library read 127.1, 0x7f.1 and 2130706433 as
	// addresses; URLs do too (WHATWG URL, "ends in a number").
	if last := labels[len(labels)-1]; strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return "", errors.New("an address in an unusual spelling")
	}
	host = strings.Join(labels, ".")
	if len(host) > 253 { // RFC 1035 §2.3.4, without the root
		return "", errors.New("a host name of more than 253 bytes")
	}
	return host, nil
}

// labelName is one label of a host name in ASCII, at most 63 bytes (RFC 1035
// §2.3.4). Underscores are not for host names, but in use.
func labelName(label string) (string, error) {
	if !isASCII(label) {
		encoded, err := punycode(label)
		if err != nil {
			return "", err
		}
		label = "xn--" + encoded
	}
	if label == "" || len(label) > 63 {
		return "", errors.New("a host name with an empty or overlong label")
	}
	for i := range len(label) {
		c := label[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return "", errors.New("a host name with characters that don't belong there")
		}
	}
	return label, nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
