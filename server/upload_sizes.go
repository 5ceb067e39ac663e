package server

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"api-resize/batch"
)

// UploadVariant is a picture that was made with an upload, or why it was not.
type UploadVariant struct {
	Size   string   `json:"size"` // as it was asked for
	URL    string   `json:"url,omitempty"`
	Format string   `json:"format,omitempty"` // that browsers get
	Width  int      `json:"width,omitempty"`  // pixels
	Height int      `json:"height,omitempty"` // pixels
	Bytes  int64    `json:"bytes,omitempty"`
	Error  *Problem `json:"error,omitempty"`
}

// UploadTask is where to hear of the pictures that are being made of an upload,
// or why they are not.
type UploadTask struct {
	ID    string   `json:"id,omitempty"`
	URL   string   `json:"url,omitempty"`
	Error *Problem `json:"error,omitempty"`
}

// makeSizes has the sizes that an upload asks for made of every file that was
// accepted: now, one picture after the other, so that an upload never takes more
// than one slot; or by one task. The files are stored by then, and whatever
// fails is told beside them and takes nothing back. All of it together has the
// time that an answer has.
func (s *Server) makeSizes(c *fiber.Ctx, query uploadQuery, all []uploaded) {
	if len(query.sizes) == 0 {
		return
	}
	ctx, end := s.context(c)
	defer end()
	if query.background {
		s.addUploadTask(ctx, c, query, all)
		return
	}
	for i := range all {
		if all[i].err != nil {
			continue
		}
		for _, size := range query.sizes {
			all[i].image.Variants = append(all[i].image.Variants, s.makeSize(ctx, c, all[i].image.ID, size))
		}
	}
}

func (s *Server) makeSize(ctx context.Context, c *fiber.Ctx, id, size string) UploadVariant {
	made, err := s.maker.make(ctx, batch.Item{Source: id, Size: size})
	if err != nil {
		return UploadVariant{Size: size, Error: s.uploadProblem(c, "size of an upload not made", err, "id", id, "size", size)}
	}
	return UploadVariant{Size: size, URL: made.URL, Format: made.Format, Width: made.Width, Height: made.Height, Bytes: made.Bytes}
}

// addUploadTask has one task make the pictures of all files.
func (s *Server) addUploadTask(ctx context.Context, c *fiber.Ctx, query uploadQuery, all []uploaded) {
	var items []batch.Item
	for _, one := range all {
		for _, size := range query.sizes {
			if one.err == nil {
				items = append(items, batch.Item{Source: one.image.ID, Size: size})
			}
		}
	}
	if len(items) == 0 {
		return
	}
	var task UploadTask
	added, err := s.parts.Tasks.Add(ctx, batch.Order{Items: items})
	if err != nil {
		task.Error = s.uploadProblem(c, "task of an upload not added", err, "items", len(items))
	} else {
		task.ID, task.URL = added.ID, s.taskOf(added).URL
	}
	for i := range all {
		if all[i].err == nil {
			all[i].image.Task = &task
		}
	}
}

// uploadProblem is an error as it is told inside an answer, and in the log.
func (s *Server) uploadProblem(c *fiber.Ctx, message string, err error, attributes ...any) *Problem {
	id := storyOf(c).id
	s.logger.Warn(message, append([]any{"request_id", id, "error", err}, attributes...)...)
	problem := newProblem(err, id)
	return &problem
}
