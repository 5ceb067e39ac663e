package transform

// #cgo pkg-config: vips
// #cgo linux LDFLAGS: -ldl
// #include <stdlib.h>
// #include "native.h"
import "C"

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"unsafe"

	"github.com/davidbyttow/govips/v2/vips"
)

// errNative is a libvips call of ours that failed; its text may belong to
// another picture (see textOf).
func errNative(what string) error {
	text := C.vips_error_buffer_copy()
	defer C.g_free(C.gpointer(text))
	return fmt.Errorf("%s: %s", what, C.GoString(text))
}

func tuneMalloc(reused, kept int64) { C.tune_malloc(C.int(reused), C.int(kept)) }

func giveBack() { C.give_back() }

// setBlocked blocks or unblocks a class of libvips' operations with all below
// it.
func setBlocked(class string, blocked bool) {
	name := C.CString(class)
	defer C.free(unsafe.Pointer(name))
	state := C.gboolean(0)
	if blocked {
		state = 1
	}
	C.vips_operation_block_set(name, state)
}

func operationExists(nickname string) bool {
	name := C.CString(nickname)
	defer C.free(unsafe.Pointer(name))
	return C.operation_exists(name) != 0
}

// operationTakes reports whether an operation has an argument of that name.
func operationTakes(nickname, argument string) bool {
	name, text := C.CString(nickname), C.CString(argument)
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(text))
	return C.operation_takes(name, text) != 0
}

// imageField is where govips keeps an ImageRef's *VipsImage. govips offers no
// way to reach it, nor to make an ImageRef of an image that was made elsewhere.
var imageField, imageFieldKnown = reflect.TypeFor[vips.ImageRef]().FieldByName("image")

// checkBinding makes sure that govips is still built the way slot counts on.
func checkBinding() error {
	want := reflect.TypeFor[C.VipsImage]().Name()
	kind := imageField.Type
	if !imageFieldKnown || kind.Kind() != reflect.Pointer || kind.Elem().Name() != want {
		return errors.New("this govips keeps its image in a way that is not known here")
	}
	return nil
}

// slot is the address of ref's image pointer.
func slot(ref *vips.ImageRef) **C.VipsImage {
	return (**C.VipsImage)(unsafe.Add(unsafe.Pointer(ref), imageField.Offset))
}

// adopt puts an image in the place of ref's own.
func adopt(ref *vips.ImageRef, image *C.VipsImage) {
	place := slot(ref)
	C.g_object_unref(C.gpointer(*place))
	*place = image
}

// open opens data, which the caller keeps pinned.
func (l loader) open(data []byte, options string, g *guard) (*vips.ImageRef, error) {
	ref, err := vips.Black(1, 1)
	if err != nil {
		return nil, err
	}
	name, text := C.CString(l.nickname), C.CString(options)
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(text))
	start, length := unsafe.Pointer(unsafe.SliceData(data)), C.size_t(len(data))
	var image *C.VipsImage
	if l.streamed {
		image = C.load_stream_with(name, start, length, text, g.native())
	} else {
		image = C.load_buffer_with(name, start, length, text, g.native())
	}
	if image == nil {
		ref.Close()
		return nil, errNative(l.nickname)
	}
	adopt(ref, image)
	return ref, nil
}

// newImage makes an image in memory, gray or sRGB of 8 bits. fill writes its
// pixels, all of them.
func newImage(width, height, bands int, g *guard, fill func(pixels []byte)) (*vips.ImageRef, error) {
	ref, err := vips.Black(1, 1)
	if err != nil {
		return nil, err
	}
	var pixels unsafe.Pointer
	image := C.new_image(C.int(width), C.int(height), C.int(bands), &pixels, g.native())
	if image == nil {
		ref.Close()
		return nil, errNative("new image")
	}
	fill(unsafe.Slice((*byte)(pixels), width*height*bands))
	adopt(ref, image)
	return ref, nil
}

// divideByAlpha divides ref's colours by its alpha. govips does that only to
// what it has multiplied itself.
func divideByAlpha(ref *vips.ImageRef) error {
	defer runtime.KeepAlive(ref)
	image := C.divide_by_alpha(*slot(ref))
	if image == nil {
		return errNative("divide by alpha")
	}
	adopt(ref, image)
	return nil
}

// usableProfile reports whether colours can be converted by ref's own profile.
func usableProfile(ref *vips.ImageRef) error {
	defer runtime.KeepAlive(ref)
	if C.profile_works(*slot(ref)) == 0 {
		return errNative("profile")
	}
	return nil
}

// settle computes all of ref's pixels into memory, after which ref needs
// neither its input nor its pipeline, and has no metadata.
func settle(ref *vips.ImageRef, g *guard) error {
	defer runtime.KeepAlive(ref)
	image := C.settle(*slot(ref), g.native())
	if image == nil {
		return errNative("settle")
	}
	adopt(ref, image)
	return nil
}

// rotate turns ref clockwise by any angle; corners are filled with background,
// one value for each band.
func rotate(ref *vips.ImageRef, degrees float64, background []float64) error {
	defer runtime.KeepAlive(ref)
	image := C.turn(*slot(ref), C.double(degrees), (*C.double)(unsafe.SliceData(background)), C.int(len(background)))
	if image == nil {
		return errNative("rotate")
	}
	adopt(ref, image)
	return nil
}

// layOver lays a picture with alpha over ref, which is of the same kind, gray or
// sRGB of 8 bits; all of it lies inside. ref's own alpha is kept, and none is
// added.
func layOver(ref, over *vips.ImageRef, left, top int) error {
	defer runtime.KeepAlive(ref)
	defer runtime.KeepAlive(over)
	image := C.lay_over(*slot(ref), *slot(over), C.int(left), C.int(top))
	if image == nil {
		return errNative("lay over")
	}
	adopt(ref, image)
	return nil
}

// isSettled reports whether all of ref's pixels are in memory.
func isSettled(ref *vips.ImageRef) bool {
	defer runtime.KeepAlive(ref)
	kind := (*slot(ref)).dtype
	return kind == C.VIPS_IMAGE_SETBUF || kind == C.VIPS_IMAGE_SETBUF_FOREIGN
}

// memoryOf is the bytes of an image that is settled: rows from top to bottom,
// bands beside each other. They are there as long as ref is.
func memoryOf(ref *vips.ImageRef) ([]byte, error) {
	data := C.vips_image_get_data(*slot(ref))
	if data == nil {
		return nil, errNative("pixels")
	}
	return unsafe.Slice((*byte)(data), ref.Width()*ref.Height()*ref.Bands()), nil
}

// saveImage encodes ref with one named saver.
func saveImage(saver string, ref *vips.ImageRef, options string) ([]byte, error) {
	defer runtime.KeepAlive(ref)
	name, text := C.CString(saver), C.CString(options)
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(text))
	var data unsafe.Pointer
	var length C.size_t
	if C.save_buffer_with(name, *slot(ref), text, &data, &length) != 0 {
		return nil, errNative(saver)
	}
	defer C.g_free(C.gpointer(data))
	return C.GoBytes(data, C.int(length)), nil
}

// libraryHas reports whether a loaded library has a function.
func libraryHas(path, symbol string) bool {
	cPath, cSymbol := C.CString(path), C.CString(symbol)
	defer C.free(unsafe.Pointer(cPath))
	defer C.free(unsafe.Pointer(cSymbol))
	return C.library_has(cPath, cSymbol) != 0
}

// libraryText asks a loaded library for a text, empty when it can't.
func libraryText(path, symbol string) string {
	cPath, cSymbol := C.CString(path), C.CString(symbol)
	defer C.free(unsafe.Pointer(cPath))
	defer C.free(unsafe.Pointer(cSymbol))
	text := C.library_text(cPath, cSymbol)
	defer C.free(unsafe.Pointer(text))
	if text == nil {
		return ""
	}
	return C.GoString(text)
}

// libraryNumber asks a loaded library for a number.
func libraryNumber(path, symbol string) (int, bool) {
	cPath, cSymbol := C.CString(path), C.CString(symbol)
	defer C.free(unsafe.Pointer(cPath))
	defer C.free(unsafe.Pointer(cSymbol))
	var number C.int
	if C.library_number(cPath, cSymbol, &number) != 0 {
		return 0, false
	}
	return int(number), true
}

// setBlob gives an image that is ref's alone metadata of its own: govips would
// let it keep Go's memory.
func setBlob(ref *vips.ImageRef, name string, data []byte) {
	defer runtime.KeepAlive(ref)
	cName := C.CString(name)
	defer C.free(unsafe.Pointer(cName))
	C.vips_image_set_blob_copy(*slot(ref), cName, unsafe.Pointer(unsafe.SliceData(data)), C.size_t(len(data)))
}

// removeFields takes metadata off an image that is ref's alone.
func removeFields(ref *vips.ImageRef, names ...string) {
	defer runtime.KeepAlive(ref)
	for _, name := range names {
		cName := C.CString(name)
		C.vips_image_remove(*slot(ref), cName)
		C.free(unsafe.Pointer(cName))
	}
}
