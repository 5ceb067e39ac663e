package origin

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"
)

// recordsOf are those of a folder, which outlive the store.
var recordsOf sync.Map

// openUploads opens a folder as a new process would, and reconciles it.
func openUploads(t testing.TB, dir string) *Uploads {
	t.Helper()
	u := openUnreconciled(t, dir)
	u.Reconcile(describeText)
	return u
}

func openUnreconciled(t testing.TB, dir string) *Uploads {
	t.Helper()
	records, _ := recordsOf.LoadOrStore(dir, newFakeRecords())
	u, err := OpenUploads(dir, records.(*fakeRecords), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	return u
}

func (u *Uploads) fake() *fakeRecords { return u.records.(*fakeRecords) }

// describeText takes everything for a picture that does not say otherwise.
func describeText(ctx context.Context, content []byte) (Record, error) {
	if ctx.Err() != nil || string(content) == "no picture" {
		return Record{}, errors.Join(ctx.Err(), errors.New("no picture"))
	}
	return Record{Format: "jpeg", Width: len(content)}, nil
}

func receive(t testing.TB, u *Uploads, content string) *Incoming {
	t.Helper()
	in, err := u.Receive(context.Background(), strings.NewReader(content), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func commit(t testing.TB, u *Uploads, content string, r Record) (Record, bool) {
	t.Helper()
	kept, existing, err := receive(t, u, content).Commit(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return kept, existing
}

func idFor(content string) string {
	sum := sha256.Sum256([]byte(content))
	return strings.ToLower(strings.TrimRight(base32.StdEncoding.EncodeToString(sum[:16]), "="))
}

// files lists all files below a folder, relative to it, without locks.
func files(t testing.TB, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "locks" {
			return filepath.SkipDir
		}
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestUploadsKeep(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "originals")
	u := openUploads(t, dir)
	in := receive(t, u, "content")
	id := idFor("content")
	if b, err := in.Bytes(); in.ID() != id || in.Size() != 7 || err != nil || string(b) != "content" || !ValidID(id) {
		t.Errorf("%s, %d, %q, %v", in.ID(), in.Size(), b, err)
	}
	if _, err := u.Record(context.Background(), id); !errors.Is(err, ErrNotFound) {
		t.Errorf("before Commit: %v", err)
	}
	want := Record{Format: "jpeg", Width: 3, Height: 2, Frames: 1, HasAlpha: true, ContentType: "image/jpeg", Name: "a/b.jpg"}
	kept, existing, err := in.Commit(context.Background(), want)
	if err != nil || existing {
		t.Fatalf("%v, %v", existing, err)
	}
	want.ID, want.Bytes, want.Created, want.SHA256 = id, 7, kept.Created, fmt.Sprintf("%x", sha256.Sum256([]byte("content")))
	if !reflect.DeepEqual(kept, want) || time.Since(kept.Created) > time.Minute {
		t.Errorf("kept %+v", kept)
	}
	if err := in.Discard(); err != nil {
		t.Errorf("Discard after Commit: %v", err)
	}
	if _, _, err := in.Commit(context.Background(), want); err == nil {
		t.Error("a second Commit")
	}
	u = openUploads(t, dir) // as after a restart
	if got, err := u.Record(context.Background(), id); err != nil || !reflect.DeepEqual(got, kept) {
		t.Errorf("%+v, %v", got, err)
	}
	o, err := u.Open(context.Background(), id, Validators{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Body.Close()
	if _, ok := o.Body.(*os.File); !ok || o.Name != "b.jpg" || o.Size != 7 || !o.Freshness.Immutable || o.Freshness.MaxAge.Round(time.Hour) != 365*24*time.Hour {
		t.Errorf("%T, %+v", o.Body, o)
	}
	for path, mode := range map[string]os.FileMode{dir: 0o700, u.shard(id): 0o700, u.path(id): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("files %v", got)
	}
}

func TestUploadsSameBytes(t *testing.T) {
	u := openUploads(t, t.TempDir())
	now := time.Now().UTC().Truncate(time.Microsecond) // more is not kept
	soon, later := now.Add(time.Hour), now.Add(2*time.Hour)
	for _, step := range []struct {
		name     string
		expires  *time.Time
		existing bool
		want     *time.Time
	}{
		{"first", &soon, false, &soon}, {"longer", &later, true, &later}, {"shorter", &soon, true, &later}, {"for good", nil, true, nil}, {"shorter than good", &later, true, nil},
	} {
		kept, existing := commit(t, u, "content", Record{Name: step.name, Expires: step.expires})
		again, err := u.Record(context.Background(), kept.ID)
		if err != nil || existing != step.existing || kept.Name != "first" || !sameTime(kept.Expires, step.want) || !sameTime(again.Expires, step.want) {
			t.Errorf("%s: %+v, %v, %v", step.name, kept, existing, err)
		}
	}
}

func sameTime(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }

func TestUploadsExpire(t *testing.T) {
	u := openUploads(t, t.TempDir())
	now := time.Now().Truncate(time.Microsecond) // more is not kept
	past, future := now.Add(-time.Second), now.Add(time.Hour)
	kept, _ := commit(t, u, "content", Record{Expires: &past})
	if _, err := u.Open(context.Background(), kept.ID, Validators{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("expired: %v", err)
	}
	if _, existing := commit(t, u, "content", Record{Expires: &future}); existing {
		t.Error("an expired one counts as existing")
	}
	o, err := u.Open(context.Background(), kept.ID, Validators{ETag: `"` + kept.ID + `"`})
	if err != nil || !o.NotModified || o.Freshness.MaxAge > time.Hour || !o.Freshness.Until.Equal(future) {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestUploadsDelete(t *testing.T) {
	u := openUploads(t, t.TempDir())
	kept, _ := commit(t, u, "content", Record{})
	o, err := u.Open(context.Background(), kept.ID, Validators{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Body.Close()
	if err := u.Delete(context.Background(), kept.ID); err != nil {
		t.Fatal(err)
	}
	if got := append(files(t, u.dir), u.fake().ids()...); len(got) != 0 {
		t.Errorf("left: %v", got)
	}
	if got, err := io.ReadAll(o.Body); err != nil || string(got) != "content" {
		t.Errorf("opened before: %q, %v", got, err)
	}
	for _, id := range []string{kept.ID, "", "../../etc/passwd", strings.ToUpper(kept.ID), kept.ID + "a", kept.ID[:25] + "\x00", kept.ID[:25] + "1"} {
		if err := u.Delete(context.Background(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("Delete(%q): %v", id, err)
		}
		if _, err := u.Record(context.Background(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("Record(%q): %v", id, err)
		}
	}
	if _, existing := commit(t, u, "content", Record{}); existing {
		t.Error("what was deleted counts as existing")
	}
}

func TestUploadsReceiveFails(t *testing.T) {
	u := openUploads(t, t.TempDir())
	broken, left := errors.New("broken"), errors.New("left")
	gone, cancel := context.WithCancelCause(context.Background())
	cancel(left)
	for _, test := range []struct {
		name string
		ctx  context.Context
		body io.Reader
		want error
	}{
		{"over the limit", context.Background(), strings.NewReader("12345678901"), ErrTooLarge},
		{"endless", context.Background(), endless{}, ErrTooLarge},
		{"body breaks", context.Background(), io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)), broken},
		{"client left", gone, strings.NewReader("abc"), left},
	} {
		in, err := u.Receive(test.ctx, test.body, 10)
		if !errors.Is(err, test.want) || errors.Is(err, ErrStorage) || in != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	in, err := u.Receive(context.Background(), iotest.OneByteReader(strings.NewReader("1234567890")), 10)
	if err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if err := errors.Join(in.Discard(), in.Discard()); err != nil {
		t.Error(err)
	}
	if got := files(t, u.dir); len(got) != 0 || u.Healthy() != nil {
		t.Errorf("left: %v, %v", got, u.Healthy())
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestUploadsSameBytesAtOnce(t *testing.T) {
	u := openUploads(t, t.TempDir())
	var first atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if _, existing := commit(t, u, "content", Record{}); !existing {
				first.Add(1)
			}
		})
	}
	all.Wait()
	if first.Load() != 1 || len(files(t, u.dir)) != 1 {
		t.Errorf("%d were the first, files %v", first.Load(), files(t, u.dir))
	}
}

// Whatever the order, an upload is there whole or not at all.
func TestUploadsDeleteRaces(t *testing.T) {
	u := openUploads(t, t.TempDir())
	var all sync.WaitGroup
	id := idFor("content")
	for range 4 {
		all.Go(func() {
			for range 20 {
				commit(t, u, "content", Record{})
			}
		})
		all.Go(func() {
			for range 20 {
				if err := u.Delete(context.Background(), id); err != nil && !errors.Is(err, ErrNotFound) {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range 20 {
				if got, err := fetch(u, id); err == nil && string(got) != "content" || err != nil && !errors.Is(err, ErrNotFound) {
					t.Errorf("%q, %v", got, err)
				}
			}
		})
	}
	all.Wait()
	if bodies, records := files(t, u.dir), u.fake().ids(); len(bodies) > 1 || len(bodies) != len(records) {
		t.Errorf("left: %v, %v", bodies, records)
	}
}

// What kill -9 leaves goes away with the next start; what was acknowledged, and
// what another process is at work on, stays.
func TestUploadsLeftovers(t *testing.T) {
	dir := t.TempDir()
	u := openUploads(t, dir)
	kept, _ := commit(t, u, "content", Record{})
	working := receive(t, u, "being received")
	defer working.Discard()
	bodiless := idFor("bodiless")
	must(t, os.Mkdir(u.shard(bodiless), 0o700))
	must(t, u.records.Put(context.Background(), Record{ID: bodiless, Bytes: 8}))
	write(t, filepath.Join(u.temporaryDir(), "upload-1"), "half")
	write(t, filepath.Join(u.temporaryDir(), "record-1"), "{")
	write(t, filepath.Join(dir, "README"), "not ours")

	next := openUploads(t, dir)
	<-next.reconciler.done
	want := map[string]bool{"README": true}
	for _, path := range []string{u.path(kept.ID), working.file.Name()} {
		name, _ := filepath.Rel(dir, path)
		want[name] = true
	}
	for _, name := range files(t, dir) {
		if !want[name] {
			t.Errorf("left: %s", name)
		}
		delete(want, name)
	}
	if len(want) != 0 {
		t.Errorf("gone: %v", want)
	}
	if got := u.fake().ids(); !slices.Equal(got, []string{kept.ID}) {
		t.Errorf("records: %v", got)
	}
	if _, _, err := working.Commit(context.Background(), Record{}); err != nil {
		t.Errorf("what was being received: %v", err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A store damaged by other means heals with the same upload again.
func TestUploadsHeal(t *testing.T) {
	for name, damage := range map[string]func(u *Uploads, id string) error{
		"body gone":      func(u *Uploads, id string) error { return os.Remove(u.path(id)) },
		"body truncated": func(u *Uploads, id string) error { return os.Truncate(u.path(id), 3) },
		"record gone":    func(u *Uploads, id string) error { return u.records.Delete(context.Background(), id) },
		"folder gone":    func(u *Uploads, id string) error { return os.RemoveAll(u.shard(id)) },
	} {
		u := openUploads(t, t.TempDir())
		kept, _ := commit(t, u, "content", Record{})
		if err := damage(u, kept.ID); err != nil {
			t.Fatal(err)
		}
		if got, err := fetch(u, kept.ID); !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrStorage) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if _, existing := commit(t, u, "content", Record{}); existing {
			t.Errorf("%s: counts as existing", name)
		}
		if got, err := fetch(u, kept.ID); err != nil || string(got) != "content" {
			t.Errorf("%s: afterwards %q, %v", name, got, err)
		}
	}
}

func TestUploadsTrouble(t *testing.T) {
	u := openUploads(t, t.TempDir())
	kept, _ := commit(t, u, "content", Record{})
	in := receive(t, u, "more")
	if err := os.RemoveAll(u.temporaryDir()); err != nil {
		t.Fatal(err)
	}
	if _, err := u.Receive(context.Background(), strings.NewReader("x"), 10); !errors.Is(err, ErrStorage) {
		t.Errorf("Receive: %v", err)
	}
	if _, _, err := in.Commit(context.Background(), Record{}); !errors.Is(err, ErrStorage) {
		t.Errorf("Commit: %v", err)
	}
	if _, err := u.Record(context.Background(), in.ID()); !errors.Is(err, ErrNotFound) {
		t.Errorf("after a Commit that failed: %v", err)
	}
	if err := u.Healthy(); !errors.Is(err, ErrStorage) {
		t.Errorf("Healthy: %v", err)
	}
	if got, err := fetch(u, kept.ID); err != nil || string(got) != "content" {
		t.Errorf("what was there before: %q, %v", got, err)
	}
	if err := os.Mkdir(u.temporaryDir(), 0o700); err != nil {
		t.Fatal(err)
	}
	u.health.probed = time.Time{} // as if a second had passed
	if err := u.Healthy(); err != nil {
		t.Errorf("Healthy after the cause is gone: %v", err)
	}
	commit(t, u, "more", Record{})
}

// Storing again what is there takes nothing away when it fails.
func TestUploadsFailingAgainKeeps(t *testing.T) {
	u := openUploads(t, t.TempDir())
	kept, _ := commit(t, u, "content", Record{})
	for _, call := range []string{"Get", "Put"} {
		in := receive(t, u, "content")
		must(t, os.Truncate(u.path(kept.ID), 3)) // so that it is stored anew
		u.fake().hook(func(name string) error {
			if name == call {
				return errDown
			}
			return nil
		}, nil)
		if _, _, err := in.Commit(context.Background(), Record{}); !errors.Is(err, ErrStorage) {
			t.Fatalf("Commit: %v", err)
		}
		u.fake().mend()
		must(t, os.WriteFile(u.path(kept.ID), []byte("content"), 0o600))
		if got, err := fetch(u, kept.ID); err != nil || string(got) != "content" {
			t.Errorf("%s: %q, %v", call, got, err)
		}
	}
}

func TestValidID(t *testing.T) {
	for id, want := range map[string]bool{
		"abcdefghijklmnopqrstuvwxyz": true, "22222222222222222222222222": true,
		"": false, "abcdefghijklmnopqrstuvwxy": false, "abcdefghijklmnopqrstuvwxyz2": false, "Abcdefghijklmnopqrstuvwxyz": false,
		"abcdefghijklmnopqrstuvwxy1": false, "../defghijklmnopqrstuvwxyz": false, "abcdefghijklmnopqrstuvwxy\n": false,
	} {
		if got := ValidID(id); got != want {
			t.Errorf("ValidID(%q) = %v", id, got)
		}
	}
}

func BenchmarkUploadsOpen(b *testing.B) {
	u := openUploads(b, b.TempDir())
	kept, _ := commit(b, u, "content", Record{})
	for b.Loop() {
		o, err := u.Open(context.Background(), kept.ID, Validators{})
		if err != nil {
			b.Fatal(err)
		}
		o.Body.Close()
	}
}
