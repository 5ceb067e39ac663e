package transform

import (
	"context"
	"errors"
	"strings"
)

var (
	// ErrUnsupported is an original whose content is in no format that is
	// read here, whatever its name or media type says.
	ErrUnsupported = errors.New("not an image format that is read here")
	// ErrCorrupt is an original in a format that is read here, with content
	// that is broken or cut short.
	ErrCorrupt = errors.New("the image is broken or cut short")
	// ErrTooManyPixels is an original with more pixels or frames than Limits
	// allow; it is found in the header, before anything is decoded.
	ErrTooManyPixels = errors.New("the image has too many pixels or frames")
	// ErrTimeout is a picture that was not finished at the context's deadline.
	ErrTimeout = errors.New("making the picture took too long")
)

// contextError is the error of a context that ended, in this package's terms,
// and nil of one that did not.
func contextError(ctx context.Context) error {
	err := ctx.Err()
	if errors.Is(err, context.DeadlineExceeded) {
		return ErrTimeout
	}
	return err
}

// textOf is what libvips said, without the stack that govips appends. It is
// for logs only: libvips has one error text per process, so that it may belong
// to another picture, and nothing is ever decided by it.
func textOf(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\nStack:")
	return strings.TrimSpace(text)
}
