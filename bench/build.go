package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// build makes the binaries that the options don't name and the scenarios need.
func (s *session) build(ctx context.Context) error {
	var err error
	if s.options.url == "" && s.options.binary == "" {
		if s.options.binary, err = s.goBuild(ctx, "./cmd/api-resize"); err != nil {
			return err
		}
	}
	cold := slices.ContainsFunc(s.options.scenarios, func(one scenario) bool { return one.name == "cold" })
	if cold && s.options.loop == "" {
		s.options.loop, err = s.goBuild(ctx, "./bench/vipsloop")
	}
	return err
}

// goBuild builds a package of this module into the session's folder.
func (s *session) goBuild(ctx context.Context, pkg string) (binary string, err error) {
	root, err := moduleFolder(ctx)
	if err != nil {
		return "", err
	}
	binary = filepath.Join(s.folder, filepath.Base(pkg))
	command := exec.CommandContext(ctx, "go", "build", "-o", binary, pkg) //nolint:gosec // one of the two above
	command.Dir = root
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, output)
	}
	return binary, nil
}

// moduleFolder is the root of the module in whose folder bench was started.
func moduleFolder(ctx context.Context) (string, error) {
	output, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	file := strings.TrimSpace(string(output))
	if err != nil {
		return "", fmt.Errorf("go env: %w", err)
	}
	if !strings.HasSuffix(file, ".mod") {
		return "", errors.New("bench builds what it measures: start it in the module's folder, or name -binary and -vipsloop")
	}
	return filepath.Dir(file), nil
}
