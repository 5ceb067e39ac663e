package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"image/png"
	"strings"

	"go.n16f.net/thumbhash"
)

// html is the picture as a page writes it. Its space is kept free, and shows the
// dominant colour, until it is there.
func (s Srcset) html(src, srcset string) string {
	var text strings.Builder
	text.WriteString("<picture>\n")
	for _, other := range s.Alternative {
		fmt.Fprintf(&text, "  <source type=\"%s\" srcset=\"%s\" sizes=\"%s\">\n",
			other.Type, html.EscapeString(other.Srcset), html.EscapeString(s.Sizes))
	}
	fmt.Fprintf(&text, "  <img src=\"%s\" srcset=\"%s\" sizes=\"%s\" width=\"%d\" height=\"%d\" style=\"background:%s;max-width:100%%;height:auto\" loading=\"lazy\" decoding=\"async\" alt=\"\">\n</picture>",
		html.EscapeString(src), html.EscapeString(srcset), html.EscapeString(s.Sizes), s.Width, s.Height, s.background())
	return text.String()
}

// background is what the picture's space shows meanwhile.
func (s Srcset) background() string {
	if s.Placeholder == "" {
		return s.DominantColor
	}
	return s.DominantColor + " url(" + s.Placeholder + ") center/100% 100%"
}

// etag names the answer: what it is made from, and how it is written.
func (s Srcset) etag(info string, asHTML bool) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %t %s", info, asHTML, s.HTML))
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// placeholder is the little picture that a thumbhash stands for, as a data:
// URL, or nothing where there is none.
func placeholder(hash string) string {
	data, err := base64.StdEncoding.DecodeString(hash)
	if err != nil || len(data) == 0 {
		return ""
	}
	picture, err := thumbhash.DecodeImage(data)
	if err != nil {
		return ""
	}
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, picture); err != nil {
		return ""
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(encoded.Bytes())
}
