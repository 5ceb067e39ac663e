package spec

import "strconv"

var geometryOptions = []Option{
	{
		Name: "crop", Domain: Domain{Kind: KindRegion}, Values: "x:y:w:h in pixels, or with a point in parts of the original", Default: "all of it", Example: "0.25:0.1:0.5:0.5",
		Doc: "The part of the upright original that the picture is made of. What lies outside the original is left away.",
		set: func(d *draft, _ Domain, text string) (err error) {
			d.Crop, err = parseRegion(text)
			return err
		},
		get: func(r Request) string { return r.Spec.Crop.String() },
	},
	{
		Name: "trim", Domain: wholes(1, 255), Default: "none", Example: "20",
		Doc: "Cuts off a border of one colour, that of the top left pixel; the value is how much a colour may differ from it. Of an animation, what all frames can spare.",
		set: func(d *draft, in Domain, text string) (err error) {
			d.Trim, err = in.whole(text)
			return err
		},
		get: func(r Request) string { return named(strconv.Itoa(r.Spec.Trim), r.Spec.Trim != 0) },
	},
	{
		Name: "fit", Domain: words(fitNames...), Default: "cover", Example: "contain",
		Doc: "How the picture comes into a box of which both sides are given: cover fills it and crops, contain puts background around, inside is at most the box, outside at least, fill stretches.",
		set: func(d *draft, in Domain, text string) error {
			index, err := in.index(text)
			d.Fit = Fit(index)
			return err
		},
		get: func(r Request) string { return named(r.Spec.Fit.String(), r.Spec.Fit != FitCover) },
	},
	{
		Name: "position", Short: "p", Domain: places(positionNames...), Default: "center", Example: "attention",
		Doc: "Which part a cover keeps, or where a contain puts the picture. entropy keeps the most detail, attention what draws the eye.",
		set: func(d *draft, in Domain, text string) error {
			index, err := in.index(text)
			d.Position = Position(index)
			return err
		},
		get: func(r Request) string { return named(r.Spec.Position.String(), r.Spec.Position != PositionCenter) },
	},
	{
		Name: "focus", Domain: Domain{Kind: KindPoint}, Values: "x:y, each 0…1 from the top left corner", Default: "none", Example: "0.8:0.2", Excludes: "position",
		Doc: "The point that a cover keeps as near to its middle as it can, of what crop and trim have left.",
		set: func(d *draft, _ Domain, text string) (err error) {
			d.Focus, err = focusAt(text)
			return err
		},
		get: func(r Request) string {
			return named(thousandths(r.Spec.Focus.X)+":"+thousandths(r.Spec.Focus.Y), r.Spec.Focus.Set)
		},
	},
	{
		Name: "enlarge", Domain: Domain{Kind: KindSwitch}, Default: "false", Example: "true",
		Doc: "Scale up when the original is smaller than the box. Without it nothing is scaled up, and a cover keeps the box's aspect ratio.",
		set: func(d *draft, _ Domain, text string) (err error) {
			d.Enlarge, err = boolean(text)
			return err
		},
		get: func(r Request) string { return named("true", r.Spec.Enlarge) },
	},
	{
		Name: "dpr", Domain: numbers(0.5, 4), Default: "1", Example: "2",
		Doc: "Device pixel ratio: multiplies size, pad, round and text_size. 300x200,dpr=2 is the same picture as 600x400.",
		set: func(d *draft, in Domain, text string) (err error) {
			d.dpr, err = in.number(text)
			return err
		},
		get: func(Request) string { return "" },
	},
	{
		Name: "rotate", Short: "r", Domain: numbers(-360, 360), Values: "a number of degrees -360…360", Default: "0", Example: "15",
		Doc: "Turns clockwise, after the EXIF orientation was applied. Other than quarter turns make the picture larger and fill its corners with the background.",
		set: func(d *draft, _ Domain, text string) (err error) {
			d.Turn.Rotate, err = parseRotation(text)
			return err
		},
		get: func(r Request) string { return named(thousandths(r.Spec.Turn.Rotate), r.Spec.Turn.Rotate != 0) },
	},
	{
		Name: "flip", Domain: words(flipNames[1:]...), Default: "none", Example: "h",
		Doc: "Mirrors left to right, top to bottom, or both; after rotate.",
		set: func(d *draft, in Domain, text string) error {
			index, err := in.index(text)
			d.Turn.Flip = Flip(index + 1)
			return err
		},
		get: func(r Request) string { return named(flipNames[r.Spec.Turn.Flip], r.Spec.Turn.Flip != FlipNone) },
	},
}
