package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"api-resize/origin"
)

// uploaded is what became of one file of an upload.
type uploaded struct {
	image Image
	err   error
}

// upload answers POST /images: one raw body, or a form with one or more files.
func (s *Server) upload(c *fiber.Ctx) error {
	if query := string(c.Context().URI().QueryString()); query != "" {
		return fmt.Errorf("%w: an upload takes no options, got %q", ErrBadRequest, query)
	}
	if coding := c.Get(fiber.HeaderContentEncoding); coding != "" && !strings.EqualFold(coding, "identity") {
		return fmt.Errorf("%w: expected a body without Content-Encoding, got %q", ErrBadRequest, coding)
	}
	body := requestBody(c)
	mediaType, parameters, _ := mime.ParseMediaType(strings.Clone(c.Get(fiber.HeaderContentType)))
	if mediaType == fiber.MIMEMultipartForm {
		return s.uploadForm(c, body, parameters["boundary"])
	}
	one := s.receive(c.UserContext(), body, "")
	if one.err != nil {
		drain(body)
		return one.err
	}
	return created(c, one)
}

// requestBody is the body as it arrives.
func requestBody(c *fiber.Ctx) io.Reader {
	if stream := c.Context().RequestBodyStream(); stream != nil {
		return stream
	}
	return bytes.NewReader(c.Context().Request.Body())
}

// maxDrain is how much of a refused body is still read, in bytes: a client that
// has not finished sending does not see the answer.
const maxDrain = 64 << 20

func drain(body io.Reader) {
	_, _ = io.CopyN(io.Discard, body, maxDrain) // what can't be read needs no reading
}

// uploadForm takes every file of a form. A file that is refused is told so in
// its place and harms no other; a form that breaks off is refused whole, but
// what came before is kept.
func (s *Server) uploadForm(c *fiber.Ctx, body io.Reader, boundary string) error {
	if boundary == "" {
		return fmt.Errorf("%w: a multipart form needs a boundary", ErrBadRequest)
	}
	form := multipart.NewReader(body, boundary)
	var all []uploaded
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return bodyError(fmt.Errorf("%w: the form is cut short or malformed", ErrBadRequest), err)
		}
		if part.FormName() != "file" && part.FileName() == "" {
			continue
		}
		if len(all) == s.config.UploadFiles {
			drain(body)
			return fmt.Errorf("%w: expected at most %d", ErrFilesLimit, s.config.UploadFiles)
		}
		one := s.receive(c.UserContext(), part, part.FileName())
		if errors.Is(one.err, ErrRequestTimeout) {
			return one.err
		}
		all = append(all, one)
	}
	switch len(all) {
	case 0:
		return fmt.Errorf("%w: expected a form with at least one part named file", ErrBadRequest)
	case 1:
		if all[0].err != nil {
			return all[0].err
		}
		return created(c, all[0])
	}
	return s.createdAll(c, all)
}

// receive stores one file: streamed to the disk, recognised by its content,
// decoded once, and acknowledged when it is safe.
func (s *Server) receive(ctx context.Context, body io.Reader, name string) uploaded {
	incoming, err := s.uploads.Receive(ctx, body, s.parts.SaveBytes)
	if err != nil {
		return uploaded{err: bodyError(err, err)}
	}
	defer incoming.Discard() //nolint:errcheck // the next start removes what is left
	if known, err := s.uploads.Record(incoming.ID()); err == nil {
		return uploaded{image: imageOf(known, true)}
	}
	content, err := incoming.Bytes()
	if err != nil {
		return uploaded{err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.RequestTimeout)
	defer cancel()
	facts, err := s.proxy.Check(ctx, content)
	if err != nil {
		return uploaded{err: err}
	}
	record, existing, err := incoming.Commit(origin.Record{
		Format: string(facts.Format), Width: facts.Width, Height: facts.Height,
		Frames: facts.Frames, HasAlpha: facts.HasAlpha,
		ContentType: facts.Format.ContentType(), Name: baseName(name), Created: time.Now().UTC(),
	})
	return uploaded{imageOf(record, existing), err}
}

// baseName is the last element of a file name as a browser sends it, which on
// some systems is a whole path.
func baseName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	return strings.ToValidUTF8(name, "")
}

// bodyError tells a client that was too slow, or that left, from a disk that
// failed.
func bodyError(err, cause error) error {
	var timeout net.Error
	switch {
	case errors.As(cause, &timeout) && timeout.Timeout():
		return ErrRequestTimeout
	case errors.Is(cause, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: the body is cut short", ErrBadRequest)
	}
	return err
}

func created(c *fiber.Ctx, one uploaded) error {
	c.Status(fiber.StatusCreated)
	if one.image.Existing {
		c.Status(fiber.StatusOK)
	}
	c.Set(fiber.HeaderLocation, one.image.URLs["self"])
	return noStore(c).JSON(one.image)
}

// createdAll answers for several files, in their order.
func (s *Server) createdAll(c *fiber.Ctx, all []uploaded) error {
	list := make([]any, len(all))
	for i, one := range all {
		list[i] = one.image
		if one.err != nil {
			s.logger.Warn("file of an upload refused", "request_id", storyOf(c).id, "file", i, "error", one.err)
			list[i] = fiber.Map{"error": newProblem(one.err, storyOf(c).id)}
		}
	}
	return noStore(c).Status(fiber.StatusCreated).JSON(fiber.Map{"images": list})
}
