package spec

import (
	"errors"
	"strings"
	"testing"
)

func TestSizePolicy(t *testing.T) {
	upload, web := Source{Kind: SourceUpload, Path: "x"}, Source{Kind: SourceWeb, Path: "http://h/x"}
	policy := SizePolicy{List: []string{"300x200", "640x", "max"}, Ladder: []int{100, 320, 640}}
	for _, test := range []struct {
		mode   SizeMode
		source Source
		asked  string
		want   string // empty: refused
	}{
		{SizesAuto, upload, "301x200", "301x200"},
		{SizesAuto, web, "301x200", "320x213"},
		{SizesAny, web, "301x200", "301x200"},
		{SizesList, upload, "300x200", "300x200"},
		{SizesList, upload, "640x", "640x"},
		{SizesList, upload, "max", "max"},
		{SizesList, upload, "300x201", ""},
		{SizesList, upload, "x640", ""},
		{SizesLadder, upload, "100x", "100x"},
		{SizesLadder, upload, "101x", "320x"},
		{SizesLadder, upload, "x101", "x320"},
		{SizesLadder, upload, "1x1", "100x100"},
		{SizesLadder, upload, "8000x", "640x"},
		{SizesLadder, upload, "1280x1000", "640x500"},
		{SizesLadder, upload, "1x8192", "100x8192"},
		{SizesLadder, upload, "max", "max"},
	} {
		policy.Mode = test.mode
		wanted, err := Parse(test.asked)
		if err != nil {
			t.Fatal(err)
		}
		got, err := policy.Apply(Request{Source: test.source, Spec: wanted})
		switch {
		case test.want == "":
			if !errors.Is(err, ErrBadOption) {
				t.Errorf("%s %s: got %v, %v; want ErrBadOption", test.mode, test.asked, got.Spec, err)
			}
		case err != nil || got.Spec.String() != test.want:
			t.Errorf("%s %s: got %v, %v; want %s", test.mode, test.asked, got.Spec, err, test.want)
		}
	}
}

func TestSizePolicyValidate(t *testing.T) {
	if err := DefaultSizePolicy().Validate(); err != nil {
		t.Fatal(err)
	}
	bad := SizePolicy{Mode: "some", List: []string{"300"}, Ladder: []int{2, 1}}
	err := bad.Validate()
	for _, says := range []string{"mode:", "list:", "ladder:"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v does not name %s", err, says)
		}
	}
}
