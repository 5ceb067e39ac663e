package main

import "testing"

func TestParseOrder(t *testing.T) {
	got, err := parseOrder("300\t200\twebp\t/tmp/a b\tc.jpg")
	if want := (order{300, 200, "webp", "/tmp/a b\tc.jpg"}); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	for _, line := range []string{"", "300\t200\tjpeg", "0\t1\tjpeg\ta", "1\tx\tjpeg\ta", "1\t1\tbmp\ta"} {
		if got, err := parseOrder(line); err == nil {
			t.Errorf("%q is taken as %+v", line, got)
		}
	}
}
