package main

import (
	"errors"
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	o, err := parseOptions(nil, io.Discard)
	if err != nil || len(o.scenarios) != len(scenarios) || !slices.Equal(o.widths, []int{300, 1200}) {
		t.Errorf("without arguments: %+v, %v", o, err)
	}
	o, err = parseOptions(strings.Fields("-url http://a:1/{width} -pid 7,8 -source a,1,2 -source b,3,4 -widths 5 -formats png cold hit"), io.Discard)
	if err != nil || len(o.scenarios) != 2 || o.scenarios[0].name != "cold" || len(o.sources) != 2 ||
		!slices.Equal(o.pids, []int{7, 8}) || !slices.Equal(o.widths, []int{5}) || !slices.Equal(o.formats, []string{"png"}) {
		t.Errorf("all lists: %+v, %v", o, err)
	}
	for _, arguments := range []string{
		"warm", "-rounds 0", "-connections 1001", "-duration 1ms", "-skew 1", "-widths 0", "-widths a",
		"-formats bmp", "-url http://a/{width}", "-source a,1,1", "-url nowhere -source a,1,1",
	} {
		if _, err := parseOptions(strings.Fields(arguments), io.Discard); err == nil {
			t.Errorf("%q is taken", arguments)
		}
	}
	if _, err := parseOptions([]string{"-h"}, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: %v", err)
	}
}

func TestColdCases(t *testing.T) {
	o := options{rounds: 5, cold: 4, widths: []int{20, 300, 1200}, formats: []string{"jpeg", "webp"}}
	// 20 is too narrow for 21 different sizes, 1200 too wide for the second.
	cases := coldCases([]source{{width: 2000, height: 1000}, {width: 800, height: 600}}, o)
	if len(cases) != 6 {
		t.Errorf("%d cases, want 6", len(cases))
	}
}
