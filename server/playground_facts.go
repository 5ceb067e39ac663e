package server

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/gofiber/fiber/v2"

	"api-resize/spec"
)

// playgroundTold is what the playground has to know of this service: what can be
// asked of it, and what is allowed. None of it is a secret, since error texts tell
// all of it.
type playgroundTold struct {
	Service   string             `json:"service"`
	Version   string             `json:"version"`
	PublicURL string             `json:"public_url"` // empty: where the page comes from
	KeyNeeded bool               `json:"key_needed"` // for uploads
	Signature string             `json:"signature"`
	Sizes     playgroundSizes    `json:"sizes"`
	Presets   []playgroundPreset `json:"presets"`
	Formats   []playgroundFormat `json:"formats"` // all that are read or written
	Upload    playgroundUpload   `json:"upload"`
	Limits    Limits             `json:"limits"`
	Options   []playgroundOption `json:"options"` // in canonical order
}

type playgroundSizes struct {
	Mode   spec.SizeMode `json:"mode"`
	List   []string      `json:"list"`
	Ladder []int         `json:"ladder"`
	Max    int           `json:"max"` // pixels of a side
}

type playgroundPreset struct {
	Name    string            `json:"name"`
	Size    string            `json:"size"`
	Options map[string]string `json:"options"`
}

type playgroundFormat struct {
	Name        spec.Format `json:"name"`
	ContentType string      `json:"content_type"`
	Writable    bool        `json:"writable"` // by this libvips
	Browsers    bool        `json:"browsers"` // all of them show it
}

type playgroundUpload struct {
	Bytes int64 `json:"bytes"` // of one file
	Files int   `json:"files"` // of one request
}

// playgroundOption is a row of the table of options.
type playgroundOption struct {
	Name     string    `json:"name"`
	Short    string    `json:"short,omitempty"`
	Group    string    `json:"group"`
	Kind     spec.Kind `json:"kind"`
	Words    []string  `json:"words"`
	Low      float64   `json:"low"`
	High     float64   `json:"high"`
	Whole    bool      `json:"whole"`
	Lines    int       `json:"lines"`
	Values   string    `json:"values"`
	Default  string    `json:"default"`
	Doc      string    `json:"doc"`
	Example  string    `json:"example"`
	Excludes string    `json:"excludes,omitempty"`
	Needs    string    `json:"needs,omitempty"`
}

// newPlaygroundFacts reads the tables and the configuration.
func (s *Server) newPlaygroundFacts() (staticFile, error) {
	facts := playgroundTold{
		Service: s.parts.ServiceName, Version: Version(), PublicURL: s.config.PublicURL,
		KeyNeeded: !s.parts.Auth.Open, Signature: s.parts.Signing.Signature,
		Sizes:   playgroundSizes{s.parts.Sizes.Mode, append([]string{}, s.parts.Sizes.List...), append([]int{}, s.parts.Sizes.Ladder...), spec.MaxSide},
		Presets: []playgroundPreset{},
		Upload:  playgroundUpload{s.parts.SaveBytes, s.config.UploadFiles},
		Limits:  s.parts.Limits,
	}
	for _, name := range slices.Sorted(maps.Keys(s.parts.Dialect.Presets)) {
		preset := s.parts.Dialect.Presets[name]
		options := map[string]string{}
		for _, setting := range preset.Settings {
			options[setting.Name] = setting.Value
		}
		facts.Presets = append(facts.Presets, playgroundPreset{name, preset.Size, options})
	}
	writable := s.parts.Proxy.Writable()
	for _, format := range spec.Formats {
		facts.Formats = append(facts.Formats, playgroundFormat{
			format.Format, format.ContentType, slices.Contains(writable, format.Format), format.Browsers,
		})
	}
	for _, option := range spec.Options {
		facts.Options = append(facts.Options, playgroundOptionOf(option, writable))
	}
	content, err := json.Marshal(facts)
	if err != nil {
		return staticFile{}, err
	}
	return newStaticFile(fiber.MIMEApplicationJSON, content)
}

// playgroundOptionOf is a row as it can be used here: formats that cannot be
// written are no choice.
func playgroundOptionOf(option spec.Option, writable []spec.Format) playgroundOption {
	domain := option.Domain
	words := slices.DeleteFunc(append([]string{}, domain.Words...), func(word string) bool {
		_, isFormat := spec.Format(word).Info()
		return isFormat && !slices.Contains(writable, spec.Format(word))
	})
	return playgroundOption{
		Name: option.Name, Short: option.Short, Group: option.Group,
		Kind: domain.Kind, Words: words, Low: domain.Low, High: domain.High, Whole: domain.Whole, Lines: max(domain.Lines, 1),
		Values: option.Values, Default: option.Default, Doc: option.Doc, Example: option.Example,
		Excludes: option.Excludes, Needs: option.Needs,
	}
}
