package transform

// #cgo pkg-config: pangocairo
// #include <stdlib.h>
// #include "native_text.h"
import "C"

import (
	"unsafe"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// maxSurfaceSide is the longest side that cairo draws on, in pixels.
const maxSurfaceSide = 32767

// alignment says where the lines of a text lie that are shorter than others.
type alignment C.PangoAlignment

const (
	alignLeft   alignment = C.PANGO_ALIGN_LEFT
	alignCenter alignment = C.PANGO_ALIGN_CENTER
	alignRight  alignment = C.PANGO_ALIGN_RIGHT
)

// lettering is a text that is laid out, to be closed.
type lettering struct {
	layout *C.PangoLayout
}

// layOut breaks words into lines of at most width pixels. size is the font's, in
// pixels too. The words are nothing but words, and of font only family and
// style count.
func layOut(words, font string, size, width int, align alignment) lettering {
	cWords, cFont := C.CString(words), C.CString(font)
	defer C.free(unsafe.Pointer(cWords))
	defer C.free(unsafe.Pointer(cFont))
	return lettering{C.text_lay_out(cWords, C.int(len(words)), cFont, C.int(size), C.int(width), C.PangoAlignment(align))}
}

func (l lettering) close() { C.g_object_unref(C.gpointer(l.layout)) }

// ink is the smallest rectangle around all that is to be seen, empty when there
// is nothing.
func (l lettering) ink() spec.Rect {
	ink := C.text_ink(l.layout)
	return spec.Rect{Left: int(ink.x), Top: int(ink.y), Width: int(ink.width), Height: int(ink.height)}
}

// unknown counts the glyphs that no font here has.
func (l lettering) unknown() int { return int(C.pango_layout_get_unknown_glyphs_count(l.layout)) }

// mask draws a part of the text: how much of each pixel it covers, as gray of 8
// bits. With a guard, whatever is made of it can be stopped.
func (l lettering) mask(part spec.Rect, g *guard) (*vips.ImageRef, error) {
	ref, err := vips.Black(1, 1)
	if err != nil {
		return nil, err
	}
	width, height := min(part.Width, maxSurfaceSide), min(part.Height, maxSurfaceSide)
	image := C.text_mask(l.layout, C.int(part.Left), C.int(part.Top), C.int(width), C.int(height), g.native())
	if image == nil {
		ref.Close()
		return nil, errNative("text")
	}
	adopt(ref, image)
	return ref, nil
}
