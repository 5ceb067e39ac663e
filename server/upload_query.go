package server

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"api-resize/batch"
	"api-resize/dialect"
	"api-resize/spec"
)

// uploadParameter is one row of the table of what the query of an upload may say,
// which parsing, error texts, documentation and tests read.
type uploadParameter struct {
	name     string
	values   string // what is accepted, for error texts and documentation
	doc      string
	example  string // a value that is accepted
	excludes string // a parameter that can't be given at the same time
	needs    string // a parameter without which this one says nothing

	set func(*Server, *uploadQuery, string) error // reads the value
}

// Bounds of an upload's life.
const (
	minUploadLife = time.Second
	maxUploadLife = 10 * year
	year          = 365 * day
	day           = 24 * time.Hour
)

// maxUploadSizes bounds the pictures that are made of each file with its upload.
const maxUploadSizes = 20

// uploadParameters is the table.
var uploadParameters = []uploadParameter{
	{
		name: "ttl", values: "1s…3650d, in d, h, m, s", example: "24h", excludes: "expires",
		doc: "How long the upload lives, from when it is stored. Without ttl and expires it lives until it is deleted. Of the same bytes that are there already the life is prolonged, never cut short.",
		set: (*Server).setTTL,
	},
	{
		name: "expires", values: "a time of RFC 3339, 1s…3650d from now, + as %2B", example: "2030-01-01T00:00:00Z", excludes: "ttl",
		doc: "Until when the upload lives.",
		set: (*Server).setExpires,
	},
	{
		name: "sizes", values: fmt.Sprintf("up to %d of 320x, 300x200, x200, max and @preset, separated by commas", maxUploadSizes), example: "320x,640x",
		doc: "Pictures that are made at once, so that the first who asks for them gets them from the cache: of format=auto those for today's browsers and for clients that accept anything.",
		set: (*Server).setSizes,
	},
	{
		name: "background", values: "true, false", example: "true", needs: "sizes",
		doc: "Has the pictures made by a task, of which the answer tells, rather than before the answer.",
		set: (*Server).setBackground,
	},
}

// uploadQuery is what the query of an upload says.
type uploadQuery struct {
	came       time.Time     // the request
	ttl        time.Duration // from when it is stored; 0: not given
	until      time.Time     // zero: not given
	sizes      []string      // as they were written
	background bool          // they are made by a task
}

// expires is when an upload ends that is stored now, nil for never.
func (q uploadQuery) expires(now time.Time) *time.Time {
	switch {
	case q.ttl > 0:
		end := now.Add(q.ttl).UTC()
		return &end
	case !q.until.IsZero():
		return &q.until
	}
	return nil
}

// errUnexpected is a value that is none of those that a parameter takes.
var errUnexpected = errors.New("not what is expected")

// parseUpload reads the query of an upload. Its errors wrap spec.ErrBadOption.
func (s *Server) parseUpload(rawQuery string, now time.Time) (uploadQuery, error) {
	query := uploadQuery{came: now}
	settings, err := dialect.ParseQuery(rawQuery)
	if err != nil {
		return query, err
	}
	given := map[string]bool{}
	for _, setting := range settings {
		parameter, err := uploadParameterOf(setting.Name)
		if err != nil {
			return query, err
		}
		if given[parameter.name] {
			return query, fmt.Errorf("%w: %s is given twice", spec.ErrBadOption, parameter.name)
		}
		given[parameter.name] = true
		err = parameter.set(s, &query, setting.Value)
		if errors.Is(err, errUnexpected) {
			err = fmt.Errorf("expected %s, got %q", parameter.values, setting.Value)
		}
		if err != nil {
			return query, fmt.Errorf("%w: %s: %w", spec.ErrBadOption, parameter.name, err)
		}
	}
	return query, agree(given)
}

// agree refuses parameters that exclude each other, or that say something about
// another one that is not there.
func agree(given map[string]bool) error {
	for _, parameter := range uploadParameters {
		switch {
		case !given[parameter.name]:
		case given[parameter.excludes]:
			return fmt.Errorf("%w: %s and %s exclude each other", spec.ErrBadOption, parameter.name, parameter.excludes)
		case parameter.needs != "" && !given[parameter.needs]:
			return fmt.Errorf("%w: %s says something about %s, which is not given", spec.ErrBadOption, parameter.name, parameter.needs)
		}
	}
	return nil
}

func uploadParameterOf(name string) (uploadParameter, error) {
	names := make([]string, len(uploadParameters))
	for i, parameter := range uploadParameters {
		if names[i] = parameter.name; parameter.name == name {
			return parameter, nil
		}
	}
	return uploadParameter{}, fmt.Errorf("%w: unknown parameter %q; known are %s%s",
		spec.ErrBadOption, name, strings.Join(names, ", "), spec.Suggestion(name, names))
}

func (*Server) setTTL(query *uploadQuery, text string) error {
	life, ok := parseLife(text)
	if !ok || life < minUploadLife || life > maxUploadLife {
		return errUnexpected
	}
	query.ttl = life
	return nil
}

// parseLife reads a duration as Go writes it, before which there may be days:
// 90m, 24h, 30d, 1d12h.
func parseLife(text string) (time.Duration, bool) {
	days, rest, found := strings.Cut(text, "d")
	if !found {
		days, rest = "0", text
	}
	whole, err := strconv.ParseUint(days, 10, 32)
	if err != nil || whole > uint64(maxUploadLife/day) {
		return 0, false
	}
	life := time.Duration(whole) * day
	if found && rest == "" {
		return life, true
	}
	part, err := time.ParseDuration(rest)
	if err != nil || strings.HasPrefix(rest, "+") || part < 0 || part > maxUploadLife {
		return 0, false
	}
	return life + part, true
}

// rfc3339 is how a time is spelled there; time.Parse takes more than that.
var rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)

func (*Server) setExpires(query *uploadQuery, text string) error {
	until, err := time.Parse(time.RFC3339, text)
	if err != nil || !rfc3339.MatchString(text) {
		return errUnexpected
	}
	query.until = until.UTC()
	if life := query.until.Sub(query.came); life < minUploadLife || life > maxUploadLife {
		return errUnexpected
	}
	return nil
}

func (s *Server) setSizes(query *uploadQuery, text string) error {
	sizes := strings.Split(text, ",")
	if len(sizes) > maxUploadSizes {
		return errUnexpected
	}
	for i, size := range sizes {
		if slices.Contains(sizes[:i], size) {
			return fmt.Errorf("%q is given twice", size)
		}
		if err := s.maker.Check(batch.Item{Source: anyUpload, Size: size}); err != nil {
			return errors.New(kindOf(err).text(err))
		}
	}
	query.sizes = sizes
	return nil
}

// anyUpload stands for an upload that is not there yet: what sizes it may have
// does not depend on which one it is.
const anyUpload = "aaaaaaaaaaaaaaaaaaaaaaaaaa"

func (*Server) setBackground(query *uploadQuery, text string) error {
	switch text {
	case "true":
		query.background = true
	case "false":
	default:
		return errUnexpected
	}
	return nil
}
