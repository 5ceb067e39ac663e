package origin

import (
	"net/http"
	"strings"
	"testing"
)

// FuzzCacheControl: whatever is said, what is read are lower-case names without
// separators, a directive in front is never lost, and no age is below 0 or
// beyond what can be represented.
func FuzzCacheControl(f *testing.F) {
	for _, value := range []string{"", "max-age=60, public", `x="a\",b", Max-Age="7"`, `x="never closed`, "=,=\"\",,", "a=b=c, max-age", "max-age=99999999999999999999"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		cc := cacheControlOf(http.Header{"Cache-Control": {value}})
		for name := range cc {
			if name == "" || name != strings.ToLower(name) || strings.ContainsAny(name, ",=") || strings.TrimSpace(name) != name {
				t.Fatalf("%q has the name %q", value, name)
			}
			if age, said := cc.seconds(name); !said || age < 0 || age > deltaMax {
				t.Fatalf("%q: %s is %v, %v", value, name, age, said)
			}
		}
		if !cacheControlOf(http.Header{"Cache-Control": {"no-store", value}}).has("no-store") {
			t.Fatalf("no-store is lost before %q", value)
		}
	})
}
