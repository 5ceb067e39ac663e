package server

import (
	"strings"

	"api-resize/spec"
)

// Headers by which caches in front of the service are told what an answer is
// made of, so that they can follow a purge. Both kinds strip them.
const (
	headerCacheTag     = "Cache-Tag"     // Cloudflare and others: separated by commas
	headerSurrogateKey = "Surrogate-Key" // Fastly and others: separated by spaces
)

// Bounds of tags, so that headers stay below 4 KiB. Cloudflare and Fastly take
// up to 1,024 bytes a tag, and 16 KiB in all.
const (
	maxTag     = 512
	maxTags    = 16
	maxTagText = 3 << 10
)

// tagOfAll is on every picture.
const tagOfAll = "api-resize"

// madeOf are the sources that tags are to be told of: none where that is not
// wanted.
func (s *Server) madeOf(request spec.Request) []spec.Source {
	if !s.config.CacheTags {
		return nil
	}
	sources := []spec.Source{request.Source}
	if mark := request.Spec.Watermark; mark != (spec.Watermark{}) {
		sources = append(sources, mark.Source)
	}
	return sources
}

// tagsOfSources name what an answer is made of; none for no sources.
func tagsOfSources(sources []spec.Source) []string {
	if len(sources) == 0 {
		return nil
	}
	tags := []string{tagOfAll}
	for _, source := range sources {
		tags = append(tags, tagsOf(source)...)
	}
	return tags
}

// tagsOf are the source and all folders that it is in, the largest first:
// photos/, photos/2024/, photos/2024/cat.jpg.
func tagsOf(source spec.Source) []string {
	text := tagText(source)
	from := 0
	if source.Kind == spec.SourceWeb {
		from = strings.Index(text, "://") + len("://")
	}
	path, _, _ := strings.Cut(text[from:], "?")
	var tags []string
	for i := range path {
		if path[i] == '/' && i < len(path)-1 && len(tags) < maxTags-1 {
			tags = append(tags, text[:from+i+1])
		}
	}
	return append(tags, text)
}

// tagText spells a source as a tag: like a prefix that is purged, but for the
// bytes that separate tags.
func tagText(source spec.Source) string {
	text := source.String()
	if source.Kind == spec.SourceWeb {
		text = source.Path
	}
	return tagEscaper.Replace(text)
}

var tagEscaper = strings.NewReplacer(",", "%2C", " ", "%20")

// bounded joins as many tags as may stand in a header.
func bounded(tags []string, separator string) string {
	var text strings.Builder
	for _, tag := range tags {
		if len(tag) > maxTag || text.Len()+len(tag) > maxTagText {
			continue
		}
		if text.Len() > 0 {
			text.WriteString(separator)
		}
		text.WriteString(tag)
	}
	return text.String()
}
