package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// status gets a path and returns the answer's status and Cache-Status.
func (s *testServer) status(t testing.TB, path string) (status int, cacheStatus string) {
	t.Helper()
	response, err := http.Get(s.url + path)
	must(t, err)
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	must(t, err)
	return response.StatusCode, response.Header.Get("Cache-Status")
}

// watched reports whether any connection was watched since the watcher was told
// to look only once an hour.
func (w *watcher) watched() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.running
}

// TestHitsAreNotWatched: a picture that is there waits for nothing, so nobody
// looks whether its client leaves.
func TestHitsAreNotWatched(t *testing.T) {
	s := newTestServer(t)
	path := "/resize/300x,f=jpeg/" + s.site.URL + "/cat.jpg"
	if status, cacheStatus := s.status(t, path); status != 200 || cacheStatus != "test; fwd=miss; stored" {
		t.Fatalf("%d, %q", status, cacheStatus)
	}
	eventually(t, "the watcher rests", func() bool { return !s.watcher.watched() })
	s.watcher.interval = time.Hour // the goroutine that begins now runs until the end
	for range 10 {
		if status, cacheStatus := s.status(t, path); status != 200 || cacheStatus != "test; hit; detail=memory" {
			t.Fatalf("%d, %q", status, cacheStatus)
		}
	}
	if s.watcher.watched() {
		t.Error("a hit was watched")
	}
	s.status(t, "/resize/301x,f=jpeg/"+s.site.URL+"/cat.jpg")
	if !s.watcher.watched() {
		t.Error("a miss was not watched: this test sees nothing")
	}
}

// pair is two ends of one TCP connection.
func pair(t *testing.T) (client, server *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	dialed, err := net.Dial("tcp", listener.Addr().String())
	must(t, err)
	accepted, err := listener.Accept()
	must(t, err)
	t.Cleanup(func() { dialed.Close(); accepted.Close() })
	return dialed.(*net.TCPConn), accepted.(*net.TCPConn)
}

func newAttended(connection net.Conn, w *watcher, timeout time.Duration) *attended {
	return &attended{parent: context.Background(), deadline: time.Now().Add(timeout), connection: connection, watcher: w}
}

func TestLeavingClients(t *testing.T) {
	for name, leave := range map[string]func(client *net.TCPConn) error{
		"closes":       (*net.TCPConn).Close,
		"closes half":  (*net.TCPConn).CloseWrite,
		"resets":       func(c *net.TCPConn) error { return errors.Join(c.SetLinger(0), c.Close()) },
		"had sent one": func(c *net.TCPConn) error { _, err := c.Write([]byte("GET / ")); return errors.Join(err, c.Close()) },
	} {
		t.Run(name, func(t *testing.T) {
			client, server := pair(t)
			one := newAttended(server, newWatcher(), time.Minute)
			defer one.end()
			child, cancel := context.WithTimeout(one, time.Hour)
			defer cancel()
			must(t, leave(client))
			select {
			case <-child.Done():
			case <-time.After(10 * time.Second):
				t.Fatal("not noticed")
			}
			for _, ctx := range []context.Context{one, child} {
				if !errors.Is(context.Cause(ctx), ErrClientGone) || !errors.Is(ctx.Err(), context.Canceled) {
					t.Errorf("cause %v, error %v", context.Cause(ctx), ctx.Err())
				}
			}
			if context.WithoutCancel(one).Err() != nil {
				t.Error("what outlives it is over too")
			}
		})
	}
}

// TestStayingClients: neither a next request, nor an end of the handler, nor the
// deadline is a leaving.
func TestStayingClients(t *testing.T) {
	w := newWatcher()
	w.interval = time.Millisecond
	client, server := pair(t)
	one := newAttended(server, w, time.Minute)
	done := one.Done()
	_, err := client.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
	must(t, err)
	select {
	case <-done:
		t.Error("the next request was taken for a leaving")
	case <-time.After(50 * time.Millisecond):
	}
	one.end()
	if <-done; !errors.Is(one.Err(), context.Canceled) || errors.Is(context.Cause(one), ErrClientGone) {
		t.Errorf("after the end: %v, cause %v", one.Err(), context.Cause(one))
	}
	must(t, client.Close())
	eventually(t, "the watcher rests", func() bool { return !w.watched() })
	if errors.Is(context.Cause(one), ErrClientGone) {
		t.Error("watched after the end")
	}
	late := newAttended(server, w, -time.Second)
	if !errors.Is(late.Err(), context.DeadlineExceeded) {
		t.Errorf("before anybody waits: %v", late.Err())
	}
	if <-late.Done(); !errors.Is(late.Err(), context.DeadlineExceeded) || !errors.Is(context.Cause(late), context.DeadlineExceeded) {
		t.Errorf("the deadline: %v, cause %v", late.Err(), context.Cause(late))
	}
	late.end()
	unwaited := newAttended(server, w, time.Minute)
	if unwaited.Err() != nil {
		t.Errorf("before the end: %v", unwaited.Err())
	}
	unwaited.end()
	if <-unwaited.Done(); !errors.Is(unwaited.Err(), context.Canceled) {
		t.Errorf("ended before anybody waited: %v", unwaited.Err())
	}
}

// TestWatchedDescriptorsAreReused: connections come and go while the watcher
// looks, so that descriptors are another's at once; nobody who stays is told to
// have left.
func TestWatchedDescriptorsAreReused(t *testing.T) {
	w := newWatcher()
	w.interval = 100 * time.Microsecond
	t.Run("all", func(t *testing.T) {
		for range 8 {
			t.Run("one", func(t *testing.T) {
				t.Parallel()
				for range 50 {
					client, server := pair(t)
					one := newAttended(server, w, time.Minute)
					select {
					case <-one.Done():
						t.Error("told to have left, and has not")
					case <-time.After(time.Millisecond):
					}
					one.end()
					must(t, errors.Join(client.Close(), server.Close()))
				}
			})
		}
	})
	eventually(t, "the watcher rests", func() bool { return !w.watched() })
}

// BenchmarkContextOfHit is what a request costs that waits for nothing, beside
// what it would with a timer.
func BenchmarkContextOfHit(b *testing.B) {
	w := newWatcher()
	b.Run("attended", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			one := newAttended(nil, w, time.Minute)
			if one.Err() != nil {
				b.Fatal("over")
			}
			one.end()
		}
	})
	b.Run("timer", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			if ctx.Err() != nil {
				b.Fatal("over")
			}
			cancel()
		}
	})
}
