// Command vipsloop makes pictures with nothing but libvips: the least that any
// service on top of it can cost. bench runs it beside the program and compares.
//
// It reads orders from standard input, one a line, fields separated by tabs:
//
//	width  height  format  file
//
// and answers each with a line: the nanoseconds of processor time, of all
// threads, and the bytes of the result. Files are read once, outside of the
// time. It ends with its input, or at the first order it can't carry out.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// encoding is how a format is written.
type encoding struct {
	suffix string // a file's ending with options, as libvips takes them
	alpha  bool   // the format can be transparent; otherwise it is laid on white
}

// encodings are what the service writes where its configuration is the default
// and the URL names no quality. Whether they still are shows in the results:
// both sides' are of about the same length.
var encodings = map[string]encoding{
	"jpeg": {".jpg[Q=80,interlace,optimize_coding,subsample_mode=on,strip]", false},
	"png":  {".png[compression=6,filter=none,strip]", true},
	"webp": {".webp[Q=79,effort=4,strip]", true},
	"avif": {".avif[Q=55,effort=2,bitdepth=8,strip]", true},
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "vipsloop:", err)
		os.Exit(1)
	}
}

func run(orders io.Reader, answers io.Writer) error {
	if err := start(); err != nil {
		return err
	}
	files := map[string][]byte{}
	lines := bufio.NewScanner(orders)
	for lines.Scan() {
		one, err := parseOrder(lines.Text())
		if err != nil {
			return err
		}
		if files[one.file] == nil {
			if files[one.file], err = os.ReadFile(one.file); err != nil {
				return err
			}
		}
		begin := processorTime()
		written, err := loopMake(files[one.file], one.width, one.height, encodings[one.format])
		if err != nil {
			return fmt.Errorf("%s: %w", lines.Text(), err)
		}
		if _, err := fmt.Fprintln(answers, (processorTime() - begin).Nanoseconds(), written); err != nil {
			return err
		}
	}
	return lines.Err()
}

// order is one picture to make.
type order struct {
	width, height int // pixels, exactly
	format, file  string
}

func parseOrder(line string) (order, error) {
	fields := strings.SplitN(line, "\t", 4)
	if len(fields) != 4 {
		return order{}, fmt.Errorf("expected width, height, format and file, got %q", line)
	}
	one := order{format: fields[2], file: fields[3]}
	for i, side := range []*int{&one.width, &one.height} {
		var err error
		if *side, err = strconv.Atoi(fields[i]); err != nil || *side < 1 {
			return order{}, fmt.Errorf("expected a number of pixels, got %q", fields[i])
		}
	}
	if _, known := encodings[one.format]; !known {
		return order{}, fmt.Errorf("format %q is not one that is compared", one.format)
	}
	return one, nil
}

// processorTime is what this process has used of all processors.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // it fails for bad arguments only
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
