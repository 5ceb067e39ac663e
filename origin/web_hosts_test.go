package origin

import "testing"

// Whoever may go anywhere may still not go into the allowed networks, unless a
// host there is named.
func TestHostsWithAny(t *testing.T) {
	list, err := newHostList([]string{"inside.example"}, []string{"10.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := list.permits("elsewhere.example", 443); ok {
		t.Error("a host that is not listed is allowed")
	}
	anywhere := list.withAny()
	if p, ok := anywhere.permits("elsewhere.example", 443); !ok || p.networks {
		t.Errorf("anywhere: %+v, %v; want it allowed, but not in the networks", p, ok)
	}
	if _, ok := anywhere.permits("elsewhere.example", 8080); ok {
		t.Error("a port that is not usual is allowed")
	}
	if p, ok := anywhere.permits("inside.example", 8080); !ok || !p.networks {
		t.Errorf("a named host: %+v, %v", p, ok)
	}
	if _, ok := list.permits("elsewhere.example", 443); ok {
		t.Error("the list itself has changed")
	}
}
