package spec

import "time"

// Original is an original image in memory, with what its header tells.
type Original struct {
	Bytes []byte
	Facts Facts // of the page that is wanted
}

// Order is all that it takes to make one picture.
type Order struct {
	Original  Original
	Watermark Original // zero unless Want has one
	Want      Spec     // resolved: definite format and quality
}

// Picture is a finished result, encoded.
type Picture struct {
	Bytes         []byte
	Format        Format
	Width, Height int // pixels, of one frame
	Timings       Timings
}

// Timings say where the time of one picture went. libvips is lazy, so that
// decoding runs while transforming and encoding pull pixels: Decode is opening
// and reading the header, Transform building the pipeline and what has to see
// all pixels at once, Encode everything that happens while writing.
type Timings struct {
	Decode, Transform, Encode time.Duration
}
