package origin

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Expired lists uploads whose end has come, and which are still on the disk.
func (u *Uploads) Expired(ctx context.Context, limit int) ([]string, error) {
	ctx, cancel := asking(ctx)
	defer cancel()
	return u.records.Expired(ctx, time.Now(), limit)
}

// RemoveExpired removes an upload if its end has come, and reports whether it
// did. It may have been removed, or its life prolonged, by another meanwhile.
func (u *Uploads) RemoveExpired(ctx context.Context, id string) (bool, error) {
	if !ValidID(id) {
		return false, fmt.Errorf("%w: not an id", ErrNotFound)
	}
	unlock, err := u.lock(ctx, id)
	if err != nil {
		return false, err
	}
	defer unlock()
	record, err := u.get(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil || !record.expired(time.Now()) {
		return false, err
	}
	return true, u.remove(ctx, id)
}
