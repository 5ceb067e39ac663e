package monitor

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func names(rows []Row) string {
	var all []string
	for _, row := range rows {
		all = append(all, fmt.Sprintf("%s:%d", row.Name, row.Count))
	}
	return strings.Join(all, " ")
}

// TestSlowestAreExact however many names there are.
func TestSlowestAreExact(t *testing.T) {
	r := ranking{by: bySlowest}
	for i := range 10_000 {
		name := (i * 7919) % 10_000 // each once, in no order
		r.add(fmt.Sprint(name), Row{Count: 1, Slowest: time.Duration(name) * time.Millisecond, RequestID: fmt.Sprint("r", name), At: noon})
	}
	top := r.top(noon)
	if len(top) != rankingShown {
		t.Fatalf("%d rows", len(top))
	}
	for i, row := range top {
		if want := 9999 - i; row.Name != fmt.Sprint(want) || row.RequestID != fmt.Sprint("r", want) || row.Seconds != float64(want)/1000 {
			t.Errorf("row %d: %+v", i, row)
		}
	}
	if held := len(r.parts[0]); held > rankingRows {
		t.Errorf("%d rows are held", held)
	}
}

// TestFailingAreFoundInAFlood of names that are never seen again, and are never
// said to have failed more often than they did.
func TestFailingAreFoundInAFlood(t *testing.T) {
	r := ranking{by: byCount}
	for i := range 20_000 {
		r.add(fmt.Sprint("once", i), Row{Count: 1, Code: "not_found", At: noon})
		if i%20 == 0 {
			r.add("often", Row{Count: 1, Code: "corrupt_image", RequestID: fmt.Sprint(i), At: noon})
		}
	}
	top := r.top(noon)
	if top[0].Name != "often" || top[0].Code != "corrupt_image" || top[0].RequestID != "19980" {
		t.Fatalf("%+v", top[0])
	}
	if top[0].Count > 1000 || top[0].Count < 900 {
		t.Errorf("it failed 1000 times, %d are told", top[0].Count)
	}
	for _, row := range top[1:] {
		if row.Count > 1 {
			t.Errorf("%s failed once, %d are told", row.Name, row.Count)
		}
	}
}

// TestRankingForgets what is older than an hour, part by part.
func TestRankingForgets(t *testing.T) {
	r := ranking{by: byCount}
	r.add("old", Row{Count: 1, At: noon})
	r.add("both", Row{Count: 1, Code: "first", At: noon})
	r.add("both", Row{Count: 1, Code: "second", At: noon.Add(30 * time.Minute)})
	for _, one := range []struct {
		after time.Duration
		want  string
	}{
		{30 * time.Minute, "both:2 old:1"},
		{54 * time.Minute, "both:2 old:1"},
		{61 * time.Minute, "both:1"},
		{100 * time.Minute, ""},
	} {
		if got := names(r.top(noon.Add(one.after))); got != one.want {
			t.Errorf("after %v: %q, want %q", one.after, got, one.want)
		}
	}
	r.add("again", Row{Count: 1, At: noon.Add(1000 * time.Hour)})
	if got := names(r.top(noon.Add(1000 * time.Hour))); got != "again:1" {
		t.Errorf("after a long sleep: %q", got)
	}
}

func TestShortened(t *testing.T) {
	long := strings.Repeat("ö", 300)
	if got := shortened(long); len(got) > maxName || !strings.HasPrefix(long, strings.TrimSuffix(got, "…")) || !strings.HasSuffix(got, "…") {
		t.Errorf("%d bytes: %s", len(got), got)
	}
	if got := shortened("short"); got != "short" {
		t.Errorf("%q", got)
	}
}

// TestFailuresAreGrouped, so that a flood of one kind hides no other.
func TestFailuresAreGrouped(t *testing.T) {
	var f failures
	f.add(Subject{RequestID: "rare", Source: "a", At: noon}, Failure{Route: "/resize/*", Status: 502, Code: "origin_error"})
	for i := range 1000 {
		f.add(Subject{RequestID: fmt.Sprint(i), Source: "b", At: noon.Add(time.Second)}, Failure{Route: "/resize/*", Status: 503, Code: "overloaded"})
	}
	rows := f.newest()
	if len(rows) != 2 || rows[0].Count != 1000 || rows[0].RequestID != "999" || rows[1].RequestID != "rare" {
		t.Fatalf("%+v", rows)
	}
	for i := range 2 * maxFailures {
		f.add(Subject{RequestID: "x", Source: fmt.Sprint(i), At: noon.Add(time.Duration(i) * time.Minute)}, Failure{Code: "corrupt_image"})
	}
	if rows := f.newest(); len(rows) != maxFailures || rows[0].Source != fmt.Sprint(2*maxFailures-1) {
		t.Errorf("%d rows, the first %+v", len(rows), rows[0])
	}
}

func TestCodesAreBounded(t *testing.T) {
	var c codes
	for i := range 100 {
		c.add(fmt.Sprint("code", i))
		c.add("code0")
	}
	named, counted := c.read()
	if len(named) != maxCodes || named[maxCodes-1] != otherCode || counted[0] != 101 || counted[maxCodes-1] != 100-(maxCodes-1) {
		t.Errorf("%v %v", named, counted)
	}
}
