// Package transform makes pictures: it reads what an original's header says,
// and turns an original into exactly the picture that a resolved spec.Spec and
// its Plan describe.
//
// It alone knows libvips, through govips and, where govips lacks a call,
// through the few lines of C in native.c. It fetches nothing, caches nothing,
// knows no HTTP, and decides no size: geometry is spec's. It does not bound how
// many pictures are made at once either; Cost tells who does how much memory
// one takes.
package transform
