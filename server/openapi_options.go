package server

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"api-resize/spec"
)

// options are the parameters for all options of pictures but those named.
func (d *document) options(but ...string) []*huma.Param {
	var parameters []*huma.Param
	for _, option := range spec.Options {
		if !slices.Contains(but, option.Name) {
			parameters = append(parameters, d.option(option))
		}
	}
	return parameters
}

func (d *document) option(option spec.Option) *huma.Param {
	schema := valuesSchema(option.Domain)
	description := fmt.Sprintf("%s\n\nAccepted: %s. Default: %s. Example: %#q.", option.Doc, option.Values, option.Default, option.Example)
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
	if schema.AnyOf != nil {
		// Generators give a name of its own to what has one only.
		name := "Option" + capital(option.Name)
		d.api.Components.Schemas.Map()[name] = schema
		schema = &huma.Schema{Ref: "#/components/schemas/" + name}
	}
	return inQuery(option.Name, description, schema, example)
}

// isText reports whether a schema lets any string pass.
func isText(schema *huma.Schema) bool { return schema.Type == huma.TypeString && schema.Enum == nil }

// valuesSchema is the schema of what an option accepts. Of kinds whose grammar
// schemas don't have, it is text.
func valuesSchema(domain spec.Domain) *huma.Schema {
	switch domain.Kind {
	case spec.KindSwitch:
		return &huma.Schema{Type: huma.TypeBoolean}
	case spec.KindWord, spec.KindPosition:
		return oneOf(domain.Words...)
	case spec.KindTime:
		return &huma.Schema{Type: huma.TypeInteger, Format: "int64"}
	case spec.KindNumber:
		number := &huma.Schema{Type: huma.TypeNumber, Minimum: &domain.Low, Maximum: &domain.High}
		if domain.Whole {
			number.Type = huma.TypeInteger
		}
		if domain.Words == nil {
			return number
		}
		return &huma.Schema{AnyOf: []*huma.Schema{number, oneOf(domain.Words...)}}
	}
	return text()
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
