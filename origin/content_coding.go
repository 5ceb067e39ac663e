package origin

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// codings decode a Content-Encoding that came although none was asked for.
var codings = map[string]func(io.Reader) (io.Reader, error){
	"gzip":    func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	"x-gzip":  func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	"deflate": inflate,
}

// codingOf is the Content-Encoding, empty for none.
func codingOf(h http.Header) string {
	coding := strings.ToLower(strings.TrimSpace(strings.Join(h.Values("Content-Encoding"), ",")))
	if coding == "identity" {
		return ""
	}
	return coding
}

// decoded reads through a coding. The result ends only where the encoded body
// ends as well, so a body cut short after the last coded byte is noticed.
func decoded(coding string, body io.Reader) (io.Reader, error) {
	decode, known := codings[coding]
	if !known {
		return nil, fmt.Errorf("%w: Content-Encoding %.40q", ErrFailed, coding)
	}
	wire := bufio.NewReader(body)
	r, err := decode(wire)
	if err != nil {
		return nil, short(err)
	}
	return &wholeReader{decoded: r, wire: wire}, nil
}

// inflate reads "deflate", which is the zlib format (RFC 9110 §8.4.1.2) but
// sent raw by some servers.
func inflate(r io.Reader) (io.Reader, error) {
	wire := r.(*bufio.Reader)
	head, err := wire.Peek(2)
	if err != nil {
		return nil, err
	}
	// RFC 1950 §2.2: compression method 8, check bits.
	if head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(wire)
	}
	return flate.NewReader(wire), nil
}

// wholeReader ends with the wire, not before it.
type wholeReader struct {
	decoded io.Reader
	wire    *bufio.Reader
}

func (w *wholeReader) Read(p []byte) (int, error) {
	n, err := w.decoded.Read(p)
	if err != io.EOF {
		return n, err
	}
	if _, err := w.wire.ReadByte(); err == nil {
		return n, errors.New("bytes after the end of the coded body")
	} else if err != io.EOF {
		return n, err
	}
	return n, io.EOF
}

// short makes of an end what it is when more was expected.
func short(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
