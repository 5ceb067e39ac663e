/* Drawing text with Pango and cairo, which libvips' own operation does in a way
 * that takes too much memory. Everything here may be called from any thread, for
 * one text from one thread at a time. */
#ifndef TRANSFORM_NATIVE_TEXT_H
#define TRANSFORM_NATIVE_TEXT_H

#include <pango/pangocairo.h>

#include "native.h"

PangoLayout *text_lay_out(const char *words, int length, const char *font,
	int size, int width, PangoAlignment alignment);
PangoRectangle text_ink(PangoLayout *text);
VipsImage *text_mask(PangoLayout *text, int left, int top, int width,
	int height, Guard *guard);

#endif
