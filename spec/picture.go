package spec

import "time"

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
