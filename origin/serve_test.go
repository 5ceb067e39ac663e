package origin

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// serveConn leaves every connection to a function, once its request has begun
// to come, and closes it after.
func serveConn(t testing.TB, handle func(conn net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				conn.Read(make([]byte, 4096))
				handle(conn)
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

// newTLSServer speaks HTTP/2 too, under a certificate that nobody trusts.
func newTLSServer(t testing.TB, handle http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handle)
	server.EnableHTTP2 = true
	server.Config.ErrorLog = discardLog
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}
