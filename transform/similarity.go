package transform

import "image"

// Similarity is how much two pictures of the same size look alike, by the mean
// structural similarity of Wang, Bovik, Sheikh and Simoncelli (Image Quality
// Assessment: From Error Visibility to Structural Similarity, IEEE 2004): 1 for
// equal ones, below 0 for opposites. It looks through windows of 8 by 8 pixels,
// every fourth in both directions and along the far edges, all of whose pixels
// count the same. Pictures of different sizes have nothing in common: 0.
func Similarity(a, b *image.Gray) float64 {
	size := a.Rect.Size()
	if size != b.Rect.Size() {
		return 0
	}
	total, count := 0.0, 0
	eachWindow(size, func(window image.Rectangle) {
		total += compare(a, b, window).similarity()
		count++
	})
	return total / float64(max(count, 1))
}

const (
	similaritySide = 8
	similarityStep = 4
	// What keeps dark and flat windows from dividing by nothing, of 8 bits.
	similarityC1 = (0.01 * 255) * (0.01 * 255)
	similarityC2 = (0.03 * 255) * (0.03 * 255)
)

// eachWindow visits all windows of pictures of a size.
func eachWindow(size image.Point, visit func(window image.Rectangle)) {
	side := image.Pt(min(similaritySide, size.X), min(similaritySide, size.Y))
	for _, y := range windowsAlong(size.Y) {
		for _, x := range windowsAlong(size.X) {
			corner := image.Pt(x, y)
			visit(image.Rectangle{Min: corner, Max: corner.Add(side)})
		}
	}
}

// windowsAlong is where windows begin along a side.
func windowsAlong(length int) (starts []int) {
	if length < 1 {
		return nil
	}
	last := max(length-similaritySide, 0)
	for start := 0; start < last; start += similarityStep {
		starts = append(starts, start)
	}
	return append(starts, last)
}

// comparison is what two pictures are like in a window.
type comparison struct {
	meanA, meanB, varianceA, varianceB, covariance float64
}

func compare(a, b *image.Gray, window image.Rectangle) comparison {
	var sumA, sumB, sumAA, sumBB, sumAB int
	width := window.Dx()
	for y := window.Min.Y; y < window.Max.Y; y++ {
		rowA := a.Pix[y*a.Stride+window.Min.X:][:width]
		rowB := b.Pix[y*b.Stride+window.Min.X:][:width]
		for x, value := range rowA {
			valueA, valueB := int(value), int(rowB[x])
			sumA += valueA
			sumB += valueB
			sumAA += valueA * valueA
			sumBB += valueB * valueB
			sumAB += valueA * valueB
		}
	}
	count := float64(width * window.Dy())
	meanA, meanB := float64(sumA)/count, float64(sumB)/count
	return comparison{
		meanA, meanB,
		float64(sumAA)/count - meanA*meanA, float64(sumBB)/count - meanB*meanB, float64(sumAB)/count - meanA*meanB,
	}
}

func (c comparison) similarity() float64 {
	return (2*c.meanA*c.meanB + similarityC1) * (2*c.covariance + similarityC2) /
		((c.meanA*c.meanA + c.meanB*c.meanB + similarityC1) * (c.varianceA + c.varianceB + similarityC2))
}
