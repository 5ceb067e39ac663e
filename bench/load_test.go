package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// address of a server for one test.
func address(t *testing.T, handler http.HandlerFunc) string {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestClosed(t *testing.T) {
	var connections, requests atomic.Int64
	at := address(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if r.Header.Get("If-None-Match") != `"e"` || r.URL.Path != "/a" {
			t.Errorf("asked for %s with %v", r.URL, r.Header)
		}
		if strings.HasSuffix(r.RemoteAddr, "0") { // some are not kept alive
			w.Header().Set("Connection", "close")
		}
		w.Header().Set("Cache-Status", "x; hit")
		fmt.Fprint(w, "12345")
	})
	got, err := closed(context.Background(), at, 4, 100, time.Now().Add(time.Minute), func(connection, _ int) ask {
		connections.Store(max(connections.Load(), int64(connection)))
		return ask{"/a", "If-None-Match: \"e\"\r\n"}
	})
	if err != nil || len(got.all) != 100 || requests.Load() != 100 {
		t.Fatalf("%d replies to %d requests, %v", len(got.all), requests.Load(), err)
	}
	for _, one := range got.all {
		if one.status != http.StatusOK || one.bytes != 5 || !one.hit() || one.took <= 0 {
			t.Fatalf("got %+v", one)
		}
	}
	if connections.Load() > 3 {
		t.Errorf("connection %d of 4", connections.Load())
	}
}

func TestClosedEndsInTime(t *testing.T) {
	at := address(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "x") })
	begin := time.Now()
	_, err := closed(context.Background(), at, 2, 1<<40, begin.Add(50*time.Millisecond), func(int, int) ask { return ask{path: "/"} })
	if took := time.Since(begin); err != nil || took < 50*time.Millisecond || took > 10*time.Second {
		t.Errorf("took %v, %v", took, err)
	}
}

// TestInterrupted: who waits for an answer notices that it is over.
func TestInterrupted(t *testing.T) {
	at := address(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := closed(ctx, at, 2, 10, time.Now().Add(time.Minute), func(int, int) ask { return ask{path: "/"} }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("closed: %v", err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := open(ctx, at, 100, time.Minute, 10, func(int) ask { return ask{path: "/"} }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("open: %v", err)
	}
}

// TestOpen: requests go out whether there are answers or not, up to a limit.
func TestOpen(t *testing.T) {
	answer := make(chan struct{})
	at := address(t, func(w http.ResponseWriter, _ *http.Request) {
		<-answer
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	time.AfterFunc(500*time.Millisecond, func() { close(answer) })
	got, missed, err := open(context.Background(), at, 100, 200*time.Millisecond, 7, func(int) ask { return ask{path: "/"} })
	if err != nil || len(got.all) != 7 || len(got.durations(withStatus(http.StatusServiceUnavailable))) != 7 || missed != 13 {
		t.Errorf("%d replies, %d not sent, %v; want 7 and 13", len(got.all), missed, err)
	}
}

func TestSmallestWith(t *testing.T) {
	for _, want := range []int{1, 2, 700, 999, 1000} {
		asked := 0
		got, err := smallestWith(1000, func(n int) (bool, error) { asked++; return n >= want, nil })
		if err != nil || got != want || asked > 10 {
			t.Errorf("got %d after %d questions, %v; want %d", got, asked, err, want)
		}
	}
	if _, err := smallestWith(10, func(int) (bool, error) { return false, io.ErrUnexpectedEOF }); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v", err)
	}
}

func TestListeningAddress(t *testing.T) {
	const log = `{"message":"starting"}
no JSON
{"message":"listening","api_resize.address":"127.0.0.1:4711","api_resize.ops_address":"127.0.0.1:1"}
`
	if got := listeningAddress([]byte(log)); got != "127.0.0.1:4711" {
		t.Errorf("got %q", got)
	}
	if got := listeningAddress([]byte(log)[:60]); got != "" {
		t.Errorf("got %q of half a line", got)
	}
}
