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
		want := Plan{
			Region: rect(0, 0, test.original.Width, test.original.Height), Scaled: test.scaled, Crop: test.crop,
			Place: test.place, Box: test.out, Turned: test.out, Out: test.out,
		}
		if err != nil || plan != want {
			t.Errorf("%s of %dx%d:\n got %+v, %v\nwant %+v", test.spec, test.original.Width, test.original.Height, plan, err, want)
		}
	}
}

// TestPlanRegion: which part of the original a crop takes.
func TestPlanRegion(t *testing.T) {
	for text, want := range map[string]Rect{
		"0:0:100:50":          {0, 0, 100, 50},
		"10:20:30:40":         {10, 20, 30, 40},
		"350:290:100:100":     {350, 290, 50, 10}, // what lies outside is left away
		"0.5:0.5:0.5:0.5":     {200, 150, 200, 150},
		"0.25:0:0.5:1.0":      {100, 0, 200, 300},
		"0.333:0.333:0.1:0.1": {133, 100, 40, 30},
		"0.9999:0.9999:0.1:1": {399, 299, 1, 1}, // a part of a side begins inside it
		"0:0:0.0001:0.0001":   {0, 0, 1, 1},
		"100:0.5:0.5:10":      {100, 150, 200, 10},
		"0:0:400:300":         {0, 0, 400, 300},
	} {
		wanted, err := Parse("max,crop=" + text)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := wanted.Plan(Facts{Width: 400, Height: 300}, generous)
		if err != nil || plan.Region != want || plan.Out != (Size{want.Width, want.Height}) {
			t.Errorf("%s: got %+v for %v, %v; want %+v", text, plan.Region, plan.Out, err, want)
		}
	}
	for _, outside := range []string{"400:0:1:1", "0:300:1:1", "1.0:0:1:1", "5000:5000:10:10"} {
		wanted, err := Parse("max,crop=" + outside)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := wanted.Plan(Facts{Width: 400, Height: 300}, generous); !errors.Is(err, ErrImpossible) {
			t.Errorf("%s: got %v, want ErrImpossible", outside, err)
		}
	}
	// Two halves meet without gap or overlap, whatever the side.
	for width := 1; width < 50; width++ {
		left, _ := span(Length{0, true}, Length{333_333, true}, width)
		_, end := span(Length{0, true}, Length{333_333, true}, width)
		next, last := span(Length{333_333, true}, Length{666_667, true}, width)
		if left != 0 || width > 2 && end != next || last != width {
			t.Errorf("%d pixels fall into %d…%d and %d…%d", width, left, end, next, last)
		}
	}
}

// TestPlanAround: what comes after the box.
func TestPlanAround(t *testing.T) {
	for text, want := range map[string]Size{
		"300x200,rotate=90":                     {200, 300},
		"300x200,rotate=180":                    {300, 200},
		"300x200,rotate=-90,flip=h":             {200, 300},
		"300x200,flip=v":                        {300, 200},
		"200x200,rotate=45":                     {283, 283}, // 200 √2 = 282.8
		"300x200,rotate=30":                     {360, 324}, // 300 cos 30° + 200 sin 30°, 300 sin 30° + 200 cos 30°
		"300x200,rotate=-30":                    {360, 324},
		"300x200,pad=10":                        {320, 220},
		"300x200,pad=1:2:3:4":                   {306, 204},
		"150x100,pad=5,dpr=2":                   {320, 220},
		"300x200,rotate=90,pad=1:2:3:4":         {206, 304},
		"300x200,fit=contain,rotate=90":         {200, 300},
		"100x100,crop=0:0:300:200,round=max":    {100, 100},
		"max,crop=10:10:300:200,rotate=270":     {200, 300},
		"600x,crop=0:0:0.5:0.5":                 {600, 400},
		"100000x,crop=0:0:0.5:0.5,enlarge=true": {},
	} {
		wanted, err := Parse(text)
		if err != nil {
			if want != (Size{}) {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		plan, err := wanted.Plan(Facts{Width: 1200, Height: 800}, generous)
		if err != nil || plan.Out != want {
			t.Errorf("%s: got %v, %v; want %v", text, plan.Out, err, want)
		}
	}
}

func TestPlanFocus(t *testing.T) {
	for text, want := range map[string]Rect{
		"100x100,focus=0:0":         {0, 0, 100, 100},
		"100x100,focus=1:1":         {100, 0, 100, 100},
		"100x100,focus=0.5:0.1":     {50, 0, 100, 100},
		"100x100,focus=0.4:0.5":     {30, 0, 100, 100},
		"100x100,focus=0.9:0.5":     {100, 0, 100, 100},
		"50x100,focus=0.75:0":       {125, 0, 50, 100},
		"100x100,focus=.3:1,dpr=.5": {5, 0, 50, 50},
	} {
		wanted, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := wanted.Plan(Facts{Width: 400, Height: 200}, generous)
		if err != nil || plan.Crop != want {
			t.Errorf("%s: got %+v, %v; want %+v", text, plan.Crop, err, want)
		}
	}
}

// TestTurn: equal turns are equal values, and a rectangle turns as the corners
// of the picture do.
func TestTurn(t *testing.T) {
	for text, want := range map[string]string{
		"r=360": "max", "r=0": "max", "r=-90": "max,rotate=270", "r=-360": "max", "r=450": "",
		"flip=h": "max,flip=h", "flip=v": "max,flip=v", "flip=hv": "max,rotate=180",
		"r=180,flip=hv": "max", "r=180,flip=h": "max,flip=v", "r=270,flip=v": "max,rotate=90,flip=h",
		"r=22.5": "max,rotate=22.5", "r=-0.001": "max,rotate=359.999", "r=180.5,flip=v": "max,rotate=0.5,flip=h",
	} {
		parsed, err := Parse("max," + text)
		if (err != nil) != (want == "") || err == nil && parsed.String() != want {
			t.Errorf("%s: got %s, %v; want %s", text, parsed, err, want)
		}
	}
	for _, test := range []struct {
		turn Turn
		want Rect
	}{
		{Turn{}, Rect{1, 2, 30, 4}},
		{Turn{Rotate: 90_000}, Rect{50 - 2 - 4, 1, 4, 30}},
		{Turn{Rotate: 180_000}, Rect{100 - 1 - 30, 50 - 2 - 4, 30, 4}},
		{Turn{Rotate: 270_000}, Rect{2, 100 - 1 - 30, 4, 30}},
		{Turn{Flip: FlipHorizontal}, Rect{100 - 1 - 30, 2, 30, 4}},
		{Turn{Rotate: 90_000, Flip: FlipVertical}, Rect{50 - 2 - 4, 100 - 1 - 30, 4, 30}},
	} {
		if got := test.turn.Rect(Rect{1, 2, 30, 4}, Size{100, 50}); got != test.want {
			t.Errorf("%+v: got %+v, want %+v", test.turn, got, test.want)
		}
	}
}

func TestPlaceWatermark(t *testing.T) {
	logo := Facts{Width: 200, Height: 100}
	for text, want := range map[string]Rect{
		"wm=a":                             {200, 150, 200, 100},
		"wm=a,wm_position=bottom-right":    {400, 300, 200, 100},
		"wm=a,wm_scale=0.5":                {150, 125, 300, 150},
		"wm=a,wm_scale=1":                  {0, 50, 600, 300},
		"wm=a,wm_scale=0.001,p=left":       {299, 199, 1, 1},
		"wm=a,wm_scale=0.1,wm_repeat=true": {270, 185, 60, 30},
	} {
		wanted, err := Parse("max," + text)
		if err != nil {
			t.Fatal(err)
		}
		if got := wanted.Watermark.PlaceWatermark(Size{600, 400}, logo); got != want {
			t.Errorf("%s: got %+v, want %+v", text, got, want)
		}
	}
	if got := (Watermark{}).PlaceWatermark(Size{50, 50}, logo); got != (Rect{0, 12, 50, 25}) {
		t.Errorf("a large watermark lies at %+v", got)
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
	f.Add("300x200,crop=0.9:0.1:5:0.3,focus=0:1,rotate=33,pad=1:2:3:4", 77, 99)
	f.Fuzz(func(t *testing.T, text string, width, height int) {
		wanted, err := Parse(text)
		if err != nil || width < 1 || height < 1 || width > 1<<20 || height > 1<<20 {
			return
		}
		plan, err := wanted.Plan(Facts{Width: width, Height: height}, ResultLimits{Pixels: 1 << 62, Side: 1 << 30})
		if errors.Is(err, ErrTooLarge) || errors.Is(err, ErrImpossible) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		inside := func(r Rect, s Size) bool {
			return r.Left >= 0 && r.Top >= 0 && r.Width >= 1 && r.Height >= 1 && r.Left+r.Width <= s.Width && r.Top+r.Height <= s.Height
		}
		switch {
		case !inside(plan.Crop, plan.Scaled), !inside(plan.Place, plan.Box), !inside(plan.Region, Size{width, height}):
			t.Errorf("%s of %dx%d leaves its frame: %+v", text, width, height, plan)
		case plan.Crop.Width != plan.Place.Width || plan.Crop.Height != plan.Place.Height:
			t.Errorf("%s of %dx%d places another size than it cuts: %+v", text, width, height, plan)
		case !wanted.Enlarge && (plan.Scaled.Width > plan.Region.Width || plan.Scaled.Height > plan.Region.Height):
			t.Errorf("%s of %dx%d is scaled up: %+v", text, width, height, plan)
		}
	})
}
