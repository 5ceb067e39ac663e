package server

import (
	"errors"
	"os"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"api-resize/origin"
	"api-resize/proxy"
	"api-resize/spec"
)

// Image is an original as it is told to clients.
type Image struct {
	ID       string     `json:"id,omitempty"` // of an upload
	Source   string     `json:"source"`       // as it stands in URLs
	Format   string     `json:"format"`
	Width    int        `json:"width"`  // pixels, as displayed
	Height   int        `json:"height"` // pixels, as displayed
	Bytes    int64      `json:"bytes"`
	Frames   int        `json:"frames"`
	Pages    int        `json:"pages"`
	HasAlpha bool       `json:"has_alpha"`
	Name     string     `json:"name,omitempty"`
	Created  *time.Time `json:"created,omitempty"`  // of an upload
	Modified *time.Time `json:"modified,omitempty"` // of others, where their origin says
	Expires  *time.Time `json:"expires"`            // null: never, or as its origin says
	spec.Description
	URLs     map[string]string `json:"urls"`
	Existing bool              `json:"existing,omitempty"`
	Variants []UploadVariant   `json:"variants,omitempty"` // of an upload that asks for sizes
	Task     *UploadTask       `json:"task,omitempty"`     // that makes them
}

// imageOf is an upload.
func (s *Server) imageOf(record origin.Record, existing bool) Image {
	source := spec.Source{Kind: spec.SourceUpload, Path: record.ID}
	image := Image{
		ID: record.ID, Source: source.String(), Format: record.Format, Width: record.Width, Height: record.Height,
		Bytes: record.Bytes, Frames: record.Frames, Pages: max(record.Pages, record.Frames), HasAlpha: record.HasAlpha,
		Name: record.Name, Created: &record.Created, Expires: record.Expires, Existing: existing,
		Description: spec.Description{
			DominantColor: record.DominantColor, Thumbhash: record.Thumbhash, Profile: record.Profile, EXIF: record.EXIF,
		},
		URLs: s.sizedURLs(source),
	}
	image.URLs["self"] = s.config.PublicURL + "/images/" + record.ID
	image.URLs["original"] = image.URLs["self"] + "/original"
	return image
}

// sizedURLs are those of an original in three usual sizes.
func (s *Server) sizedURLs(source spec.Source) map[string]string {
	urls := map[string]string{}
	for name, width := range map[string]int{"small": 320, "medium": 640, "large": 1280} {
		request := spec.Request{Source: source, Spec: spec.Spec{Size: spec.Size{Width: width}}}
		if allowed, err := s.parts.Sizes.Apply(request); err == nil {
			urls[name] = s.publicURL(allowed)
		}
	}
	return urls
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
	return s.uploads.Record(c.UserContext(), id)
}

// describeImage answers GET /images/{id}.
func (s *Server) describeImage(c *fiber.Ctx) error {
	record, err := s.imageRecord(c)
	if err != nil {
		return err
	}
	image := s.imageOf(record, false)
	if image.Thumbhash == "" { // kept before that was found out
		ctx, end := s.context(c)
		defer end()
		info, err := s.proxy.Describe(ctx, spec.Source{Kind: spec.SourceUpload, Path: record.ID})
		if err != nil {
			return err
		}
		image.Description, image.Pages = info.Description, max(info.Facts.Pages, 1)
	}
	return noStore(c).JSON(image)
}

// original answers GET /images/{id}/original with the bytes as uploaded.
func (s *Server) original(c *fiber.Ctx) error {
	record, err := s.imageRecord(c)
	if err != nil {
		return err
	}
	format := spec.Format(record.Format)
	answer := answer{
		etag: `"` + record.ID + `"`, modified: record.Created, exactDate: true, contentType: format.ContentType(),
		fileName: withExtension(record.Name, record.ID, format.Extension()),
		life:     proxy.UploadLifetime(record, time.Now()),
		madeOf:   s.madeOf(spec.Request{Source: spec.Source{Kind: spec.SourceUpload, Path: record.ID}}),
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
	deleted := s.uploads.Delete(c.UserContext(), id)
	if errors.Is(deleted, origin.ErrStorage) {
		return deleted
	}
	// Forgotten also when it is not there: an earlier attempt may have got only so far.
	if _, err := s.proxy.Forget(spec.Source{Kind: spec.SourceUpload, Path: id}); err != nil {
		return err
	}
	if deleted != nil {
		return deleted
	}
	return c.SendStatus(fiber.StatusNoContent)
}
