package spec

import (
	"errors"
	"testing"
)

func FuzzParse(f *testing.F) {
	f.Add("300x200")
	f.Add("max,format=original,quality=100")
	f.Add("x1,dpr=4,bg=rebeccapurple,enlarge=1")
	f.Add("300x200,position=attention,fit=contain,background=12345678")
	f.Add("300x200,crop=0.1:0:100:0.5,trim=10,focus=0.3:1,r=-22.5,flip=hv,pad=1:2:3:4,round=max")
	f.Add("640x,wm=https%3A%2F%2Fa.example%2Fb%3Fc,wm_opacity=0.25,wm_scale=.3,text=%3Cb%3E%0A%C3%A4,text_size=12,dpr=2")
	f.Add("max,q=auto,max_bytes=1000,metadata=copyright,profile=keep,page=3,animated=0,progressive=false")
	f.Add("max,lossless=true,format=png")
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := Parse(text)
		if err != nil {
			if !errors.Is(err, ErrBadOption) {
				t.Fatalf("%q: %v does not wrap ErrBadOption", text, err)
			}
			return
		}
		again, err := Parse(parsed.String())
		if err != nil || again != parsed {
			t.Fatalf("%q is %+v, but its spelling %q reads as %+v, %v", text, parsed, parsed, again, err)
		}
	})
}

// TestOptionTable: every row can be parsed from its own example, by both
// names, and has what documentation and error texts need.
func TestOptionTable(t *testing.T) {
	seen := map[string]bool{}
	for _, option := range Options {
		if option.Doc == "" || option.Values == "" || option.Default == "" || option.Example == "" {
			t.Errorf("%s lacks documentation", option.Name)
		}
		for _, name := range []string{option.Name, option.Short} {
			if name == "" {
				continue
			}
			if seen[name] {
				t.Errorf("%s is the name of two options", name)
			}
			seen[name] = true
			settings := []Setting{{name, option.Example}}
			if option.Needs != "" {
				needed, err := lookUp(option.Needs)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := Build("300x200", settings); !errors.Is(err, ErrBadOption) {
					t.Errorf("%s without %s: %v", name, option.Needs, err)
				}
				settings = append(settings, Setting{needed.Name, needed.Example})
			}
			parsed, err := Build("300x200", settings)
			if err != nil {
				t.Errorf("%s=%s: %v", name, option.Example, err)
			}
			without, err := Build("300x200", settings[1:])
			if err != nil {
				t.Fatal(err)
			}
			if parsed == without {
				t.Errorf("%s=%s changes nothing", name, option.Example)
			}
		}
	}
}

func TestZeroSpecIsTheOriginal(t *testing.T) {
	if got := (Spec{}).String(); got != "max" {
		t.Errorf("the zero Spec is spelled %q, want max", got)
	}
}

func TestParseColor(t *testing.T) {
	for text, want := range map[string]string{
		"ffffff": "ffffff", "FFcc00": "ffcc00", "White": "ffffff", "transparent": "00000000",
		"11223344": "11223344", "112233ff": "112233", "rebeccapurple": "663399",
	} {
		if got, err := ParseColor(text); err != nil || got.String() != want {
			t.Errorf("%s: got %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "fff", "+12345", "0x1234", "12_456", "ggffff", "ffffffff0", "no-colour"} {
		if got, err := ParseColor(text); err == nil {
			t.Errorf("%q was accepted as %s", text, got)
		}
	}
}
