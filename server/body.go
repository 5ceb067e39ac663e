package server

import (
	"io"
	"os"

	"github.com/gofiber/fiber/v2"

	"api-resize/cache"
)

// sendBody sends an entry, or the part of it that was asked for, and closes
// it.
func (a answer) sendBody(c *fiber.Ctx, entry *cache.Entry) error {
	defer entry.Close()
	if file, offset, ok := entry.File(); ok {
		return a.sendFile(c, file, offset, entry.Size())
	}
	body, err := entry.Bytes()
	if err != nil {
		return err
	}
	a.sendBytes(c, body)
	return nil
}

// sendBytes sends bytes, or the part of them that was asked for. They may be
// shared with other requests; fasthttp only reads them.
func (a answer) sendBytes(c *fiber.Ctx, body []byte) {
	if part, ok := a.choose(c, int64(len(body))); ok {
		c.Response().SetBodyRaw(body[part.start : part.start+part.length])
	}
}

// sendFile sends size bytes of a file from offset, at which it stands. The
// file goes to fasthttp, which closes it. A whole file of more than 8 kB goes
// to the socket by sendfile(2), which needs to see the *os.File itself.
func (a answer) sendFile(c *fiber.Ctx, file *os.File, offset, size int64) error {
	part, ok := a.choose(c, size)
	switch {
	case !ok:
		return file.Close()
	case part.length == size:
		c.Response().SetBodyStream(file, int(size))
		return nil
	}
	if _, err := file.Seek(offset+part.start, io.SeekStart); err != nil {
		_ = file.Close()
		return err
	}
	c.Response().SetBodyStream(section{io.LimitReader(file, part.length), file}, int(part.length))
	return nil
}

// section is a part of a file that closes the file.
type section struct {
	io.Reader
	io.Closer
}
