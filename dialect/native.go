// Package dialect reads URL grammars: each turns the path and query of a
// request into the one spec.Request that everything else works on, and back
// into its canonical URL.
//
// It is pure text: it opens nothing, allows and forbids nothing, and knows no
// HTTP library.
package dialect

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"api-resize/spec"
)

// Prefix is where the native grammar's URLs begin.
const Prefix = "/resize/"

// Native is the grammar of this service's own URLs.
type Native struct {
	Presets spec.Presets // what @names stand for
}

// Parse reads a native URL from its raw, still percent-encoded path and
// query:
//
//	/resize/{size}[,{option}={value}]…/{source}[?{option}={value}&…]
//
//	/resize/300x200/mzxw6ytboi2dsnbrga4dqmjzge
//	/resize/300x200,fit=contain,bg=white/photos/2024/cat.jpg
//	/resize/300x/mzxw6ytboi2dsnbrga4dqmjzge.webp
//	/resize/max/https://images.example/cat.jpg?format=webp
//	/resize/@thumb,quality=50/mzxw6ytboi2dsnbrga4dqmjzge
//	/resize/640x/https%3A%2F%2Fimages.example%2Fcat%3Fv%3D2
//
// The query's sig, which is no option, is the URL's signature.
//
// An extension behind an upload's id names the output format. Errors wrap
// spec.ErrBadOption or spec.ErrBadSource.
func (n Native) Parse(rawPath, rawQuery string) (spec.Request, error) {
	rest, ok := strings.CutPrefix(rawPath, Prefix)
	if !ok {
		return spec.Request{}, fmt.Errorf("%w: expected %ssize/source", spec.ErrBadOption, Prefix)
	}
	head, tail, found := strings.Cut(rest, "/")
	if !found || tail == "" {
		return spec.Request{}, fmt.Errorf("%w: expected %ssize/source, got no source", spec.ErrBadSource, Prefix)
	}
	size, settings, err := spec.Split(head)
	if err != nil {
		return spec.Request{}, err
	}
	fromQuery, err := ParseQuery(rawQuery)
	if err != nil {
		return spec.Request{}, err
	}
	fromQuery, signature, err := cutSignature(fromQuery)
	if err != nil {
		return spec.Request{}, err
	}
	settings = append(settings, fromQuery...)

	tail, extension := cutExtension(tail)
	settings = append(settings, extension...)
	source, err := spec.ParseSource(tail)
	if err != nil {
		return spec.Request{}, err
	}
	size, settings, err = n.Presets.Expand(size, settings)
	if err != nil {
		return spec.Request{}, err
	}
	request, err := spec.Build(size, settings)
	if err != nil {
		if source.Kind == spec.SourceWeb && len(fromQuery) > 0 {
			err = fmt.Errorf("%w (a source with a query of its own is percent-encoded)", err)
		}
		return spec.Request{}, err
	}
	request.Source, request.Signature = source, signature
	return request, nil
}

// cutSignature takes the signature out of a query, in which it comes last.
func cutSignature(settings []spec.Setting) (rest []spec.Setting, signature string, err error) {
	for i, setting := range settings {
		if setting.Name != "sig" {
			continue
		}
		if i < len(settings)-1 || setting.Value == "" {
			return nil, "", fmt.Errorf("%w: sig: expected a signature, last in the query", spec.ErrBadOption)
		}
		return settings[:i], setting.Value, nil
	}
	return settings, "", nil
}

// cutExtension takes the output format off an upload's id: {id}.webp. The
// names of all other sources belong to them whole.
func cutExtension(tail string) (id string, format []spec.Setting) {
	if strings.ContainsAny(tail, "/%") {
		return tail, nil
	}
	id, extension, found := strings.Cut(tail, ".")
	if !found {
		return tail, nil
	}
	return id, []spec.Setting{{Name: "format", Value: extension}}
}

// ParseQuery reads the query's options in their order. "+" means a space
// there, as in every form.
func ParseQuery(rawQuery string) ([]spec.Setting, error) {
	var settings []spec.Setting
	for _, pair := range strings.Split(rawQuery, "&") {
		if pair == "" {
			continue
		}
		name, value, found := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if nameErr != nil || valueErr != nil {
			return nil, fmt.Errorf("%w: %q is not percent-encoded correctly", spec.ErrBadOption, pair)
		}
		if !found {
			return nil, fmt.Errorf("%w: expected option=value, got %q", spec.ErrBadOption, pair)
		}
		settings = append(settings, spec.Setting{Name: name, Value: value})
	}
	return settings, nil
}

// Format is the canonical URL of a request, which Parse reads back. It is what
// is signed.
func Format(r spec.Request) string {
	text := Prefix + r.Options() + "/" + r.Source.String()
	if r.Delivery.Expires != 0 {
		text += "?expires=" + strconv.FormatInt(r.Delivery.Expires, 10)
	}
	return text
}
