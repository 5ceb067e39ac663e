package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

// Bounds of uploading.
const (
	uploadsAtOnce = 4
	uploadTries   = 5                // where the service is overloaded
	uploadTimeout = 10 * time.Minute // of one file
)

// uploadCommand stores files in the running service.
func uploadCommand() *cobra.Command {
	var u uploader
	command := &cobra.Command{
		Use:   "upload FILE|FOLDER…",
		Short: "Store files, and those in folders, in the running service; prints the id of each",
		Long: `Store files, and those in folders, in the running service.

Prints a line for each file: its id, a tab, and the file. The same bytes have the
same id, so that what broke off can be done again. Hidden files are left out of
folders. What is not stored is told on standard error, and the exit code is then 1.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(command *cobra.Command, arguments []string) (err error) {
			if u.service, err = remoteOf(command); err != nil {
				return err
			}
			u.out, u.faults = command.OutOrStdout(), command.ErrOrStderr()
			return u.run(command.Context(), arguments)
		},
	}
	command.Flags().StringVar(&u.life, "ttl", "", "how long the uploads are kept, such as 24h; for ever when not given")
	command.Flags().StringVar(&u.sizes, "sizes", "", "sizes to make at once, such as 320x,640x")
	return addRemoteFlags(command)
}

// uploader stores files, several at once.
type uploader struct {
	service     *remote
	life, sizes string
	out, faults io.Writer

	mu      sync.Mutex // of what follows, and of the writers
	bar     *progressbar.ProgressBar
	refused int
}

func (u *uploader) run(ctx context.Context, names []string) error {
	files, bytes, err := filesOf(names)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return errors.New("there is no file to upload")
	}
	u.bar = newProgress(u.faults, "uploading", bytes, true)
	group := errgroup.Group{}
	group.SetLimit(uploadsAtOnce)
	for _, file := range files {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			id, err := u.store(ctx, file)
			u.tell(file, id, err)
			return nil
		})
	}
	err = group.Wait()
	_ = u.bar.Finish() // a bar that can't be drawn harms nobody
	if u.refused > 0 {
		err = fmt.Errorf("%d of %d files were not stored", u.refused, len(files))
	}
	return err
}

// tell writes what became of a file.
func (u *uploader) tell(file, id string, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	_ = u.bar.Clear()
	if err != nil {
		u.refused++
		fmt.Fprintf(u.faults, "%s: %v\n", file, err)
		return
	}
	fmt.Fprintf(u.out, "%s\t%s\n", id, file)
}

// filesOf lists the files that are named, and all that are in folders that are,
// and how many bytes they are together.
func filesOf(names []string) (files []string, bytes int64, err error) {
	for _, name := range names {
		err := filepath.WalkDir(name, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if hidden := strings.HasPrefix(entry.Name(), "."); hidden && path != name {
				if entry.IsDir() {
					return filepath.SkipDir
				}
				return nil
			}
			info, err := os.Stat(path) // of what a link leads to
			if err == nil && info.Mode().IsRegular() {
				files, bytes = append(files, path), bytes+info.Size()
			}
			return err
		})
		if err != nil {
			return nil, 0, err
		}
	}
	return files, bytes, nil
}

// store sends one file, again where the service is overloaded, and returns its id.
func (u *uploader) store(ctx context.Context, file string) (id string, err error) {
	ctx, cancel := context.WithTimeout(ctx, uploadTimeout)
	defer cancel()
	for range uploadTries {
		id, err = u.send(ctx, file)
		var refused *refusal
		if !errors.As(err, &refused) || !refused.temporary() {
			return id, err
		}
		select {
		case <-time.After(max(refused.after, time.Second)):
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	return id, err
}

// send sends a file as the only one of a form, so that its name goes with it.
func (u *uploader) send(ctx context.Context, file string) (string, error) {
	content, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer content.Close()
	info, err := content.Stat()
	if err != nil {
		return "", err
	}
	var frame bytes.Buffer
	form := multipart.NewWriter(&frame)
	if _, err := form.CreateFormFile("file", filepath.Base(file)); err != nil {
		return "", err
	}
	before := frame.Len()
	if err := form.Close(); err != nil {
		return "", err
	}
	counted := progressbar.NewReader(content, u.bar)
	body := io.MultiReader(bytes.NewReader(frame.Bytes()[:before]), &counted, bytes.NewReader(frame.Bytes()[before:]))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.service.url+"/images"+u.query(), body)
	if err != nil {
		return "", err
	}
	request.ContentLength = int64(frame.Len()) + info.Size()
	request.Header.Set("Content-Type", form.FormDataContentType())
	var image struct {
		ID string `json:"id"`
	}
	if err := u.service.send(request, &image); err != nil {
		return "", err
	}
	return image.ID, nil
}

func (u *uploader) query() string {
	query := url.Values{}
	if u.life != "" {
		query.Set("ttl", u.life)
	}
	if u.sizes != "" {
		query.Set("sizes", u.sizes)
	}
	if len(query) == 0 {
		return ""
	}
	return "?" + query.Encode()
}
