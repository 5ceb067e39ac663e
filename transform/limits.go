package transform

import (
	"errors"
	"fmt"

	"api-resize/spec"
)

// Limits bound what is accepted and what is made. Originals are judged by
// their header, results by their Plan, both before a pixel is decoded.
type Limits struct {
	Pixels int64             // of an original, all frames together
	Frames int               // of an original
	Bytes  int64             // of an original's file; who fetches or accepts one counts them while they come in
	Result spec.ResultLimits // of a result
	Memory int64             // that pictures in work may need together, in bytes; who admits work counts it; 0: not known
}

// DefaultLimits are what the service starts with: 50 megapixels are 200 MB as
// RGBA, and more than any telephone's camera makes in its ordinary mode.
func DefaultLimits() Limits {
	return Limits{
		Pixels: 50_000_000,
		Frames: 100,
		Bytes:  20 << 20,
		Result: spec.ResultLimits{Pixels: 25_000_000, Side: spec.MaxSide},
	}
}

// Validate reports every limit that makes no sense, joined.
func (l Limits) Validate() error {
	var faults []error
	for _, limit := range []struct {
		key   string
		value int64
	}{
		{"pixels", l.Pixels},
		{"frames", int64(l.Frames)},
		{"bytes", l.Bytes},
		{"result.pixels", l.Result.Pixels},
		{"result.side", int64(l.Result.Side)},
	} {
		if limit.value < 1 {
			faults = append(faults, fmt.Errorf("%s: expected at least 1, got %d", limit.key, limit.value))
		}
	}
	return errors.Join(faults...)
}

// maxLoaderSide is the longest side that libvips' loaders take, in pixels
// (VIPS_MAX_COORD, 8.14); all frames below each other count as one side.
const maxLoaderSide = 10_000_000

// allow judges an original's measures.
func (l Limits) allow(width, height, frames int) error {
	pixels := int64(width) * int64(height) // each below 2³², so no overflow
	switch {
	case width < 1 || height < 1 || frames < 1:
		return fmt.Errorf("%w: %dx%d pixels, %d frames", ErrCorrupt, width, height, frames)
	case frames > l.Frames:
		return fmt.Errorf("%w: %d frames, expected at most %d", ErrTooManyPixels, frames, l.Frames)
	case pixels > l.Pixels/int64(frames) || width > maxLoaderSide || height > maxLoaderSide/frames:
		return fmt.Errorf("%w: %dx%d pixels in %d frames, expected at most %d in all",
			ErrTooManyPixels, width, height, frames, l.Pixels)
	}
	return nil
}
