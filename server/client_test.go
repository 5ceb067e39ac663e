package server

import (
	"net/netip"
	"strings"
	"testing"
)

func trusting(t testing.TB, texts ...string) proxies {
	t.Helper()
	trusted, err := parseProxies(texts)
	must(t, err)
	return trusted
}

func TestClientBehindProxies(t *testing.T) {
	trusted := trusting(t, "10.0.0.0/8", "192.0.2.1", "2001:db8:1::/48")
	const connection = "10.0.0.1"
	for _, test := range []struct{ forwarded, want string }{
		{"198.51.100.7", "198.51.100.7"},
		{"203.0.113.9, 198.51.100.7", "198.51.100.7"}, // what stands left of it anybody can write
		{"10.0.0.9, 198.51.100.7", "198.51.100.7"},
		{"198.51.100.7, 10.0.0.2", "198.51.100.7"},
		{"198.51.100.7,10.0.0.2 ,\t192.0.2.1,2001:db8:1::5", "198.51.100.7"},
		{"nonsense, 198.51.100.7, 10.0.0.2", "198.51.100.7"},
		{"10.0.0.3, 10.0.0.2", "10.0.0.3"}, // all are trusted: the first one asked
		{"::ffff:198.51.100.7", "198.51.100.7"},
		{"2001:db8:2::7", "2001:db8:2::7"},
		{"fe80::1%eth0", "fe80::1"},
		{"198.51.100.7:4711", "198.51.100.7"},
		{"[2001:db8:2::7]:4711", "2001:db8:2::7"},
		{"[2001:db8:2::7]", "2001:db8:2::7"},

		{"", connection},
		{"unknown", connection},
		{"198.51.100.7, unknown", connection},
		{"198.51.100.7, ", connection},
		{"198.51.100.7, unknown, 10.0.0.2", connection},
		{"198.51.100.7, , 10.0.0.2", connection},
		{"[198.51.100.7]", connection},
		{"[2001:db8:2::7", connection},
		{"198.51.100.007", connection},
		{"198.51.100.7 198.51.100.8", connection},
		{"client.example", connection},
	} {
		if got := trusted.client(netip.MustParseAddr(connection), test.forwarded); got.String() != test.want {
			t.Errorf("%q: got %v, want %s", test.forwarded, got, test.want)
		}
	}
}

func TestParseProxies(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.7": "10.0.0.7/32", "10.1.2.3/16": "10.1.0.0/16", "::1": "::1/128", "2001:db8::/32": "2001:db8::/32", "::ffff:10.0.0.7": "10.0.0.7/32",
		"0.0.0.0/0": "", "::/0": "", "10.0.0.0/33": "", "proxy.example": "", "": "", "fe80::1%eth0": "", "::ffff:10.0.0.0/112": "",
	} {
		got, err := parseProxies([]string{text})
		if want == "" && err == nil || want != "" && (err != nil || got[0].String() != want) {
			t.Errorf("%q: got %v, %v; want %s", text, got, err, want)
		}
	}
}

func TestClientGroup(t *testing.T) {
	for address, want := range map[string]string{
		"198.51.100.7": "198.51.100.7", "::ffff:198.51.100.7": "198.51.100.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::": "2001:db8:1:2::/64", "2001:db8:1:3::": "2001:db8:1:3::/64", "fe80::1%eth0": "fe80::/64",
	} {
		if got := clientGroup(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}

// FuzzForwarded: whatever stands there, the client is one that a trusted proxy
// has named, and nothing that is written before what it named changes that.
func FuzzForwarded(f *testing.F) {
	trusted := trusting(f, "10.0.0.0/8", "2001:db8:1::/48")
	connection := netip.MustParseAddr("10.0.0.1")
	f.Add("203.0.113.9, 198.51.100.7,10.0.0.2")
	f.Add("[2001:db8:2::7]:4711, 2001:db8:1::5")
	f.Add("fe80::1%eth0 ,,")
	f.Fuzz(func(t *testing.T, forwarded string) {
		client := trusted.client(connection, forwarded)
		if !client.IsValid() || client.Zone() != "" || client.Is4In6() {
			t.Fatalf("%q gives %v", forwarded, client)
		}
		if client != connection && !trusted.trust(client) {
			if again := trusted.client(connection, "203.0.113.200,"+forwarded); again != client {
				t.Fatalf("%q gives %v, with another before it %v", forwarded, client, again)
			}
		}
		if group := clientGroup(client); group == "" || strings.ContainsAny(group, " ,%") {
			t.Fatalf("%v is of the group %q", client, group)
		}
	})
}
