package main

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// template is the URL of a server's pictures with places to fill in.
type template struct {
	address string // host:port
	path    string // with {id}, {width}, {height} and {format}
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// parseTemplate reads http://host:port/path. Only {width} is a must: without
// it there is no asking for different pictures.
func parseTemplate(text string) (template, error) {
	rest, found := strings.CutPrefix(text, "http://")
	if !found {
		return template{}, fmt.Errorf("-url: expected http://…, got %q", text)
	}
	host, path, _ := strings.Cut(rest, "/")
	parsed, err := url.Parse("http://" + host)
	if err != nil || parsed.Hostname() == "" {
		return template{}, fmt.Errorf("-url: expected a host, got %q", host)
	}
	if parsed.Port() == "" {
		host += ":80"
	}
	for _, name := range placeholder.FindAllString(path, -1) {
		switch name {
		case "{id}", "{width}", "{height}", "{format}":
		default:
			return template{}, fmt.Errorf("-url: expected {id}, {width}, {height} or {format}, got %s", name)
		}
	}
	if !strings.Contains(path, "{width}") {
		return template{}, errors.New("-url: there is no {width} in it")
	}
	return template{host, "/" + path}, nil
}

// picture is one that is asked for.
type picture struct {
	of            source
	width, height int // pixels
	format        string
}

// fill gives the path of a picture, sent as it is.
func (t template) fill(p picture) string {
	return strings.NewReplacer(
		"{id}", p.of.id,
		"{width}", strconv.Itoa(p.width),
		"{height}", strconv.Itoa(p.height),
		"{format}", p.format,
	).Replace(t.path)
}
