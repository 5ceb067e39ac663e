package transform

import (
	"bytes"
	"fmt"
	"regexp"

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

// scanSVG refuses documents that declare entities: a few hundred bytes of them
// can stand for gigabytes, or for a file.
func scanSVG(data []byte) error {
	if bytes.Contains(data, []byte("<!ENTITY")) {
		return fmt.Errorf("%w: the SVG declares entities", ErrUnsupported)
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
