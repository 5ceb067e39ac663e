package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"api-resize/spec"
)

// example is one request that shows an option.
type example struct {
	option   string // of the table, or sizeOption
	original string // name of the original
	request  string // size and options as in a URL
	shows    string // what there is to see, in a few words
	// answer is what of the answer shows the option where the picture can't;
	// such an example has no picture.
	answer string
}

// sizeOption is where examples of the size alone stand.
const sizeOption = "size"

// examples is the one list of examples, in the order of the options' table.
// Adding an option is a row there and one here.
var examples = slices.Concat(
	sizeExamples, geometryExamples, effectExamples, overlayExamples, aroundExamples, outputExamples, deliveryExamples,
)

// examplesOf are those of one option.
func examplesOf(option string) []example {
	return slices.DeleteFunc(slices.Clone(examples), func(e example) bool { return e.option != option })
}

// pictured are the examples that have a picture, each picture once.
func pictured() []example {
	list := slices.DeleteFunc(slices.Clone(examples), func(e example) bool { return !e.hasPicture() })
	slices.SortStableFunc(list, func(a, b example) int { return cmp.Compare(a.name(), b.name()) })
	return slices.CompactFunc(list, func(a, b example) bool { return a.name() == b.name() })
}

func (e example) hasPicture() bool { return e.answer == "" }

// url is the request as it stands in a page.
func (e example) url() string { return "/resize/" + e.request + "/" + e.source() }

func (e example) source() string { return originalsAlias + "/" + e.original }

// name is the picture's file without its extension: all that it depends on, in
// letters that need no encoding anywhere.
func (e example) name() string {
	original, _, _ := strings.Cut(e.original, ".")
	request := strings.ReplaceAll(strings.ToLower(e.request), ",", "_")
	return original + "_" + odd.ReplaceAllString(request, "-")
}

// file is the picture's file.
func (e example) file(format spec.Format) string { return e.name() + "." + format.Extension() }

var odd = regexp.MustCompile(`[^a-z0-9._-]`)

// parsed reads the request.
func (e example) parsed() (spec.Request, error) {
	size, settings, err := spec.Split(e.request)
	if err != nil {
		return spec.Request{}, err
	}
	request, err := spec.Build(size, settings)
	if err != nil {
		return spec.Request{}, fmt.Errorf("%s: %w", e.url(), err)
	}
	request.Source, err = spec.ParseSource(e.source())
	return request, err
}

// gives reports whether the request has an option with exactly this value.
func (e example) gives(option spec.Option, value string) bool {
	_, settings, err := spec.Split(e.request)
	return err == nil && slices.ContainsFunc(settings, func(s spec.Setting) bool {
		return (s.Name == option.Name || option.Short != "" && s.Name == option.Short) && s.Value == value
	})
}
