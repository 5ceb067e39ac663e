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
	MayBeOwn  bool     // the original itself is the answer where it is smaller; see Resolution
}

// Cost is what making one picture, or looking at one original, is estimated to
// take.
type Cost struct {
	Bytes int64         // of memory at its peak, the originals' own bytes included; errs on the high side
	Work  time.Duration // of one processor of no particular speed: true in proportion to that of other pictures
	// Decoded is how large a frame comes out of the decoder, which may shrink;
	// zero where there is nothing to be made.
	Decoded Size
}

// Picture is a finished result, encoded.
type Picture struct {
	Bytes         []byte
	Format        Format
	Width, Height int // pixels, of one frame
	Quality       int // with which it was written, 0 where the format has none
	Decision      Decision
	Timings       Timings
}

// Decision is what a transformer decided that a client may want to know. It
// changes with the bytes only.
type Decision string

// The decisions; the usual one is empty.
const (
	DecisionOriginalSmaller Decision = "original-smaller" // the original without its metadata
	DecisionOverMaxBytes    Decision = "over-max-bytes"   // not even the lowest quality is short enough
)

// Timings say where the time of one picture went. libvips is lazy, so that
// decoding runs while transforming and encoding pull pixels: Decode is opening
// and reading the header, Transform building the pipeline and what has to see
// all pixels at once, Encode everything that happens while writing.
type Timings struct {
	Decode, Transform, Encode time.Duration
}
