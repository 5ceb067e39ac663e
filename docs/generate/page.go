package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"api-resize/spec"
)

// pageFile is the reference, in its folder.
const pageFile = "options.md"

// across is how many pictures stand beside each other.
const across = 3

//go:embed options.md.template
var pageText string

// chapters are the headings of the reference, each with the option that it
// stands before.
var chapters = map[string]string{
	"crop":      "What is taken, and its size",
	"blur":      "Effects",
	"watermark": "Laid over it",
	"pad":       "Around and behind it",
	"format":    "How it is written",
	"download":  "How it is sent",
}

// writePage writes the reference.
func writePage(folder string) error {
	text, err := page(folder)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, pageFile), text, 0o644)
}

// page is the reference, as the tables and the stored pictures have it. Nothing
// in it depends on the machine that it is made on.
func page(folder string) ([]byte, error) {
	files, err := stored(folder)
	if err != nil {
		return nil, err
	}
	shown := exhibition{folder, files}
	parsed, err := template.New(pageFile).Funcs(template.FuncMap{
		"chapter":  func(option string) string { return chapters[option] },
		"pictures": shown.pictures,
		"cell":     cell,
		"list":     func(words []string) string { return strings.Join(words, ", ") },
		"mark":     mark,
		"lossless": losslessly,
	}).Parse(pageText)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = parsed.Execute(&text, map[string]any{
		"Options": spec.Options, "Formats": spec.Formats, "Originals": originals, "MaxSide": spec.MaxSide,
	})
	return text.Bytes(), err
}

// exhibition shows pictures that lie in the gallery of a folder.
type exhibition struct {
	folder string
	files  map[string]string // names, by those of the examples
}

// pictures are the examples of an option, as tables of pictures with what makes
// them below, and as a list of those that have no picture.
func (x exhibition) pictures(option string) (string, error) {
	var text strings.Builder
	row, list := []example{}, ""
	for _, e := range examplesOf(option) {
		if e.hasPicture() {
			row = append(row, e)
			continue
		}
		list += fmt.Sprintf("\n- %s → %s", code(e.url()), e.answer)
	}
	for len(row) > 0 {
		count := min(across, len(row))
		if err := x.row(&text, row[:count]); err != nil {
			return "", err
		}
		row = row[count:]
	}
	if list != "" {
		text.WriteString(list + "\n")
	}
	return text.String(), nil
}

// row is a table of a few pictures: its head are the pictures.
func (x exhibition) row(text *strings.Builder, examples []example) error {
	pictures, captions := "|", "|"
	for _, e := range examples {
		file := x.files[e.name()]
		size, err := x.size(file)
		if err != nil {
			return fmt.Errorf("%s: %w", e.name(), err)
		}
		alternative := e.request + " of " + e.original
		if e.shows != "" {
			alternative += ": " + e.shows
		}
		pictures += fmt.Sprintf(" ![%s](%s/%s) |", alternative, gallery, file)
		captions += fmt.Sprintf(" %s<br>%s |", code(e.url()), strings.TrimPrefix(e.shows+"<br>"+size, "<br>"))
	}
	fmt.Fprintf(text, "\n%s\n%s\n%s\n", pictures, "|"+strings.Repeat(":-:|", len(examples)), captions)
	return nil
}

// size says how large a stored picture is.
func (x exhibition) size(file string) (string, error) {
	data, err := os.ReadFile(filepath.Join(x.folder, gallery, file))
	if err != nil {
		return "", err
	}
	decoded, err := decode(data)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d×%d · %.1f kB", decoded.size().X, decoded.size().Y, float64(len(data))/1000), nil
}

// code is a URL that may be broken into lines at its commas and slashes.
func code(url string) string {
	escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&#124;").Replace(url)
	breakable := strings.NewReplacer(",", ",<wbr>", "/", "/<wbr>").Replace(strings.TrimPrefix(escaped, "/resize/"))
	return "<code>/resize/" + breakable + "</code>"
}

// cell is text that may stand in a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func mark(is bool) string {
	if is {
		return "yes"
	}
	return ""
}

// losslessly reports whether a format can be written without loss.
func losslessly(format spec.FormatInfo) bool {
	_, err := spec.Parse("max,lossless=true,format=" + string(format.Format))
	return err == nil
}
