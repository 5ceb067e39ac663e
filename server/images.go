package server

import (
	"os"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"api-resize/dialect"
	"api-resize/origin"
	"api-resize/proxy"
	"api-resize/spec"
)

// Image is an upload as it is told to clients.
type Image struct {
	ID       string            `json:"id"`
	Format   string            `json:"format"`
	Width    int               `json:"width"`  // pixels, as displayed
	Height   int               `json:"height"` // pixels, as displayed
	Bytes    int64             `json:"bytes"`
	Frames   int               `json:"frames"`
	HasAlpha bool              `json:"has_alpha"`
	Name     string            `json:"name,omitempty"`
	Created  time.Time         `json:"created"`
	Expires  *time.Time        `json:"expires"` // null: never
	URLs     map[string]string `json:"urls"`    // relative to this service
	Existing bool              `json:"existing,omitempty"`
}

func imageOf(record origin.Record, existing bool) Image {
	source := spec.Source{Kind: spec.SourceUpload, Path: record.ID}
	sized := func(width int) string {
		return dialect.Format(spec.Request{Source: source, Spec: spec.Spec{Size: spec.Size{Width: width}}})
	}
	return Image{
		ID: record.ID, Format: record.Format, Width: record.Width, Height: record.Height,
		Bytes: record.Bytes, Frames: record.Frames, HasAlpha: record.HasAlpha,
		Name: record.Name, Created: record.Created, Expires: record.Expires, Existing: existing,
		URLs: map[string]string{
			"self":     "/images/" + record.ID,
			"original": "/images/" + record.ID + "/original",
			"small":    sized(320),
			"medium":   sized(640),
			"large":    sized(1280),
		},
	}
}

// imageID is the id in the path, copied.
func imageID(c *fiber.Ctx) (string, error) {
	id := strings.Clone(c.Params("id"))
	if !origin.ValidID(id) {
		return "", origin.ErrNotFound
	}
	return id, nil
}

// imageRecord is what is known of the image in the path.
func (s *Server) imageRecord(c *fiber.Ctx) (origin.Record, error) {
	id, err := imageID(c)
	if err != nil {
		return origin.Record{}, err
	}
	return s.uploads.Record(id)
}

// describeImage answers GET /images/{id}.
func (s *Server) describeImage(c *fiber.Ctx) error {
	record, err := s.imageRecord(c)
	if err != nil {
		return err
	}
	return noStore(c).JSON(imageOf(record, false))
}

// original answers GET /images/{id}/original with the bytes as uploaded.
func (s *Server) original(c *fiber.Ctx) error {
	record, err := s.imageRecord(c)
	if err != nil {
		return err
	}
	format := spec.Format(record.Format)
	answer := answer{
		etag: `"` + record.ID + `"`, modified: record.Created, contentType: format.ContentType(),
		fileName: withExtension(record.Name, record.ID, format.Extension()),
		life:     proxy.UploadLifetime(record, time.Now()),
	}
	if answer.conditional(c) != 0 {
		return nil
	}
	opened, err := s.uploads.Open(c.UserContext(), record.ID, origin.Validators{})
	if err != nil {
		return err
	}
	answer.setHeaders(c)
	return answer.sendFile(c, opened.Body.(*os.File), 0, opened.Size)
}

// deleteImage answers DELETE /images/{id}: when it says 204, the original and
// all that was made of it are gone.
func (s *Server) deleteImage(c *fiber.Ctx) error {
	id, err := imageID(c)
	if err != nil {
		return err
	}
	deleted := s.uploads.Delete(id)
	// Forgotten in any case: an earlier attempt may have got only so far.
	if _, err := s.proxy.Forget(spec.Source{Kind: spec.SourceUpload, Path: id}); err != nil {
		return err
	}
	if deleted != nil {
		return deleted
	}
	return c.SendStatus(fiber.StatusNoContent)
}
