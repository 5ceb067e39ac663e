package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// gallery is where the pictures lie, in the folder of the reference.
const gallery = "options"

// stored are the pictures in a gallery: file names by the name of the example.
func stored(folder string) (map[string]string, error) {
	entries, err := os.ReadDir(filepath.Join(folder, gallery))
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	files := map[string]string{}
	for _, entry := range entries {
		name := strings.TrimSuffix(entry.Name(), filepath.Ext(entry.Name()))
		if files[name] != "" {
			return nil, fmt.Errorf("%s and %s are of one example", files[name], entry.Name())
		}
		files[name] = entry.Name()
	}
	return files, nil
}

// writePictures makes the picture of every example and removes all others.
func writePictures(s *studio, folder string) error {
	files, err := stored(folder)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(folder, gallery), 0o755); err != nil {
		return err
	}
	for _, e := range pictured() {
		picture, err := s.make(e)
		if err != nil {
			return err
		}
		file := e.file(picture.Format)
		if files[e.name()] == file {
			delete(files, e.name())
		}
		if err := store(filepath.Join(folder, gallery, file), picture.Bytes, e.tolerance(picture.Format)); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := os.Remove(filepath.Join(folder, gallery, files[name])); err != nil {
			return err
		}
	}
	return nil
}

// store writes a picture unless one that looks like it is there already: other
// versions of libvips and its codecs write other bytes.
func store(path string, made []byte, within tolerance) error {
	before, err := os.ReadFile(path)
	if err == nil && alike(before, made, within) == nil {
		return nil
	}
	fmt.Println(path)
	return os.WriteFile(path, made, 0o644)
}
