package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// ask is a request as it goes out.
type ask struct {
	path  string
	lines string // header lines
}

// replies are the answers of a load, and how long all of them took.
type replies struct {
	all  []reply
	took time.Duration
}

// closed sends count requests over some connections, each of which asks again
// as soon as it has its answer, until until has come. next is called from many
// goroutines with the number of the request.
func closed(ctx context.Context, address string, connections, count int, until time.Time, next func(connection, number int) ask) (replies, error) {
	var (
		number  atomic.Int64
		group   sync.WaitGroup
		answers = make([][]reply, connections)
		faults  = make([]error, connections)
	)
	begin := time.Now()
	for i := range connections {
		group.Go(func() {
			c := connection{address: address}
			defer c.close()
			for n := number.Add(1); n <= int64(count) && time.Now().Before(until); n = number.Add(1) {
				one := next(i, int(n-1))
				answer, err := c.get(ctx, one.path, one.lines)
				if err != nil {
					faults[i] = err
					return
				}
				answers[i] = append(answers[i], answer)
			}
		})
	}
	group.Wait()
	result := replies{took: time.Since(begin)}
	for _, part := range answers {
		result.all = append(result.all, part...)
	}
	return result, errors.Join(append(faults, ctx.Err())...)
}

// open sends requests at a fixed rate for a time, whether the ones before are
// answered or not, as visitors do. Beyond limit unanswered ones, none is sent
// until one is answered; missed counts those.
func open(ctx context.Context, address string, perSecond float64, duration time.Duration, limit int, next func(number int) ask) (result replies, missed int, err error) {
	var (
		mu     sync.Mutex
		group  sync.WaitGroup
		idle   = make(chan *connection, limit) // a place for each that may be there
		free   = make(chan struct{}, limit)
		faults []error
	)
	begin := time.Now()
	for number := 0; ; number++ {
		due := begin.Add(time.Duration(float64(number) / perSecond * float64(time.Second)))
		if due.Sub(begin) >= duration || !sleepUntil(ctx, due) {
			break
		}
		select {
		case free <- struct{}{}:
		default:
			missed++
			continue
		}
		group.Go(func() {
			defer func() { <-free }()
			c := &connection{address: address}
			select {
			case c = <-idle:
			default:
			}
			one := next(number)
			answer, err := c.get(ctx, one.path, one.lines)
			idle <- c
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				faults = append(faults, err)
				return
			}
			result.all = append(result.all, answer)
		})
	}
	group.Wait()
	close(idle)
	for c := range idle {
		c.close()
	}
	result.took = time.Since(begin)
	if ctx.Err() != nil {
		return result, missed, ctx.Err()
	}
	return result, missed, firstOf(faults)
}

func sleepUntil(ctx context.Context, due time.Time) bool {
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// firstOf keeps the text short where hundreds fail alike.
func firstOf(faults []error) error {
	if len(faults) == 0 {
		return nil
	}
	return faults[0]
}

// durations of the answers for which keep holds.
func (r replies) durations(keep func(reply) bool) []time.Duration {
	var found []time.Duration
	for _, one := range r.all {
		if keep(one) {
			found = append(found, one.took)
		}
	}
	return found
}

func anyReply(reply) bool { return true }

func withStatus(status int) func(reply) bool {
	return func(r reply) bool { return r.status == status }
}

func (r replies) perSecond(count int) float64 { return float64(count) / r.took.Seconds() }
