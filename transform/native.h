/* What govips has no call for. Everything here may be called from any thread. */
#ifndef TRANSFORM_NATIVE_H
#define TRANSFORM_NATIVE_H

#include <vips/vips.h>

/* A flag that stops the work it watches over; it outlives every image it was
 * given to. */
typedef struct {
	int stopped;
} Guard;

void guard_stop(Guard *guard);

void tune_malloc(int reused, int kept);
void give_back(void);
int operation_exists(const char *nickname);
int operation_takes(const char *nickname, const char *argument);
VipsImage *load_buffer_with(const char *nickname, void *data, size_t length,
	const char *options, Guard *guard);
VipsImage *turn(VipsImage *image, double degrees, const double *background, int bands);
VipsImage *load_stream_with(const char *nickname, void *data, size_t length,
	const char *options, Guard *guard);
VipsImage *new_image(int width, int height, int bands, void **pixels,
	Guard *guard);
VipsImage *divide_by_alpha(VipsImage *image);
int profile_works(VipsImage *image);
VipsImage *lay_over(VipsImage *base, VipsImage *over, int left, int top);
VipsImage *settle(VipsImage *image, Guard *guard);
int save_buffer_with(const char *nickname, VipsImage *image,
	const char *options, void **data, size_t *length);
int library_has(const char *path, const char *symbol);
char *library_text(const char *path, const char *symbol);
int library_number(const char *path, const char *symbol, int *number);

#endif
