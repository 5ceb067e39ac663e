package transform

import (
	"bytes"
	"encoding/xml"
	"regexp"
	"strings"
)

// Namespaces of XMP (ISO 16684-1).
const (
	dublinCore = "http://purl.org/dc/elements/1.1/"
	rdf        = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
)

var (
	xmpOrientation = regexp.MustCompile(`(:Orientation(?:\s*=\s*["']|>)\s*)[2-8]\b`)
	xmpThumbnails  = regexp.MustCompile(`(?s)<(xmp|xap):Thumbnails\b.*?</(?:xmp|xap):Thumbnails>`)
)

// keptXMP is the XMP metadata of an original as it fits a result: upright, and
// without small pictures. What only serves programs that edit a file in place
// stays behind: the wrapper, and its kilobytes of blanks.
func keptXMP(packet []byte) []byte {
	begin, end := bytes.Index(packet, []byte("<x:xmpmeta")), bytes.LastIndex(packet, []byte("</x:xmpmeta>"))
	if begin >= 0 && end > begin {
		packet = packet[begin : end+len("</x:xmpmeta>")]
	}
	packet = xmpThumbnails.ReplaceAll(packet, nil)
	return xmpOrientation.ReplaceAll(packet, []byte("${1}1"))
}

// xmpText is the text of a Dublin Core property: its items, of several
// languages the first.
func xmpText(packet []byte, property string) string {
	decoder := xml.NewDecoder(bytes.NewReader(packet))
	decoder.Strict = false
	for {
		token, err := decoder.Token()
		if err != nil {
			return ""
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, attribute := range element.Attr {
			if attribute.Name == (xml.Name{Space: dublinCore, Local: property}) {
				return printable([]byte(attribute.Value), maxMetadataText)
			}
		}
		if element.Name == (xml.Name{Space: dublinCore, Local: property}) {
			return xmpItems(decoder)
		}
	}
}

// xmpItems reads the element that was just begun to its end.
func xmpItems(decoder *xml.Decoder) string {
	var items []string
	var text strings.Builder
	languages := false
	for depth := 1; depth > 0; {
		token, err := decoder.Token()
		if err != nil {
			return ""
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			languages = languages || token.Name == xml.Name{Space: rdf, Local: "Alt"}
			text.Reset()
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			depth--
			if item := printable([]byte(text.String()), maxMetadataText); item != "" {
				items = append(items, item)
			}
			text.Reset()
		}
	}
	if languages && len(items) > 0 {
		return items[0]
	}
	return strings.Join(items, "; ")
}
