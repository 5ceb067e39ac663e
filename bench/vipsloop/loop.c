#include "loop.h"

#include <vips/vips.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* The same settings as the service's: one thread for a picture, no cache of
 * operations, two malloc arenas with fixed thresholds. Other ones would compare
 * allocators. */
int
loop_start(void)
{
#ifdef __GLIBC__
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
	mallopt(M_TRIM_THRESHOLD, 16 << 20);
#endif
	if (VIPS_INIT("vipsloop"))
		return -1;
	vips_concurrency_set(1);
	vips_cache_set_max(0);
	return 0;
}

/* Shrink on load, resize to exactly width x height, encode as the suffix says.
 * vips_thumbnail does the first two, upright and weighing colours by alpha. No
 * step is ours. */
int
loop_make(void *original, size_t length, int width, int height,
	int flatten, const char *suffix, size_t *written)
{
	VipsImage *image;
	if (vips_thumbnail_buffer(original, length, &image, width,
			"height", height, "size", VIPS_SIZE_FORCE, NULL))
		return -1;
	if (flatten && vips_image_hasalpha(image)) {
		VipsArrayDouble *white = vips_array_double_newv(3, 255.0, 255.0, 255.0);
		VipsImage *flat;
		int failed = vips_flatten(image, &flat, "background", white, NULL);
		vips_area_unref(VIPS_AREA(white));
		g_object_unref(image);
		if (failed)
			return -1;
		image = flat;
	}
	/* Some savers write metadata whatever they are told. */
	const char *metadata[] = { VIPS_META_ICC_NAME, VIPS_META_EXIF_NAME,
		VIPS_META_XMP_NAME, VIPS_META_IPTC_NAME };
	for (size_t i = 0; i < VIPS_NUMBER(metadata); i++)
		vips_image_remove(image, metadata[i]);

	void *data;
	int failed = vips_image_write_to_buffer(image, suffix, &data, written, NULL);
	g_object_unref(image);
	if (failed)
		return -1;
	g_free(data);
	return 0;
}
