package server

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"api-resize/batch"
	"api-resize/spec"
)

const (
	// maxTaskBody bounds the JSON of a task, in bytes.
	maxTaskBody = 8 << 20
	// maxTaskKey bounds an Idempotency-Key, in bytes.
	maxTaskKey = 255

	headerIdempotencyKey = "Idempotency-Key"
)

// TaskRequest is what is asked for: every source in every size.
type TaskRequest struct {
	Sources []string       `json:"sources"` // as they stand in URLs
	Sizes   []string       `json:"sizes"`
	Options map[string]any `json:"options,omitempty"` // the same for all
}

// orderIn reads a task from a request. All of it is checked before any of it is
// taken on.
func (s *Server) orderIn(c *fiber.Ctx) (batch.Order, error) {
	key, err := idempotencyKeyIn(c)
	if err != nil {
		return batch.Order{}, err
	}
	body, err := taskBodyIn(c)
	if err != nil {
		return batch.Order{}, err
	}
	if len(body.Sources) == 0 || len(body.Sizes) == 0 {
		return batch.Order{}, fmt.Errorf("%w: expected at least one of sources and one of sizes", spec.ErrBadOption)
	}
	if most := s.parts.Tasks.MaxItems(); len(body.Sources) > most/len(body.Sizes) {
		return batch.Order{}, fmt.Errorf("%w: expected at most %d, sources × sizes", batch.ErrTooManyItems, most)
	}
	options, err := settingsOf(body.Options)
	if err != nil {
		return batch.Order{}, err
	}
	if err := s.checkTask(body, options); err != nil {
		return batch.Order{}, err
	}
	told, err := json.Marshal(body.Options) // in the order of their names
	if err != nil {
		return batch.Order{}, err
	}
	order := batch.Order{Key: key, Options: told, Items: make([]batch.Item, 0, len(body.Sources)*len(body.Sizes))}
	inPath := pathOptions(options)
	for _, source := range body.Sources {
		for _, size := range body.Sizes {
			order.Items = append(order.Items, batch.Item{Source: source, Size: size, Options: inPath})
		}
	}
	return order, nil
}

func idempotencyKeyIn(c *fiber.Ctx) (string, error) {
	key, present := field(c, headerIdempotencyKey)
	odd := strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' })
	if present && (key == "" || len(key) > maxTaskKey || odd) {
		return "", fmt.Errorf("%w: %s: expected 1…%d printable characters", ErrBadRequest, headerIdempotencyKey, maxTaskKey)
	}
	return key, nil
}

// taskBodyIn reads the body, and nothing that it does not know.
func taskBodyIn(c *fiber.Ctx) (TaskRequest, error) {
	if kind, present := field(c, fiber.HeaderContentType); present {
		if media, _, err := mime.ParseMediaType(kind); err != nil || media != fiber.MIMEApplicationJSON {
			return TaskRequest{}, fmt.Errorf("%w: expected the Content-Type application/json", ErrBadRequest)
		}
	}
	arriving := &arriving{source: requestBody(c)}
	text, err := io.ReadAll(io.LimitReader(arriving, maxTaskBody+1))
	switch {
	case err != nil:
		return TaskRequest{}, arriving.fault(err)
	case len(text) > maxTaskBody:
		drain(arriving)
		return TaskRequest{}, fmt.Errorf("%w: expected at most %d bytes", ErrBodyTooLarge, maxTaskBody)
	}
	body := TaskRequest{Options: map[string]any{}}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	if err := decoder.Decode(&body); err != nil {
		return TaskRequest{}, fmt.Errorf("%w: %s", ErrBadRequest, jsonFault(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return TaskRequest{}, fmt.Errorf("%w: expected nothing behind the JSON", ErrBadRequest)
	}
	if body.Options == nil {
		body.Options = map[string]any{}
	}
	return body, nil
}

// jsonFault says what is wrong without Go's words.
func jsonFault(err error) string {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Sprintf("%s: expected %s", kind.Field, map[bool]string{true: "an object", false: "a list of texts"}[strings.HasPrefix(kind.Field, "options")])
	}
	if name, found := strings.CutPrefix(err.Error(), "json: unknown field "); found {
		return "there is no " + name + ` here, expected "sources", "sizes" and "options"`
	}
	return `expected JSON as in {"sources": ["…"], "sizes": ["320x"], "options": {"format": "webp"}}`
}

// settingsOf are options as a URL has them, in the order of the table.
func settingsOf(options map[string]any) ([]spec.Setting, error) {
	var settings []spec.Setting
	for name, value := range options {
		switch value := value.(type) {
		case string:
			settings = append(settings, spec.Setting{Name: name, Value: value})
		case json.Number, bool:
			settings = append(settings, spec.Setting{Name: name, Value: fmt.Sprint(value)})
		default:
			return nil, fmt.Errorf("%w: options.%s: expected a text, a number, true or false", spec.ErrBadOption, name)
		}
	}
	place := map[string]int{}
	for i, option := range spec.Options {
		place[option.Name], place[option.Short] = i, i
	}
	slices.SortFunc(settings, func(a, b spec.Setting) int {
		return cmp.Or(place[a.Name]-place[b.Name], strings.Compare(a.Name, b.Name))
	})
	return settings, nil
}

// pathOptions are options as they stand behind a size, by their long names.
func pathOptions(settings []spec.Setting) string {
	long := map[string]string{}
	for _, option := range spec.Options {
		if option.Short != "" {
			long[option.Short] = option.Name
		}
	}
	var text strings.Builder
	for _, setting := range settings {
		name := setting.Name
		if long[name] != "" {
			name = long[name]
		}
		text.WriteString("," + url.PathEscape(name) + "=" + url.PathEscape(setting.Value))
	}
	return text.String()
}

// checkTask judges each part of a task by itself, so that what is wrong is named:
// a task may have very many items, and one wrong part is wrong in all of them.
func (s *Server) checkTask(body TaskRequest, options []spec.Setting) error {
	for i, size := range body.Sizes {
		// Any source: whether this one is allowed is asked below.
		if _, err := s.maker.request(batch.Item{Source: "any/source", Size: size}); err != nil {
			return inTask(fmt.Sprintf("sizes[%d]", i), err)
		}
	}
	for i, source := range body.Sources {
		if err := s.maker.Check(batch.Item{Source: source, Size: body.Sizes[0]}); err != nil {
			return inTask(fmt.Sprintf("sources[%d]", i), err)
		}
	}
	for _, size := range body.Sizes {
		check := func(some []spec.Setting) error {
			return s.maker.Check(batch.Item{Source: body.Sources[0], Size: size, Options: pathOptions(some)})
		}
		if err := check(options); err != nil {
			return inTask(guilty(options, check), err)
		}
	}
	return nil
}

// guilty names the option without which the others are good.
func guilty(options []spec.Setting, check func([]spec.Setting) error) string {
	for i, option := range options {
		if check(slices.Concat(options[:i], options[i+1:])) == nil {
			return "options." + option.Name
		}
	}
	return "options"
}

// inTask is what is wrong with a part of a task.
func inTask(part string, err error) error {
	return fmt.Errorf("%w: %s: %s", spec.ErrBadOption, part, kindOf(err).text(err))
}
