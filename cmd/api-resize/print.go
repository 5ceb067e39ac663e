package main

import (
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"api-resize/transform"
)

// printConfig prints the effective configuration as a config.yaml.
func printConfig(command *cobra.Command, _ []string) error {
	config, err := commandConfig(command)
	if err != nil {
		return err
	}
	return writeConfig(command.OutOrStdout(), config)
}

// secrets are the keys of which is only shown whether they are set, how many
// there are, or their names.
var secrets = []string{"auth.keys", "security.keys", "database.url", "tracing.headers"}

func writeConfig(to io.Writer, config Config) error {
	var text strings.Builder
	var open []string // the sections written last
	for _, field := range leaves(reflect.ValueOf(&config).Elem(), "") {
		sections := strings.Split(field.key, ".")
		name := sections[len(sections)-1]
		sections = sections[:len(sections)-1]
		for depth, section := range sections {
			if depth >= len(open) || !slices.Equal(open[:depth+1], sections[:depth+1]) {
				fmt.Fprintf(&text, "%s%s:\n", strings.Repeat("  ", depth), section)
			}
		}
		open = sections
		value, err := spelled(field)
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "%s%s: %s\n", strings.Repeat("  ", len(sections)), name, value)
	}
	_, err := io.WriteString(to, text.String())
	return err
}

// spelled is a value as it can stand in config.yaml.
func spelled(field leaf) (string, error) {
	if slices.Contains(secrets, field.key) {
		return masked(field.value), nil
	}
	value := field.value.Interface()
	if duration, ok := value.(time.Duration); ok {
		return duration.String(), nil
	}
	var node yaml.Node
	if err := node.Encode(value); err != nil {
		return "", fmt.Errorf("%s: %w", field.key, err)
	}
	node.Style |= yaml.FlowStyle
	encoded, err := yaml.Marshal(&node)
	return strings.TrimSpace(string(encoded)), err
}

// masked stands for a text, or a list or map of them.
func masked(value reflect.Value) string {
	const mask = `"********"`
	switch {
	case value.Kind() == reflect.Map:
		var named []string
		for name := range value.Seq() {
			named = append(named, strconv.Quote(name.String())+": "+mask)
		}
		slices.Sort(named)
		return "{" + strings.Join(named, ", ") + "}"
	case value.Kind() == reflect.Slice:
		return "[" + strings.Join(slices.Repeat([]string{mask}, value.Len()), ", ") + "]"
	case value.IsZero():
		return `""`
	}
	return mask
}

func writeVersions(to io.Writer, version string) error {
	// Codecs are loaded when they are first used, which is at the start.
	engine, err := transform.Start(transform.DefaultConfig(), transform.DefaultLimits(), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer engine.Close()
	rows := [][2]string{{"api-resize", version}, {"go", runtime.Version()}}
	for _, part := range transform.Versions() {
		rows = append(rows, [2]string{part.Name, part.Version})
	}
	for _, row := range rows {
		if _, err := fmt.Fprintf(to, "%-14s %s\n", row[0], row[1]); err != nil {
			return err
		}
	}
	return nil
}
