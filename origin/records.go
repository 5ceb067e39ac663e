package origin

import (
	"context"
	"time"
)

// Records remembers what is known of uploads, beside the store that has their
// bodies. What a call has stored is durable when it returns. Errors but
// ErrNotFound wrap ErrStorage.
type Records interface {
	// Get is the record of an id, expired or not; ErrNotFound when there is none.
	Get(ctx context.Context, id string) (Record, error)
	// Put inserts or replaces. Times are kept to the microsecond.
	Put(ctx context.Context, record Record) error
	// Delete is no error when there is none.
	Delete(ctx context.Context, id string) error
	// List gives those that have not expired, the newest first, and of the same
	// moment the greatest id, from behind a position on.
	List(ctx context.Context, after Position, limit int) ([]Record, error)
	// Expired lists ids whose end has come by now, the longest expired first.
	Expired(ctx context.Context, now time.Time, limit int) ([]string, error)
	// IDs lists, in the order of bytes, the ids that begin with a prefix and come
	// behind another one.
	IDs(ctx context.Context, prefix, after string, limit int) ([]string, error)
	// Totals counts all of them.
	Totals(ctx context.Context) (Totals, error)
	// Healthy is nil when a change would be taken.
	Healthy(ctx context.Context) error
}

// Position is a place in the list of uploads: behind the one that was made then
// and has that id. The zero Position is the beginning.
type Position struct {
	Created time.Time
	ID      string
}

// IsBeginning tells the zero Position from others.
func (p Position) IsBeginning() bool { return p.ID == "" }

// PositionOf is the place behind a record.
func PositionOf(r Record) Position { return Position{r.Created, r.ID} }

// Totals are the numbers of uploads and of their bytes, those that have expired
// and are not removed yet among them.
type Totals struct {
	Count int64
	Bytes int64
}

// recordsPatience bounds each question to Records.
const recordsPatience = 5 * time.Second

// asking bounds a question. Who has left need not be told the answer.
func asking(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, recordsPatience)
}

// changing bounds a change, which is made to its end also when who asked for it
// has left: half of it would have to be put right by the next start.
func changing(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), recordsPatience)
}
