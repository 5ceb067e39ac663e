package transform

import (
	"math"

	"github.com/davidbyttow/govips/v2/vips"
)

// colourMatrix makes new colours of old ones, both 0…255: three rows of the
// weights of red, green and blue, and what is added. Those here are from W3C
// Filter Effects Module Level 1, sections 9.6 and 13, so that a picture looks
// as CSS's filter of the same name would make it.
type colourMatrix [3][4]float64

// matrixEffect is an effect that a matrix does.
func matrixEffect(of func(amount float64) colourMatrix) effect {
	return func(frame *vips.ImageRef, amount float64) error {
		return of(amount).apply(frame)
	}
}

func (m colourMatrix) apply(frame *vips.ImageRef) error {
	if frame.Bands() < 3 {
		if err := frame.ToColorSpace(vips.InterpretationSRGB); err != nil {
			return err
		}
	}
	return onColours(frame, func() error {
		if err := frame.Recomb([][]float64{m[0][:3], m[1][:3], m[2][:3]}); err != nil {
			return err
		}
		// Half is added since a cast cuts off what is behind the point.
		const half = 0.5
		offset := []float64{m[0][3] + half, m[1][3] + half, m[2][3] + half}
		if err := frame.Linear([]float64{1, 1, 1}, offset); err != nil {
			return err
		}
		return frame.Cast(vips.BandFormatUchar)
	})
}

func brightnessMatrix(amount float64) colourMatrix {
	return colourMatrix{{amount, 0, 0, 0}, {0, amount, 0, 0}, {0, 0, amount, 0}}
}

func contrastMatrix(amount float64) colourMatrix {
	offset := 127.5 * (1 - amount)
	return colourMatrix{{amount, 0, 0, offset}, {0, amount, 0, offset}, {0, 0, amount, offset}}
}

func negateMatrix(float64) colourMatrix {
	return colourMatrix{{-1, 0, 0, 255}, {0, -1, 0, 255}, {0, 0, -1, 255}}
}

// Weights of red, green and blue in lightness, as that module has them.
const (
	redWeight   = 0.213
	greenWeight = 0.715
	blueWeight  = 0.072
)

func saturationMatrix(s float64) colourMatrix {
	const r, g, b = redWeight, greenWeight, blueWeight
	return colourMatrix{
		{r + (1-r)*s, g - g*s, b - b*s, 0},
		{r - r*s, g + (1-g)*s, b - b*s, 0},
		{r - r*s, g - g*s, b + (1-b)*s, 0},
	}
}

func grayscaleMatrix(float64) colourMatrix { return saturationMatrix(0) }

func hueMatrix(degrees float64) colourMatrix {
	const r, g, b = redWeight, greenWeight, blueWeight
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return colourMatrix{
		{r + cos*(1-r) - sin*r, g - cos*g - sin*g, b - cos*b + sin*(1-b), 0},
		{r - cos*r + sin*0.143, g + cos*(1-g) + sin*0.140, b - cos*b - sin*0.283, 0},
		{r - cos*r - sin*(1-r), g - cos*g + sin*g, b + cos*(1-b) + sin*b, 0},
	}
}

func sepiaMatrix(float64) colourMatrix {
	return colourMatrix{{0.393, 0.769, 0.189, 0}, {0.349, 0.686, 0.168, 0}, {0.272, 0.534, 0.131, 0}}
}
