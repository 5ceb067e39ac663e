package origin

import "fmt"

// StatusError is an answer that is no original: any status but 200, 203, 304
// where it was asked for, and 404 and 410, which are ErrOriginNotFound. It wraps
// ErrFailed.
type StatusError struct{ Status int }

func (e *StatusError) Error() string { return fmt.Sprintf("%v: status %d", ErrFailed, e.Status) }
func (e *StatusError) Unwrap() error { return ErrFailed }
