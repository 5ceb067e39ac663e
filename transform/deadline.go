package transform

// #include <stdlib.h>
// #include "native.h"
import "C"

import (
	"context"
	"sync"
	"unsafe"
)

// guard stops libvips when a context ends: its C half is a flag that libvips'
// threads look at whenever they have some more pixels. Decoders and encoders
// that take a whole picture in one call (AVIF, HEIC, WebP, interlaced PNG, the
// encoder of JPEG XL) only see it when that call is over. The decoder of JPEG
// XL sees it before each piece of data (loader.streamed).
type guard struct {
	ctx    context.Context
	flag   *C.Guard
	cancel func()
}

// guardOf returns a guard for ctx; release it when no image that it watches is
// left.
func guardOf(ctx context.Context) *guard {
	g := &guard{ctx: ctx, flag: (*C.Guard)(C.calloc(1, C.sizeof_Guard))}
	ran := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		C.guard_stop(g.flag)
		close(ran)
	})
	g.cancel = sync.OnceFunc(func() {
		if !stop() {
			<-ran // the flag is freed next
		}
	})
	return g
}

// relent stops nothing any more that is not stopped yet.
func (g *guard) relent() { g.cancel() }

func (g *guard) release() {
	g.cancel()
	C.free(unsafe.Pointer(g.flag))
}

// stopped is for decoders in Go.
func (g *guard) stopped() bool { return g != nil && g.ctx.Err() != nil }

func (g *guard) native() *C.Guard {
	if g == nil {
		return nil
	}
	return g.flag
}
