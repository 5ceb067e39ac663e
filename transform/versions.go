package transform

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/davidbyttow/govips/v2/vips"
)

// Version is the version of one library in this process.
type Version struct {
	Name, Version string
}

// codec is a library that is used, and the function of it that tells its
// version; of those that have none, the file's name has to do.
type codec struct {
	name, text, number string
	format             func(int) string // of the number
}

var codecs = map[string]codec{
	"libaom":        {name: "libaom", text: "aom_codec_version_str"},
	"libcairo":      {name: "cairo", text: "cairo_version_string"},
	"libcgif":       {name: "cgif"},
	"libdav1d":      {name: "dav1d", text: "dav1d_version"},
	"libde265":      {name: "libde265", text: "de265_get_version"},
	"libexif":       {name: "libexif"},
	"libheif":       {name: "libheif", text: "heif_get_version"},
	"libimagequant": {name: "libimagequant", number: "liq_version", format: decimalTriple},
	"libjpeg":       {name: "libjpeg"},
	"libjxl":        {name: "libjxl", number: "JxlDecoderVersion", format: decimalMillions},
	"liblcms2":      {name: "lcms2", number: "cmsGetEncodedCMMversion", format: lcmsVersion},
	"libpango":      {name: "pango", text: "pango_version_string"},
	"libpng16":      {name: "libpng", text: "png_get_libpng_ver"},
	"libspng":       {name: "libspng", text: "spng_version_string"},
	"libtiff":       {name: "libtiff", text: "TIFFGetVersion"},
	"libwebp":       {name: "libwebp", number: "WebPGetEncoderVersion", format: byteTriple},
	"libx265":       {name: "x265"},
}

var libraryFile = regexp.MustCompile(`^(lib[a-zA-Z0-9]+?)(?:-[0-9.]+)?\.so(?:\.([0-9.]+))?$`)

// Versions lists libvips, the codecs that are loaded into this process, and what
// draws text, as far as they can be asked; codecs in modules of libvips are
// loaded when they are first needed, which is at Start.
func Versions() []Version {
	versions := []Version{{"libvips", vips.Version}}
	for _, path := range loadedLibraries() {
		parts := libraryFile.FindStringSubmatch(filepath.Base(path))
		if parts == nil {
			continue
		}
		if codec, known := codecs[parts[1]]; known {
			versions = append(versions, Version{codec.name, cmp.Or(codec.ask(path), "ABI "+parts[2])})
		}
	}
	slices.SortStableFunc(versions[1:], func(a, b Version) int { return cmp.Compare(a.Name, b.Name) })
	return versions
}

// ask calls the library's own function. libjpeg tells no version, but
// MozJPEG has functions that others lack.
func (c codec) ask(path string) string {
	if c.name == "libjpeg" {
		if libraryHas(path, "jpeg_c_bool_param_supported") {
			return "MozJPEG"
		}
		return ""
	}
	if c.text != "" {
		first, _, _ := strings.Cut(libraryText(path, c.text), "\n")
		return strings.TrimPrefix(first, "LIBTIFF, Version ")
	}
	if c.number == "" {
		return ""
	}
	if number, ok := libraryNumber(path, c.number); ok {
		return c.format(number)
	}
	return ""
}

// loadedLibraries are the paths of the shared objects in this process. Only
// Linux tells.
func loadedLibraries() []string {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return nil
	}
	defer maps.Close()
	var paths []string
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		if slash := strings.IndexByte(lines.Text(), '/'); slash >= 0 {
			paths = append(paths, lines.Text()[slash:])
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

func byteTriple(n int) string    { return fmt.Sprintf("%d.%d.%d", n>>16&0xff, n>>8&0xff, n&0xff) }
func decimalTriple(n int) string { return fmt.Sprintf("%d.%d.%d", n/10000, n/100%100, n%100) }
func decimalMillions(n int) string {
	return fmt.Sprintf("%d.%d.%d", n/1000000, n/1000%1000, n%1000)
}
func lcmsVersion(n int) string { return fmt.Sprintf("%d.%d", n/1000, n%1000/10) }
