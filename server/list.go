package server

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"api-resize/origin"
)

// How many uploads one page of the list may have, and has where nothing is said.
const (
	maxListed     = 1000
	defaultListed = 100
)

// ImageList is a page of the list of uploads.
type ImageList struct {
	Images     []Image `json:"images"`
	NextCursor *string `json:"next_cursor"` // null on the last page
}

// listImages answers GET /images: uploads, the newest first.
func (s *Server) listImages(c *fiber.Ctx) error {
	limit, after, err := listOptions(string(c.Context().URI().QueryString()))
	if err != nil {
		return err
	}
	// One more than is told says whether there is a next page.
	found, err := s.uploads.List(c.UserContext(), after, limit+1)
	if err != nil {
		return err
	}
	page := ImageList{Images: make([]Image, 0, min(len(found), limit))}
	for _, record := range found[:min(len(found), limit)] {
		page.Images = append(page.Images, s.imageOf(record, false))
	}
	if len(found) > limit {
		cursor := cursorOf(origin.PositionOf(found[limit-1]))
		page.NextCursor = &cursor
		next := url.Values{"limit": {strconv.Itoa(limit)}, "cursor": {cursor}}
		c.Set(fiber.HeaderLink, "<"+s.config.PublicURL+uploadRoute+"?"+next.Encode()+`>; rel="next"`)
	}
	return noStore(c).JSON(page)
}

// listOptions reads the query of a list.
func listOptions(query string) (limit int, after origin.Position, err error) {
	limit = defaultListed
	values, err := url.ParseQuery(query)
	if err != nil {
		return 0, after, fmt.Errorf("%w: the query is malformed", ErrBadRequest)
	}
	for name, given := range values {
		if len(given) != 1 {
			return 0, after, fmt.Errorf("%w: %q is given %d times", ErrBadRequest, name, len(given))
		}
		switch name {
		case "limit":
			limit, err = strconv.Atoi(given[0])
			if err != nil || limit < 1 || limit > maxListed {
				return 0, after, fmt.Errorf("%w: limit: got %q, expected 1…%d", ErrBadRequest, given[0], maxListed)
			}
		case "cursor":
			if after, err = parseCursor(given[0]); err != nil {
				return 0, after, err
			}
		default:
			return 0, after, fmt.Errorf("%w: there is no option %q, expected limit and cursor", ErrBadRequest, name)
		}
	}
	return limit, after, nil
}

// cursorVersion is the first byte of a cursor: others may look otherwise one day.
const cursorVersion = 1

// cursorOf spells a position: its version, microseconds, and the id, in base64.
// It means the same for ever, whatever comes and goes.
func cursorOf(p origin.Position) string {
	text := binary.BigEndian.AppendUint64([]byte{cursorVersion}, uint64(p.Created.UnixMicro()))
	return base64.RawURLEncoding.EncodeToString(append(text, p.ID...))
}

func parseCursor(text string) (origin.Position, error) {
	bad := fmt.Errorf("%w: cursor: got %q, expected a next_cursor of this list", ErrBadRequest, text)
	content, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(content) < 9 || content[0] != cursorVersion {
		return origin.Position{}, bad
	}
	p := origin.Position{Created: time.UnixMicro(int64(binary.BigEndian.Uint64(content[1:9]))).UTC(), ID: string(content[9:])}
	if !origin.ValidID(p.ID) || cursorOf(p) != text {
		return origin.Position{}, bad
	}
	return p, nil
}
