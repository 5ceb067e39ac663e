package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// samples are pictures that come with govips: a photograph of 2560x1600, a PNG
// of 512x512 with alpha, a WebP of 800x600 with alpha.
var samples = []string{"jpg-24bit-icc-iec.jpg", "png-24bit+alpha.png", "webp+alpha.webp"}

// Size of the large photograph: 15 megapixels, as many cameras make them.
const largeWidth, largeHeight = 4752, 3168

// oneOriginal is the photograph of 2560x1600, or the first picture that the
// command line names.
func (s *session) oneOriginal(ctx context.Context) ([]string, error) {
	if len(s.options.pictures) > 0 {
		return s.options.pictures[:1], nil
	}
	folder, err := sampleFolder(ctx)
	return []string{filepath.Join(folder, samples[0])}, err
}

// allOriginals are those for cold: of different kinds.
func (s *session) allOriginals(ctx context.Context) ([]string, error) {
	if len(s.options.pictures) > 0 {
		return s.options.pictures, nil
	}
	folder, err := sampleFolder(ctx)
	if err != nil {
		return nil, err
	}
	large := filepath.Join(s.folder, "photograph-15MP.jpg")
	files := []string{large}
	for _, name := range samples {
		files = append(files, filepath.Join(folder, name))
	}
	return files, writePhotograph(large, largeWidth, largeHeight, 1)
}

// manyOriginals are photographs of 2 megapixels that differ.
func (s *session) manyOriginals(context.Context) ([]string, error) {
	if len(s.options.pictures) > 0 {
		return s.options.pictures, nil
	}
	const count, width, height = 8, 1728, 1152
	var files []string
	for seed := range uint64(count) {
		file := filepath.Join(s.folder, fmt.Sprintf("photograph-%d.jpg", seed))
		if err := writePhotograph(file, width, height, seed); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

func sampleFolder(ctx context.Context) (string, error) {
	output, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/davidbyttow/govips/v2").Output()
	if err != nil {
		return "", fmt.Errorf("the sample pictures are in the module of govips, which go list can't find: start bench in the module's folder, or name -picture: %w", err)
	}
	return filepath.Join(strings.TrimSpace(string(output)), "resources"), nil
}
