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
	"unicode"

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
	body := &arriving{source: requestBody(c)}
	if err := s.take(c, body); err != nil {
		drain(body)
		return body.fault(err)
	}
	return nil
}

// take judges an upload by its query and header, then takes it in.
func (s *Server) take(c *fiber.Ctx, body *arriving) error {
	query, err := s.parseUpload(string(c.Context().URI().QueryString()), time.Now())
	if err != nil {
		return err
	}
	if coding := c.Get(fiber.HeaderContentEncoding); coding != "" && !strings.EqualFold(coding, "identity") {
		return fmt.Errorf("%w: expected a body without Content-Encoding, got %q", ErrBadRequest, coding)
	}
	mediaType, parameters, _ := mime.ParseMediaType(strings.Clone(c.Get(fiber.HeaderContentType)))
	if mediaType == fiber.MIMEMultipartForm {
		return s.uploadForm(c, query, body, parameters["boundary"])
	}
	one := s.receive(s.forClient(c.UserContext(), c), query, body, "")
	if one.err != nil {
		return one.err
	}
	return s.created(c, query, one)
}

// requestBody is the body as it arrives.
func requestBody(c *fiber.Ctx) io.Reader {
	if stream := c.Context().RequestBodyStream(); stream != nil {
		return stream
	}
	return bytes.NewReader(c.Context().Request.Body())
}

// arriving is a body on its way, which remembers how it broke off: that is the
// client's fault and not the disk's.
type arriving struct {
	source io.Reader
	err    error // other than io.EOF
}

func (a *arriving) Read(buffer []byte) (int, error) {
	if a.err != nil {
		return 0, a.err // nobody knows where in the body the next byte would be
	}
	n, err := a.source.Read(buffer)
	if err != nil && !errors.Is(err, io.EOF) {
		a.err = err
	}
	return n, err
}

// fault is err, unless the body broke off: then it is that.
func (a *arriving) fault(err error) error {
	var network net.Error
	switch {
	case a.err == nil:
		return err
	case errors.As(a.err, &network) && network.Timeout():
		return ErrRequestTimeout
	}
	return fmt.Errorf("%w: the body is cut short or malformed", ErrBadRequest)
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
func (s *Server) uploadForm(c *fiber.Ctx, query uploadQuery, body *arriving, boundary string) error {
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
			return errBrokenForm
		}
		if part.FormName() != "file" && part.FileName() == "" {
			continue
		}
		if len(all) == s.config.UploadFiles {
			drain(body)
			all = append(all, uploaded{err: fmt.Errorf("%w: this one and those after it were not read, expected at most %d", ErrFilesLimit, s.config.UploadFiles)})
			break
		}
		file := &arriving{source: part}
		one := s.receive(s.forClient(c.UserContext(), c), query, file, part.FileName())
		if file.err != nil {
			return errBrokenForm
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
		return s.created(c, query, all[0])
	}
	return s.createdAll(c, query, all)
}

var errBrokenForm = fmt.Errorf("%w: the form is cut short or malformed", ErrBadRequest)

// receive stores one file: streamed to the disk, recognised by its content,
// decoded once, and acknowledged when it is safe.
func (s *Server) receive(ctx context.Context, query uploadQuery, body io.Reader, name string) uploaded {
	incoming, err := s.uploads.Receive(ctx, body, s.parts.SaveBytes)
	if err != nil {
		return uploaded{err: err}
	}
	defer incoming.Discard() //nolint:errcheck // the next start removes what is left
	if known, ok := s.kept(ctx, incoming.ID()); ok {
		return s.commit(ctx, incoming, query, known)
	}
	content, err := incoming.Bytes()
	if err != nil {
		return uploaded{err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.RequestTimeout)
	defer cancel()
	record, err := s.proxy.RecordOf(ctx, content)
	if err != nil {
		return uploaded{err: err}
	}
	record.Name = baseName(name)
	return s.commit(ctx, incoming, query, record)
}

// commit keeps what was received. Of what is there already only the end changes,
// and to a later one only.
func (s *Server) commit(ctx context.Context, incoming *origin.Incoming, query uploadQuery, record origin.Record) uploaded {
	record.Created = time.Now().UTC()
	record.Expires = query.expires(record.Created)
	record, existing, err := incoming.Commit(ctx, record)
	return uploaded{s.imageOf(record, existing), err}
}

// kept finds an upload that is there and whole; one that is not is stored anew.
func (s *Server) kept(ctx context.Context, id string) (origin.Record, bool) {
	opened, err := s.uploads.Open(ctx, id, origin.Validators{})
	if err != nil {
		return origin.Record{}, false
	}
	defer opened.Body.Close()
	record, err := s.uploads.Record(ctx, id)
	return record, err == nil
}

// maxName bounds a file name, in bytes: the longest that usual file systems take.
const maxName = 255

// baseName is the last element of a file name as a browser sends it, which on
// some systems is a whole path; empty when nothing is left that can be shown.
func baseName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1 // control characters, and those that turn the writing round
		}
		return r
	}, strings.ToValidUTF8(name, "\ufffd"))
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName], "") // the last letter may be cut in two
	}
	if strings.Trim(name, ". ") == "" {
		return ""
	}
	return name
}

func (s *Server) created(c *fiber.Ctx, query uploadQuery, one uploaded) error {
	all := []uploaded{one}
	s.makeSizes(c, query, all)
	c.Status(fiber.StatusCreated)
	if all[0].image.Existing {
		c.Status(fiber.StatusOK)
	}
	c.Set(fiber.HeaderLocation, "/images/"+all[0].image.ID)
	return noStore(c).JSON(all[0].image)
}

// createdAll answers for several files, in their order.
func (s *Server) createdAll(c *fiber.Ctx, query uploadQuery, all []uploaded) error {
	s.makeSizes(c, query, all)
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
