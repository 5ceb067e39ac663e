package batch

import "context"

type whichKey struct{}

// Which says to a Maker which item it is called for. It is for logs and traces,
// and in the context, since no picture depends on it.
type Which struct {
	Task string // id
	Item int    // place in the task, from 0
}

// WhichOf is false in a context that no task's work has made.
func WhichOf(ctx context.Context) (Which, bool) {
	which, ok := ctx.Value(whichKey{}).(Which)
	return which, ok
}

func withWhich(ctx context.Context, args itemArgs) context.Context {
	return context.WithValue(ctx, whichKey{}, Which(args))
}
