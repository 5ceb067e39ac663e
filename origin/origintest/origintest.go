// Package origintest is the conformance suite of origin.Opener: what every
// origin owes, whatever is behind it. An implementation's test is a
// constructor.
package origintest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"api-resize/origin"
)

// Origin is an origin under test.
type Origin struct {
	Opener origin.Opener
	// Put makes content available and returns the path to Open. The name is
	// a plain file name.
	Put func(t testing.TB, name string, content []byte) (path string)
	// Missing is a path of the right shape with nothing behind it.
	Missing string
	// Replaces says that Put with the same name changes what is at the path.
	Replaces bool
	// MaxBytes is the byte limit of the origin, 0 when it has none of its own.
	MaxBytes int64
}

// Run tests the origin that open makes, a new one for each test.
func Run(t *testing.T, open func(t *testing.T) Origin) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, o Origin)
	}{
		{"gives all bytes", givesAllBytes},
		{"says what is not there", saysNotFound},
		{"stays inside", staysInside},
		{"revalidates", revalidates},
		{"notices a new version", noticesNewVersion},
		{"stops at the limit", stopsAtLimit},
		{"ends with the context", endsWithContext},
		{"closes early and twice", closesEarly},
		{"serves many at once", servesMany},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func content(size int) []byte {
	return bytes.Repeat([]byte("0123456789abcde\n"), size/16+1)[:size]
}

// read opens a path and reads it to its end.
func read(o origin.Opener, path string) (*origin.Original, []byte, error) {
	original, err := o.Open(context.Background(), path, origin.Validators{})
	if err != nil {
		return nil, nil, err
	}
	defer original.Body.Close()
	body, err := io.ReadAll(original.Body)
	return original, body, err
}

func givesAllBytes(t *testing.T, o Origin) {
	for _, size := range []int{1, 4095, 200_000} {
		want := content(size)
		original, got, err := read(o.Opener, o.Put(t, "picture.jpg", want))
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("read %d bytes, %v; want %d", len(got), err, size)
		}
		if original.NotModified {
			t.Error("NotModified, but nothing was there before")
		}
		if original.Size != int64(size) && original.Size != -1 {
			t.Errorf("Size = %d, want %d or -1", original.Size, size)
		}
		if strings.ContainsAny(original.Name, "/\\\x00") {
			t.Errorf("Name = %q", original.Name)
		}
		if original.Freshness.MaxAge < 0 {
			t.Errorf("MaxAge = %v", original.Freshness.MaxAge)
		}
	}
}

func notFound(err error) bool {
	return errors.Is(err, origin.ErrNotFound) || errors.Is(err, origin.ErrOriginNotFound)
}

func saysNotFound(t *testing.T, o Origin) {
	if original, err := o.Opener.Open(context.Background(), o.Missing, origin.Validators{}); !notFound(err) || original != nil {
		t.Errorf("Open(%q) = %v, %v; want one of the not-found errors", o.Missing, original, err)
	}
}

// Hostile are paths that no origin may open.
var Hostile = []string{
	"", ".", "..", "/", "//", "../secret", "a/../../secret", "/etc/passwd", "a/..", "a//b", "a/./b",
	"secret\x00.jpg", "..\x00", "file:///etc/passwd", "gopher://127.0.0.1/", "~", "a/", strings.Repeat("a", 300),
	strings.Repeat("../", 2000), strings.Repeat("a/", 3000) + "b", "http://", "http://user@/", "\xff\xfe",
}

func staysInside(t *testing.T, o Origin) {
	o.Put(t, "a", content(10))
	for _, path := range Hostile {
		original, err := o.Opener.Open(context.Background(), path, origin.Validators{})
		if err == nil {
			original.Body.Close()
			t.Errorf("Open(%.60q) succeeded", path)
		} else if !notFound(err) && !errors.Is(err, origin.ErrNotAllowed) {
			t.Errorf("Open(%.60q): %v; want not found or not allowed", path, err)
		}
	}
}

func revalidates(t *testing.T, o Origin) {
	path := o.Put(t, "picture.jpg", content(1000))
	first, _, err := read(o.Opener, path)
	if err != nil {
		t.Fatal(err)
	}
	if first.Validators == (origin.Validators{}) {
		t.Skip("an origin without validators")
	}
	again, err := o.Opener.Open(context.Background(), path, first.Validators)
	if err != nil {
		t.Fatal(err)
	}
	if !again.NotModified || again.Body != nil {
		t.Errorf("NotModified = %v, Body = %v; want true and nil", again.NotModified, again.Body)
	}
	if again.Validators != first.Validators {
		t.Errorf("validators became %v, were %v", again.Validators, first.Validators)
	}
	if _, err := o.Opener.Open(context.Background(), o.Missing, first.Validators); !notFound(err) {
		t.Errorf("validators for what is not there: %v", err)
	}
}

func noticesNewVersion(t *testing.T, o Origin) {
	if !o.Replaces {
		t.Skip("content at a path never changes")
	}
	path := o.Put(t, "picture.jpg", content(1000))
	first, _, err := read(o.Opener, path)
	if err != nil {
		t.Fatal(err)
	}
	want := content(2000)
	if next := o.Put(t, "picture.jpg", want); next != path {
		t.Fatalf("Put gave %q, before %q", next, path)
	}
	second, err := o.Opener.Open(context.Background(), path, first.Validators)
	if err != nil {
		t.Fatal(err)
	}
	if second.NotModified {
		t.Fatal("NotModified, but it was")
	}
	defer second.Body.Close()
	if got, err := io.ReadAll(second.Body); err != nil || !bytes.Equal(got, want) {
		t.Errorf("read %d bytes, %v; want the new %d", len(got), err, len(want))
	}
	if second.Validators == first.Validators {
		t.Errorf("both versions have the validators %v", first.Validators)
	}
}

func stopsAtLimit(t *testing.T, o Origin) {
	if o.MaxBytes == 0 {
		t.Skip("no limit of its own")
	}
	if _, got, err := read(o.Opener, o.Put(t, "fits.jpg", content(int(o.MaxBytes)))); err != nil || len(got) != int(o.MaxBytes) {
		t.Errorf("at the limit: %d bytes, %v", len(got), err)
	}
	if _, got, err := read(o.Opener, o.Put(t, "large.jpg", content(int(o.MaxBytes)+1))); !errors.Is(err, origin.ErrTooLarge) || int64(len(got)) > o.MaxBytes {
		t.Errorf("one byte over the limit: %d bytes, %v; want ErrTooLarge", len(got), err)
	}
}

func endsWithContext(t *testing.T, o Origin) {
	path := o.Put(t, "picture.jpg", content(1000))
	left := errors.New("the client left")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(left)
	if _, err := o.Opener.Open(ctx, path, origin.Validators{}); !errors.Is(err, left) {
		t.Errorf("Open = %v, want the cause of the context", err)
	}
}

func closesEarly(t *testing.T, o Origin) {
	path := o.Put(t, "picture.jpg", content(300_000))
	for range 40 { // more than any limit per host: each must give its place back
		original, err := o.Opener.Open(context.Background(), path, origin.Validators{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := original.Body.Read(make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		original.Body.Close()
		original.Body.Close()
		if _, err := original.Body.Read(make([]byte, 10)); err == nil {
			t.Fatal("Read after Close succeeded")
		}
	}
}

func servesMany(t *testing.T, o Origin) {
	want := content(50_000)
	path := o.Put(t, "picture.jpg", want)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, got, err := read(o.Opener, path); err != nil || !bytes.Equal(got, want) {
				t.Errorf("read %d bytes, %v", len(got), err)
			}
		})
	}
	all.Wait()
}
