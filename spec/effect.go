package spec

import (
	"math"
	"strconv"
)

// Effect is one change of a finished picture's colours or sharpness.
type Effect uint8

// The effects, in the order in which they are applied: first what looks at
// neighbouring pixels, then light, then colour, then what goes over all.
const (
	EffectBlur Effect = iota
	EffectSharpen
	EffectBrightness
	EffectContrast
	EffectGamma
	EffectSaturation
	EffectHue
	EffectGrayscale
	EffectSepia
	EffectNegate
	EffectPixelate
	effectCount
)

// Effects are the amounts of all effects, in thousandths from the amount that
// changes nothing, which makes the zero Effects none and equal pictures equal
// values.
type Effects [effectCount]int32

// EffectInfo is one row of the table of effects.
type EffectInfo struct {
	Effect    Effect
	Name      string
	Low, High float64 // bounds of what can be asked for
	Neutral   float64 // what changes nothing
	Whole     bool    // only whole numbers
	Bool      bool    // true or false: 1 or 0
	Doc       string
	Example   string
}

// EffectTable is the one table of effects: options, error texts, documentation
// and tests read it. Adding an effect is a row here and a function in
// transform.
var EffectTable = []EffectInfo{
	{EffectBlur, "blur", 0.3, 100, 0, false, false, "Gaussian blur; the value is sigma, in pixels of the result.", "5"},
	{EffectSharpen, "sharpen", 0.3, 10, 0, false, false, "Unsharp mask on lightness; the value is sigma, in pixels of the result.", "1"},
	{EffectBrightness, "brightness", 0, 4, 1, false, false, "Multiplies all colours; 0 is black.", "1.3"},
	{EffectContrast, "contrast", 0, 4, 1, false, false, "Distance from middle gray; 0 is gray all over.", "1.5"},
	{EffectGamma, "gamma", 0, 4, 1, false, false, "Lightens (above 1) or darkens (below 1) the middle tones; black and white stay.", "1.8"},
	{EffectSaturation, "saturation", 0, 4, 1, false, false, "Strength of colours; 0 is gray.", "2"},
	{EffectHue, "hue", 0, 360, 0, false, false, "Turns colours around the colour circle, in degrees.", "90"},
	{EffectGrayscale, "grayscale", 0, 1, 0, true, true, "Gray, by the lightness that each colour is seen with.", "true"},
	{EffectSepia, "sepia", 0, 1, 0, true, true, "The brown of old photographs.", "true"},
	{EffectNegate, "negate", 0, 1, 0, true, true, "Every colour becomes its opposite.", "true"},
	{EffectPixelate, "pixelate", 2, 256, 0, true, false, "Squares of one colour; the value is their side, in pixels of the result.", "16"},
}

// Amount is how much of an effect is wanted, in the unit of its row, and
// whether it is wanted at all.
func (e Effects) Amount(effect Effect) (amount float64, wanted bool) {
	return EffectTable[effect].Neutral + float64(e[effect])/1000, e[effect] != 0
}

// domain is which amounts can be asked for.
func (i EffectInfo) domain() Domain {
	switch {
	case i.Bool:
		return Domain{Kind: KindSwitch}
	case i.Whole:
		return wholes(int(i.Low), int(i.High))
	}
	return numbers(i.Low, i.High)
}

func (i EffectInfo) parse(in Domain, text string) (int32, error) {
	var amount float64
	switch {
	case i.Bool:
		on, err := boolean(text)
		if err != nil {
			return 0, err
		}
		if on {
			amount = 1
		}
	case i.Whole:
		number, err := in.whole(text)
		if err != nil {
			return 0, err
		}
		amount = float64(number)
	default:
		given, err := in.number(text)
		if err != nil {
			return 0, err
		}
		amount = given
	}
	if i.Effect == EffectHue {
		amount = math.Mod(amount, 360)
	}
	return int32(math.Round((amount - i.Neutral) * 1000)), nil
}

// spelled is the canonical value, empty when the effect is not wanted.
func (i EffectInfo) spelled(e Effects) string {
	amount, wanted := e.Amount(i.Effect)
	switch {
	case !wanted:
		return ""
	case i.Bool:
		return "true"
	}
	return thousandths(int32(math.Round(amount * 1000)))
}

// effectOptions turns the table's rows into options.
func effectOptions() []Option {
	var options []Option
	for _, info := range EffectTable {
		byDefault := strconv.FormatFloat(info.Neutral, 'f', -1, 64)
		if info.Bool {
			byDefault = "false"
		}
		options = append(options, Option{
			Name: info.Name, Domain: info.domain(), Default: byDefault, Doc: info.Doc, Example: info.Example,
			set: func(d *draft, in Domain, text string) (err error) {
				d.Effects[info.Effect], err = info.parse(in, text)
				return err
			},
			get: func(r Request) string { return info.spelled(r.Spec.Effects) },
		})
	}
	return options
}
