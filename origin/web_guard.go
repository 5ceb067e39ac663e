package origin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// attemptDelay is how long the next address of a host waits for the one before
// it (RFC 8305 §8, "Connection Attempt Delay").
const attemptDelay = 250 * time.Millisecond

// addressesTried bounds how many addresses of one host are tried.
const addressesTried = 8

// publicOnly knows the addresses that are not public unicast (IANA's registries
// of special purpose). Ports are checked here, where the list of hosts is.
var publicOnly = ssrf.New(ssrf.WithAnyPort())

// dialer connects to the hosts of a list. The address is checked in the moment
// it is connected to, so what a name resolved to before doesn't matter.
type dialer struct {
	hosts          hostList
	resolver       *net.Resolver
	dnsTimeout     time.Duration
	connectTimeout time.Duration
}

func newDialer(hosts hostList, c WebConfig) *dialer {
	return &dialer{
		hosts: hosts,
		// Go's own resolver gives up when its context ends; the C library's
		// would hold a thread until it is done.
		resolver:       &net.Resolver{PreferGo: true},
		dnsTimeout:     c.DNSTimeout,
		connectTimeout: c.ConnectTimeout,
	}
}

// dialContext is for http.Transport.DialContext; address is host:port as in the
// URL. It depends on nothing but the address: the transport may give the
// connection to another request for the same one.
func (d *dialer) dialContext(ctx context.Context, _, address string) (net.Conn, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNotAllowed, err)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNotAllowed, err)
	}
	p, ok := d.hosts.permits(host, uint16(port))
	if !ok {
		return nil, fmt.Errorf("%w: host or port is not in the list", ErrNotAllowed)
	}
	addrs, err := d.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	guarded := &net.Dialer{ControlContext: func(_ context.Context, network, address string, _ syscall.RawConn) error {
		return d.check(p, network, address)
	}}
	ctx, cancel := context.WithTimeout(ctx, d.connectTimeout)
	defer cancel()
	return dialFirst(ctx, addrs, func(ctx context.Context, addr netip.Addr) (net.Conn, error) {
		conn, err := guarded.DialContext(ctx, "tcp", netip.AddrPortFrom(addr, uint16(port)).String())
		var dialling *net.OpError
		if errors.Is(err, ErrNotAllowed) && errors.As(err, &dialling) {
			err = dialling.Err // without the port around it
		}
		return conn, err
	})
}

// check is the guard: address is what the socket is about to connect to. The
// error doesn't name the port, so open and closed ones read the same.
func (d *dialer) check(p permit, network, address string) error {
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("%w: network %s", ErrNotAllowed, network)
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrNotAllowed, err)
	}
	addr := to.Addr().Unmap()
	if p.networks && d.hosts.inNetworks(addr) {
		return nil
	}
	if err := publicOnly.SafeAddr(addr); err != nil {
		return fmt.Errorf("%w: %v", ErrNotAllowed, err)
	}
	if !p.port && !usualPort(to.Port()) {
		return fmt.Errorf("%w: %s at an unusual port", ErrNotAllowed, addr)
	}
	return nil
}

// resolve gives the addresses of a host, best first (RFC 6724).
func (d *dialer) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.dnsTimeout)
	defer cancel()
	addrs, err := d.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "no addresses", Name: host, IsNotFound: true}
	}
	addrs = addrs[:min(len(addrs), addressesTried)]
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, nil
}

// outcome is how the attempt at one address ended.
type outcome struct {
	conn  net.Conn
	err   error
	first bool // the address tried first
}

// dialFirst gives the first connection that stands, starting one address after
// the other without waiting long for a silent one (RFC 8305 §5). The error is
// that of the address tried first.
func dialFirst(ctx context.Context, addrs []netip.Addr, dial func(context.Context, netip.Addr) (net.Conn, error)) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // a connection that stands isn't touched by it
	outcomes := make(chan outcome, len(addrs))
	started, running := 0, 0
	start := func() {
		addr, first := addrs[started], started == 0
		started++
		running++
		go func() {
			conn, err := dial(ctx, addr)
			outcomes <- outcome{conn, err, first}
		}()
	}
	var firstErr error
	for start(); running > 0; {
		var next <-chan time.Time
		if started < len(addrs) {
			next = time.After(attemptDelay)
		}
		select {
		case <-next:
			start()
		case o := <-outcomes:
			running--
			if o.err == nil {
				go closeLate(outcomes, running)
				return o.conn, nil
			}
			if o.first || firstErr == nil {
				firstErr = o.err
			}
			if started < len(addrs) {
				start()
			}
		}
	}
	return nil, firstErr
}

// closeLate closes the connections that came second.
func closeLate(outcomes <-chan outcome, running int) {
	for range running {
		if late := <-outcomes; late.err == nil {
			late.conn.Close()
		}
	}
}
