package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// source is an original that a server has.
type source struct {
	id            string // as it stands in URLs
	width, height int    // pixels, upright
	file          string // the same here, empty when there is none
	name          string // for the tables
}

// parseSource reads id,width,height[,file].
func parseSource(text string) (source, error) {
	fields := strings.SplitN(text, ",", 4)
	if len(fields) < 3 || fields[0] == "" {
		return source{}, fmt.Errorf("expected id,width,height[,file], got %q", text)
	}
	s := source{id: fields[0], name: fields[0]}
	for i, side := range []*int{&s.width, &s.height} {
		var err error
		if *side, err = strconv.Atoi(fields[i+1]); err != nil || *side < 1 {
			return source{}, fmt.Errorf("expected a number of pixels, got %q", fields[i+1])
		}
	}
	if len(fields) == 4 {
		s.file = fields[3]
	}
	return s, nil
}

// at is the picture of a width, in proportion.
func (s source) at(width int, format string) picture {
	height := math.Round(float64(width) * float64(s.height) / float64(s.width))
	return picture{s, width, max(int(height), 1), format}
}
