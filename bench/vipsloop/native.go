package main

// #cgo pkg-config: vips
// #include <stdlib.h>
// #include <vips/vips.h>
// #include "loop.h"
import "C"

import (
	"errors"
	"fmt"
	"unsafe"
)

// nativeError is what libvips has to say, which is then forgotten.
func nativeError() error {
	text := C.GoString(C.vips_error_buffer())
	C.vips_error_clear()
	return errors.New(text)
}

func start() error {
	if C.loop_start() != 0 {
		return fmt.Errorf("start libvips: %w", nativeError())
	}
	return nil
}

// loopMake makes one picture and throws it away; written is its length in
// bytes. Nothing of original is used any more when it returns.
func loopMake(original []byte, width, height int, with encoding) (written int, err error) {
	suffix := C.CString(with.suffix)
	defer C.free(unsafe.Pointer(suffix))
	flatten := C.int(0)
	if !with.alpha {
		flatten = 1
	}
	var length C.size_t
	if C.loop_make(unsafe.Pointer(unsafe.SliceData(original)), C.size_t(len(original)),
		C.int(width), C.int(height), flatten, suffix, &length) != 0 {
		return 0, nativeError()
	}
	return int(length), nil
}
