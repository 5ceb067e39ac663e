package transform

import (
	"cmp"
	"image"
	"math"
	"slices"

	"api-resize/spec"
)

// The dominant colour of a picture is the middle of the most populous cluster
// of its colours. The mean of all of them is mostly a colour that is nowhere in
// the picture, and the fullest cell of a histogram depends on where the borders
// of cells happen to lie. So the histogram only proposes where to look, and the
// densest place is then found by mean shift (Comaniciu and Meer, IEEE PAMI 24,
// 2002): one moves to the middle of all colours that are near, as long as more
// of them are near there. Colours count as much as they are opaque. There is no
// chance in it: equal pictures have equal colours.
const (
	// clusterRadius is how far colours of one cluster are from its middle, in
	// CIE L*a*b*; about 2 is the least difference that is seen.
	clusterRadius = 18
	// clusterSeeds is how many of the histogram's cells are tried: eight meet
	// at one point.
	clusterSeeds = 16
	// clusterShifts bounds the moves; most are over after less than ten.
	clusterShifts = 20
)

// shade is the colour of a pixel that can be seen.
type shade struct {
	colour spec.Color
	lab    [3]float64
}

// dominantColor is the dominant colour of a picture; black when nothing of it
// can be seen.
func dominantColor(picture *image.NRGBA) spec.Color {
	shades, seeds := shadesOf(picture)
	best, most := cluster{}, 0
	for _, seed := range seeds {
		if found := clusterAt(shades, seed); found.weight > most {
			best, most = found, found.weight
		}
	}
	for range clusterShifts {
		next := clusterAt(shades, best.middle)
		if next.weight <= best.weight {
			break
		}
		best = next
	}
	return best.colour
}

// shadesOf are the pixels that can be seen, and the middles of the fullest
// cells of their histogram with 4 bits a channel, the fullest first.
func shadesOf(picture *image.NRGBA) (shades []shade, seeds [][3]float64) {
	cells := make(map[int]*clusterSum)
	for i := 0; i+4 <= len(picture.Pix); i += 4 {
		pixel := picture.Pix[i : i+4]
		if pixel[3] == 0 {
			continue
		}
		one := shade{colour: spec.Color{Red: pixel[0], Green: pixel[1], Blue: pixel[2], Alpha: pixel[3], Set: true}}
		one.lab[0], one.lab[1], one.lab[2] = labOf(one.colour)
		shades = append(shades, one)
		cell := int(pixel[0]>>4)<<8 | int(pixel[1]>>4)<<4 | int(pixel[2]>>4)
		if cells[cell] == nil {
			cells[cell] = &clusterSum{}
		}
		cells[cell].add(one)
	}
	fullest := make([]int, 0, len(cells))
	for cell := range cells {
		fullest = append(fullest, cell)
	}
	slices.SortFunc(fullest, func(a, b int) int {
		return cmp.Or(cmp.Compare(cells[b].weight, cells[a].weight), cmp.Compare(a, b))
	})
	for _, cell := range fullest[:min(len(fullest), clusterSeeds)] {
		seeds = append(seeds, cells[cell].cluster().middle)
	}
	return shades, seeds
}

// cluster is what is near one place in L*a*b*.
type cluster struct {
	weight int // of all its colours, 255 for an opaque pixel
	middle [3]float64
	colour spec.Color
}

// clusterAt gathers the colours around a place.
func clusterAt(shades []shade, place [3]float64) cluster {
	var sum clusterSum
	for _, one := range shades {
		l, a, b := one.lab[0]-place[0], one.lab[1]-place[1], one.lab[2]-place[2]
		if l*l+a*a+b*b <= clusterRadius*clusterRadius {
			sum.add(one)
		}
	}
	return sum.cluster()
}

// clusterSum adds up colours, weighed by their alpha.
type clusterSum struct {
	weight, red, green, blue int
	lab                      [3]float64
}

func (s *clusterSum) add(one shade) {
	weight := int(one.colour.Alpha)
	s.weight += weight
	s.red += weight * int(one.colour.Red)
	s.green += weight * int(one.colour.Green)
	s.blue += weight * int(one.colour.Blue)
	for i := range s.lab {
		s.lab[i] += float64(weight) * one.lab[i]
	}
}

// cluster has the means; those of sRGB's values do as a colour, since all of
// them are near each other.
func (s *clusterSum) cluster() cluster {
	if s.weight == 0 {
		return cluster{}
	}
	weight := float64(s.weight)
	mean := func(sum int) uint8 { return uint8(math.Round(float64(sum) / weight)) }
	return cluster{
		weight: s.weight,
		middle: [3]float64{s.lab[0] / weight, s.lab[1] / weight, s.lab[2] / weight},
		colour: spec.RGB(mean(s.red), mean(s.green), mean(s.blue)),
	}
}
