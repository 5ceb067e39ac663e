package transform

import (
	"context"
	"fmt"
	"image"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

var engine *Engine

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

// run starts libvips once, and looks after all tests whether anything of it is
// still open.
func run(m *testing.M) int {
	var err error
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	if engine, err = Start(DefaultConfig(), DefaultLimits(), log); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if left := leftOpen(); left != "" {
		fmt.Fprintln(os.Stderr, "after all tests", left)
		code = 1
	}
	return code
}

// leftOpen says what is still open, empty for nothing. Finalizers and threads of
// libvips get a moment to end.
func leftOpen() (left string) {
	for range 50 {
		runtime.GC()
		current, _ := engine.Memory()
		if engine.Images() == 0 && current == 0 {
			return ""
		}
		left = fmt.Sprintf("%d images are open, with %d bytes", engine.Images(), current)
		time.Sleep(20 * time.Millisecond)
	}
	return left
}

// govips' pictures, which are in its module.
var resources = sync.OnceValue(func() string {
	return filepath.Join(moduleDir("github.com/davidbyttow/govips/v2"), "resources")
})

// moduleDir is where the sources of a module are, empty when that can't be told.
func moduleDir(module string) string {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(resources(), name))
	if err != nil {
		t.Skipf("govips' pictures are not here: %v", err)
	}
	return data
}

func facts(t testing.TB, original []byte) spec.Facts {
	t.Helper()
	facts, err := engine.Inspect(original)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// resolved reads a Spec and fills in what a resolver would.
func resolved(t testing.TB, text string) spec.Spec {
	t.Helper()
	want, err := spec.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if want.Output.Quality == 0 && !want.Output.Lossless {
		want.Output.Quality = DefaultConfig().Quality()[want.Output.Format]
	}
	return want
}

func ordered(original []byte, facts spec.Facts, want spec.Spec) spec.Order {
	return spec.Order{Original: spec.Original{Bytes: original, Facts: facts}, Want: want}
}

func transform(t testing.TB, original []byte, text string) spec.Picture {
	t.Helper()
	picture, err := engine.Transform(context.Background(), ordered(original, facts(t, original), resolved(t, text)))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return picture
}

// decoded is a result as pixels without premultiplication.
func decoded(t testing.TB, data []byte) *image.NRGBA {
	t.Helper()
	ref := opened(t, data)
	defer ref.Close()
	return decodedRef(t, ref)
}

// opened is a result as the format's one loader gives it, all in memory.
func opened(t testing.TB, data []byte) *vips.ImageRef {
	t.Helper()
	format, ok := Sniff(data)
	if !ok {
		t.Fatalf("%d bytes are in no format that is read here", len(data))
	}
	var pins runtime.Pinner
	defer pins.Unpin()
	pins.Pin(&data[0])
	ref, err := loaders[format].open(data, "", nil)
	if err == nil {
		err = settle(ref, nil)
	}
	if err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return ref
}

func decodedRef(t testing.TB, ref *vips.ImageRef) *image.NRGBA {
	t.Helper()
	if err := ref.ToColorSpace(vips.InterpretationSRGB); err != nil {
		t.Fatal(err)
	}
	pixels, err := ref.ToGoImage()
	if err != nil {
		t.Fatal(err)
	}
	return pixels.(*image.NRGBA)
}
