package transform

import (
	"encoding/binary"
	"math"
)

// iccColorSpace is the kind of pixels that an ICC profile is for (ICC.1:2022,
// section 7.2.6), such as "RGB " or "CMYK"; empty when it is no profile.
func iccColorSpace(profile []byte) string {
	if len(profile) < 132 || string(profile[36:40]) != "acsp" {
		return ""
	}
	return string(profile[16:20])
}

// iccTag is the data of a profile's tag, nil when it has none.
func iccTag(profile []byte, signature string) []byte {
	if iccColorSpace(profile) == "" {
		return nil
	}
	count := min(int(binary.BigEndian.Uint32(profile[128:])), 200)
	for entry := 132; count > 0 && entry+12 <= len(profile); count, entry = count-1, entry+12 {
		if string(profile[entry:entry+4]) != signature {
			continue
		}
		offset := uint64(binary.BigEndian.Uint32(profile[entry+4:]))
		length := uint64(binary.BigEndian.Uint32(profile[entry+8:]))
		if offset+length > uint64(len(profile)) {
			return nil
		}
		return profile[offset : offset+length]
	}
	return nil
}

// sRGB's primaries adapted to D50, as IEC 61966-2-1 profiles hold them.
var srgbColorants = map[string][3]float64{
	"rXYZ": {0.4361, 0.2225, 0.0139},
	"gXYZ": {0.3851, 0.7169, 0.0971},
	"bXYZ": {0.1431, 0.0606, 0.7141},
}

// isSRGB reports whether a profile describes sRGB, by its numbers and not its
// name: converting from it would change nothing.
func isSRGB(profile []byte) bool {
	if iccColorSpace(profile) != "RGB " || iccTag(profile, "A2B0") != nil {
		return false
	}
	for signature, want := range srgbColorants {
		tag := iccTag(profile, signature)
		if len(tag) < 20 {
			return false
		}
		for i, value := range want {
			if math.Abs(s15Fixed16(tag[8+4*i:])-value) > 0.002 {
				return false
			}
		}
	}
	for _, signature := range []string{"rTRC", "gTRC", "bTRC"} {
		if !isSRGBCurve(iccTag(profile, signature)) {
			return false
		}
	}
	return true
}

// isSRGBCurve compares a tone curve, sampled or parametric, with sRGB's.
func isSRGBCurve(tag []byte) bool {
	for _, x := range []float64{0.1, 0.25, 0.5, 0.75, 0.9} {
		want := math.Pow((x+0.055)/1.055, 2.4)
		if y, ok := iccCurve(tag, x); !ok || math.Abs(y-want) > 0.003 {
			return false
		}
	}
	return true
}

// iccCurve is the value at x of a curveType with samples or of a
// parametricCurveType of the function that sRGB uses (sections 10.6, 10.18).
func iccCurve(tag []byte, x float64) (float64, bool) {
	if len(tag) < 12 {
		return 0, false
	}
	switch string(tag[:4]) {
	case "curv":
		count := int(binary.BigEndian.Uint32(tag[8:]))
		if count < 2 || count > (len(tag)-12)/2 {
			return 0, false
		}
		at := x * float64(count-1)
		low := min(int(at), count-2)
		sample := func(i int) float64 { return float64(binary.BigEndian.Uint16(tag[12+2*i:])) / 65535 }
		return sample(low) + (at-float64(low))*(sample(low+1)-sample(low)), true
	case "para":
		if binary.BigEndian.Uint16(tag[8:]) != 3 || len(tag) < 32 {
			return 0, false
		}
		g, a, b, c, d := s15Fixed16(tag[12:]), s15Fixed16(tag[16:]), s15Fixed16(tag[20:]), s15Fixed16(tag[24:]), s15Fixed16(tag[28:])
		if x < d {
			return c * x, true
		}
		return math.Pow(a*x+b, g), true
	}
	return 0, false
}

func s15Fixed16(data []byte) float64 {
	return float64(int32(binary.BigEndian.Uint32(data))) / 65536
}
