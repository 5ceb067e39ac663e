package server

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
)

// schema is a reference to the schema of a value's type.
func (d *document) schema(value any) *huma.Schema {
	if schema, ok := value.(*huma.Schema); ok {
		return schema
	}
	return d.api.Components.Schemas.Schema(reflect.TypeOf(value), true, "")
}

// schemaName is what the document calls a type: explanations are spread over
// several.
func schemaName(of reflect.Type, _ string) string {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	name := of.Name()
	if part, found := strings.CutSuffix(name, "Story"); found {
		return "Explained" + capital(part)
	}
	return capital(strings.TrimPrefix(capital(name), "Documented"))
}

func capital(word string) string {
	if word == "" {
		return ""
	}
	return string(unicode.ToUpper(rune(word[0]))) + word[1:]
}

// finishSchemas describes every property, and says what types alone don't.
func finishSchemas(schemas map[string]*huma.Schema) {
	for name, schema := range schemas {
		if !requestSchemas[name] {
			schema.AdditionalProperties = nil // there may be more one day
		}
		for property, described := range schema.Properties {
			if described.Type == huma.TypeArray {
				described.Nullable = false
			}
			about, known := properties[name+"."+property]
			if !known {
				panic(fmt.Sprintf("OpenAPI document: nothing is said about %s.%s", name, property))
			}
			described.Description = about
			for _, word := range propertyWords[name+"."+property] {
				described.Enum = append(described.Enum, word)
			}
		}
	}
}

// requestSchemas are those of bodies that clients send, in which nothing unknown
// may stand.
var requestSchemas = map[string]bool{"Purge": true, "TaskRequest": true}

// propertyWords are the properties that have one of a few words.
var propertyWords = map[string][]string{
	"Problem.code":            problemCodes(),
	"ExplainedSignature.mode": {SignatureOff, SignatureOptional, SignatureRequired},
	"ExplainedSizes.mode":     {"auto", "any", "list", "ladder"},
	"Explanation.would":       {"hit", "miss"},
	"Task.state":              taskStates,
	"TaskPage.state":          taskStates,
	"TaskItem.state":          taskStates,
}

// properties says what each property of a schema is.
var properties = join(map[string]string{
	"Problem.type":       "A URN with the code.",
	"Problem.title":      "What went wrong, in few words; the same for each code and status.",
	"Problem.status":     "The answer's status.",
	"Problem.detail":     "What was expected, and what came.",
	"Problem.code":       "What programs may rely on.",
	"Problem.request_id": "Finds the request in the log.",

	"Purge.source":  "One source, as it stands in URLs.",
	"Purge.prefix":  "How sources begin; empty is the beginning of all.",
	"Purge.all":     "Everything.",
	"Purged.purged": "Entries that went: pictures, originals, and what was known of them.",
	"Purged.tags":   "Tags of what went, for a cache in front to follow.",

	"Alive.alive":       "Always true.",
	"Readiness.ready":   "Whether to send requests here.",
	"Readiness.reasons": "Why not.",

	"Rect.left":   "Pixels from the left.",
	"Rect.top":    "Pixels from the top.",
	"Rect.width":  "Pixels.",
	"Rect.height": "Pixels.",

	"Srcset.src":         "URL of the widest, for browsers that know no srcset.",
	"Srcset.srcset":      "The attribute of an img.",
	"Srcset.sizes":       "The attribute of an img.",
	"Srcset.width":       "Pixels of src.",
	"Srcset.height":      "Pixels of src.",
	"Srcset.images":      "Each width.",
	"Srcset.sources":     "Better formats, the best first: source elements of a picture.",
	"Srcset.placeholder": "The thumbhash as a `data:` URL.",
	"Srcset.html":        "All of it as a picture element.",
	"SrcsetImage.url":    "Where it is.",
	"SrcsetImage.width":  "Pixels.",
	"SrcsetImage.height": "Pixels.",
	"SrcsetType.type":    "Media type.",
	"SrcsetType.srcset":  "The attribute of a source.",
}, descriptions("Srcset"), descriptions("Image"), imageProperties, explainedProperties, taskProperties)

// descriptions are the properties that schemas share which say what is known of
// an original.
func descriptions(schema string) map[string]string {
	return map[string]string{
		schema + ".dominant_color": "`#rrggbb`, of the most populous cluster of colours.",
		schema + ".thumbhash":      "The picture in about 25 bytes, base64: https://evanw.github.io/thumbhash/.",
		schema + ".profile":        "Name of the embedded colour profile.",
		schema + ".exif":           "make, model, lens, exposure_time, f_number, iso, focal_length, taken, artist, copyright; never a place or a serial number.",
	}
}

func join(tables ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, table := range tables {
		for name, about := range table {
			all[name] = about
		}
	}
	return all
}

// schemaIn is a reference to the schema of a value's type, for types that write
// their own.
func schemaIn(registry huma.Registry, value any) *huma.Schema {
	return registry.Schema(reflect.TypeOf(value), true, "")
}
