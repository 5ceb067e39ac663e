package transform

import "api-resize/spec"

// loader is how one format is opened.
type loader struct {
	class    string // libvips' class of operations, opened from memory only
	nickname string // of the operation
	streamed bool   // takes its data piece by piece, and can be stopped in between
}

// loaders are all that is ever opened. The names are the same in libvips
// 8.14 and 8.16, for PNG with libpng and with libspng.
var loaders = map[spec.Format]loader{
	spec.JPEG: {"VipsForeignLoadJpegBuffer", "jpegload_buffer", false},
	spec.PNG:  {"VipsForeignLoadPngBuffer", "pngload_buffer", false},
	spec.WebP: {"VipsForeignLoadWebpBuffer", "webpload_buffer", false},
	spec.GIF:  {"VipsForeignLoadNsgifBuffer", "gifload_buffer", false},
	spec.AVIF: {"VipsForeignLoadHeifBuffer", "heifload_buffer", false},
	spec.HEIC: {"VipsForeignLoadHeifBuffer", "heifload_buffer", false},
	spec.TIFF: {"VipsForeignLoadTiffBuffer", "tiffload_buffer", false},
	// A JPEG XL of a few kilobytes can hold a thousand layers of the whole
	// picture, which libvips decodes in one call.
	spec.JXL: {"VipsForeignLoadJxlSource", "jxlload_source", true},
}

// blockLoaders leaves libvips no loader but ours: no SVG, PDF, ImageMagick,
// OpenSlide or matrix text, and none that opens a file by name.
func blockLoaders() {
	setBlocked("VipsForeignLoad", true)
	for _, loader := range loaders {
		setBlocked(loader.class, false)
	}
}
