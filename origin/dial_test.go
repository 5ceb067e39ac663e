package origin

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/netip"
	"testing"
	"time"
)

var discardLog = log.New(io.Discard, "", 0)

// A silent address doesn't hold up the next one for long.
func TestDialFirst(t *testing.T) {
	addrs := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.3")}
	refused := errors.New("refused")
	here, there := net.Pipe()
	defer there.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := dialFirst(ctx, addrs, func(ctx context.Context, addr netip.Addr) (net.Conn, error) {
		switch addr {
		case addrs[0]:
			<-ctx.Done() // silent
			return nil, ctx.Err()
		case addrs[1]:
			return nil, refused
		}
		return here, nil
	})
	if err != nil || conn != here {
		t.Errorf("%v, %v", conn, err)
	}
	conn.Close()

	n := 0
	if _, err := dialFirst(ctx, addrs, func(context.Context, netip.Addr) (net.Conn, error) {
		if n++; n == 1 {
			return nil, refused
		}
		return nil, errors.New("another")
	}); !errors.Is(err, refused) {
		t.Errorf("%v, want the error of the first", err)
	}
}

func TestResolverTimeout(t *testing.T) {
	d := newDialer(hostList{}, WebConfig{DNSTimeout: 50 * time.Millisecond})
	d.resolver.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done() // a name server that doesn't answer
		return nil, ctx.Err()
	}
	_, err := d.resolve(context.Background(), "name.example")
	if !isTimeout(err) || !errors.Is(classify(context.Background(), context.Background(), err), ErrTimeout) {
		t.Errorf("%v, want a time-out", err)
	}
}
