package origin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"
)

// FolderConfig bounds what a [Folder] gives.
type FolderConfig struct {
	MaxBytes int64         // of one file; larger is ErrTooLarge
	MaxAge   time.Duration // what clients may be told; we look at the file each time
}

// DefaultFolderConfig is 20 MiB and one hour.
func DefaultFolderConfig() FolderConfig {
	return FolderConfig{MaxBytes: 20 << 20, MaxAge: time.Hour}
}

// Folder opens regular files below one folder. Symbolic links are followed as
// long as they stay below it; os.Root keeps watch over each step.
//
// A version of a file is known by its inode, size and modification time in
// nanoseconds.
type Folder struct {
	root   *os.Root
	config FolderConfig
}

var _ Opener = (*Folder)(nil)

// NewFolder opens the folder, which must exist, and holds it: what is later
// mounted or moved over its name isn't seen.
func NewFolder(dir string, c FolderConfig) (*Folder, error) {
	if c.MaxBytes <= 0 || c.MaxAge < 0 {
		return nil, fmt.Errorf("folder %s: got max bytes %d and max age %v, expected a number above 0 and a duration of 0 or more", dir, c.MaxBytes, c.MaxAge)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("folder of originals: %w", err)
	}
	return &Folder{root: root, config: c}, nil
}

// Close lets the folder go. Bodies already open stay readable.
func (f *Folder) Close() error { return f.root.Close() }

// Open gets the file at path, slash-separated and relative to the folder.
func (f *Folder) Open(ctx context.Context, path string, have Validators) (*Original, error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("opening a file: %w", context.Cause(ctx))
	}
	if !staysBelow(path) {
		return nil, fmt.Errorf("%w: not a path below the folder", ErrNotFound)
	}
	// O_NONBLOCK: opening a named pipe would wait for a writer.
	file, err := f.root.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, folderError(err)
	}
	original, err := f.original(file, have)
	if err != nil || original.NotModified {
		file.Close()
	}
	if err != nil {
		return nil, err
	}
	original.Name = nameOf(path)
	return original, nil
}

// original describes an open file, which becomes its body unless it is still
// the version the caller has.
func (f *Folder) original(file *os.File, have Validators) (*Original, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, folderError(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: not a regular file", ErrNotFound)
	}
	if info.Size() > f.config.MaxBytes {
		return nil, fmt.Errorf("%w: %d, %d allowed", ErrTooLarge, info.Size(), f.config.MaxBytes)
	}
	o := &Original{
		Size:       info.Size(),
		Validators: fileValidators(info),
		Modified:   info.ModTime(),
		Freshness:  Freshness{MaxAge: f.config.MaxAge},
	}
	if have.ETag != "" && sameTag(have.ETag, o.Validators.ETag) {
		o.NotModified = true
		return o, nil
	}
	o.Body = &fileBody{file: file, left: info.Size(), etag: o.Validators.ETag}
	return o, nil
}

// folderError sorts what opening a file can meet. What says that there is
// nothing to have at that path, links that lead out included, is ErrNotFound;
// what says that this machine has a problem is ErrFailed.
func folderError(err error) error {
	var number syscall.Errno
	if !errors.As(err, &number) {
		return fmt.Errorf("%w: %v", ErrNotFound, err)
	}
	switch number {
	case syscall.ENOENT, syscall.ENOTDIR, syscall.EISDIR, syscall.ELOOP,
		syscall.ENAMETOOLONG, syscall.EINVAL, syscall.ENXIO, syscall.ENODEV:
		return fmt.Errorf("%w: %v", ErrNotFound, err)
	}
	return fmt.Errorf("%w: %v", ErrFailed, err)
}

// fileValidators identify a version of a file.
func fileValidators(info os.FileInfo) Validators {
	tag := strconv.FormatInt(info.ModTime().UnixNano(), 36) + "-" + strconv.FormatInt(info.Size(), 36)
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		tag += "-" + strconv.FormatUint(sys.Ino, 36)
	}
	return Validators{ETag: `"` + tag + `"`, LastModified: info.ModTime().UTC().Format(http.TimeFormat)}
}

// fileBody reads the version of a file that was opened, or fails: a file
// written over in place while it is read is neither the old nor the new one.
type fileBody struct {
	file *os.File
	left int64
	etag string
	err  error
}

func (b *fileBody) Read(p []byte) (int, error) {
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	if b.left == 0 {
		b.err = b.end()
		return 0, b.err
	}
	n, err := b.file.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if errors.Is(err, io.EOF) {
		err = errors.New("file became shorter while it was read")
	}
	if err != nil {
		b.err = fmt.Errorf("%w: %v", ErrFailed, err)
	}
	return n, b.err
}

// end is io.EOF when the file is still the version that was opened.
func (b *fileBody) end() error {
	info, err := b.file.Stat()
	if err != nil {
		return fmt.Errorf("%w: %v", ErrFailed, err)
	}
	if fileValidators(info).ETag != b.etag {
		return fmt.Errorf("%w: file changed while it was read", ErrFailed)
	}
	return io.EOF
}

func (b *fileBody) Close() error { return b.file.Close() }
