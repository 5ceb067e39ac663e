package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// TestNoSmuggling: where a proxy in front could see one request, this server
// never sees two (RFC 9112, sections 6.3 and 11.2).
func TestNoSmuggling(t *testing.T) {
	s := start(t, patient)
	hidden := func(id int) string {
		return fmt.Sprintf("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: hidden-%d\r\n\r\n", id)
	}
	headers := []string{
		"Content-Length: 5\r\nTransfer-Encoding: chunked",
		"Transfer-Encoding: chunked\r\nContent-Length: 5",
		"Content-Length: 5\r\nContent-Length: 0",
		"Content-Length: 0\r\nContent-Length: 5",
		"Content-Length: +0",
		"Content-Length: 0x0",
		"Content-Length: 0 0",
		"Content-Length: 0,0",
		"Content-Length : 5",
		"Transfer-Encoding : chunked",
		"Transfer-Encoding: xchunked",
		"Transfer-Encoding: chunked, identity",
		"Transfer-Encoding:\vchunked",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
		" Transfer-Encoding: chunked",
		"X: y\n Transfer-Encoding: chunked",
		"X: y\rTransfer-Encoding: chunked",
	}
	for i, header := range headers {
		s.exchange("POST /images HTTP/1.1\r\nHost: x\r\n" + header + "\r\n\r\n0\r\n\r\n" + hidden(i))
	}
	chunks := []string{"0;a=\"\n\"\r\n\r\n", "0\n\n", "0\r\n X: y\r\n\r\n", "+0\r\n\r\n", "0x0\r\n\r\n", "0_0\r\n\r\n", "00000000000000000\r\n\r\n"}
	for i, chunk := range chunks {
		s.exchange("POST /images HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + hidden(len(headers)+i))
	}
	// The control: two requests that everybody takes for two.
	s.exchange("POST /images HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + hidden(-1))
	s.eventuallyReady()
	must(t, s.stop())
	if !strings.Contains(s.log(), `"hidden--1"`) {
		t.Error("the second of two plain requests was not answered: this test sees nothing")
	}
	for i := range len(headers) + len(chunks) {
		allowed := i >= len(headers) && strings.HasPrefix(chunks[i-len(headers)], "00")
		if strings.Contains(s.log(), fmt.Sprintf(`"hidden-%d"`, i)) && !allowed {
			t.Errorf("case %d was taken for two requests: %q", i, append(headers, chunks...)[i])
		}
	}
}

// exchange sends bytes, and reads until the server has nothing more to say.
func (s *service) exchange(bytes string) {
	s.t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	must(s.t, err)
	defer connection.Close()
	_, err = io.WriteString(connection, bytes)
	must(s.t, err)
	must(s.t, connection.SetReadDeadline(time.Now().Add(300*time.Millisecond)))
	_, _ = io.ReadAll(connection) // a server that waits for more is as good as one that hangs up
}
