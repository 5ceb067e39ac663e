package spec

import (
	"fmt"
	"strconv"
	"strings"
)

var overlayOptions = []Option{
	{
		Name: "tint", Group: "Effects", Domain: Domain{Kind: KindColor}, Values: "rrggbb or a CSS colour name", Default: "none", Example: "704214",
		Doc: "Gives everything the hue and strength of one colour; lightness stays.",
		set: func(d *draft, _ Domain, text string) (err error) {
			d.Tint, err = ParseColor(text)
			d.Tint.Alpha = 255
			return err
		},
		get: func(r Request) string { return r.Spec.Tint.String() },
	},
	{
		Name: "watermark", Short: "wm", Group: "Watermark", Domain: Domain{Kind: KindSource}, Default: "none", Example: "photos/logo.png",
		Doc: "Lays another picture over this one: of an animation its first frame, never larger than the picture.",
		set: func(d *draft, _ Domain, text string) (err error) {
			d.Watermark.Source, err = parseOther(text)
			return err
		},
		get: func(r Request) string { return r.Spec.Watermark.Source.String() },
	},
	{
		Name: "wm_position", Group: "Watermark", Domain: places(compassNames...), Default: "center", Example: "bottom-right", Needs: "watermark",
		Doc: "Where the watermark lies.",
		set: func(d *draft, in Domain, text string) (err error) {
			d.Watermark.Position, err = compass(in, text)
			return err
		},
		get: func(r Request) string { return compassName(r.Spec.Watermark.Position) },
	},
	{
		Name: "wm_opacity", Group: "Watermark", Domain: numbers(0, 1), Default: "1", Example: "0.5", Needs: "watermark",
		Doc: "How much of the watermark is seen: 0 is nothing.",
		set: func(d *draft, in Domain, text string) error {
			opacity, err := in.share(text)
			d.Watermark.Fade = 1000 - opacity
			return err
		},
		get: func(r Request) string {
			return named(thousandths(1000-r.Spec.Watermark.Fade), r.Spec.Watermark.Fade != 0)
		},
	},
	{
		Name: "wm_scale", Group: "Watermark", Domain: numbers(0, 1), Default: "0: its own size", Example: "0.25", Needs: "watermark",
		Doc: "The watermark's width as a part of the picture's.",
		set: func(d *draft, in Domain, text string) (err error) {
			d.Watermark.Scale, err = in.share(text)
			return err
		},
		get: func(r Request) string { return named(thousandths(r.Spec.Watermark.Scale), r.Spec.Watermark.Scale != 0) },
	},
	{
		Name: "wm_repeat", Group: "Watermark", Domain: Domain{Kind: KindSwitch}, Default: "false", Example: "true", Needs: "watermark",
		Doc: "Tiles the watermark all over the picture, from its middle.",
		set: func(d *draft, _ Domain, text string) (err error) {
			d.Watermark.Repeat, err = boolean(text)
			return err
		},
		get: func(r Request) string { return named("true", r.Spec.Watermark.Repeat) },
	},
	{
		Name: "text", Group: "Text", Domain: Domain{Kind: KindText, Lines: maxTextLines}, Values: fmt.Sprintf("UTF-8, percent-encoded, up to %d characters in %d lines", maxTextRunes, maxTextLines), Default: "none", Example: "Hello",
		Doc: "Writes words over the picture, broken into lines at its width. They are taken as they are: no markup.",
		set: func(d *draft, _ Domain, text string) (err error) {
			d.Text.Words, err = parseWords(text)
			return err
		},
		get: func(r Request) string { return r.Spec.Text.Words },
	},
	{
		Name: "text_size", Group: "Text", Domain: wholes(minTextSize, maxTextSize), Default: strconv.Itoa(DefaultTextSize), Example: "48", Needs: "text",
		Doc: "Height of the font in pixels.",
		set: func(d *draft, in Domain, text string) (err error) {
			d.Text.Size, err = in.whole(text)
			return err
		},
		get: func(r Request) string { return named(strconv.Itoa(r.Spec.Text.Size), r.Spec.Text.Size != 0) },
	},
	{
		Name: "text_color", Group: "Text", Domain: Domain{Kind: KindColor}, Default: "white", Example: "ffcc00", Needs: "text",
		Doc: "Colour of the text.",
		set: func(d *draft, _ Domain, text string) (err error) {
			d.Text.Color, err = ParseColor(text)
			if d.Text.Color == RGB(255, 255, 255) {
				d.Text.Color = Color{}
			}
			return err
		},
		get: func(r Request) string { return r.Spec.Text.Color.String() },
	},
	{
		Name: "text_position", Group: "Text", Domain: places(compassNames...), Default: "center", Example: "bottom", Needs: "text",
		Doc: "Where the text lies, half its size away from the edge.",
		set: func(d *draft, in Domain, text string) (err error) {
			d.Text.Position, err = compass(in, text)
			return err
		},
		get: func(r Request) string { return compassName(r.Spec.Text.Position) },
	},
	{
		Name: "text_font", Group: "Text", Domain: Domain{Kind: KindText}, Values: "the name of a font, of letters, spaces and -", Default: "sans", Example: "Serif Bold", Needs: "text",
		Doc: "Family and style of the font, of those that are installed here; another one is taken for what is not.",
		set: func(d *draft, _ Domain, text string) (err error) {
			d.Text.Font, err = parseFont(text)
			if strings.EqualFold(d.Text.Font, "sans") {
				d.Text.Font = ""
			}
			return err
		},
		get: func(r Request) string { return r.Spec.Text.Font },
	},
	{
		Name: "pad", Group: "Frame", Domain: Domain{Kind: KindSides}, Values: fmt.Sprintf("n or top:right:bottom:left, each 0…%d pixels", MaxSide), Default: "0", Example: "20",
		Doc: "Puts background around the picture, which gets that much larger.",
		set: func(d *draft, _ Domain, text string) (err error) {
			d.Pad, err = sides(text)
			return err
		},
		get: func(r Request) string { return r.Spec.Pad.String() },
	},
	{
		Name: "background", Short: "bg", Group: "Frame", Domain: Domain{Kind: KindColor}, Default: "transparent, white where the format has no alpha", Example: "ffcc00",
		Doc: "Colour behind transparency and around the picture.",
		set: func(d *draft, _ Domain, text string) (err error) {
			d.Background, err = ParseColor(text)
			return err
		},
		get: func(r Request) string { return r.Spec.Background.String() },
	},
	{
		Name: "round", Group: "Frame", Domain: wholes(0, MaxSide, "max"), Default: "0", Example: "max",
		Doc: "Rounds the corners by a radius in pixels; max makes a circle of a square. They are transparent where the format can, else background.",
		set: func(d *draft, in Domain, text string) (err error) {
			if in.has(text) {
				d.Round = RoundMax
				return nil
			}
			d.Round, err = in.whole(text)
			return err
		},
		get: func(r Request) string {
			if r.Spec.Round == RoundMax {
				return "max"
			}
			return named(strconv.Itoa(r.Spec.Round), r.Spec.Round != 0)
		},
	},
}

func compass(in Domain, text string) (Position, error) {
	index, err := in.index(text)
	return Position(index), err
}

func compassName(p Position) string { return named(p.String(), p != PositionCenter) }
