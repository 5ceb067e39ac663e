package server

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"api-resize/proxy"
	"api-resize/spec"
)

const infoPrefix = "/info/"

// maxInfoLife bounds how long caches may keep what is told of an original: the
// original may stay the same, but what is told of it need not.
const maxInfoLife = time.Hour

// info answers GET /info/{source}.
func (s *Server) info(c *fiber.Ctx) error {
	source, err := sourceIn(c, infoPrefix)
	if err != nil {
		return err
	}
	if query := string(c.Context().URI().QueryString()); query != "" {
		return fmt.Errorf("%w: information takes no options, got %q", ErrBadRequest, query)
	}
	info, answer, err := s.describe(c, source)
	if err != nil || answer.conditional(c) != 0 {
		return err
	}
	image, err := s.imageFrom(c.UserContext(), source, info)
	if err != nil {
		return err
	}
	answer.setHeaders(c)
	return c.JSON(image)
}

// describe tells what is known of a source, and how it is answered.
func (s *Server) describe(c *fiber.Ctx, source spec.Source) (proxy.Info, answer, error) {
	ctx, end := s.context(c)
	defer end()
	info, err := s.proxy.Describe(ctx, source)
	return info, answer{
		etag: info.ETag, modified: info.Modified, contentType: fiber.MIMEApplicationJSON,
		life: info.Life.AtMost(maxInfoLife), madeOf: s.madeOf(spec.Request{Source: source}),
	}, err
}

// sourceIn is the source behind a route's prefix, copied.
func sourceIn(c *fiber.Ctx, prefix string) (spec.Source, error) {
	source, err := spec.ParseSource(strings.TrimPrefix(string(c.Context().URI().PathOriginal()), prefix))
	storyOf(c).source = source
	return source, err
}

// imageFrom is what is known of any source.
func (s *Server) imageFrom(ctx context.Context, source spec.Source, info proxy.Info) (Image, error) {
	if source.Kind == spec.SourceUpload {
		record, err := s.uploads.Record(ctx, source.Path)
		if err != nil {
			return Image{}, err
		}
		image := s.imageOf(record, false)
		image.Description, image.Pages = info.Description, max(info.Facts.Pages, 1)
		return image, nil
	}
	image := Image{
		Source: source.String(), Format: string(info.Facts.Format),
		Width: info.Facts.Width, Height: info.Facts.Height, Bytes: info.Bytes,
		Frames: info.Facts.Frames, Pages: max(info.Facts.Pages, 1), HasAlpha: info.Facts.HasAlpha,
		Name: info.Name, Description: info.Description, URLs: s.sizedURLs(source),
	}
	if !info.Modified.IsZero() {
		image.Modified = &info.Modified
	}
	return image, nil
}
