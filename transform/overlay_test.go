package transform

import (
	"context"
	"errors"
	"image/color"
	"testing"
	"time"

	"api-resize/spec"
)

// Encoding is where the pixels of overlays are computed: it stops at the
// deadline, even after effects.
func TestOverlaysStop(t *testing.T) {
	original := pngOf(t, plain(500, 500, color.NRGBA{200, 100, 50, 100}))
	watermark := pngOf(t, plain(70, 50, color.NRGBA{1, 2, 3, 100}))
	for _, options := range []string{"watermark=mark,wm_repeat=true", "text=MMMM,text_size=500"} {
		ctx, cancel := context.WithCancel(t.Context())
		order := ordered(original, facts(t, original), resolved(t, "5000x5000,enlarge=true,negate=true,format=png,"+options))
		order.Watermark = spec.Original{Bytes: watermark, Facts: facts(t, watermark)}
		j, err := engine.prepare(ctx, order, engine.limits.Result)
		if err != nil {
			t.Fatal(err)
		}
		if err := engine.prepareOverlays(j, order); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(j.load(), j.work()); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(10*time.Millisecond, cancel) // a fortieth of what all takes
		begin := time.Now()
		if _, err := j.write(); err == nil {
			t.Errorf("%s: it was encoded to its end, in %v", options, time.Since(begin))
		}
		timer.Stop()
		cancel()
		j.close()
	}
}

func TestOverlayCost(t *testing.T) {
	original := spec.Facts{Format: spec.PNG, Width: 1000, Height: 1000, Frames: 1}
	cost := func(text string, watermark spec.Facts) int64 {
		order := ordered(nil, original, resolved(t, text))
		order.Watermark.Facts = watermark
		return engine.Cost(order).Bytes
	}
	bare := cost("max,format=png", spec.Facts{})
	if got := cost("max,format=png,text=Hello", spec.Facts{}) - bare; got < 1e6 {
		t.Errorf("a text costs %d bytes, want at least its mask of a million", got)
	}
	large := spec.Facts{Format: spec.PNG, Width: 3000, Height: 3000, Frames: 1}
	mark := cost("max,format=png,watermark=mark", large) - bare
	if mark < 9e6*4+1e6*4 {
		t.Errorf("a watermark costs %d bytes, want at least what its decoder and its pixels take", mark)
	}
	if repeated := cost("max,format=png,watermark=mark,wm_repeat=true", large) - bare; repeated <= mark {
		t.Errorf("tiles cost %d bytes, one %d", repeated, mark)
	}
	if got := cost("max,format=png,watermark=mark", spec.Facts{}); got != bare { // nothing is made without one
		t.Errorf("a watermark that is not there costs %d bytes", got-bare)
	}
}
