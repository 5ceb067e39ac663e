package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// originalsAlias is the origin that all examples name, and that a reader would
// configure to try them.
const originalsAlias = "photos"

// The originals of the examples, by their names in that origin.
const (
	portrait  = "portrait.jpg"
	adobeRGB  = "adobe-rgb.jpg"
	waterfall = "waterfall.jpg"
	logo      = "logo.png"
	framed    = "framed.png"
	animation = "ball.gif"
)

// original is a picture that examples are made of.
type original struct {
	Name  string
	About string // for the reader
	read  func(govips string) ([]byte, error)
}

var originals = []original{
	{portrait, "a photograph, 1900×1263", sample("jpg-24bit-rgb-no-icc.jpg")},
	{adobeRGB, "the same photograph with the colours of Adobe RGB and a profile that says so", sample("jpg-24bit-icc-adobe-rgb.jpg")},
	{waterfall, "a photograph, stored lying on its side and mirrored, with an EXIF orientation that says so; 231×308 upright", sample("jpg-orientation-5.jpg")},
	{logo, "a drawing, 96×96, transparent around and half transparent inside", pngOf(drawLogo)},
	{framed, "a drawing, 240×160, with a border that is not quite of one colour", pngOf(drawFramed)},
	{animation, "an animation of 12 frames, 120×80", drawBall},
}

// sample reads one of govips' own test pictures.
func sample(file string) func(string) ([]byte, error) {
	return func(govips string) ([]byte, error) { return os.ReadFile(filepath.Join(govips, "resources", file)) }
}

func pngOf(draw func() image.Image) func(string) ([]byte, error) {
	return func(string) ([]byte, error) { return encodePNG(draw()) }
}

// govipsFolder is where the module that has the photographs lies on this
// machine.
func govipsFolder() (string, error) {
	out, err := exec.CommandContext(context.Background(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/davidbyttow/govips/v2").Output()
	folder := strings.TrimSpace(string(out))
	if err == nil && folder == "" {
		err = errors.New("it is not downloaded")
	}
	if err != nil {
		return "", fmt.Errorf("find the module of govips, which has the photographs: %w", err)
	}
	return folder, nil
}
