#include "native.h"

#include <dlfcn.h>
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* glibc gives every thread an arena of its own, which keeps what it once had;
 * two of them keep less. Blocks of up to so many bytes are used again rather than
 * given back to the system after each picture, as long as no more than so many
 * bytes lie idle at an arena's end. */
void
tune_malloc(int reused, int kept)
{
#ifdef __GLIBC__
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_MMAP_THRESHOLD, reused);
	mallopt(M_TRIM_THRESHOLD, kept);
#endif
}

void
give_back(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

void
guard_stop(Guard *guard)
{
	__atomic_store_n(&guard->stopped, 1, __ATOMIC_RELEASE);
}

static int
guard_stopped(Guard *guard)
{
	return __atomic_load_n(&guard->stopped, __ATOMIC_ACQUIRE);
}

/* Runs in libvips' threads whenever some more pixels are done. progress->im is
 * the image being computed, which need not be the one that signals. */
static void
guard_eval(VipsImage *image, VipsProgress *progress, Guard *guard)
{
	if (guard_stopped(guard)) {
		vips_image_set_kill(progress->im, TRUE);
		vips_image_set_kill(image, TRUE);
	}
}

static void
guard_watch(VipsImage *image, Guard *guard)
{
	vips_image_set_progress(image, FALSE);
	vips_image_set_progress(image, TRUE);
	g_signal_connect(image, "eval", G_CALLBACK(guard_eval), guard);
}

int
operation_exists(const char *nickname)
{
	return vips_type_find("VipsOperation", nickname) != 0;
}

int
operation_takes(const char *nickname, const char *argument)
{
	VipsOperation *operation = vips_operation_new(nickname);
	if (!operation)
		return 0;
	GParamSpec *found = g_object_class_find_property(G_OBJECT_GET_CLASS(operation), argument);
	g_object_unref(operation);
	return found != NULL;
}

/* Build an operation from a nickname and "name=value,…", as the vips command
 * does. Takes the reference on the operation. */
static VipsOperation *
build(VipsOperation *operation, const char *options)
{
	if (vips_object_set_from_string(VIPS_OBJECT(operation), options) ||
		vips_cache_operation_buildp(&operation)) {
		vips_object_unref_outputs(VIPS_OBJECT(operation));
		g_object_unref(operation);
		return NULL;
	}
	return operation;
}

/* Build a loader that has its input, and take the image out of it. Takes the
 * reference on the loader. */
static VipsImage *
load(VipsOperation *operation, const char *options, Guard *guard)
{
	if (!(operation = build(operation, options)))
		return NULL;

	VipsImage *loaded = NULL;
	g_object_get(operation, "out", &loaded, NULL);
	vips_object_unref_outputs(VIPS_OBJECT(operation));
	g_object_unref(operation);
	if (guard)
		guard_watch(loaded, guard);
	return loaded;
}

/* Turn clockwise around the middle; corners are filled with the background. */
VipsImage *
turn(VipsImage *image, double degrees, const double *background, int bands)
{
	VipsInterpolate *bicubic = vips_interpolate_new("bicubic");
	VipsArrayDouble *fill = vips_array_double_new(background, bands);
	VipsImage *out = NULL;
	int failed = !bicubic ||
		vips_rotate(image, &out, degrees, "interpolate", bicubic, "background", fill, NULL);
	vips_area_unref(VIPS_AREA(fill));
	if (bicubic)
		g_object_unref(bicubic);
	return failed ? NULL : out;
}

/* Open with one named loader. data must stay where it is until the image and
 * all that is made of it are gone. What the loader notes about pages is on the
 * result; with a guard, computing it can be stopped. */
VipsImage *
load_buffer_with(const char *nickname, void *data, size_t length,
	const char *options, Guard *guard)
{
	VipsOperation *operation = vips_operation_new(nickname);
	if (!operation)
		return NULL;
	VipsBlob *blob = vips_blob_new(NULL, data, length);
	g_object_set(operation, "buffer", blob, NULL);
	vips_area_unref(VIPS_AREA(blob));
	return load(operation, options, guard);
}

/* Data that a loader reads piece by piece. */
typedef struct {
	const char *data;
	gint64 length, at;
	Guard *guard;
} Stream;

/* The longest piece that is handed out at once, in bytes. What a loader does
 * with one is not stopped. */
#define PIECE 1024

static gint64
stream_read(VipsSourceCustom *source, void *buffer, gint64 length, Stream *stream)
{
	if (stream->guard && guard_stopped(stream->guard))
		return -1;
	gint64 piece = VIPS_MIN(VIPS_MIN(length, PIECE), stream->length - stream->at);
	memcpy(buffer, stream->data + stream->at, piece);
	stream->at += piece;
	return piece;
}

static gint64
stream_seek(VipsSourceCustom *source, gint64 offset, int whence, Stream *stream)
{
	gint64 from = whence == SEEK_CUR ? stream->at : whence == SEEK_END ? stream->length : 0;
	if (offset < -from || offset > stream->length - from)
		return -1;
	return stream->at = from + offset;
}

/* The same with a loader that reads its data piece by piece, and so can be
 * stopped in between even while it decodes the whole picture in one call. */
VipsImage *
load_stream_with(const char *nickname, void *data, size_t length,
	const char *options, Guard *guard)
{
	VipsOperation *operation = vips_operation_new(nickname);
	if (!operation)
		return NULL;
	Stream *stream = g_new0(Stream, 1);
	stream->data = data;
	stream->length = length;
	stream->guard = guard;
	VipsSourceCustom *source = vips_source_custom_new();
	g_object_set_data_full(G_OBJECT(source), "stream", stream, g_free);
	g_signal_connect(source, "read", G_CALLBACK(stream_read), stream);
	g_signal_connect(source, "seek", G_CALLBACK(stream_seek), stream);
	g_object_set(operation, "source", source, NULL);
	g_object_unref(source);
	return load(operation, options, guard);
}

/* An image in memory, gray or sRGB of 8 bits, whose pixels are still to be
 * written, to where *pixels points. */
VipsImage *
new_image(int width, int height, int bands, void **pixels, Guard *guard)
{
	VipsImage *image = vips_image_new_memory();
	vips_image_init_fields(image, width, height, bands, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
		bands < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB, 1, 1);
	if (vips_image_pipelinev(image, VIPS_DEMAND_STYLE_ANY, NULL) ||
		vips_image_write_prepare(image)) {
		g_object_unref(image);
		return NULL;
	}
	*pixels = VIPS_IMAGE_ADDR(image, 0, 0);
	if (guard)
		guard_watch(image, guard);
	return image;
}

/* Divide colours by alpha, which they are multiplied by. */
VipsImage *
divide_by_alpha(VipsImage *image)
{
	VipsImage *divided, *cast;
	if (vips_unpremultiply(image, &divided, NULL))
		return NULL;
	int failed = vips_cast(divided, &cast, image->BandFmt, NULL);
	g_object_unref(divided);
	return failed ? NULL : cast;
}

/* Whether colours can be converted by an image's own profile: only building the
 * conversion tells. */
int
profile_works(VipsImage *image)
{
	VipsImage *out;
	if (vips_icc_import(image, &out, "embedded", TRUE, NULL))
		return 0;
	g_object_unref(out);
	return 1;
}

/* Lay a picture with alpha over another one of the same kind, at left and top,
 * where all of it lies inside. Both have 8 bits; as floating-point numbers the
 * result can be rounded, where composite would cut off what is behind the point,
 * and only what is covered goes through it. */
VipsImage *
lay_over(VipsImage *base, VipsImage *over, int left, int top)
{
	VipsObject *parent = VIPS_OBJECT(vips_image_new());
	VipsImage **t = (VipsImage **) vips_object_local_array(parent, 6);
	VipsImage *out = NULL;
	if (vips_extract_area(base, &t[0], left, top, over->Xsize, over->Ysize, NULL) ||
		vips_cast(t[0], &t[1], VIPS_FORMAT_FLOAT, NULL) ||
		vips_cast(over, &t[2], VIPS_FORMAT_FLOAT, NULL) ||
		vips_composite2(t[1], t[2], &t[3], VIPS_BLEND_MODE_OVER,
			"compositing_space", base->Type, NULL) ||
		vips_linear1(t[3], &t[4], 1, 0.5, "uchar", TRUE, NULL) ||
		vips_extract_band(t[4], &t[5], 0, "n", base->Bands, NULL) ||
		vips_insert(base, t[5], &out, left, top, NULL))
		out = NULL;
	g_object_unref(parent);
	return out;
}

/* Some savers write metadata whatever they are told (webpsave of libvips 8.14.1
 * ignores "strip"), so there is none left for them. */
static void
forget_metadata(VipsImage *image)
{
	char **fields = vips_image_get_fields(image);
	for (int i = 0; fields[i]; i++)
		vips_image_remove(image, fields[i]); /* width and the like stay */
	g_strfreev(fields);
}

/* Compute all pixels of an image into memory. The result depends on nothing
 * else any more, and has no metadata. */
VipsImage *
settle(VipsImage *image, Guard *guard)
{
	VipsImage *memory = vips_image_new_memory();
	if (vips_image_write(image, memory)) {
		g_object_unref(memory);
		return NULL;
	}
	forget_metadata(memory);
	if (guard)
		guard_watch(memory, guard);
	return memory;
}

/* Encode with one named saver. The data is g_free'd by the caller. */
int
save_buffer_with(const char *nickname, VipsImage *image, const char *options,
	void **data, size_t *length)
{
	VipsOperation *operation = vips_operation_new(nickname);
	if (!operation)
		return -1;
	g_object_set(operation, "in", image, NULL);
	if (!(operation = build(operation, options)))
		return -1;

	VipsBlob *blob = NULL;
	g_object_get(operation, "buffer", &blob, NULL);
	g_object_unref(operation);
	if (!blob)
		return -1;

	/* Take the data out of the blob, rather than copy it. */
	VipsArea *area = VIPS_AREA(blob);
	*data = area->data;
	*length = area->length;
	area->free_fn = NULL;
	vips_area_unref(area);
	return 0;
}

/* Ask a library that is loaded already for its version by a function without
 * arguments (or one that takes a pointer which may be NULL). */
static void *
loaded_symbol(const char *path, const char *symbol)
{
	void *library = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
	if (!library)
		return NULL;
	void *found = dlsym(library, symbol);
	dlclose(library);
	return found;
}

int
library_has(const char *path, const char *symbol)
{
	return loaded_symbol(path, symbol) != NULL;
}

char *
library_text(const char *path, const char *symbol)
{
	const char *(*ask)(void *) = loaded_symbol(path, symbol);
	const char *text = ask ? ask(NULL) : NULL;
	return text ? strdup(text) : NULL;
}

int
library_number(const char *path, const char *symbol, int *number)
{
	int (*ask)(void) = loaded_symbol(path, symbol);
	if (!ask)
		return -1;
	*number = ask();
	return 0;
}
