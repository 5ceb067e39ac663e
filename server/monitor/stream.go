package monitor

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Bounds of those who watch.
const (
	maxWatchers    = 32
	watcherBacklog = 8               // messages; who is further behind is dropped
	writeTimeout   = 5 * time.Second // of one message
	reconnectAfter = 2 * time.Second // is what browsers are told
)

var errWatchers = fmt.Errorf("%d browsers watch already", maxWatchers)

// watcher is one browser that watches.
type watcher struct {
	messages chan []byte // closed when it is dropped
}

// stream answers GET /events: a whole snapshot, then what changes, as server-sent
// events. A browser that comes back gets a snapshot again, with all that it missed.
func (m *Monitor) stream(w http.ResponseWriter, r *http.Request) {
	first, one, err := m.join()
	if err != nil {
		w.Header().Set("Retry-After", "5")
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer m.leave(one)
	headOfStream(w, r)
	if !send(w, first) {
		return
	}
	for {
		select {
		case message, ok := <-one.messages:
			if !ok || !send(w, message) {
				return
			}
		case <-r.Context().Done():
			return
		case <-m.life.Done():
			return
		}
	}
}

func headOfStream(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy in front passes each message on
}

// send reports whether the message was taken in time.
func send(w http.ResponseWriter, message []byte) bool {
	control := http.NewResponseController(w)
	if err := control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return false
	}
	if _, err := w.Write(message); err != nil {
		return false
	}
	return control.Flush() == nil
}

// join adds a watcher. Nothing is told to others between the snapshot that it
// gets and its first message.
func (m *Monitor) join() (first []byte, one *watcher, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.watchers) >= maxWatchers {
		return nil, nil, errWatchers
	}
	data, err := json.Marshal(m.snapshot(time.Now()))
	if err != nil {
		return nil, nil, errors.New("the snapshot can't be encoded")
	}
	one = &watcher{make(chan []byte, watcherBacklog)}
	m.watchers[one] = struct{}{}
	m.soonTasks()
	return fmt.Appendf(nil, "retry: %d\n%s", reconnectAfter.Milliseconds(), m.message("snapshot", data)), one, nil
}

func (m *Monitor) leave(one *watcher) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.watchers, one)
}

// tell sends changes to everybody, and waits for nobody.
func (m *Monitor) tell(changes Changes) {
	data, err := json.Marshal(changes)
	if err != nil {
		m.logger.Error("changes not encoded", "error", err)
		return
	}
	m.sequence++
	message := m.message("changes", data)
	for one := range m.watchers {
		select {
		case one.messages <- message:
		default:
			delete(m.watchers, one)
			close(one.messages)
		}
	}
}

func (m *Monitor) message(event string, data []byte) []byte {
	return fmt.Appendf(nil, "id: %s-%d\nevent: %s\ndata: %s\n\n", m.boot, m.sequence, event, data)
}
