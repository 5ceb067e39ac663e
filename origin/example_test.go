package origin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"api-resize/origin"
	"api-resize/records"
)

func ExampleFolder() {
	dir, _ := os.MkdirTemp("", "photos")
	defer os.RemoveAll(dir)
	os.WriteFile(filepath.Join(dir, "cat.jpg"), []byte("meow"), 0o644)

	photos, err := origin.NewFolder(dir, origin.DefaultFolderConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer photos.Close()

	cat, err := photos.Open(context.Background(), "cat.jpg", origin.Validators{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cat.Body.Close()
	body, _ := io.ReadAll(cat.Body)
	again, _ := photos.Open(context.Background(), "cat.jpg", cat.Validators)
	_, err = photos.Open(context.Background(), "../cat.jpg", origin.Validators{})
	fmt.Println(string(body), again.NotModified, errors.Is(err, origin.ErrNotFound))
	// Output: meow true true
}

func ExampleUploads() {
	dir, _ := os.MkdirTemp("", "originals")
	defer os.RemoveAll(dir)
	database, err := records.Open(context.Background(), records.DefaultConfig(), dir, slog.Default())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer database.Close()
	uploads, err := origin.OpenUploads(filepath.Join(dir, "originals"), database.Uploads(), slog.Default())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer uploads.Close()

	in, err := uploads.Receive(context.Background(), strings.NewReader("meow"), 1<<20)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer in.Discard() // nothing, once it is committed
	record, existing, err := in.Commit(context.Background(), origin.Record{Format: "jpeg", ContentType: "image/jpeg"})
	fmt.Println(record.ID, record.Bytes, existing, err)
	// Output: ibgn266bbhcdf6gmerb3iw6p5e 4 false <nil>
}
