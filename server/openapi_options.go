package server

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"api-resize/spec"
)

// options are the parameters for all options of pictures but those named.
func (d *document) options(but ...string) []*huma.Param {
	var parameters []*huma.Param
	for _, option := range spec.Options {
		if !slices.Contains(but, option.Name) {
			parameters = append(parameters, optionParameter(option))
		}
	}
	return parameters
}

func optionParameter(option spec.Option) *huma.Param {
	schema := valuesSchema(option.Values)
	description := fmt.Sprintf("%s\n\nAccepted: %s. Default: %s. Example: `%s`.", option.Doc, option.Values, option.Default, option.Example)
	if option.Short != "" {
		description += " Short: `" + option.Short + "`."
	}
	if option.Needs != "" {
		description += " Only with `" + option.Needs + "`."
	}
	if option.Excludes != "" {
		description += " Not with `" + option.Excludes + "`."
	}
	if value, ok := typed(schema, option.Default); ok && !isText(schema) {
		schema.Default = value // that of a text is said in words
	}
	example, _ := typed(schema, option.Example)
	return inQuery(option.Name, description, schema, example)
}

// isText reports whether a schema lets any string pass.
func isText(schema *huma.Schema) bool { return schema.Type == huma.TypeString && schema.Enum == nil }

// The forms in which the table of options says what is accepted. What has none
// of them is text.
const (
	formBoolean = "true, false"
	formTime    = "Unix time in seconds"
)

var (
	formWhole  = regexp.MustCompile(`^a whole number (\d+)…(\d+)(?:, or (\w+))?$`)
	formNumber = regexp.MustCompile(`^a number (?:of degrees )?(-?[\d.]+)…([\d.]+)$`)
	formWords  = regexp.MustCompile(`^[\w-]+(, [\w-]+)+$`)
)

// valuesSchema is the schema of what an option accepts.
func valuesSchema(values string) *huma.Schema {
	switch values {
	case formBoolean:
		return &huma.Schema{Type: huma.TypeBoolean}
	case formTime:
		return &huma.Schema{Type: huma.TypeInteger, Format: "int64"}
	}
	if found := formWhole.FindStringSubmatch(values); found != nil {
		number := wholeNumber(bound(found[1]), bound(found[2]))
		if found[3] == "" {
			return number
		}
		return &huma.Schema{AnyOf: []*huma.Schema{number, oneOf(found[3])}}
	}
	if found := formNumber.FindStringSubmatch(values); found != nil {
		low, high := bound(found[1]), bound(found[2])
		return &huma.Schema{Type: huma.TypeNumber, Minimum: &low, Maximum: &high}
	}
	if formWords.MatchString(values) {
		return oneOf(strings.Split(values, ", ")...)
	}
	return text("")
}

// bound reads what the forms have let through.
func bound(text string) float64 {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(fmt.Sprintf("OpenAPI document: %q is no number", text))
	}
	return value
}

// within reports whether a number is within a schema's bounds.
func within(schema *huma.Schema, number float64) bool {
	return (schema.Minimum == nil || number >= *schema.Minimum) && (schema.Maximum == nil || number <= *schema.Maximum)
}

// typed is a value as a schema has it; false where it is none of its values.
func typed(schema *huma.Schema, value string) (any, bool) {
	for _, one := range schema.AnyOf {
		if found, ok := typed(one, value); ok {
			return found, true
		}
	}
	switch schema.Type {
	case huma.TypeBoolean:
		return value == "true", value == "true" || value == "false"
	case huma.TypeInteger, huma.TypeNumber:
		number, err := strconv.ParseFloat(value, 64)
		return number, err == nil && within(schema, number)
	case huma.TypeString:
		return value, schema.Enum == nil || slices.Contains(schema.Enum, any(value))
	}
	return nil, false
}
