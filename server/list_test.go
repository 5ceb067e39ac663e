package server

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"api-resize/origin"
)

func TestListOptions(t *testing.T) {
	cursor := cursorOf(origin.Position{Created: time.Unix(1, 0), ID: strings.Repeat("a", 26)})
	for query, want := range map[string]int{
		"": 100, "limit=1": 1, "limit=1000": 1000, "cursor=" + cursor: 100, "limit=7&cursor=" + cursor: 7,
		"limit=0": -1, "limit=1001": -1, "limit=-1": -1, "limit=x": -1, "limit=": -1, "limit=1&limit=2": -1, "limits=1": -1,
		"cursor=": -1, "cursor=x": -1, "cursor=" + cursor + "=": -1, "cursor=" + cursor + "&cursor=" + cursor: -1, "limit=%zz": -1, "limit=1;a=b": -1,
	} {
		limit, after, err := listOptions(query)
		if want < 0 {
			if !errors.Is(err, ErrBadRequest) {
				t.Errorf("%q: %d, %v", query, limit, err)
			}
			continue
		}
		if err != nil || limit != want || after.IsBeginning() == strings.Contains(query, "cursor") {
			t.Errorf("%q: %d, %+v, %v", query, limit, after, err)
		}
	}
}

// FuzzParseCursor: what is read as a cursor is spelled like it, and whatever a
// client sends does no harm.
func FuzzParseCursor(f *testing.F) {
	for _, moment := range []time.Time{time.Unix(0, 0), time.Now(), time.UnixMicro(math.MaxInt64), time.UnixMicro(math.MinInt64)} {
		f.Add(cursorOf(origin.Position{Created: moment, ID: strings.Repeat("z7", 13)}))
	}
	f.Add("")
	f.Add("AQAAAAAAAAAAYWE")
	f.Fuzz(func(t *testing.T, text string) {
		position, err := parseCursor(text)
		if err != nil {
			if !errors.Is(err, ErrBadRequest) || !position.IsBeginning() {
				t.Errorf("%q: %+v, %v", text, position, err)
			}
			return
		}
		if again := cursorOf(position); again != text || !origin.ValidID(position.ID) {
			t.Errorf("%q reads as %+v, which is spelled %q", text, position, again)
		}
	})
}
