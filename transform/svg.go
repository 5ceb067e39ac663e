package transform

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"api-resize/spec"
)

// maxProlog bounds what may stand before an SVG's first element, in bytes.
const maxProlog = 4 << 10

// svgProlog is what may stand before the svg element (XML 1.0, production 22),
// but for a document type with declarations of its own: it matches up to the
// element's name.
var svgProlog = regexp.MustCompile(`^\x{feff}?\s*(?:<\?xml[^>]*\?>\s*)?(?:(?:<!--(?s:.*?)-->|<\?[a-zA-Z](?s:[^>]*)\?>)\s*)*(?:<!DOCTYPE\s+svg\b[^\[>]*(?:\[(?s:.*?)\]\s*)?>\s*)?(?:<!--(?s:.*?)-->\s*)*<(?:svg:)?svg[\s/>]`)

// sniffSVG recognises an SVG in UTF-8. What is packed or in another encoding is
// not read.
func sniffSVG(data []byte) bool {
	return svgProlog.Match(data[:min(len(data), maxProlog)])
}

// maxSVGBytes bounds a document.
const maxSVGBytes = 4 << 20

// svgRefused are what documents must not hold anywhere, were it in a comment:
// declarations, a few hundred bytes of which can stand for gigabytes or for a
// file, and drawings in drawings; and filters with which librsvg ends the
// process (feTile, feConvolveMatrix), or can be kept busy for minutes by a
// number.
var svgRefused = []string{
	"<!ENTITY", "<!ATTLIST", "data:image/svg",
	"feTile", "feConvolveMatrix", "feTurbulence", "feMorphology",
}

// svgEncoding is what an XML declaration says of a document's encoding.
var svgEncoding = regexp.MustCompile(`^\x{feff}?\s*<\?xml[^>]*encoding\s*=\s*["']([^"']*)["']`)

// scanSVG refuses documents that are evidently dangerous. It does not bound how
// long librsvg draws: SVG is for those whose drawings are trusted.
func scanSVG(data []byte) error {
	if len(data) > maxSVGBytes {
		return fmt.Errorf("%w: an SVG of %d bytes, expected at most %d", ErrTooManyPixels, len(data), maxSVGBytes)
	}
	if said := svgEncoding.FindSubmatch(data[:min(len(data), maxProlog)]); len(said) > 1 && !strings.EqualFold(string(said[1]), "utf-8") {
		return fmt.Errorf("%w: an SVG in %.20q", ErrUnsupported, said[1])
	}
	for _, refused := range svgRefused {
		if bytes.Contains(data, []byte(refused)) {
			return fmt.Errorf("%w: the SVG has %s in it", ErrUnsupported, refused)
		}
	}
	return nil
}

// Bounds of how an SVG is drawn.
const (
	svgBase     = 16 << 20  // bytes that a document may take
	maxSVGSide  = 65_535    // pixels of the whole drawing; what a crop enlarges beyond that is scaled
	minSVGScale = 1.0 / 512 // libvips takes 0.001 and more
)

// svgScale is the factor at which an SVG is drawn: what is asked for, on the
// side that is scaled less the other is shrunk from it.
func svgScale(facts spec.Facts, scaled spec.Size) float64 {
	factor := max(float64(scaled.Width)/float64(facts.Width), float64(scaled.Height)/float64(facts.Height))
	longest := float64(max(facts.Width, facts.Height))
	return max(min(factor, maxSVGSide/longest), minSVGScale)
}
