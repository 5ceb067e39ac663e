package spec

import (
	"errors"
	"strings"
	"testing"
)

// given is an option with a value, and what it needs.
func given(t *testing.T, option Option, value string) error {
	t.Helper()
	settings := []Setting{{option.Name, value}}
	if option.Needs != "" {
		needed, err := lookUp(option.Needs)
		if err != nil {
			t.Fatal(err)
		}
		settings = append(settings, Setting{needed.Name, needed.Example})
	}
	_, err := Build("300x200", settings)
	return err
}

// TestDomains: what the table says is accepted is, to its bounds, and what lies
// beyond them is refused with a text that says so.
func TestDomains(t *testing.T) {
	for _, option := range Options {
		domain := option.Domain
		var accepted, refused []string
		switch domain.Kind {
		case KindSwitch:
			accepted, refused = []string{"true", "false", "TRUE", "1", "0"}, []string{"yes", ""}
		case KindWord, KindPosition:
			accepted, refused = domain.Words, []string{"no-such-word", "1", ""}
		case KindNumber:
			accepted = append([]string{decimal(domain.Low), decimal(domain.High)}, domain.Words...)
			refused = []string{decimal(domain.Low - 1), decimal(domain.High + 1), "no-number", "NaN", ""}
			if domain.Whole {
				refused = append(refused, decimal(domain.Low+0.5))
			}
		case KindColor:
			accepted, refused = []string{"ffcc00", "Tomato"}, []string{"ffcc0", "no-colour", ""}
		case KindPoint:
			accepted, refused = []string{"0:0", "1:1", "0.25:0.75"}, []string{"1.1:0", "0.5", ""}
		case KindRegion:
			accepted, refused = []string{"0:0:10:10", "0.1:0.1:0.5:0.5"}, []string{"0:0:0:10", "1:2:3", ""}
		case KindSides:
			accepted, refused = []string{"0", "10", "1:2:3:4"}, []string{"-1", "1:2", ""}
		case KindSource:
			accepted, refused = []string{"photos/a.jpg"}, []string{"", "photos/../a"}
		case KindText:
			accepted = []string{"Some words"}
		case KindTime:
			accepted, refused = []string{"4102444800"}, []string{"tomorrow", "-1", ""}
		default:
			t.Errorf("%s has no kind", option.Name)
		}
		if option.Group == "" {
			t.Errorf("%s stands in no group", option.Name)
		}
		for _, value := range accepted {
			if err := given(t, option, value); err != nil {
				t.Errorf("%s=%s: %v", option.Name, value, err)
			}
		}
		for _, value := range refused {
			if err := given(t, option, value); !errors.Is(err, ErrBadOption) || !strings.Contains(err.Error(), option.Name+": ") {
				t.Errorf("%s=%s: %v", option.Name, value, err)
			}
		}
	}
}

func TestDomainInWords(t *testing.T) {
	for want, domain := range map[string]Domain{
		"a whole number 1…100, or auto": wholes(1, 100, "auto"),
		"a number 0.3…100":              numbers(0.3, 100),
		"a whole number 100…1073741824": wholes(100, maxMaxBytes),
		"true, false":                   {Kind: KindSwitch},
		"h, v, hv":                      words("h", "v", "hv"),
		"":                              {Kind: KindText},
	} {
		if got := domain.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
