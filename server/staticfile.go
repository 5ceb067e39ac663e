package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"time"

	"github.com/gofiber/fiber/v2"

	"api-resize/proxy"
)

// staticLife is how long caches may keep what changes only with the program or
// its configuration.
const staticLife = 5 * time.Minute

// staticFile is a file that is the same for everybody. It is kept packed.
type staticFile struct {
	contentType string
	packed      []byte // gzip
	sum         string // of the bytes unpacked
}

// newStaticFile packs a file.
func newStaticFile(contentType string, plain []byte) (staticFile, error) {
	var packed bytes.Buffer
	writer, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err == nil {
		_, err = writer.Write(plain)
	}
	if err == nil {
		err = writer.Close()
	}
	return staticFile{contentType, packed.Bytes(), sumOf(plain)}, err
}

// packedStaticFile takes a file that is packed already.
func packedStaticFile(contentType string, packed []byte) (staticFile, error) {
	file := staticFile{contentType: contentType, packed: packed}
	plain, err := file.unpacked()
	file.sum = sumOf(plain)
	return file, err
}

func sumOf(plain []byte) string {
	sum := sha256.Sum256(plain)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

func (f staticFile) unpacked() ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(f.packed))
	if err != nil {
		return nil, fmt.Errorf("packed file: %w", err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		return nil, fmt.Errorf("packed file: %w", err)
	}
	return plain, nil
}

// send answers with the file, packed for those who can unpack it; each form has
// an ETag of its own, RFC 9110, section 8.8.3.3.
func (f staticFile) send(c *fiber.Ctx) error {
	combine(c, fiber.HeaderAcceptEncoding)
	_, said := field(c, fiber.HeaderAcceptEncoding) // Fiber takes silence for any coding
	packed := said && c.AcceptsEncodings("gzip") == "gzip"
	answer := answer{
		etag: `"` + f.sum + `"`, contentType: f.contentType, vary: []string{fiber.HeaderAcceptEncoding},
		life: proxy.Lifetime{MaxAge: staticLife},
	}
	if packed {
		answer.etag = `"` + f.sum + `-gzip"`
	}
	if answer.conditional(c) != 0 {
		return nil
	}
	body := f.packed
	if !packed {
		var err error
		if body, err = f.unpacked(); err != nil {
			return err
		}
	}
	answer.setHeaders(c)
	if packed {
		c.Set(fiber.HeaderContentEncoding, "gzip")
	}
	answer.sendBytes(c, body)
	return nil
}
