package server

import (
	"fmt"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"api-resize/spec"
)

// documentedUploads is the answer to several files. Upload makes it of maps, for
// its elements are of two kinds.
type documentedUploads struct {
	Images []documentedUpload `json:"images"`
}

// documentedUpload is one of its elements.
type documentedUpload struct{}

// documentedRefused is that of a file that was refused.
type documentedRefused struct {
	Error Problem `json:"error"`
}

// Schema is that of an image, or of what was wrong with its file.
func (documentedUpload) Schema(registry huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{schemaIn(registry, Image{}), schemaIn(registry, documentedRefused{})}}
}

func (d *document) imageID() *huma.Param {
	id := text()
	id.Pattern = "^[a-z2-7]{26}$"
	return inPath("id", "The id that the upload got.", id, exampleID)
}

func describeUpload(d *document) huma.Operation {
	image := d.json("It is there already: `existing` is true.", Image{}, "Location")
	created := d.json("One file: its JSON, and `Location`. Several: a list in their order, in which one bad file fails only itself.",
		&huma.Schema{OneOf: []*huma.Schema{d.schema(Image{}), d.schema(documentedUploads{})}}, "Location")
	return huma.Operation{
		OperationID: "uploadImages", Tags: []string{tagImages}, Summary: "Upload one or several",
		Description: fmt.Sprintf(`Recognised by content, whatever the Content-Type. Decoded once, all frames: what is broken or cut short is
refused. Acknowledged when file and folder are synced to disk. The same bytes give the same id. At most %d bytes a file, %d files.`,
			d.limits.OriginalBytes, d.files),
		Parameters:  uploadQueryParameters(),
		RequestBody: &huma.RequestBody{Required: true, Description: "The file itself, or a form with one or more parts named `file`.", Content: uploadContent()},
		Responses: d.answers(map[string]*huma.Response{"200": image, "201": created},
			"bad_option", "request_timeout", "too_large_bytes", "unsupported_format", "too_large_pixels", "corrupt_image", "overloaded", "processing_timeout"),
	}
}

func uploadQueryParameters() []*huma.Param {
	var parameters []*huma.Param
	given := map[string]bool{}
	for _, row := range uploadParameters {
		about := row.doc + " Expected: " + row.values + "."
		if row.needs != "" {
			about += " Only with " + row.needs + "."
		}
		if row.excludes != "" {
			about += " Not with " + row.excludes + "."
		}
		parameter := inQuery(row.name, about, text(), row.example)
		if given[row.excludes] { // not both in the one request that is made of all examples
			parameter.Example = nil
		}
		given[row.name] = true
		parameters = append(parameters, parameter)
	}
	return parameters
}

func uploadContent() map[string]*huma.MediaType {
	return map[string]*huma.MediaType{
		fiber.MIMEOctetStream: anyBytes(),
		"image/*":             anyBytes(),
		fiber.MIMEMultipartForm: {Schema: &huma.Schema{
			Type: huma.TypeObject, Required: []string{"file"},
			Properties: map[string]*huma.Schema{"file": {
				Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString, Format: "binary"}, Description: "The files.",
			}},
		}},
	}
}

func describeImageList(d *document) huma.Operation {
	return huma.Operation{
		OperationID: "listImages", Tags: []string{tagImages}, Summary: "All uploads, the newest first",
		Parameters: []*huma.Param{
			inQuery("limit", "How many; 100 where nothing is said.", wholeNumber(1, 1000), 10),
			cursor(),
		},
		Responses: d.answers(map[string]*huma.Response{
			"200": d.json("A page of them.", ImageList{}, "Link"),
		}, "bad_option", "overloaded"),
	}
}

func describeImage(d *document) huma.Operation {
	return huma.Operation{
		OperationID: "getImage", Tags: []string{tagImages}, Summary: "What is known of an upload",
		Parameters: []*huma.Param{d.imageID()},
		Responses:  d.answers(map[string]*huma.Response{"200": d.json("What is known.", Image{})}, "not_found", "overloaded"),
	}
}

func describeOriginal(d *document) huma.Operation {
	content := map[string]*huma.MediaType{"image/*": anyBytes()}
	for _, format := range spec.Formats {
		content[format.ContentType] = anyBytes()
	}
	common := []string{"ETag", "Last-Modified", "Cache-Control", "Content-Disposition", "Accept-Ranges", "Cache-Tag"}
	return huma.Operation{
		OperationID: "getOriginal", Tags: []string{tagImages}, Summary: "The bytes as uploaded",
		Parameters: []*huma.Param{d.imageID(),
			inHeader("If-None-Match", "ETags that the client has already: 304 when one is current.", `"another"`),
			inHeader("Range", "One range of bytes.", "bytes=0-99")},
		Responses: d.answers(map[string]*huma.Response{
			"200": {Description: "The file.", Content: content, Headers: withHeaders(common...)},
			"206": {Description: "The part that `Range` asked for.", Content: content, Headers: withHeaders(append(common, "Content-Range")...)},
			"304": empty("The client has it already.", "ETag", "Cache-Control"),
			"412": empty("`If-Match` or `If-Unmodified-Since` is not met."),
			"416": empty("The range lies outside the file.", "Content-Range"),
		}, "not_found", "overloaded"),
	}
}

func describeDelete(d *document) huma.Operation {
	return huma.Operation{
		OperationID: "deleteImage", Tags: []string{tagImages}, Summary: "Delete an upload",
		Description: "When it is answered, the original and everything made of it are gone from memory and disk.",
		Parameters:  []*huma.Param{d.imageID()},
		Responses:   d.answers(map[string]*huma.Response{"204": empty("Gone.")}, "not_found", "overloaded"),
	}
}

var imageProperties = map[string]string{
	"Image.id":        "Of an upload.",
	"Image.source":    "As it stands in URLs.",
	"Image.format":    "By its content.",
	"Image.width":     "Pixels, as displayed.",
	"Image.height":    "Pixels, as displayed.",
	"Image.bytes":     "Of its file.",
	"Image.frames":    "More than one for an animation.",
	"Image.pages":     "Of a document with several.",
	"Image.has_alpha": "Whether it has transparency.",
	"Image.name":      "The file's name when it came.",
	"Image.created":   "When an upload came.",
	"Image.modified":  "When another original changed, where its origin says so.",
	"Image.expires":   "When it goes; null: never, or as its origin says.",
	"Image.urls":      "Ready-made URLs: small, medium, large; self and original of an upload.",
	"Image.existing":  "The upload was there already.",
	"Image.variants":  "Of the sizes that the upload asked for.",
	"Image.task":      "What makes them, where that was asked for.",

	"UploadVariant.size":   "As it was asked for.",
	"UploadVariant.url":    "Where the picture is.",
	"UploadVariant.format": "That browsers get.",
	"UploadVariant.width":  "Pixels.",
	"UploadVariant.height": "Pixels.",
	"UploadVariant.bytes":  "Of its file.",
	"UploadVariant.error":  "Why it was not made.",

	"UploadTask.id":    "Its id.",
	"UploadTask.url":   "Where to hear of it.",
	"UploadTask.error": "Why there is none.",

	"ImageList.images":      "The newest first.",
	"ImageList.next_cursor": "Where the next page begins; null: there is none.",

	"Refused.error": "What was wrong with the file.",

	"Uploads.images": "One for each file, in their order.",
}
