package spec

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Kind is the sort of values that an option takes. It is what a form chooses a
// control by.
type Kind string

// The kinds. Those that are made of several numbers, and free text, are read by
// their options; the rest by their Domain.
const (
	KindSwitch   Kind = "switch"   // true or false
	KindWord     Kind = "word"     // one of Words
	KindNumber   Kind = "number"   // Low…High, or one of Words
	KindPosition Kind = "position" // one of Words, most of which are places in a picture
	KindColor    Kind = "color"    // see ParseColor
	KindPoint    Kind = "point"    // x:y, each 0…1
	KindRegion   Kind = "region"   // x:y:w:h, see Region
	KindSides    Kind = "sides"    // n, or top:right:bottom:left
	KindSource   Kind = "source"   // see ParseSource
	KindText     Kind = "text"
	KindTime     Kind = "time" // Unix time in seconds
)

// Domain is which values an option accepts: what parsing judges by, error texts
// and documentation quote, and forms are built from.
type Domain struct {
	Kind  Kind
	Words []string // all there are, or those accepted beside numbers
	Low   float64  // bounds of numbers, both accepted
	High  float64
	Whole bool // no fractions
	Lines int  // that a text may have; 0 is one
}

func words(names ...string) Domain { return Domain{Kind: KindWord, Words: names} }

func places(names ...string) Domain { return Domain{Kind: KindPosition, Words: names} }

func numbers(low, high float64) Domain { return Domain{Kind: KindNumber, Low: low, High: high} }

// wholes are whole numbers; instead are words that are accepted as well.
func wholes(low, high int, instead ...string) Domain {
	return Domain{Kind: KindNumber, Low: float64(low), High: float64(high), Whole: true, Words: instead}
}

// String says what is accepted. It is empty for kinds that only their option can
// tell of.
func (d Domain) String() string {
	switch d.Kind {
	case KindSwitch:
		return "true, false"
	case KindWord, KindPosition:
		return strings.Join(d.Words, ", ")
	case KindColor:
		return "rrggbb, rrggbbaa or a CSS colour name"
	case KindSource:
		return "a source, percent-encoded"
	case KindNumber:
		return strings.Join(append([]string{d.numbers()}, d.Words...), ", or ")
	}
	return ""
}

func (d Domain) numbers() string {
	kind := "a number"
	if d.Whole {
		kind = "a whole number"
	}
	return fmt.Sprintf("%s %s…%s", kind, decimal(d.Low), decimal(d.High))
}

// decimal writes a number without an exponent.
func decimal(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }

// index reads one of the words.
func (d Domain) index(text string) (int, error) { return word(text, d.Words) }

// whole reads a whole number.
func (d Domain) whole(text string) (int, error) { return integer(text, int(d.Low), int(d.High)) }

// number reads a number.
func (d Domain) number(text string) (float64, error) { return number(text, d.Low, d.High) }

// has reports whether text is a word that is accepted beside numbers.
func (d Domain) has(text string) bool { return slices.Contains(d.Words, strings.ToLower(text)) }

// share reads a number in thousandths.
func (d Domain) share(text string) (int32, error) {
	value, err := d.number(text)
	return int32(math.Round(value * 1000)), err
}
