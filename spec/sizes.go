package spec

import (
	"errors"
	"fmt"
	"slices"
)

// SizeMode says which sizes may be asked for.
type SizeMode string

// The modes. SizesAuto is any for uploads and configured origins, ladder for
// http(s) sources: those are what strangers can fill a cache with.
const (
	SizesAuto   SizeMode = "auto"
	SizesAny    SizeMode = "any"
	SizesList   SizeMode = "list"
	SizesLadder SizeMode = "ladder"
)

// SizePolicy restricts the sizes that may be asked for; its keys are those of
// `sizes` in config.yaml.
type SizePolicy struct {
	Mode SizeMode `mapstructure:"mode"`
	// List holds the sizes of mode list, as they stand in URLs: 300x200, 640x.
	List []string `mapstructure:"list"`
	// Ladder holds the widths of mode ladder in pixels, ascending.
	Ladder []int `mapstructure:"ladder"`
}

// DefaultSizePolicy is mode auto with a ladder whose steps are about a third
// apart, between an icon and a 4K screen.
func DefaultSizePolicy() SizePolicy {
	return SizePolicy{
		Mode:   SizesAuto,
		List:   []string{},
		Ladder: []int{16, 32, 48, 64, 96, 128, 192, 256, 320, 384, 480, 640, 750, 828, 960, 1080, 1280, 1440, 1600, 1920, 2560, 3840},
	}
}

// Validate reports every impossible value.
func (p SizePolicy) Validate() error {
	var faults []error
	if !slices.Contains([]SizeMode{SizesAuto, SizesAny, SizesList, SizesLadder}, p.Mode) {
		faults = append(faults, fmt.Errorf("mode: got %q, expected auto, any, list or ladder", p.Mode))
	}
	for _, size := range p.List {
		if _, err := parseSize(size); err != nil {
			faults = append(faults, fmt.Errorf("list: %w", err))
		}
	}
	if p.Mode == SizesList && len(p.List) == 0 {
		faults = append(faults, errors.New("list: got nothing, expected sizes, as mode is list"))
	}
	if len(p.Ladder) == 0 || !slices.IsSorted(p.Ladder) || slices.Min(p.Ladder) < 1 || slices.Max(p.Ladder) > MaxSide {
		faults = append(faults, fmt.Errorf("ladder: got %v, expected ascending widths 1…%d", p.Ladder, MaxSide))
	}
	return errors.Join(faults...)
}

// Apply returns the request that is answered instead of r: the same, or with
// its size rounded up to the ladder. Its errors wrap ErrBadOption.
func (p SizePolicy) Apply(r Request) (Request, error) {
	mode := p.Mode
	if mode == SizesAuto {
		mode = SizesAny
		if r.Source.Kind == SourceWeb {
			mode = SizesLadder
		}
	}
	switch mode {
	case SizesList:
		for _, allowed := range p.List {
			if size, err := parseSize(allowed); err == nil && size == r.Spec.Size {
				return r, nil
			}
		}
		return Request{}, fmt.Errorf("%w: size %s is not among those allowed here", ErrBadOption, r.Spec.Size)
	case SizesLadder:
		r.Spec.Size = p.step(r.Spec.Size)
	}
	return r, nil
}

// step rounds the width, or the height where only that is given, up to the
// ladder's next step, and the other side with it. What is beyond the last step
// becomes the last step. "max" stays.
func (p SizePolicy) step(size Size) Size {
	switch {
	case size == Size{}:
		return size
	case size.Width == 0:
		return Size{0, p.up(size.Height)}
	}
	width := p.up(size.Width)
	if size.Height == 0 {
		return Size{width, 0}
	}
	factor := float64(width) / float64(size.Width)
	return Size{width, min(MaxSide, pixels(float64(size.Height)*factor))}
}

func (p SizePolicy) up(side int) int {
	for _, step := range p.Ladder {
		if step >= side {
			return step
		}
	}
	return p.Ladder[len(p.Ladder)-1]
}

// leastUsefulWidth is the least width that a page is offered where it names
// none, in pixels.
const leastUsefulWidth = 160

// Widths are those in which a page can offer an original of some width, where it
// names none: the ladder's steps up to it, or what the list allows.
func (p SizePolicy) Widths(original int) []int {
	var widths []int
	if p.Mode == SizesList {
		for _, allowed := range p.List {
			if size, err := parseSize(allowed); err == nil && size.Width > 0 && size.Height == 0 {
				widths = append(widths, size.Width)
			}
		}
		slices.Sort(widths)
		return widths
	}
	for _, step := range p.Ladder {
		if step >= leastUsefulWidth && step < original {
			widths = append(widths, step)
		}
	}
	return append(widths, min(original, MaxSide))
}
