package transform

import (
	"cmp"
	"fmt"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// DrawsText reports whether text can be laid over pictures here, which takes a
// font. It is found out once, when it is first asked for: without fontconfig's
// cache, finding the fonts takes a tenth of a second or more.
func (e *Engine) DrawsText() bool { return e.drawsText() }

// drawsText draws a letter. Without fonts Pango draws a box for it.
func drawsText() bool {
	text := layOut("A", defaultFont, spec.DefaultTextSize, 10*spec.DefaultTextSize, alignLeft)
	defer text.close()
	ink := text.ink()
	if ink.Width < 1 || ink.Height < 1 || text.unknown() > 0 {
		return false
	}
	mask, err := text.mask(ink, nil)
	if err != nil {
		return false
	}
	defer mask.Close()
	covered, err := mask.Average()
	return err == nil && covered > 0
}

// defaultFont is what fontconfig takes for a sans serif.
const defaultFont = "sans"

// prepareText judges a text before anything is decoded.
func (e *Engine) prepareText(text spec.Text) error {
	if text.Words != "" && !e.DrawsText() {
		return fmt.Errorf("%w, nor for any other: text can't be drawn here, since there are no fonts", spec.ErrImpossible)
	}
	return nil
}

// layText draws the text over every frame. Only what comes to lie in the
// picture is drawn, whatever the length of the text.
func (j *job) layText() error {
	want := j.want.Text
	colour := textColor(want)
	if want.Words == "" || colour.Alpha == 0 {
		return nil
	}
	size, picture := cmp.Or(want.Size, spec.DefaultTextSize), j.frameSize()
	margin := size / 2
	text := layOut(want.Words, cmp.Or(want.Font, defaultFont), size, max(1, picture.Width-2*margin), alignmentAt(want.Position))
	defer text.close()
	seen := text.ink()
	left, top := want.Position.Place(picture, spec.Size{Width: seen.Width, Height: seen.Height}, margin)
	seen.Width = min(seen.Width, picture.Width-left)
	seen.Height = min(seen.Height, picture.Height-top)
	if seen.Width < 1 || seen.Height < 1 { // nothing but spaces
		return nil
	}
	mask, err := text.mask(seen, j.guard)
	if err != nil {
		return err
	}
	over, err := j.coloured(j.own(mask), colour)
	if err != nil {
		return err
	}
	return j.lay(over, left, top)
}

func textColor(text spec.Text) spec.Color {
	if !text.Color.Set {
		return spec.RGB(255, 255, 255)
	}
	return text.Color
}

// alignmentAt lets the lines of a text begin, end or have their middle where
// its position is.
func alignmentAt(position spec.Position) alignment {
	switch position {
	case spec.PositionTopLeft, spec.PositionLeft, spec.PositionBottomLeft:
		return alignLeft
	case spec.PositionTopRight, spec.PositionRight, spec.PositionBottomRight:
		return alignRight
	}
	return alignCenter
}

// coloured is one colour where a mask is, as seen as the mask says.
func (j *job) coloured(mask *vips.ImageRef, colour spec.Color) (*vips.ImageRef, error) {
	kind, channels := vips.InterpretationSRGB, []float64{float64(colour.Red), float64(colour.Green), float64(colour.Blue)}
	if colour.Red == colour.Green && colour.Green == colour.Blue {
		kind, channels = vips.InterpretationBW, channels[:1]
	}
	over, err := mask.CopyChangingInterpretation(kind)
	if err != nil {
		return nil, err
	}
	j.own(over)
	// Half is added since a cast cuts off what is behind the point.
	const half = 0.5
	times := make([]float64, len(channels)+1)
	times[len(channels)] = float64(colour.Alpha) / 255
	if err := over.Linear(times, append(channels, half)); err != nil {
		return nil, err
	}
	if err := over.Cast(vips.BandFormatUchar); err != nil {
		return nil, err
	}
	return over, nil
}
