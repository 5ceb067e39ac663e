#include "native_text.h"

#include <string.h>

/* Of a font's description only these are taken: neither size nor gravity, which
 * would turn the glyphs, nor whatever else newer versions read. */
#define NAMED (PANGO_FONT_MASK_FAMILY | PANGO_FONT_MASK_STYLE | \
	PANGO_FONT_MASK_VARIANT | PANGO_FONT_MASK_WEIGHT | PANGO_FONT_MASK_STRETCH)

static PangoFontDescription *
description_of(const char *font, int size)
{
	PangoFontDescription *description = pango_font_description_from_string(font);
	pango_font_description_unset_fields(description, (PangoFontMask) ~NAMED);
	if (!pango_font_description_get_family(description))
		pango_font_description_set_family_static(description, "sans");
	pango_font_description_set_absolute_size(description, size * PANGO_SCALE);
	return description;
}

/* Outlines as they were designed: not moved to whole pixels, which is what
 * hinting does, so that a text looks the same whatever fontconfig is told here. */
static void
ignore_hinting(PangoContext *context)
{
	cairo_font_options_t *options = cairo_font_options_create();
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(context, options);
	cairo_font_options_destroy(options);
}

/* Where a word is broken nothing is added to it. */
static void
ignore_hyphens(PangoLayout *text)
{
	PangoAttrList *attributes = pango_attr_list_new();
	pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE)); /* all over */
	pango_layout_set_attributes(text, attributes);
	pango_attr_list_unref(attributes);
}

/* Lay words out in lines of at most width pixels, broken between words and, in
 * words that are longer, between characters. size is the font's in pixels.
 *
 * Every text has a font map of its own: it takes a few milliseconds to make,
 * needs no lock, and takes all that it has cached along when it goes. */
PangoLayout *
text_lay_out(const char *words, int length, const char *font, int size,
	int width, PangoAlignment alignment)
{
	PangoFontMap *map = pango_cairo_font_map_new();
	PangoContext *context = pango_font_map_create_context(map);
	g_object_unref(map); /* the context has a reference */
	ignore_hinting(context);

	PangoLayout *text = pango_layout_new(context);
	g_object_unref(context);
	PangoFontDescription *description = description_of(font, size);
	pango_layout_set_font_description(text, description);
	pango_font_description_free(description);
	pango_layout_set_alignment(text, alignment);
	pango_layout_set_width(text, width * PANGO_SCALE);
	pango_layout_set_wrap(text, PANGO_WRAP_WORD_CHAR);
	ignore_hyphens(text);
	pango_layout_set_text(text, words, length);
	return text;
}

static int
is_empty(const PangoRectangle *rect)
{
	return rect->width < 1 || rect->height < 1;
}

static PangoRectangle
united(PangoRectangle a, PangoRectangle b)
{
	int right = MAX(a.x + a.width, b.x + b.width);
	int bottom = MAX(a.y + a.height, b.y + b.height);
	PangoRectangle both = { MIN(a.x, b.x), MIN(a.y, b.y) };
	both.width = right - both.x;
	both.height = bottom - both.y;
	return both;
}

/* The smallest rectangle of pixels around all that is to be seen. Pango's own
 * begins and ends with the first and the last line, be they empty. */
PangoRectangle
text_ink(PangoLayout *text)
{
	PangoRectangle ink = { 0, 0, 0, 0 };
	PangoLayoutIter *lines = pango_layout_get_iter(text);
	do {
		PangoRectangle line;
		pango_layout_iter_get_line_extents(lines, &line, NULL);
		if (!is_empty(&line))
			ink = is_empty(&ink) ? line : united(ink, line);
	} while (pango_layout_iter_next_line(lines));
	pango_layout_iter_free(lines);
	pango_extents_to_pixels(&ink, NULL); /* outwards */
	return ink;
}

/* Fill the outlines of a text, of which left and top is the corner that comes to
 * the surface's.
 *
 * Showing the layout would be shorter, but then cairo draws each glyph into a
 * bitmap and keeps 16,384 of them for the rest of the process: gigabytes, when
 * somebody asks for enough different ones at 512 pixels. */
static cairo_status_t
fill(PangoLayout *text, int left, int top, cairo_surface_t *surface)
{
	cairo_t *cairo = cairo_create(surface);
	cairo_translate(cairo, -left, -top);
	pango_cairo_layout_path(cairo, text);
	cairo_fill(cairo);
	cairo_status_t status = cairo_status(cairo);
	cairo_destroy(cairo);
	cairo_surface_flush(surface);
	return status;
}

/* Draw a part of a text: how much of each pixel is covered, 0 to 255. */
VipsImage *
text_mask(PangoLayout *text, int left, int top, int width, int height, Guard *guard)
{
	/* cairo wants rows of its own length. */
	int stride = cairo_format_stride_for_width(CAIRO_FORMAT_A8, width);
	void *pixels;
	VipsImage *rows = new_image(stride, height, 1, &pixels, guard);
	if (!rows)
		return NULL;
	memset(pixels, 0, VIPS_IMAGE_SIZEOF_IMAGE(rows));
	cairo_surface_t *surface = cairo_image_surface_create_for_data(
		pixels, CAIRO_FORMAT_A8, width, height, stride);
	cairo_status_t status = fill(text, left, top, surface);
	cairo_surface_destroy(surface);
	VipsImage *mask = NULL;
	if (status)
		vips_error("text", "%s", cairo_status_to_string(status));
	else if (vips_extract_area(rows, &mask, 0, 0, width, height, NULL))
		mask = NULL;
	g_object_unref(rows);
	return mask;
}
