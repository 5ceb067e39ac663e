/* The plainest way to make a small picture with libvips. */
#ifndef VIPSLOOP_LOOP_H
#define VIPSLOOP_LOOP_H

#include <stddef.h>

int loop_start(void);
int loop_make(void *original, size_t length, int width, int height,
	int flatten, const char *suffix, size_t *written);

#endif
