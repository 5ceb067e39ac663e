package server

import "testing"

func TestMatches(t *testing.T) {
	const etag = `"abc"`
	for _, test := range []struct {
		list         string
		weak, strong bool
	}{
		{`"abc"`, true, true},
		{`W/"abc"`, true, false},
		{`*`, true, true},
		{` * `, true, true},
		{`"x", "abc"`, true, true},
		{`"x",W/"abc" , "y"`, true, false},
		{`"a,b", "abc"`, true, true}, // a comma may stand in a tag
		{`, ,"abc",`, true, true},    // empty elements are allowed
		{`"x"`, false, false},
		{`abc`, false, false},
		{`"abc`, false, false},
		{`"abcd"`, false, false},
		{`w/"abc"`, false, false}, // the W is case-sensitive
		{`"x" *`, false, false},
	} {
		if got := matches(test.list, etag, true); got != test.weak {
			t.Errorf("%s weakly: %v, want %v", test.list, got, test.weak)
		}
		if got := matches(test.list, etag, false); got != test.strong {
			t.Errorf("%s strongly: %v, want %v", test.list, got, test.strong)
		}
	}
}

func TestRangeOf(t *testing.T) {
	for _, test := range []struct {
		header      string
		want        span
		ok          bool
		satisfiable bool
	}{
		{"bytes=0-9", span{0, 10}, true, true},
		{"bytes=90-", span{90, 10}, true, true},
		{"bytes=90-1000", span{90, 10}, true, true},
		{"bytes=-10", span{90, 10}, true, true},
		{"bytes=-1000", span{0, 100}, true, true},
		{"Bytes = 5-5", span{5, 1}, true, true},
		{"bytes=100-", span{100, 0}, true, false},
		{"bytes=-0", span{100, 0}, true, false},
		{"bytes=0-1,3-4", span{}, false, true},
		{"bytes=5-4", span{}, false, true},
		{"bytes=a-b", span{}, false, true},
		{"bytes=+1-2", span{}, false, true},
		{"bytes=--2", span{}, false, true},
		{"bytes=-", span{}, false, true},
		{"bytes=99999999999999999999-", span{}, false, true},
		{"lines=0-9", span{}, false, true},
		{"bytes", span{}, false, true},
	} {
		part, ok, satisfiable := rangeOf(test.header, 100)
		if ok != test.ok || satisfiable != test.satisfiable || ok && satisfiable && part != test.want {
			t.Errorf("%s: got %+v %v %v, want %+v %v %v", test.header, part, ok, satisfiable, test.want, test.ok, test.satisfiable)
		}
	}
}

func FuzzMatches(f *testing.F) {
	f.Add(`W/"a", "b"`)
	f.Add(`"abc" ,, *`)
	f.Fuzz(func(t *testing.T, list string) {
		if matches(list, `"abc"`, false) && !matches(list, `"abc"`, true) {
			t.Fatalf("%q matches strongly but not weakly", list)
		}
	})
}

func FuzzRangeOf(f *testing.F) {
	f.Add("bytes=0-9", int64(100))
	f.Add("bytes=-5", int64(3))
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size < 0 {
			return
		}
		part, ok, satisfiable := rangeOf(header, size)
		if ok && satisfiable && (part.start < 0 || part.length < 1 || part.start+part.length > size) {
			t.Fatalf("%q of %d bytes gives %+v", header, size, part)
		}
	})
}
