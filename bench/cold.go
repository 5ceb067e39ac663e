package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// coldCase is one kind of picture, made in sizes that nobody asked for yet.
type coldCase struct {
	of     source
	format string
	width  int // pixels, of the first; every further one is a pixel narrower

	ours, plain, ratio []float64 // of each round: ms, ms
	took               []time.Duration
	bytes, plainBytes  int64 // of all results
}

// measureCold asks for pictures that have to be made, over one connection, and
// after each has the plain loop make the same one. The server's time is that
// of the whole round: what it does after an answer, such as storing it, is
// part of what a picture costs.
func measureCold(ctx context.Context, s *session) (err error) {
	t, err := s.target(ctx, usual, s.allOriginals)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	loop, err := startPlain(ctx, s.options.loop)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, loop.stop()) }()

	c := connection{address: t.address}
	defer c.close()
	cases := coldCases(t.sources, s.options)
	for _, one := range cases {
		if _, _, err := one.both(ctx, t, &c, loop, 0); err != nil { // finds the original, warms both up
			return err
		}
	}
	for round := range s.options.rounds {
		for _, one := range cases {
			if err := one.round(ctx, t, &c, loop, 1+round*s.options.cold, s.options.cold); err != nil {
				return err
			}
		}
	}
	return s.coldTable(cases)
}

// coldCases leaves out widths of which there are not enough, or for which the
// original is too small.
func coldCases(sources []source, o options) []*coldCase {
	var cases []*coldCase
	for _, of := range sources {
		for _, width := range o.widths {
			if width > of.width || width <= 1+o.rounds*o.cold {
				continue
			}
			for _, format := range o.formats {
				cases = append(cases, &coldCase{of: of, format: format, width: width})
			}
		}
	}
	return cases
}

// round makes some pictures, from a number on, which are none before.
func (k *coldCase) round(ctx context.Context, t *target, c *connection, loop *plain, first, count int) error {
	before, err := t.processorTime()
	if err != nil {
		return err
	}
	var plainTime time.Duration
	for number := first; number < first+count; number++ {
		answer, used, err := k.both(ctx, t, c, loop, number)
		if err != nil {
			return err
		}
		plainTime += used
		k.took = append(k.took, answer.took)
	}
	after, err := t.processorTime()
	if err != nil {
		return err
	}
	perPicture := func(d time.Duration) float64 { return microseconds(d) / 1e3 / float64(count) }
	if len(t.pids) > 0 {
		k.ours = append(k.ours, perPicture(after-before))
	}
	if k.of.file != "" {
		k.plain = append(k.plain, perPicture(plainTime))
	}
	if len(t.pids) > 0 && k.of.file != "" {
		k.ratio = append(k.ratio, float64(after-before)/float64(plainTime))
	}
	return nil
}

// both has a picture made by the server, then by the plain loop.
func (k *coldCase) both(ctx context.Context, t *target, c *connection, loop *plain, number int) (answer reply, used time.Duration, err error) {
	wanted := k.of.at(k.width-number, k.format)
	answer, err = t.get(ctx, c, wanted)
	if err != nil {
		return answer, 0, err
	}
	if answer.hit() {
		return answer, 0, fmt.Errorf("%s was there already", t.fill(wanted))
	}
	k.bytes += answer.bytes
	if k.of.file == "" {
		return answer, 0, nil
	}
	used, length, err := loop.make(wanted)
	k.plainBytes += length
	return answer, used, err
}

func (s *session) coldTable(cases []*coldCase) error {
	title := fmt.Sprintf("cold: %d rounds of %d pictures; median (lowest…highest) round", s.options.rounds, s.options.cold)
	t := newTable(s.out, title, "original", "pixels", "width", "to", "CPU ms", "plain loop ms", "ratio", "of the lowest", "bytes/plain", "p50 ms")
	for _, k := range cases {
		size, lowest := "-", "-"
		if k.plainBytes > 0 {
			size = fmt.Sprintf("%.3f", float64(k.bytes)/float64(k.plainBytes))
		}
		if len(k.ratio) > 0 { // what disturbs a round makes it dearer, never cheaper
			lowest = fmt.Sprintf("%.3f", slices.Min(k.ours)/slices.Min(k.plain))
		}
		t.row(k.of.name, fmt.Sprintf("%dx%d", k.of.width, k.of.height), fmt.Sprint(k.width), k.format,
			spread("%.1f", k.ours), spread("%.1f", k.plain), spread("%.3f", k.ratio), lowest, size,
			fmt.Sprintf("%.1f", microseconds(quantile(k.took, 0.5))/1e3))
	}
	return t.end()
}
