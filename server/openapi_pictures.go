package server

import (
	"fmt"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"api-resize/spec"
)

// exampleID is of no upload: whoever tries an example puts an id of their own
// there.
const exampleID = "mzxw6ytboi2dsnbrga4dqmjzge"

// originCodes are the errors of having an original, and of looking at it.
var originCodes = []string{
	"bad_option", "source_not_allowed", "not_found", "origin_not_found", "too_large_bytes",
	"unsupported_format", "too_large_pixels", "corrupt_image", "origin_error", "origin_timeout", "overloaded", "processing_timeout",
}

// pictureCodes are those of making a picture of it.
var pictureCodes = append([]string{"bad_signature", "expired"}, originCodes...)

func (d *document) size() *huma.Param {
	size := text()
	size.Pattern = `^(\d+x\d*|x\d+|max|@[\w-]+)(,.*)?$`
	return inPath("size", fmt.Sprintf("`300x200`, `300x` (as high as it comes), `x200` (as wide as it comes), 1…%d pixels a side; `max`, the original's own size; or `@name`, a preset of the configuration.", spec.MaxSide), size, "300x200")
}

func (d *document) source() *huma.Param {
	return inPath("source", "The id of an upload, here with an output format as its extension if wanted (`{id}.webp`); `alias/path`; or an `http(s)://` URL.", text(), exampleID)
}

func describeResize(d *document) huma.Operation {
	return huma.Operation{
		OperationID: "getPicture", Tags: []string{tagPictures}, Path: "/resize/{size}/{source}",
		Summary: "The picture in this size",
		Description: `Options may stand in the query, as here, or in the path behind the size, in any order:

` + "```\n/resize/{size}[,{option}={value}]…/{source}[?{option}={value}&…]\n/resize/300x200,fit=contain,background=white/{id}\n```" + `

Both are the same picture, with the same ETag and one cache entry; ` + "`Link`" + ` says how the URL is spelled canonically, which
is what a signature covers. In the path, values with a comma, slash or equals sign are percent-encoded.

An option that is unknown, out of range or given twice is 400, with what was expected and the nearest known name.`,
		Parameters: slices.Concat([]*huma.Param{d.size(), d.source()}, d.options(), []*huma.Param{
			inQuery("sig", "The signature of a signed URL, last in the query.", text(), nil),
			inHeader("If-None-Match", "ETags that the client has already: 304 when one is current.", `"another"`),
			inHeader("Range", "One range of bytes.", "bytes=0-99"),
			inHeader("Save-Data", "`on` lowers the quality.", "on"),
		}),
		Responses: d.answers(map[string]*huma.Response{
			"200": {
				Description: "The picture. Its format is the one asked for, or the best that `Accept` allows.",
				Content:     pictureContent(), Headers: pictureHeaders(),
			},
			"206": {Description: "The part that `Range` asked for.", Content: pictureContent(), Headers: pictureHeaders("Content-Range")},
			"304": empty("The client has it already.", "ETag", "Cache-Control", "Vary", "Link", "Cache-Status"),
			"412": empty("`If-Match` or `If-Unmodified-Since` is not met."),
			"416": empty("The range lies outside the picture.", "Content-Range"),
		}, pictureCodes...),
	}
}

func pictureHeaders(more ...string) map[string]*huma.Param {
	return withHeaders(append(more, "ETag", "Last-Modified", "Cache-Control", "Vary", "Content-Disposition", "Accept-Ranges",
		"Link", "Cache-Status", "Server-Timing", "Cache-Tag", "X-Fallback", "X-Image-Decision")...)
}

// pictureContent has all media types that are written here, and first the one that
// pages of documentation ask for.
func pictureContent() map[string]*huma.MediaType {
	content := map[string]*huma.MediaType{"image/*": anyBytes()}
	for _, format := range spec.OutputFormats() {
		content[format.ContentType()] = anyBytes()
	}
	return content
}

func anyBytes() *huma.MediaType {
	return &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
}

func describeInfo(d *document) huma.Operation {
	return huma.Operation{
		OperationID: "getInfo", Tags: []string{tagFacts}, Path: "/info/{source}",
		Summary:     "What is known of an original",
		Description: "What `GET /images/{id}` tells of an upload, of any source. Found once for each version of an original.",
		Parameters: []*huma.Param{d.source(),
			inHeader("If-None-Match", "ETags that the client has already: 304 when one is current.", `"another"`)},
		Responses: d.answers(map[string]*huma.Response{
			"200": d.json("What is known.", Image{}, "ETag", "Last-Modified", "Vary", "Cache-Tag"),
			"304": empty("Not modified.", "ETag", "Cache-Control"),
			"412": empty("`If-Match` or `If-Unmodified-Since` is not met."),
		}, originCodes...),
	}
}

func describeSrcset(d *document) huma.Operation {
	told := d.json("JSON, or HTML for who prefers `text/html`.", Srcset{}, "ETag", "Vary", "Cache-Tag")
	told.Content[fiber.MIMETextHTML] = &huma.MediaType{Schema: text()}
	return huma.Operation{
		OperationID: "getSrcset", Tags: []string{tagFacts}, Path: "/srcset/{source}",
		Summary:     "What an img or picture element needs",
		Description: "Without widths, the steps of `sizes.ladder` from 160 up to the original's width. One beyond that comes out as wide as the original, and once.",
		Parameters: slices.Concat([]*huma.Param{
			d.source(),
			inQuery("widths", fmt.Sprintf("Up to %d widths of 1…%d pixels, separated by commas.", maxWidths, spec.MaxSide), text(), "320,640"),
			inQuery("sizes", "The sizes attribute: how wide the picture is on the page.", text(), "(max-width: 600px) 100vw, 50vw"),
		}, d.options("dpr", "download", "default", "expires")),
		Responses: d.answers(map[string]*huma.Response{
			"200": told,
			"304": empty("Not modified.", "ETag", "Cache-Control"),
			"412": empty("`If-Match` or `If-Unmodified-Since` is not met."),
		}, originCodes...),
	}
}

func describeExplain(d *document) huma.Operation {
	return huma.Operation{
		OperationID: "explainPicture", Tags: []string{tagCache}, Path: "/explain/resize/{size}/{source}",
		Summary:     "How a picture's URL is answered, and why",
		Description: "Makes no picture. 200 whatever the URL is; what it would be refused with is in `problem`.",
		Parameters: slices.Concat([]*huma.Param{d.size(), d.source()}, d.options(), []*huma.Param{
			inQuery("sig", "The signature of a signed URL, last in the query.", text(), nil),
		}),
		Responses: d.answers(map[string]*huma.Response{"200": d.json("The explanation.", explanation{})}),
	}
}

var explainedProperties = map[string]string{
	"Explanation.canonical": "How the URL is spelled, as it is signed.",
	"Explanation.url":       "Where clients get it: with its signature where one is required.",
	"Explanation.signature": "What its signature is worth.",
	"Explanation.sizes":     "What is answered to the size that it asks for.",
	"Explanation.original":  "What it is made of.",
	"Explanation.format":    "The format it comes in.",
	"Explanation.key":       "What it is kept by.",
	"Explanation.etag":      "The ETag it has.",
	"Explanation.headers":   "Headers it comes with.",
	"Explanation.plan":      "The geometry.",
	"Explanation.would":     "Whether it is there already.",
	"Explanation.tiers":     "Where it is, in the order in which they are looked at.",
	"Explanation.freshness": "How fresh what is known of the original is.",
	"Explanation.cost":      "What it takes to make it.",
	"Explanation.limits":    "What is allowed.",
	"Explanation.problem":   "What the URL is answered with instead of a picture.",

	"ExplainedSignature.mode":    "`security.signature` of the configuration.",
	"ExplainedSignature.given":   "Whether there is one.",
	"ExplainedSignature.valid":   "Whether it is valid.",
	"ExplainedSignature.expires": "When the URL ends, Unix seconds.",
	"ExplainedSignature.why":     "In words.",

	"ExplainedSizes.mode":     "`sizes.mode` of the configuration.",
	"ExplainedSizes.asked":    "The size in the URL.",
	"ExplainedSizes.answered": "The size that is made.",

	"ExplainedOriginal.source":           "As it stands in URLs.",
	"ExplainedOriginal.format":           "By its content.",
	"ExplainedOriginal.width":            "Pixels, as displayed.",
	"ExplainedOriginal.height":           "Pixels, as displayed.",
	"ExplainedOriginal.frames":           "More than one for an animation.",
	"ExplainedOriginal.has_alpha":        "Whether it has transparency.",
	"ExplainedOriginal.exif_orientation": "1…8.",
	"ExplainedOriginal.bytes":            "Of its file.",
	"ExplainedOriginal.version":          "Hash of its bytes, or id.",
	"ExplainedOriginal.tiers":            "Those of the cache that have its bytes.",
	"ExplainedOriginal.expires":          "When it goes.",

	"ExplainedFormat.asked":       "`auto` where the URL asks for none.",
	"ExplainedFormat.chosen":      "What it comes in.",
	"ExplainedFormat.why":         "In words.",
	"ExplainedFormat.candidates":  "What was to be chosen from.",
	"ExplainedFormat.quality":     "1…100; 0 where the format has none.",
	"ExplainedFormat.interim_for": "The format that is made behind the answer.",

	"ExplainedKey.source":  "Of the original.",
	"ExplainedKey.variant": "Of the picture.",

	"ExplainedHeaders.cache_control": "`Cache-Control`.",
	"ExplainedHeaders.vary":          "`Vary`.",
	"ExplainedHeaders.cache_tag":     "`Cache-Tag`.",

	"ExplainedPlan.decoded":            "Pixels of a frame as the decoder gives it, shrunk where it can.",
	"ExplainedPlan.shrink":             "By how much that is fewer a side.",
	"ExplainedPlan.region":             "What is taken of the original.",
	"ExplainedPlan.scaled":             "What that is scaled to.",
	"ExplainedPlan.crop":               "What is cut out of that.",
	"ExplainedPlan.crop_is_looked_for": "Whether where to cut is found by the content.",
	"ExplainedPlan.box":                "What it is put into.",
	"ExplainedPlan.turned":             "How large it is when turned.",
	"ExplainedPlan.result":             "How large it comes out.",

	"ExplainedTier.tier": "memory or disk.",
	"ExplainedTier.has":  "Whether the picture is there.",

	"ExplainedFresh.use":                            "How what is known of the original came to be used.",
	"ExplainedFresh.until":                          "When it stops being fresh.",
	"ExplainedFresh.seconds_left":                   "Until then.",
	"ExplainedFresh.stale_while_revalidate_seconds": "How long it may then be used while the origin is asked.",
	"ExplainedFresh.stale_if_error_seconds":         "How long it may then be used when the origin fails.",
	"ExplainedFresh.must_revalidate":                "Whether it may be used without asking once it is stale.",
	"ExplainedFresh.no_store":                       "Whether it may be kept at all.",
	"ExplainedFresh.immutable":                      "Whether it can change.",
	"ExplainedFresh.origin_etag":                    "What the origin calls it.",
	"ExplainedFresh.origin_last_modified":           "When it changed, as its origin says.",

	"ExplainedCost.memory_bytes": "At the peak.",
	"ExplainedCost.expected_ms":  "Milliseconds of work.",
	"ExplainedCost.queue_ms":     "Milliseconds of waiting for others.",

	"Limits.original_bytes":     "Of an original's file.",
	"Limits.original_pixels":    "Of all its frames.",
	"Limits.original_frames":    "Of an original.",
	"Limits.result_pixels":      "Of a picture that is made.",
	"Limits.result_side":        "Pixels.",
	"Limits.processing_seconds": "For making one picture.",
	"Limits.queue_seconds":      "For waiting until it is begun.",
}
