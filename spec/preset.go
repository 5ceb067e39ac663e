package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Presets are sizes with options that have a name of their own, by that name
// in lower case. In URLs they stand in the place of the size: @thumb.
type Presets map[string]Preset

// Preset is what stands behind a name.
type Preset struct {
	Size     string
	Settings []Setting
}

// ParsePreset reads what Parse reads. Its errors wrap ErrBadOption.
func ParsePreset(text string) (Preset, error) {
	size, settings, err := Split(text)
	if err != nil {
		return Preset{}, err
	}
	if _, err := Build(size, settings); err != nil {
		return Preset{}, err
	}
	return Preset{size, settings}, nil
}

// Expand replaces a preset by what it stands for. Options that are given beside
// it win over its own. Its errors wrap ErrBadOption.
func (p Presets) Expand(size string, settings []Setting) (string, []Setting, error) {
	name, isPreset := strings.CutPrefix(size, "@")
	if !isPreset {
		return size, settings, nil
	}
	preset, known := p[strings.ToLower(name)]
	if !known {
		names := slices.Sorted(maps.Keys(p))
		return "", nil, fmt.Errorf("%w: unknown preset %q; known are %s%s",
			ErrBadOption, name, strings.Join(names, ", "), Suggestion(name, names))
	}
	expanded := slices.Clone(settings)
	for _, setting := range preset.Settings {
		if !slices.ContainsFunc(settings, setting.yields) {
			expanded = append(expanded, setting)
		}
	}
	return preset.Size, expanded, nil
}

// yields reports whether a preset's setting has no place beside a given one.
func (s Setting) yields(given Setting) bool {
	own, err := lookUp(s.Name)
	if err != nil {
		return false
	}
	other, err := lookUp(given.Name)
	return err == nil && (own == other || own.Excludes == other.Name || other.Excludes == own.Name)
}
