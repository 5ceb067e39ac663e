package server

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"api-resize/dialect"
	"api-resize/proxy"
	"api-resize/spec"
)

const srcsetPrefix = "/srcset/"

// Srcset is a picture in several widths, as a page needs it.
type Srcset struct {
	Src         string        `json:"src"` // the widest, for browsers that know no srcset
	Srcset      string        `json:"srcset"`
	Sizes       string        `json:"sizes"`
	Width       int           `json:"width"` // of src, pixels
	Height      int           `json:"height"`
	Images      []SrcsetImage `json:"images"`
	Alternative []SrcsetType  `json:"sources"` // better formats, best first
	spec.Description
	Placeholder string `json:"placeholder"` // the thumbhash as a data: URL
	HTML        string `json:"html"`
}

// SrcsetImage is one width of it.
type SrcsetImage struct {
	URL    string `json:"url"`
	Width  int    `json:"width"` // pixels
	Height int    `json:"height"`
}

// SrcsetType is the same picture in one definite format.
type SrcsetType struct {
	Type   string `json:"type"` // media type
	Srcset string `json:"srcset"`
}

// maxWidths bounds the widths of one answer.
const maxWidths = 50

// srcset answers GET /srcset/{source}?widths=…&sizes=…: JSON, or HTML for who
// prefers it.
func (s *Server) srcset(c *fiber.Ctx) error {
	source, err := sourceIn(c, srcsetPrefix)
	if err != nil {
		return err
	}
	wanted, err := s.parseSrcset(string(c.Context().URI().QueryString()))
	if err != nil {
		return err
	}
	info, answer, err := s.describe(c, source)
	if err != nil {
		return err
	}
	made, err := s.makeSrcset(source, info, wanted)
	if err != nil {
		return err
	}
	combine(c, fiber.HeaderAccept)
	html := c.Accepts(fiber.MIMEApplicationJSON, fiber.MIMETextHTML) == fiber.MIMETextHTML
	answer.vary = append(answer.vary, fiber.HeaderAccept)
	answer.etag = made.etag(answer.etag, html)
	if html {
		answer.contentType = fiber.MIMETextHTMLCharsetUTF8
	}
	if answer.conditional(c) != 0 {
		return nil
	}
	answer.setHeaders(c)
	if html {
		return c.SendString(made.HTML + "\n")
	}
	return c.JSON(made)
}

// srcsetRequest is the query of a srcset.
type srcsetRequest struct {
	widths   []int // ascending; none: those of the ladder
	sizes    string
	settings []spec.Setting // options of the pictures
}

func (s *Server) parseSrcset(rawQuery string) (srcsetRequest, error) {
	wanted := srcsetRequest{sizes: "100vw"}
	settings, err := dialect.ParseQuery(rawQuery)
	if err != nil {
		return wanted, err
	}
	given := map[string]bool{}
	for _, setting := range settings {
		if given[setting.Name] {
			return wanted, fmt.Errorf("%w: %s is given twice", spec.ErrBadOption, setting.Name)
		}
		given[setting.Name] = true
		switch setting.Name {
		case "widths":
			wanted.widths, err = parseWidths(setting.Value)
		case "sizes":
			wanted.sizes, err = parseSizes(setting.Value)
		case "dpr", "download", "default", "expires":
			err = fmt.Errorf("%w: %s has no meaning for a srcset", spec.ErrBadOption, setting.Name)
		default:
			wanted.settings = append(wanted.settings, setting)
		}
		if err != nil {
			return wanted, err
		}
	}
	return wanted, nil
}

func parseWidths(text string) ([]int, error) {
	var widths []int
	for part := range strings.SplitSeq(text, ",") {
		width, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(part), "x"))
		if err != nil || width < 1 || width > spec.MaxSide || len(widths) == maxWidths {
			return nil, fmt.Errorf("%w: widths: expected up to %d of 1…%d, separated by commas, got %q", spec.ErrBadOption, maxWidths, spec.MaxSide, text)
		}
		widths = append(widths, width)
	}
	slices.Sort(widths)
	return slices.Compact(widths), nil
}

// maxSizes bounds a sizes attribute, in bytes.
const maxSizes = 500

// parseSizes takes what can stand in a sizes attribute; what it means is for the
// browser to find out.
func parseSizes(text string) (string, error) {
	odd := strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || strings.ContainsRune("<>\"'&", r) || r > '~' })
	if text == "" || len(text) > maxSizes || odd {
		return "", fmt.Errorf("%w: sizes: expected a sizes attribute of up to %d characters, got %q", spec.ErrBadOption, maxSizes, text)
	}
	return text, nil
}

// makeSrcset finds the widths, what they really come to, and the formats.
func (s *Server) makeSrcset(source spec.Source, info proxy.Info, wanted srcsetRequest) (Srcset, error) {
	requests, err := s.srcsetRequests(source, info, wanted)
	if err != nil {
		return Srcset{}, err
	}
	made := Srcset{Sizes: wanted.sizes, Description: info.Description, Placeholder: placeholder(info.Description.Thumbhash), Alternative: []SrcsetType{}}
	for _, request := range requests {
		made.Images = append(made.Images, SrcsetImage{s.publicURL(request.Request), request.size.Width, request.size.Height})
	}
	widest := made.Images[len(made.Images)-1]
	made.Src, made.Width, made.Height = widest.URL, widest.Width, widest.Height
	made.Srcset = s.srcsetOf(requests, "")
	plain := spec.FormatAuto
	if requests[0].Spec.Output.Format == spec.FormatAuto {
		alternatives, fallback := s.parts.Proxy.Formats(requests[0].Spec, info.Facts)
		for _, format := range alternatives {
			made.Alternative = append(made.Alternative, SrcsetType{format.ContentType(), s.srcsetOf(requests, format)})
		}
		plain = fallback
	}
	made.HTML = made.html(s.inFormat(requests[len(requests)-1].Request, plain), s.srcsetOf(requests, plain))
	return made, nil
}

// sizedRequest is a picture and how large it comes out.
type sizedRequest struct {
	spec.Request
	size spec.Size
}

// srcsetRequests are the pictures, each of another width, ascending.
func (s *Server) srcsetRequests(source spec.Source, info proxy.Info, wanted srcsetRequest) ([]sizedRequest, error) {
	widths := wanted.widths
	if widths == nil {
		widths = s.parts.Sizes.Widths(info.Facts.Width)
	}
	if len(widths) == 0 {
		return nil, fmt.Errorf("%w: widths: none is allowed by itself, so some have to be named", spec.ErrBadOption)
	}
	var requests []sizedRequest
	for _, width := range widths {
		request, err := spec.Build(strconv.Itoa(width)+"x", wanted.settings)
		if err != nil {
			return nil, err
		}
		request.Source = source
		if request, err = s.parts.Sizes.Apply(request); err != nil {
			return nil, err
		}
		plan, err := request.Spec.Plan(info.Facts, spec.ResultLimits{Pixels: 1 << 40, Side: 4 * spec.MaxSide})
		if err != nil {
			return nil, err
		}
		if last := len(requests) - 1; last < 0 || requests[last].size != plan.Out {
			requests = append(requests, sizedRequest{request, plan.Out})
		}
	}
	return requests, nil
}

// inFormat is where clients get a picture in a format, or in the one that it is
// asked for in.
func (s *Server) inFormat(request spec.Request, format spec.Format) string {
	if format != spec.FormatAuto {
		request.Spec.Output.Format = format
	}
	return s.publicURL(request)
}

// srcsetOf is a srcset attribute. A comma ends a URL there when a space follows
// it, so that those inside URLs may stay.
func (s *Server) srcsetOf(requests []sizedRequest, format spec.Format) string {
	candidates := make([]string, len(requests))
	for i, request := range requests {
		candidates[i] = s.inFormat(request.Request, format) + " " + strconv.Itoa(request.size.Width) + "w"
	}
	return strings.Join(candidates, ", ")
}
