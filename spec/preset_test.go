package spec

import (
	"errors"
	"testing"
)

func TestPresets(t *testing.T) {
	thumb, err := ParsePreset("150x150,fit=contain,bg=white,position=top,q=50")
	if err != nil {
		t.Fatal(err)
	}
	presets := Presets{"thumb": thumb, "plain": {Size: "640x"}}
	for _, test := range []struct {
		size     string
		settings []Setting
		want     string
	}{
		{"@thumb", nil, "150x150,fit=contain,position=top,background=ffffff,quality=50"},
		{"@Thumb", nil, "150x150,fit=contain,position=top,background=ffffff,quality=50"},
		{"@thumb", []Setting{{"quality", "80"}}, "150x150,fit=contain,position=top,background=ffffff,quality=80"},
		{"@thumb", []Setting{{"q", "80"}, {"background", "red"}}, "150x150,fit=contain,position=top,background=ff0000,quality=80"},
		{"@thumb", []Setting{{"fit", "cover"}, {"focus", "0:0"}}, "150x150,focus=0:0,background=ffffff,quality=50"},
		{"@plain", []Setting{{"dpr", "2"}}, "1280x"},
		{"300x200", nil, "300x200"},
	} {
		size, settings, err := presets.Expand(test.size, test.settings)
		if err != nil {
			t.Fatal(err)
		}
		request, err := Build(size, settings)
		if err != nil || request.Options() != test.want {
			t.Errorf("%s %v: got %s, %v; want %s", test.size, test.settings, request.Options(), err, test.want)
		}
	}
	for _, unknown := range []string{"@", "@thum", "@300x200"} {
		if _, _, err := presets.Expand(unknown, nil); !errors.Is(err, ErrBadOption) {
			t.Errorf("%s: %v", unknown, err)
		}
	}
	if _, err := ParsePreset("300x200,fot=cover"); !errors.Is(err, ErrBadOption) {
		t.Errorf("a preset with an unknown option: %v", err)
	}
	// Options given twice beside a preset are as wrong as anywhere.
	size, settings, err := presets.Expand("@plain", []Setting{{"q", "1"}, {"quality", "2"}})
	if err == nil {
		_, err = Build(size, settings)
	}
	if !errors.Is(err, ErrBadOption) {
		t.Errorf("given twice: %v", err)
	}
}
