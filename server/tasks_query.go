package server

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"api-resize/batch"
	"api-resize/dialect"
	"api-resize/spec"
)

const (
	usualTasks, mostTasks         = 100, 1_000
	usualTaskItems, mostTaskItems = 1_000, 10_000
)

// outstanding is the state of tasks that have not finished.
const outstanding = "outstanding"

// queryIn reads a query in which each name comes once, and hands each setting to
// who knows its name.
func queryIn(c *fiber.Ctx, known map[string]func(value string) error) error {
	settings, err := dialect.ParseQuery(string(c.Context().URI().QueryString()))
	if err != nil {
		return err
	}
	given := map[string]bool{}
	for _, setting := range settings {
		read := known[setting.Name]
		switch {
		case read == nil:
			return fmt.Errorf("%w: there is no %q here", spec.ErrBadOption, setting.Name)
		case given[setting.Name]:
			return fmt.Errorf("%w: %s is given twice", spec.ErrBadOption, setting.Name)
		}
		given[setting.Name] = true
		if err := read(setting.Value); err != nil {
			return fmt.Errorf("%w: %s: %w, got %q", spec.ErrBadOption, setting.Name, err, setting.Value)
		}
	}
	return nil
}

// limitFrom reads how many are wanted.
func limitFrom(most int, into *int) func(string) error {
	return func(value string) error {
		limit, err := strconv.Atoi(value)
		if err != nil || limit < 1 || limit > most {
			return fmt.Errorf("expected 1…%d", most)
		}
		*into = limit
		return nil
	}
}

var errBadCursor = fmt.Errorf("expected a next_cursor of an earlier answer")

// taskQueryIn reads ?state=&limit=&cursor= of the list.
func taskQueryIn(c *fiber.Ctx) (batch.Query, error) {
	wanted := batch.Query{Limit: usualTasks}
	err := queryIn(c, map[string]func(string) error{
		"limit": limitFrom(mostTasks, &wanted.Limit),
		"state": func(value string) error {
			switch {
			case value == outstanding:
				wanted.States = []batch.State{batch.Queued, batch.Running}
			case slices.Contains(batch.States(), batch.State(value)):
				wanted.States = []batch.State{batch.State(value)}
			default:
				return fmt.Errorf("expected %s or one of %v", outstanding, batch.States())
			}
			return nil
		},
		"cursor": func(value string) (err error) {
			wanted.After, err = parseTaskCursor(value)
			return err
		},
	})
	return wanted, err
}

// taskCursor is where the list goes on behind a task.
func taskCursor(task batch.Task) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(task.Created.UnixMicro(), 10) + "." + task.ID))
}

func parseTaskCursor(text string) (batch.Position, error) {
	plain, err := base64.RawURLEncoding.DecodeString(text)
	micros, id, found := strings.Cut(string(plain), ".")
	created, numberErr := strconv.ParseInt(micros, 10, 64)
	if err != nil || numberErr != nil || !found || !batch.ValidID(id) {
		return batch.Position{}, errBadCursor
	}
	return batch.Position{Created: time.UnixMicro(created), ID: id}, nil
}

// itemQueryIn reads ?items=&limit=&cursor= of one task.
func itemQueryIn(c *fiber.Ctx) (batch.ItemQuery, error) {
	wanted := batch.ItemQuery{Limit: usualTaskItems}
	err := queryIn(c, map[string]func(string) error{
		"limit": limitFrom(mostTaskItems, &wanted.Limit),
		"items": func(value string) error {
			wanted.State = batch.State(value)
			if !slices.Contains(batch.States(), wanted.State) {
				return fmt.Errorf("expected one of %v", batch.States())
			}
			return nil
		},
		"cursor": func(value string) error {
			from, err := strconv.ParseUint(value, 10, 31)
			if err != nil {
				return errBadCursor
			}
			wanted.From = int(from)
			return nil
		},
	})
	return wanted, err
}

// nextPage says in a header where the next page is, and returns its cursor.
func nextPage(c *fiber.Ctx, cursor string) *string {
	uri := c.Context().URI()
	query, err := url.ParseQuery(string(uri.QueryString()))
	if err != nil {
		query = url.Values{} // it was read before; what can't be read is not repeated
	}
	query.Set("cursor", cursor)
	c.Append(fiber.HeaderLink, "<"+string(uri.PathOriginal())+"?"+query.Encode()+`>; rel="next"`)
	return &cursor
}
