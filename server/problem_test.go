package server

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// patientError says itself how long it lasts.
type patientError struct {
	error
	wait time.Duration
}

func (e patientError) RetryAfter(time.Time) time.Duration { return e.wait }
func (e patientError) Unwrap() error                      { return e.error }

func TestRetryAfter(t *testing.T) {
	now := time.Now()
	for _, test := range []struct {
		err         error
		least, most int64
	}{
		{ErrDraining, 5, 10},
		{patientError{ErrDraining, 90 * time.Second}, 90, 90},
		{fmt.Errorf("watermark: %w", patientError{ErrDraining, 1}), 1, 1},
		{patientError{ErrDraining, 2*time.Second + 1}, 3, 3},
		{patientError{ErrDraining, 0}, 5, 10},
		{patientError{ErrDraining, -time.Second}, 5, 10},
		{ErrRouteNotFound, 0, 0},
		{patientError{ErrRouteNotFound, time.Minute}, 60, 60},
		{errors.Join(errors.New("another"), patientError{ErrRouteNotFound, time.Minute}), 60, 60},
	} {
		for range 50 {
			if got := retryAfter(test.err, kindOf(test.err), now); got < test.least || got > test.most {
				t.Fatalf("%v: got %d, want %d…%d", test.err, got, test.least, test.most)
			}
		}
	}
}
