package main

import "image"

// Side of the windows that are compared, and the distance between them, in
// pixels.
const (
	windowSide = 8
	windowStep = 4
)

// similarity is the mean structural similarity of two pictures of one size, 1
// when they are the same: Wang, Bovik, Sheikh, Simoncelli, Image Quality
// Assessment, IEEE Transactions on Image Processing 13, 2004, with even windows
// as in its section III.
func similarity(a, b *image.Gray) float64 {
	sum, count := 0.0, 0
	bounds := a.Bounds()
	for y := 0; y == 0 || y+windowSide <= bounds.Dy(); y += windowStep {
		for x := 0; x == 0 || x+windowSide <= bounds.Dx(); x += windowStep {
			window := image.Rect(x, y, x+windowSide, y+windowSide).Intersect(bounds)
			sum += windowSimilarity(a, b, window)
			count++
		}
	}
	return sum / float64(count)
}

// windowSimilarity compares mean, variance and covariance in one window. Where
// the pictures have next to no variance, the two constants keep rounding from
// counting.
func windowSimilarity(a, b *image.Gray, window image.Rectangle) float64 {
	const (
		meanFloor     = 0.01 * 255 * 0.01 * 255
		varianceFloor = 0.03 * 255 * 0.03 * 255
	)
	var sumA, sumB, squaresA, squaresB, products float64
	for y := window.Min.Y; y < window.Max.Y; y++ {
		for x := window.Min.X; x < window.Max.X; x++ {
			valueA, valueB := float64(a.GrayAt(x, y).Y), float64(b.GrayAt(x, y).Y)
			sumA += valueA
			sumB += valueB
			squaresA += valueA * valueA
			squaresB += valueB * valueB
			products += valueA * valueB
		}
	}
	pixels := float64(window.Dx() * window.Dy())
	meanA, meanB := sumA/pixels, sumB/pixels
	varianceA, varianceB := squaresA/pixels-meanA*meanA, squaresB/pixels-meanB*meanB
	covariance := products/pixels - meanA*meanB
	return (2*meanA*meanB + meanFloor) * (2*covariance + varianceFloor) /
		((meanA*meanA + meanB*meanB + meanFloor) * (varianceA + varianceB + varianceFloor))
}
