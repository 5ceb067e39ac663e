package transform

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// revision is raised whenever the same request may give other bytes than
// before with the same libvips.
const revision = 1

// Engine makes pictures. All its methods may be called from many goroutines.
type Engine struct {
	config   Config
	limits   Limits
	log      *slog.Logger
	readable map[spec.Format]bool
	writable []spec.Format
	lossless []spec.Format // of those
	palettes bool          // a PNG can have few colours

	jxlFrames bool // libvips can be told which frame of a JPEG XL to read

	drawsText func() bool // asked once

	idle *idleMemory
}

var started atomic.Bool

// Start sets libvips up, once per process: one thread for each picture, no
// cache of operations (results are cached where their bytes are counted), and
// no loader but those of the formats read here. It finds out which formats
// this libvips can read and write by trying.
func Start(config Config, limits Limits, log *slog.Logger) (*Engine, error) {
	if err := errors.Join(config.Validate(), limits.Validate()); err != nil {
		return nil, err
	}
	if started.Swap(true) {
		return nil, errors.New("libvips can be started only once in a process")
	}
	reuseMemory(limits.Memory)
	vips.LoggingSettings(logTo(log), vips.LogLevelWarning)
	if err := vips.Startup(&vips.Config{ConcurrencyLevel: 1}); err != nil {
		return nil, fmt.Errorf("start libvips: %w", err)
	}
	if err := checkBinding(); err != nil {
		return nil, err
	}
	blockLoaders(config)
	e := &Engine{config: config, limits: limits, log: log, drawsText: sync.OnceValue(drawsText)}
	e.probe()
	if err := e.able(); err != nil {
		return nil, err
	}
	e.idle = watchIdleMemory()
	return e, nil
}

// able reports what is needed, or configured, and not to be had.
func (e *Engine) able() error {
	if len(e.writable) == 0 || !e.readable[spec.JPEG] {
		return errors.New("this libvips can't read and write JPEG")
	}
	if e.config.PNG.Palette && !e.palettes {
		return errors.New("png.palette: this libvips can't choose colours for a palette: it was built without libimagequant and quantizr")
	}
	return nil
}

// Close ends libvips. The process can't start it again, and no method may be
// running.
func (e *Engine) Close() {
	e.idle.stop()
	vips.Shutdown()
}

// Writable lists the formats that this libvips can write, in the order of
// spec's table.
func (e *Engine) Writable() []spec.Format { return append([]spec.Format(nil), e.writable...) }

// Readable lists the formats that are read here with this libvips, in the order
// of spec's table.
func (e *Engine) Readable() []spec.Format {
	var list []spec.Format
	for _, info := range spec.Formats {
		if e.readable[info.Format] {
			list = append(list, info.Format)
		}
	}
	return list
}

// Lossless lists the formats that this libvips can write so that every visible
// pixel stays as it is.
func (e *Engine) Lossless() []spec.Format { return append([]spec.Format(nil), e.lossless...) }

// Fingerprint names everything besides original and Spec that the bytes of a
// picture depend on. It belongs into cache keys.
func (e *Engine) Fingerprint() string {
	hash := fnv.New32a()
	fmt.Fprintf(hash, "%+v", e.config)
	return fmt.Sprintf("transform-%d libvips-%s config-%08x", revision, vips.Version, hash.Sum32())
}

// Memory is what libvips has allocated for pixels, now and at most since the
// start, in bytes. Buffers of the codecs are not counted.
func (e *Engine) Memory() (current, peak int64) {
	var stats vips.MemoryStats
	vips.ReadVipsMemStats(&stats)
	return stats.Mem, stats.MemHigh
}

// Images is the number of images that are open now.
func (e *Engine) Images() int64 { return vips.OpenImageRefs() }

// logTo passes on what libvips has to say. Its warnings are about pictures
// that clients sent, one or more for each, which is nothing an operator can
// act on; what is critical is a fault of ours.
func logTo(log *slog.Logger) vips.LoggingHandlerFunction {
	return func(domain string, level vips.LogLevel, message string) {
		severity := slog.LevelDebug
		if level <= vips.LogLevelCritical {
			severity = slog.LevelError
		}
		log.Log(context.Background(), severity, "libvips", "domain", domain, "message", message)
	}
}
