package proxy

import "time"

// fairness orders the queue so that every client that has something waiting
// gets the same share of the processors' time, however many requests it sends:
// start-time fair queueing (Goyal, Vin, Cheng: Start-time Fair Queuing, 1996).
//
// Virtual time runs as work is begun. A piece of work starts, virtually, when
// its client's last one has ended, but not in the past; the queue is in the
// order of these starts.
type fairness struct {
	now     time.Duration // virtual: the start of what was begun last
	clients map[string]*share
}

// share is what is known of a client.
type share struct {
	end     time.Duration // virtual, of the last piece of work that it sent
	waiting int
}

// maxIdleShares bounds the clients that are remembered beyond those that wait.
const maxIdleShares = 256

func newFairness() fairness { return fairness{clients: map[string]*share{}} }

// enter counts a piece of work that begins to wait, and returns its start.
func (f *fairness) enter(need Need) time.Duration {
	f.clean()
	start := f.startOf(need.Client)
	client := f.clients[need.Client]
	if client == nil {
		client = &share{}
		f.clients[need.Client] = client
	}
	client.end = start + max(need.Work, 1)
	client.waiting++
	return start
}

// startOf is where the next piece of work of a client would stand.
func (f *fairness) startOf(client string) time.Duration {
	if known := f.clients[client]; known != nil {
		return max(f.now, known.end)
	}
	return f.now
}

// serve takes off what is begun, and moves virtual time on to it.
func (f *fairness) serve(one *waiter) {
	f.clients[one.Client].waiting--
	f.now = max(f.now, one.start)
}

// abandon takes off what will not be begun, and what it has cost its client.
func (f *fairness) abandon(one *waiter) {
	client := f.clients[one.Client]
	client.waiting--
	client.end -= max(one.Work, 1)
}

func (f *fairness) waitingOf(client string) int {
	if known := f.clients[client]; known != nil {
		return known.waiting
	}
	return 0
}

// clean forgets those who have nothing waiting, once there are many: each is
// then ahead by no more than its last piece of work.
func (f *fairness) clean() {
	if len(f.clients) < maxIdleShares {
		return
	}
	for name, client := range f.clients {
		if client.waiting == 0 {
			delete(f.clients, name)
		}
	}
}
