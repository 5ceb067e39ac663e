package transform

import "api-resize/spec"

// loader is how one format is opened.
type loader struct {
	class    string // libvips' class of operations, opened from memory only
	nickname string // of the operation
	streamed bool   // takes its data piece by piece, and can be stopped in between
	paged    bool   // can be told which page of several to open
}

// loaders are all that is ever opened. The names are the same in libvips
// 8.14 and 8.16, for PNG with libpng and with libspng.
var loaders = map[spec.Format]loader{
	spec.JPEG: {class: "VipsForeignLoadJpegBuffer", nickname: "jpegload_buffer"},
	spec.PNG:  {class: "VipsForeignLoadPngBuffer", nickname: "pngload_buffer"},
	spec.WebP: {class: "VipsForeignLoadWebpBuffer", nickname: "webpload_buffer", paged: true},
	spec.GIF:  {class: "VipsForeignLoadNsgifBuffer", nickname: "gifload_buffer", paged: true},
	spec.AVIF: {class: "VipsForeignLoadHeifBuffer", nickname: "heifload_buffer", paged: true},
	spec.HEIC: {class: "VipsForeignLoadHeifBuffer", nickname: "heifload_buffer", paged: true},
	spec.TIFF: {class: "VipsForeignLoadTiffBuffer", nickname: "tiffload_buffer", paged: true},
	// A JPEG XL of a few kilobytes can hold a thousand layers of the whole
	// picture, which libvips decodes in one call.
	spec.JXL: {class: "VipsForeignLoadJxlSource", nickname: "jxlload_source", streamed: true},
	spec.SVG: {class: "VipsForeignLoadSvgBuffer", nickname: "svgload_buffer"},
}

// blockLoaders leaves libvips no loader but ours: no PDF, ImageMagick,
// OpenSlide or matrix text, no SVG unless it is switched on, and none that opens
// a file by name.
func blockLoaders(config Config) {
	setBlocked("VipsForeignLoad", true)
	for format, loader := range loaders {
		setBlocked(loader.class, format == spec.SVG && !config.SVG.Enabled)
	}
}
