package transform

import (
	"math"

	"api-resize/spec"
)

// labOf is an sRGB colour in CIE L*a*b* under D65, as libvips has it: IEC
// 61966-2-1 for the curve and the matrix, CIE 15 for the rest.
func labOf(colour spec.Color) (lightness, a, b float64) {
	r, g, bl := linear(colour.Red), linear(colour.Green), linear(colour.Blue)
	x := labCurve((0.4124*r + 0.3576*g + 0.1805*bl) / 0.9505)
	y := labCurve(0.2126*r + 0.7152*g + 0.0722*bl)
	z := labCurve((0.0193*r + 0.1192*g + 0.9505*bl) / 1.0890)
	return 116*y - 16, 500 * (x - y), 200 * (y - z)
}

func linear(value uint8) float64 {
	v := float64(value) / 255
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func labCurve(t float64) float64 {
	if t > 216.0/24389 {
		return math.Cbrt(t)
	}
	return (24389.0/27*t + 16) / 116
}
