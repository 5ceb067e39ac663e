package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// table writes rows in columns, numbers to the right.
type table struct{ writer *tabwriter.Writer }

func newTable(out io.Writer, title string, columns ...string) table {
	fmt.Fprintf(out, "\n%s\n\n", title)
	t := table{tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)}
	t.row(columns...)
	return t
}

func (t table) row(cells ...string) {
	fmt.Fprintln(t.writer, strings.Join(cells, "\t")+"\t")
}

func (t table) end() error { return t.writer.Flush() }

// spread is the median of the rounds with their lowest and highest value.
func spread(format string, values []float64) string {
	if len(values) == 0 {
		return "-"
	}
	if len(values) == 1 {
		return fmt.Sprintf(format, values[0])
	}
	return fmt.Sprintf(format+" ("+format+"…"+format+")", median(values), slices.Min(values), slices.Max(values))
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1e3)
}

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }

func share(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}
