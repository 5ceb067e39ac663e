package transform

import (
	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// A sample stands for a large picture where trying things out on all of it would
// take too long: at most so many tiles, spread evenly over it and over all of
// its frames.
const (
	sampleTile  = 128 // pixels a side
	sampleTiles = 16
	// sampleGrid is what tiles are aligned to: the largest blocks of JPEG, which
	// are then coded as in the whole picture.
	sampleGrid = 16
)

// sample is the film itself where it is small enough, else tiles of it; the
// caller closes it.
func (j *job) sample() (*vips.ImageRef, error) {
	whole := spec.Size{Width: j.film.image.Width(), Height: j.film.image.Height()}
	sample, err := j.film.image.Copy()
	if err != nil {
		return nil, err
	}
	if pixelsOf(whole) > sampleTiles*sampleTile*sampleTile {
		err = j.join(sample, sampleRects(whole))
	}
	if err == nil {
		err = settle(sample, j.guard)
	}
	if err != nil {
		sample.Close()
		return nil, err
	}
	return sample, nil
}

// join makes of an image its rectangles beside and below each other.
func (j *job) join(image *vips.ImageRef, rows [][]spec.Rect) error {
	var tiles []*vips.ImageRef
	for _, row := range rows {
		for _, rect := range row {
			tile, err := image.Copy()
			if err != nil {
				return err
			}
			tiles = append(tiles, j.own(tile))
			if err := crop(tile, rect); err != nil {
				return err
			}
		}
	}
	if err := crop(image, rows[0][0]); err != nil {
		return err
	}
	return image.ArrayJoin(tiles[1:], len(rows[0]))
}

// sampleRects are the tiles of a picture that is larger than all of them
// together.
func sampleRects(whole spec.Size) [][]spec.Rect {
	tile := spec.Size{Width: min(whole.Width, sampleTile), Height: min(whole.Height, sampleTile)}
	fits := func(wanted, side, tile int) int { return max(1, min(wanted, side/tile)) }
	columns := fits(4, whole.Width, tile.Width)
	rows := fits(sampleTiles/columns, whole.Height, tile.Height)
	columns = fits(sampleTiles/rows, whole.Width, tile.Width)
	place := func(index, count, side, tile int) int {
		if count == 1 {
			return (side - tile) / 2 / sampleGrid * sampleGrid
		}
		return index * (side - tile) / (count - 1) / sampleGrid * sampleGrid
	}
	rects := make([][]spec.Rect, rows)
	for row := range rects {
		for column := range columns {
			rects[row] = append(rects[row], spec.Rect{
				Left: place(column, columns, whole.Width, tile.Width), Top: place(row, rows, whole.Height, tile.Height),
				Width: tile.Width, Height: tile.Height,
			})
		}
	}
	return rects
}
