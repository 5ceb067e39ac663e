package spec

import (
	"errors"
	"testing"
)

var generous = ResultLimits{Pixels: 1 << 40, Side: 1 << 20}

func TestPlan(t *testing.T) {
	still := func(width, height int) Facts { return Facts{Format: JPEG, Width: width, Height: height, Frames: 1} }
	rect := func(left, top, width, height int) Rect { return Rect{left, top, width, height} }
	for _, test := range []struct {
		spec     string
		original Facts
		scaled   Size
		crop     Rect
		place    Rect
		out      Size
	}{
		{"max", still(400, 300), Size{400, 300}, rect(0, 0, 400, 300), rect(0, 0, 400, 300), Size{400, 300}},

		{"300x", still(1200, 800), Size{300, 200}, rect(0, 0, 300, 200), rect(0, 0, 300, 200), Size{300, 200}},
		{"x200", still(1200, 800), Size{300, 200}, rect(0, 0, 300, 200), rect(0, 0, 300, 200), Size{300, 200}},
		{"300x", still(200, 100), Size{200, 100}, rect(0, 0, 200, 100), rect(0, 0, 200, 100), Size{200, 100}},
		{"300x,enlarge=true", still(200, 100), Size{300, 150}, rect(0, 0, 300, 150), rect(0, 0, 300, 150), Size{300, 150}},
		{"100x", still(1, 1), Size{1, 1}, rect(0, 0, 1, 1), rect(0, 0, 1, 1), Size{1, 1}},
		{"100x", still(60000, 1), Size{100, 1}, rect(0, 0, 100, 1), rect(0, 0, 100, 1), Size{100, 1}},
		{"x100", still(1, 60000), Size{1, 100}, rect(0, 0, 1, 100), rect(0, 0, 1, 100), Size{1, 100}},
		{"100x", still(333, 1000), Size{100, 300}, rect(0, 0, 100, 300), rect(0, 0, 100, 300), Size{100, 300}},

		{"300x200", still(1200, 600), Size{400, 200}, rect(50, 0, 300, 200), rect(0, 0, 300, 200), Size{300, 200}},
		{"300x200", still(600, 1200), Size{300, 600}, rect(0, 200, 300, 200), rect(0, 0, 300, 200), Size{300, 200}},
		{"300x200,position=top", still(600, 1200), Size{300, 600}, rect(0, 0, 300, 200), rect(0, 0, 300, 200), Size{300, 200}},
		{"300x200,position=bottom-right", still(600, 1200), Size{300, 600}, rect(0, 400, 300, 200), rect(0, 0, 300, 200), Size{300, 200}},
		{"300x200,position=right", still(1200, 600), Size{400, 200}, rect(100, 0, 300, 200), rect(0, 0, 300, 200), Size{300, 200}},
		{"300x200,position=left", still(1200, 600), Size{400, 200}, rect(0, 0, 300, 200), rect(0, 0, 300, 200), Size{300, 200}},
		// Nothing is scaled up: the box keeps its aspect ratio, 3:2.
		{"600x400", still(400, 300), Size{400, 300}, rect(0, 16, 400, 267), rect(0, 0, 400, 267), Size{400, 267}},
		{"300x600", still(400, 300), Size{400, 300}, rect(125, 0, 150, 300), rect(0, 0, 150, 300), Size{150, 300}},
		{"600x400,enlarge=true", still(400, 300), Size{600, 450}, rect(0, 25, 600, 400), rect(0, 0, 600, 400), Size{600, 400}},
		{"8000x4000", still(1, 1), Size{1, 1}, rect(0, 0, 1, 1), rect(0, 0, 1, 1), Size{1, 1}},

		{"300x200,fit=contain", still(1200, 1200), Size{200, 200}, rect(0, 0, 200, 200), rect(50, 0, 200, 200), Size{300, 200}},
		{"300x200,fit=contain,position=left", still(1200, 1200), Size{200, 200}, rect(0, 0, 200, 200), rect(0, 0, 200, 200), Size{300, 200}},
		{"300x200,fit=contain,position=bottom", still(1200, 300), Size{300, 75}, rect(0, 0, 300, 75), rect(0, 125, 300, 75), Size{300, 200}},
		{"300x200,fit=contain", still(100, 50), Size{100, 50}, rect(0, 0, 100, 50), rect(100, 75, 100, 50), Size{300, 200}},
		{"300x200,fit=contain,enlarge=true", still(100, 50), Size{300, 150}, rect(0, 0, 300, 150), rect(0, 25, 300, 150), Size{300, 200}},

		{"300x200,fit=inside", still(1200, 1200), Size{200, 200}, rect(0, 0, 200, 200), rect(0, 0, 200, 200), Size{200, 200}},
		{"300x200,fit=inside", still(100, 50), Size{100, 50}, rect(0, 0, 100, 50), rect(0, 0, 100, 50), Size{100, 50}},
		{"300x200,fit=outside", still(1200, 1200), Size{300, 300}, rect(0, 0, 300, 300), rect(0, 0, 300, 300), Size{300, 300}},
		{"300x200,fit=outside", still(100, 50), Size{100, 50}, rect(0, 0, 100, 50), rect(0, 0, 100, 50), Size{100, 50}},
		{"300x200,fit=fill", still(1200, 1200), Size{300, 200}, rect(0, 0, 300, 200), rect(0, 0, 300, 200), Size{300, 200}},
		{"300x200,fit=fill", still(100, 500), Size{100, 200}, rect(0, 0, 100, 200), rect(0, 0, 100, 200), Size{100, 200}},
		{"300x200,fit=fill,enlarge=true", still(100, 50), Size{300, 200}, rect(0, 0, 300, 200), rect(0, 0, 300, 200), Size{300, 200}},
	} {
		wanted, err := Parse(test.spec)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := wanted.Plan(test.original, generous)
		want := Plan{Scaled: test.scaled, Crop: test.crop, Place: test.place, Out: test.out}
		if err != nil || plan != want {
			t.Errorf("%s of %dx%d:\n got %+v, %v\nwant %+v", test.spec, test.original.Width, test.original.Height, plan, err, want)
		}
	}
}

func TestPlanSmart(t *testing.T) {
	wanted, err := Parse("300x200,position=attention")
	if err != nil {
		t.Fatal(err)
	}
	for height, smart := range map[int]bool{800: false, 1200: true} {
		plan, err := wanted.Plan(Facts{Width: 1200, Height: height}, generous)
		if err != nil || plan.Smart != smart {
			t.Errorf("1200x%d: Smart is %v, %v; want %v: there is nothing to choose when all is kept", height, plan.Smart, err, smart)
		}
	}
}

func TestPlanLimits(t *testing.T) {
	limits := ResultLimits{Pixels: 1000, Side: 100}
	animated := Facts{Format: GIF, Width: 100, Height: 100, Frames: 10}
	for _, test := range []struct {
		spec     string
		original Facts
		allowed  bool
	}{
		{"100x10,fit=fill", Facts{Width: 100, Height: 100}, true},
		{"100x11,fit=fill", Facts{Width: 100, Height: 100}, false},
		{"101x1,fit=fill", Facts{Width: 200, Height: 100}, false},
		{"10x10,format=gif", animated, true},
		{"11x10,format=gif", animated, false},
		{"11x10,format=png", animated, true},
		// What is cut off counts only when it has to be looked at.
		{"1x99,enlarge=true", Facts{Width: 1000, Height: 1}, true},
		{"1x99,enlarge=true,position=attention", Facts{Width: 1000, Height: 1}, false},
		{"1x99,enlarge=true", Facts{Width: 20_000, Height: 1}, false},
	} {
		wanted, err := Parse(test.spec)
		if err != nil {
			t.Fatal(err)
		}
		_, err = wanted.Plan(test.original, limits)
		if (err == nil) != test.allowed || err != nil && !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s of %+v: %v; allowed should be %v", test.spec, test.original, err, test.allowed)
		}
	}
}

// FuzzPlan: every plan is consistent in itself, whatever is asked of
// whatever.
func FuzzPlan(f *testing.F) {
	f.Add("300x200", 1200, 800)
	f.Add("8192x1,fit=contain,enlarge=true", 1, 60000)
	f.Add("x7,dpr=0.5", 3, 2)
	f.Fuzz(func(t *testing.T, text string, width, height int) {
		wanted, err := Parse(text)
		if err != nil || width < 1 || height < 1 || width > 1<<20 || height > 1<<20 {
			return
		}
		plan, err := wanted.Plan(Facts{Width: width, Height: height}, ResultLimits{Pixels: 1 << 62, Side: 1 << 30})
		if errors.Is(err, ErrTooLarge) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		inside := func(r Rect, s Size) bool {
			return r.Left >= 0 && r.Top >= 0 && r.Width >= 1 && r.Height >= 1 && r.Left+r.Width <= s.Width && r.Top+r.Height <= s.Height
		}
		switch {
		case !inside(plan.Crop, plan.Scaled), !inside(plan.Place, plan.Out):
			t.Errorf("%s of %dx%d leaves its frame: %+v", text, width, height, plan)
		case plan.Crop.Width != plan.Place.Width || plan.Crop.Height != plan.Place.Height:
			t.Errorf("%s of %dx%d places another size than it cuts: %+v", text, width, height, plan)
		case !wanted.Enlarge && (plan.Scaled.Width > width || plan.Scaled.Height > height):
			t.Errorf("%s of %dx%d is scaled up: %+v", text, width, height, plan)
		}
	})
}
