package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options are what the command line says.
type options struct {
	scenarios []scenario

	binary string // of the program, empty to build it
	loop   string // of bench/vipsloop, empty to build it

	url     string // of another server, empty to start the program
	pids    []int
	sources []source

	pictures []string // files

	rounds      int
	requests    int
	connections int
	bodyBytes   int

	cold    int
	widths  []int
	formats []string

	duration time.Duration
	variety  int
	skew     float64
	slots    int
	overload int
}

func parseOptions(arguments []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: go run ./bench [flags] [hit] [cold] [mixed] [overload] [tasks]")
		flags.PrintDefaults()
	}
	flags.StringVar(&o.binary, "binary", "", "the program, a `file`; built from ./cmd/api-resize when not given")
	flags.StringVar(&o.loop, "vipsloop", "", "the plain loop over libvips, a `file`; built from ./bench/vipsloop when not given")
	flags.StringVar(&o.url, "url", "", "measure the server that answers this `template`, with {id}, {width}, {height}, {format} in it, instead of the program")
	flags.Func("pid", "with -url: the server's process, or `processes` separated by commas, for its CPU and memory", listInto(&o.pids, strconv.Atoi))
	flags.Func("source", "with -url: one of its originals as `id,width,height[,file]`; the file is for the plain loop; may be repeated", appendTo(&o.sources, parseSource))
	flags.Func("picture", "an original to measure with, a `file`, instead of the usual ones; may be repeated", appendTo(&o.pictures, func(s string) (string, error) { return s, nil }))
	flags.IntVar(&o.rounds, "rounds", 5, "rounds of hit, cold and tasks; the median round counts")
	flags.IntVar(&o.requests, "requests", 20000, "hit: requests in a round")
	flags.IntVar(&o.connections, "connections", 8, "hit, mixed: connections that ask at once")
	flags.IntVar(&o.bodyBytes, "body", 15000, "hit: size of the picture, in bytes, about")
	flags.IntVar(&o.cold, "per-round", 4, "cold: pictures in a round")
	o.widths, o.formats = []int{300, 1200}, []string{"jpeg", "webp"}
	flags.Func("widths", "cold: `widths` in pixels, separated by commas (default 300,1200)", listInto(&o.widths, strconv.Atoi))
	flags.Func("formats", "cold: output `formats`, separated by commas: jpeg, png, webp, avif (default jpeg,webp)", listInto(&o.formats, parseFormat))
	flags.DurationVar(&o.duration, "duration", 10*time.Second, "mixed, overload, tasks: how long, or how long a round")
	flags.IntVar(&o.variety, "variety", 1000, "mixed: different pictures")
	flags.Float64Var(&o.skew, "skew", 1.1, "mixed: Zipf's exponent, above 1; the larger, the more the popular pictures dominate")
	flags.IntVar(&o.slots, "slots", runtime.NumCPU(), "overload: pictures that the server makes at once")
	flags.IntVar(&o.overload, "times", 10, "overload: pictures asked for, in multiples of what can be made")
	if err := flags.Parse(arguments); err != nil {
		return options{}, err
	}
	if err := o.choose(flags.Args()); err != nil {
		return options{}, err
	}
	return o, o.validate()
}

// choose finds the scenarios by name.
func (o *options) choose(names []string) error {
	if len(names) == 0 {
		o.scenarios = scenarios
	}
	for _, name := range names {
		i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
		if i < 0 {
			return fmt.Errorf("there is no scenario %q", name)
		}
		o.scenarios = append(o.scenarios, scenarios[i])
	}
	return nil
}

func (o options) validate() error {
	var faults []error
	bounded := func(flag string, value, high int) {
		if value < 1 || value > high {
			faults = append(faults, fmt.Errorf("-%s: expected 1…%d, got %d", flag, high, value))
		}
	}
	bounded("rounds", o.rounds, 100)
	bounded("requests", o.requests, 10_000_000)
	bounded("connections", o.connections, 1000)
	bounded("body", o.bodyBytes, 10_000_000)
	bounded("per-round", o.cold, 1000)
	bounded("variety", o.variety, 1_000_000)
	bounded("slots", o.slots, 1024)
	bounded("times", o.overload, 100)
	for _, width := range o.widths {
		bounded("widths", width, 8192)
	}
	if o.duration < time.Second || o.duration > time.Hour {
		faults = append(faults, fmt.Errorf("-duration: expected 1s…1h, got %v", o.duration))
	}
	if o.skew <= 1 || o.skew > 10 {
		faults = append(faults, fmt.Errorf("-skew: expected above 1, at most 10, got %v", o.skew))
	}
	if o.url != "" {
		_, err := parseTemplate(o.url)
		faults = append(faults, err)
	}
	if (o.url == "") != (len(o.sources) == 0) {
		faults = append(faults, errors.New("-url and -source belong together"))
	}
	return errors.Join(faults...)
}

// knownFormats are the values of {format}.
var knownFormats = []string{"jpeg", "png", "webp", "avif"}

func parseFormat(text string) (string, error) {
	if !slices.Contains(knownFormats, text) {
		return "", fmt.Errorf("expected one of %s, got %q", strings.Join(knownFormats, ", "), text)
	}
	return text, nil
}

// listInto parses a list separated by commas, which replaces the default.
func listInto[T any](list *[]T, parse func(string) (T, error)) func(string) error {
	return func(text string) error {
		*list = nil
		for item := range strings.SplitSeq(text, ",") {
			if err := appendTo(list, parse)(item); err != nil {
				return err
			}
		}
		return nil
	}
}

func appendTo[T any](list *[]T, parse func(string) (T, error)) func(string) error {
	return func(text string) error {
		value, err := parse(text)
		if err == nil {
			*list = append(*list, value)
		}
		return err
	}
}
