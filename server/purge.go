package server

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/gofiber/fiber/v2"

	"api-resize/spec"
)

const purgeRoute = "/purge"

// maxPurgeBody bounds the JSON of a purge: a source, percent-encoded, and more.
const maxPurgeBody = 64 << 10

// Purge says what is to be forgotten: exactly one of the three.
type Purge struct {
	Source *string `json:"source,omitempty"` // as it stands in URLs
	Prefix *string `json:"prefix,omitempty"` // the beginning of sources; empty: all of them
	All    bool    `json:"all,omitempty"`
}

// Purged says what was forgotten.
type Purged struct {
	Purged int      `json:"purged"` // entries: pictures, originals, and what was known of them
	Tags   []string `json:"tags"`   // by which caches in front of this one can follow
}

// purge answers POST /purge: when it answers, everything that was made of the
// sources is gone, from memory and disk, and nothing that was being made of
// them comes back.
func (s *Server) purge(c *fiber.Ctx) error {
	wanted, err := purgeOf(c)
	if err != nil {
		return err
	}
	var purged Purged
	switch {
	case wanted.Source != nil:
		purged, err = s.purgeSource(*wanted.Source)
	case wanted.Prefix != nil && *wanted.Prefix != "":
		purged, err = s.purgePrefix(*wanted.Prefix)
	default:
		purged.Tags = []string{tagOfAll}
		purged.Purged, err = s.proxy.ForgetEverything()
	}
	if err != nil {
		return err
	}
	s.logger.Info("purged", "source", wanted.Source, "prefix", wanted.Prefix, "all", wanted.All, "entries", purged.Purged)
	return noStore(c).JSON(purged)
}

func (s *Server) purgeSource(text string) (Purged, error) {
	source, err := spec.ParseSource(text)
	if err != nil {
		return Purged{}, err
	}
	removed, err := s.proxy.Forget(source)
	return Purged{Purged: removed, Tags: []string{tagText(source)}}, err
}

func (s *Server) purgePrefix(text string) (Purged, error) {
	prefix, err := spec.ParsePrefix(text)
	if err != nil {
		return Purged{}, err
	}
	removed, err := s.proxy.ForgetPrefix(prefix)
	return Purged{Purged: removed, Tags: folderTags(text)}, err
}

// folderTags is the tag of a folder; other beginnings of sources have none.
func folderTags(prefix string) []string {
	const inside = "x"
	source, err := spec.ParseSource(prefix + inside)
	if err != nil || !strings.HasSuffix(prefix, "/") {
		return []string{}
	}
	return []string{strings.TrimSuffix(tagText(source), inside)}
}

// purgeOf reads a purge from the body.
func purgeOf(c *fiber.Ctx) (Purge, error) {
	text, err := io.ReadAll(io.LimitReader(requestBody(c), maxPurgeBody+1))
	switch {
	case err != nil:
		return Purge{}, fmt.Errorf("%w: the body did not arrive whole", ErrBadRequest)
	case len(text) > maxPurgeBody:
		c.Context().Response.SetConnectionClose() // the rest is not read
		return Purge{}, fmt.Errorf("%w: a body of more than %d bytes", ErrBadRequest, maxPurgeBody)
	}
	var wanted Purge
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&wanted); err != nil || decoder.More() {
		return Purge{}, errBadPurge
	}
	count := 0
	for _, given := range []bool{wanted.Source != nil, wanted.Prefix != nil, wanted.All} {
		if given {
			count++
		}
	}
	if count != 1 {
		return Purge{}, errBadPurge
	}
	return wanted, nil
}

var errBadPurge = fmt.Errorf(`%w: expected JSON with one of {"source": "…"}, {"prefix": "…"} and {"all": true}`, ErrBadRequest)
